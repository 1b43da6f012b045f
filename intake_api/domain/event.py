"""What happened to a case: append-only events, each sealed with the hash of the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

FIRST_HASH = "0" * 64
"""What the first event of a case is chained to."""


class ActorKind(StrEnum):
    """Who acts."""

    CHANNEL = "channel"  # a program that speaks for a resident
    STAFF = "staff"  # a person with an account
    PARTNER = "partner"  # another system
    SYSTEM = "system"  # a rule of ours


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. ``name`` is that of an account or token, never a resident's."""

    kind: ActorKind
    id: str
    name: str


SYSTEM = Actor(ActorKind.SYSTEM, "system", "系统")


class EventKind(StrEnum):
    """Kinds of events."""

    RECEIVED = "received"  # 受理登记
    FILED = "filed"  # 立案
    CORRECTED = "corrected"  # 更正 (category, place)
    RELEASED = "released"  # 公开说明: a text that everybody may read
    UNRELEASED = "unreleased"  # 撤下公开说明
    COMMENTED = "commented"  # a partner's words on a case

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {
            "received": "收到诉求",
            "filed": "立案",
            "corrected": "更正",
            "released": "公开说明",
            "unreleased": "撤下公开说明",
            "commented": "外部系统补充",
        }[self]


@dataclass(frozen=True, slots=True)
class Event:
    """One move. ``data`` is JSON and holds nothing personal, for events stay when personal data goes."""

    kind: EventKind
    at: datetime
    actor: Actor
    from_status: str | None
    to_status: str | None
    reason: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SealedEvent:
    """An event in its place: ``seq`` counts from 1 within the case."""

    event: Event
    seq: int
    prev_hash: str
    hash: str


def canonical_json(value: object) -> bytes:
    """The one way of writing a JSON value, for hashes: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def event_hash(case_id: int, seq: int, prev_hash: str, event: Event) -> str:
    """SHA-256 over everything the event says, its place, and the hash before it."""
    content = {
        "case": case_id,
        "seq": seq,
        "prev_hash": prev_hash,
        "kind": event.kind.value,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": {"kind": event.actor.kind.value, "id": event.actor.id, "name": event.actor.name},
        "from_status": event.from_status,
        "to_status": event.to_status,
        "reason": event.reason,
        "data": event.data,
    }
    return hashlib.sha256(canonical_json(content)).hexdigest()


def seal(case_id: int, events: Iterable[Event], seq: int = 0, prev_hash: str = FIRST_HASH) -> list[SealedEvent]:
    """Chain ``events`` behind the event ``seq`` with ``prev_hash``."""
    sealed = []
    for event in events:
        seq += 1
        digest = event_hash(case_id, seq, prev_hash, event)
        sealed.append(SealedEvent(event, seq, prev_hash, digest))
        prev_hash = digest
    return sealed


def is_intact(case_id: int, events: Iterable[SealedEvent]) -> bool:
    """Whether nothing was changed, left out or put in between (the end cannot be seen from here)."""
    prev_hash = FIRST_HASH
    for seq, sealed in enumerate(events, start=1):
        if sealed.seq != seq or sealed.prev_hash != prev_hash:
            return False
        if sealed.hash != event_hash(case_id, seq, prev_hash, sealed.event):
            return False
        prev_hash = sealed.hash
    return True
