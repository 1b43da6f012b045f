"""Replies as WeChat can show them: plain text of limited length, buttons as numbers to type."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from channels.gateway.language import ENGLISH, SIMPLIFIED, TRADITIONAL
from channels.gateway.message import Button, Reply, reply_from
from channels.gateway.offers import Offer
from channels.gateway.store import Entry

LIMIT = 2048
"""Longest text of one message, in bytes of UTF-8."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One text message. With it everything up to ``through`` has been said; None when more belongs to it."""

    text: str
    through: int | None


_CHOOSE = {SIMPLIFIED: "回复数字选择：", TRADITIONAL: "回覆數字選擇：", ENGLISH: "Reply with a number: "}


def letters(entries: Sequence[Entry], language: str | None = None) -> list[Letter]:
    """What is said in ``entries``, in as few messages as possible: WeChat allows only five after the user's last one.

    Numbers stand before the buttons of the newest answer that has any; typed, they mean those. ``language``: of the
    conversation (gateway/language.py); in it that is said.
    """
    said = _answers(entries)
    choosing = max((place for place, answer in enumerate(said) if answer.buttons), default=None)
    found: list[Letter] = []
    for place, answer in enumerate(said):
        words = answer.words(place == choosing, language)
        last = found[-1] if found else None
        if not words and last is not None:
            found[-1] = Letter(last.text, answer.through)
            continue
        joined = "\n\n".join(filter(None, (last.text if last else "", words)))
        if last is not None and len(joined.encode()) <= LIMIT:
            found[-1] = Letter(joined, answer.through)
            continue
        *parts, end = split(words)
        found += [Letter(part, None) for part in parts]
        found.append(Letter(end, answer.through))
    return found


def typed_number(text: str) -> int | None:
    """The number that ``text`` is, as one types it to choose; None when it is anything else."""
    number = unicodedata.normalize("NFKC", text).strip().rstrip(".。、号")
    return int(number) if number.isascii() and number.isdecimal() and len(number) <= 2 else None


def chosen(text: str, choices: Sequence[Offer]) -> Offer | None:
    """The button that ``text`` names by its number, if it is one of ``choices``."""
    number = typed_number(text)
    return choices[number - 1] if number is not None and 1 <= number <= len(choices) else None


def split(words: str, limit: int = LIMIT) -> list[str]:
    """``words`` in parts of at most ``limit`` bytes, broken at the ends of lines or sentences where there are some."""
    parts = []
    while len(words.encode()) > limit:
        head = words.encode()[:limit].decode(errors="ignore")
        cut = max(head.rfind("\n"), head.rfind("。"), head.rfind("；")) + 1
        cut = cut if cut > len(head) // 3 else len(head)
        parts.append(words[:cut].rstrip())
        words = words[cut:].lstrip()
    return [*parts, words]


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer, or a word said without being asked."""

    replies: tuple[Reply, ...]
    through: int

    @property
    def buttons(self) -> tuple[Button, ...]:
        return tuple(button for reply in self.replies for button in reply.buttons)

    def words(self, numbered: bool, language: str | None) -> str:
        texts = [reply.text.strip() for reply in self.replies if reply.text.strip()]
        if numbered:
            choices = ("  " if language == ENGLISH else "　").join(
                f"{number} {button.title}" for number, button in enumerate(self.buttons, 1)
            )
            texts.append(f"{_CHOOSE[language or SIMPLIFIED]}{choices}")
        return "\n\n".join(texts)


def _answers(entries: Sequence[Entry]) -> list[_Said]:
    groups: dict[tuple[int, bool], list[Entry]] = {}
    for entry in entries:
        # the word that an answer comes later is said by itself
        key = (entry.answer_to or -entry.seq, entry.message_id.endswith(".busy"))
        groups.setdefault(key, []).append(entry)
    return [
        _Said(tuple(reply_from(entry.content) for entry in group), group[-1].seq)
        for group in sorted(groups.values(), key=lambda group: group[-1].seq)
    ]
