"""In which language and script a conversation is held: decided here, from what the resident writes, and nowhere else.

The gateway decides with each message, keeps the decision with the conversation (``channels_conversations.language``),
tells it to the assistant (``metadata.language``), and puts all that is said by machine into it just before it is kept
and sent: answers, news of cases, its own words. The assistant itself speaks simplified Chinese or English; what it
said in simplified characters becomes traditional here, so nobody else needs to know of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import opencc

from bot.language.bodies import body_in_english
from bot.language.categories import category_names
from bot.language.normalise import simplify
from bot.language.places import is_precise
from channels.gateway.message import Inbound, Json, Kind, Reply

# BCP 47
SIMPLIFIED = "zh-Hans"
TRADITIONAL = "zh-Hant"
ENGLISH = "en"

_HANZI = re.compile(r"[\u3400-\u9fff]")
# a word in small letters or with a capital: not KTV, not the letters of a number plate or of a pole's number
_ENGLISH_WORD = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z]?[a-z]+(?:'[a-z]+)?|I|A)(?![A-Za-z0-9])")
_CODE = re.compile(r"[<>{}=*\\]|--|://")
_LETTERS_FOR_EACH_HANZI = 2
"""A sentence with a Chinese name in it is English when it has more than so many letters for each Chinese character."""
_LONGEST_LOOKED_AT = 400
_LONGEST_PLACE = 24
_SAYS_MORE = re.compile(r"[了的吗呢没不很太有是坏漏吵臭我你您请]")


def language_after(message: Inbound, before: str | None) -> str | None:
    """The conversation's language when ``message`` has come in; ``before`` (None: nothing was written yet) stays where
    it tells nothing: buttons, pins, photos, numbers, OK. Of a voice message the script is the recogniser's: no sign.
    """
    written = message.kind is Kind.TEXT or (
        message.kind in (Kind.ATTACHMENT, Kind.MEDIA) and not message.media_type.startswith("audio/")
    )
    return language_of(message.text[:_LONGEST_LOOKED_AT], before) if written else before


def language_of(text: str, before: str | None = None) -> str | None:
    """The language in which ``text`` is written, ``before`` when the text does not tell."""
    characters = len(_HANZI.findall(text))
    if _is_english(text, characters):
        return ENGLISH
    if not characters:
        return before
    if before == ENGLISH and _is_bare_place(text):
        return ENGLISH
    traditional = sum(a != b for a, b in zip(text, simplify(text), strict=True))
    simplified = sum(character in _simplified_only() for character in text)
    if traditional > simplified:
        return TRADITIONAL
    if simplified:
        return SIMPLIFIED
    return before if before in (SIMPLIFIED, TRADITIONAL) else SIMPLIFIED


def _is_english(text: str, characters: int) -> bool:
    if _CODE.search(text):
        return False
    words = _ENGLISH_WORD.findall(text)
    if not any(word.lower() in _everyday_words() for word in words):
        return False
    if not characters:
        return True
    return len(words) >= 2 and sum(map(len, words)) > _LETTERS_FOR_EACH_HANZI * characters


@cache
def _everyday_words() -> frozenset[str]:
    lines = (Path(__file__).parent / "english_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _is_bare_place(text: str) -> bool:
    """Whether the words are an address alone, which is written in Chinese in any language."""
    return len(text) <= _LONGEST_PLACE and is_precise(text) and not _SAYS_MORE.search(text)


@cache
def _simplified_only() -> frozenset[str]:
    """Characters that no traditional text has: not 后, 里, 面, which are words of their own there."""
    table = Path(opencc.__file__).parent / "dictionary" / "STCharacters.txt"
    pairs = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return frozenset(simplified for simplified, traditional in pairs if simplified not in traditional)


@cache
def _converter() -> Any:
    return opencc.OpenCC("s2hk")


def load() -> None:
    """Read all tables, which takes a moment: a process does it before it serves."""
    language_of("好")
    traditional("好")


def traditional(text: str, quoted: Iterable[str] = ()) -> str:
    """``text`` in traditional characters as Hong Kong writes them; what is ``quoted`` in it stays as it is."""
    kept = sorted({quote for quote in quoted if quote}, key=len, reverse=True)
    if not kept:
        return str(_converter().convert(text))
    parts = re.split("(" + "|".join(map(re.escape, kept)) + ")", text)
    return "".join(part if at % 2 else str(_converter().convert(part)) for at, part in enumerate(parts))


QUOTED = "quoted"
"""Member of a card: the words of the resident that are read back in the text."""
LANGUAGE = "language"
"""Member of a card: the language of what is written around it, where it is not simplified Chinese."""
CATEGORY_CODE = "category_code"
"""Member of the gateway's own cards, whose names are Chinese; those of the assistant are in the language already."""
_TITLES = {
    "不等了": "Stop waiting",
    "非常满意": "Very satisfied",
    "满意": "Satisfied",
    "基本满意": "Fairly satisfied",
    "不满意": "Dissatisfied",
    "非常不满意": "Very dissatisfied",
}  # of the gateway's own buttons; the assistant's are English already
# members of cards that are no words of ours
_AS_THEY_ARE = frozenset(
    {QUOTED, CATEGORY_CODE, "description", "case_no", "code", "status", "kind", "precision", "phone", "due_at"}
)


def put_all(replies: Sequence[Reply], language: str | None) -> list[Reply]:
    """An answer in the conversation's language; the assistant's card that names what is quoted comes after the text."""
    quoted = [str(words) for reply in replies for words in (reply.custom or {}).get(QUOTED) or ()]
    return [put(reply, language, quoted) for reply in replies]


def put(reply: Reply, language: str | None, quoted: Sequence[str] = ()) -> Reply:
    """``reply`` in the conversation's language. Payloads of buttons and the resident's own words are left alone."""
    if language == ENGLISH:
        return replace(
            reply,
            text=reply.english or reply.text,
            buttons=tuple(replace(button, title=_TITLES.get(button.title, button.title)) for button in reply.buttons),
            custom=card_in(language, reply.custom) if reply.custom else reply.custom,
        )
    if language != TRADITIONAL:
        return reply
    return replace(
        reply,
        text=traditional(reply.text, quoted),
        buttons=tuple(replace(button, title=traditional(button.title)) for button in reply.buttons),
        custom=card_in(language, reply.custom, quoted) if reply.custom else reply.custom,
    )


def card_in(language: str | None, card: Json, quoted: Sequence[str] = ()) -> Json:
    """``card`` in the conversation's language, which it names where it is not simplified Chinese."""
    if language == TRADITIONAL:
        return {**_card(card, quoted), LANGUAGE: TRADITIONAL}
    if language != ENGLISH:
        return card
    names: Json = {}
    if code := card.get(CATEGORY_CODE):
        names["category"] = category_names().get(code, card.get("category"))
    if CATEGORY_CODE in card and card.get("department"):
        names["department"] = body_in_english(card["department"])
    return {**card, **names, LANGUAGE: ENGLISH}


def _card(card: Json, quoted: Sequence[str]) -> Json:
    return {name: value if name in _AS_THEY_ARE else _converted(value, quoted) for name, value in card.items()}


def _converted(value: Any, quoted: Sequence[str]) -> Any:
    if isinstance(value, str):
        return traditional(value, quoted)
    return _card(value, quoted) if isinstance(value, dict) else value
