"""Buttons that have been shown, and which of them still count.

A button is known by the message of ours that it stood below, never by its payload: the same payload means another
report in another answer. The buttons of an answer count until others are offered.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from channels.gateway.message import Button, reply_from
from channels.gateway.tables import Status, messages

_LOOKED_AT = 60
"""So many of the newest messages of ours; what was offered before them counts no more."""


@dataclass(frozen=True, slots=True)
class Press:
    """Which button was pressed: the ``index``-th of those shown with the message at ``seq`` of the conversation."""

    seq: int
    index: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A button as it was shown with the message at ``seq``."""

    seq: int
    button: Button


def mark(seq: int, index: int) -> str:
    """What a channel sends for the ``index``-th button of the message at ``seq``; ``pressed`` reads it."""
    return f"{seq}.{index}"


def pressed(data: str) -> Press | None:
    """The button that sends ``data``; None when it is none of ours."""
    seq, _, index = data.partition(".")
    if not all(part.isascii() and part.isdecimal() and len(part) <= 18 for part in (seq, index)):
        return None
    return Press(int(seq), int(index))


def standing(connection: sa.Connection, sender: str, *, within: int | None = None) -> tuple[Offer, ...]:
    """The buttons that count: those of the newest answer that has any, all its messages together, in order.

    ``within``: only if it is among so many of the newest answers.
    """
    rows = connection.execute(
        sa.select(messages.c.id, messages.c.answer_to, messages.c.content)
        .where(messages.c.conversation == sender, messages.c.direction == "out", messages.c.status != Status.BUSY)
        .order_by(messages.c.id.desc())
        .limit(_LOOKED_AT)
    )
    answers: dict[int, list[Offer]] = {}
    for row in rows:
        offers = answers.setdefault(row.answer_to or -row.id, [])
        offers[:0] = (Offer(row.id, button) for button in reply_from(row.content).buttons)
    return tuple(next((offers for offers in list(answers.values())[:within] if offers), ()))
