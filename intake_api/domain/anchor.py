"""Anchors: now and then one hash over all that happened so far, to be kept elsewhere and compared later.

An anchor covers the events of all cases whose ids lie between those of the anchor before and its own ``last_event``,
in the order of their ids, and the audit trail up to ``audit_seq``. Cases go on changing meanwhile: new events have
higher ids and belong to the next anchor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from intake_api.domain.event import canonical_json

EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Anchor:
    """``events``: how many events it covers since the one before; ``digest``: over their ids and hashes."""

    at: datetime
    events: int
    last_event: int
    digest: str
    audit_seq: int
    audit_hash: str
    prev_hash: str

    @property
    def hash(self) -> str:
        """SHA-256 over everything the anchor says, and thereby over all anchors before it."""
        content = {
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "events": self.events,
            "last_event": self.last_event,
            "digest": self.digest,
            "audit_seq": self.audit_seq,
            "audit_hash": self.audit_hash,
            "prev_hash": self.prev_hash,
        }
        return hashlib.sha256(canonical_json(content)).hexdigest()


class EventDigest:
    """Counts and digests events in the order of their ids."""

    def __init__(self) -> None:
        self.events = 0
        self._sha = hashlib.sha256()

    def add(self, events: Iterable[tuple[int, str]]) -> None:
        """Take in ids and hashes."""
        for event_id, event_hash in events:
            self.events += 1
            self._sha.update(f"{event_id}:{event_hash}\n".encode())

    def hexdigest(self) -> str:
        """The digest so far."""
        return self._sha.hexdigest()
