"""Replies as Telegram shows them: text of limited length, with the buttons below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

from channels.gateway.message import Button, Json, reply_from
from channels.gateway.offers import mark
from channels.gateway.store import Entry

LIMIT = 2000
"""Longest text of one message, in characters. Telegram takes 4096 of UTF-16, of which some characters need two."""

MENU: Json = {"kind": "telegram_menu"}
"""Card of a reply with which the keys below the input line appear."""

PRESSED = {"反映问题": "我要反映问题", "我的诉求": "查询进度", "转人工": "转人工"}
"""The keys, and what each says to the assistant."""

MARK = "-"
"""Data of a button that only shows what was chosen."""

_ON_THE_MAP = ("point", "road", "estate")
_LONGEST_NAME = 200
_SHARE_PLACE = "发送我的位置"
_BESIDE = 8  # characters of a title up to which two stand beside each other


@dataclass(frozen=True, slots=True)
class Letter:
    """One message. With it everything up to ``through`` has been said; None when more belongs to it.

    ``pin``: it is shown on a map, latitude and longitude in WGS84 degrees, and the text names the place.
    """

    text: str
    keyboard: InlineKeyboardMarkup | ReplyKeyboardMarkup | None
    through: int | None
    pin: tuple[float, float] | None = None


def letters(entries: Iterable[Entry], _language: str | None = None) -> list[Letter]:
    """What is said in ``entries``, in order. Buttons stand below the last part of their text."""
    found: list[Letter] = []
    for entry in entries:
        reply = reply_from(entry.content)
        if (card := _map_card(entry.seq, reply.custom or {})) is not None and not reply.text.strip():
            found.append(card)
            continue
        *parts, end = split(reply.text.strip())
        found += [Letter(part, None, None) for part in parts]
        menu = reply.custom is not None and reply.custom.get("kind") == MENU["kind"]
        found.append(Letter(end, keys() if menu else below(entry.seq, reply.buttons), entry.seq))
    return found


def _map_card(seq: int, card: Json) -> Letter | None:
    """The place of a report that is read back, where it was found on the map."""
    place = card.get("place") if card.get("kind") == "summary" else None
    if not place or place.get("lat") is None or place.get("precision") not in _ON_THE_MAP:
        return None
    return Letter(str(place["text"])[:_LONGEST_NAME], None, seq, (float(place["lat"]), float(place["lng"])))


def below(seq: int, buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """The buttons of the message at ``seq``: short ones in pairs, long ones each on a line."""
    rows: list[list[InlineKeyboardButton]] = []
    for index, button in enumerate(buttons):
        # the payload itself may be longer than the 64 bytes that Telegram keeps
        key = InlineKeyboardButton(button.title, callback_data=mark(seq, index))
        last = rows[-1] if rows else []
        if len(last) == 1 and max(len(button.title), len(last[0].text)) <= _BESIDE:
            last.append(key)
        else:
            rows.append([key])
    return InlineKeyboardMarkup(rows) if rows else None


def chosen(title: str) -> InlineKeyboardMarkup:
    """What stays of the buttons when one was pressed."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(f"✓ {title}", callback_data=MARK)]])


def keys() -> ReplyKeyboardMarkup:
    """The keys below the input line."""
    report, cases, operator = PRESSED
    place = KeyboardButton(_SHARE_PLACE, request_location=True)
    return ReplyKeyboardMarkup([[report, cases], [place, operator]], resize_keyboard=True, is_persistent=True)


def split(words: str, limit: int = LIMIT) -> list[str]:
    """``words`` in parts of at most ``limit`` characters, broken at the ends of lines or sentences if possible."""
    parts = []
    while len(words) > limit:
        head = words[:limit]
        cut = max(head.rfind("\n"), head.rfind("。"), head.rfind("；")) + 1
        cut = cut if cut > limit // 3 else limit
        parts.append(words[:cut].rstrip())
        words = words[cut:].lstrip()
    return [*parts, words]
