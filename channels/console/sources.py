"""What the console shows, whatever its kind: conversations that wait or are served, with transcripts that grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from channels.gateway.message import Json


@dataclass(frozen=True, slots=True)
class Item:
    """One conversation in the operators' list.

    ``id`` is kind and number, ``chat:7``. ``state`` is waiting, held, callback or ended. ``due_at``: by when the first
    answer is due (GB/T 33358). ``newest``: the resident's newest words, masked; ``newest_by`` and ``newest_at``: who
    spoke last, and when.
    """

    id: str
    state: str
    reason: str
    channel: str
    asked_at: datetime
    due_at: datetime | None
    staff: str
    staff_name: str
    replied_at: datetime | None
    newest: str
    newest_by: str
    newest_at: datetime | None
    phone: str
    case_nos: Sequence[str] = ()
    outcome: str = ""
    more: Json = field(default_factory=dict)
    """What only this kind has."""

    def as_json(self) -> Json:
        """For the page."""
        return {
            "id": self.id,
            "state": self.state,
            "reason": self.reason,
            "channel": self.channel,
            "asked_at": self.asked_at.isoformat(),
            "due_at": _iso(self.due_at),
            "staff": self.staff,
            "staff_name": self.staff_name,
            "replied_at": _iso(self.replied_at),
            "newest": self.newest,
            "newest_by": self.newest_by,
            "newest_at": _iso(self.newest_at),
            "phone": self.phone,
            "case_nos": list(self.case_nos),
            "outcome": self.outcome,
        } | self.more


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a transcript. ``next``: where the next one begins; opaque."""

    entries: list[Json]
    next: str
    more: Json = field(default_factory=dict)
    """What only this kind has, as it is now."""


class Source(Protocol):
    """One kind of conversations: written ones, calls.

    An entry of a transcript has ``id``, ``role`` (resident, assistant, staff, system, note, mark), ``name``, ``text``
    and ``at``; more where the kind has it. An entry that comes again with the same ``id`` replaces the one before.
    """

    kind: str

    async def items(self, now: datetime) -> list[Item]:
        """All that wait, are served, are to be called back, or ended a short while ago."""
        ...

    async def page(self, number: str, after: str, *, revealed: bool = False, reader: str = "") -> Page | None:
        """What comes behind ``after`` (empty: from the beginning), masked unless ``revealed``; None: unknown.

        ``reader``: id of the operator who looks; a kind may show more to whoever serves it.
        """
        ...


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
