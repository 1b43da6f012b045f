"""The event feed: what other systems are told of a case, each as much as it may know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from intake_api.domain import case_number


class Audience(StrEnum):
    """Who reads the feed."""

    PARTNER = "partner"  # another system: what happened, without reasons and particulars
    DEPARTMENT = "department"  # one that leads or supports the case: reasons and particulars, too
    STAFF = "staff"  # who may read all cases anyway


PUBLIC_DATA = frozenset(
    {
        "attachments",  # how many there are
        "automatic",
        "basis",
        "category",
        "changed",
        "channel",
        "department",
        "due_at",
        "precision",
        "supporting",
        "town",
        "until",
    }
)
"""Members of an event's data that any partner may know; what is not named here stays with the city."""

_DEPARTMENT_KEYS = frozenset({"department", "lead", "supporting", "departments", "responsible"})


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the feed. ``position`` counts from 1 without gaps, in the order in which all readers see events.

    ``department``, ``category`` and ``town`` are those of the case when the event had happened.
    """

    position: int
    event_id: int
    case_id: int
    seq: int
    kind: str
    at: datetime
    actor_kind: str
    from_status: str | None
    to_status: str | None
    reason: str
    data: Mapping[str, object]
    department: str | None
    category: str | None
    town: str | None


def as_json(entry: Entry, audience: Audience, department_names: Mapping[str, str]) -> dict[str, object]:
    """An entry as ``audience`` is told it, in the feed and by webhooks alike."""
    told = audience is not Audience.PARTNER
    return {
        "position": entry.position,
        "id": entry.event_id,
        "case_no": case_number.format_number(entry.case_id),
        "seq": entry.seq,
        "kind": entry.kind,
        "at": entry.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "from_status": entry.from_status,
        "to_status": entry.to_status,
        "department": (
            {"id": entry.department, "name": department_names.get(entry.department, entry.department)}
            if entry.department
            else None
        ),
        "category": entry.category,
        "town": entry.town,
        "actor_kind": entry.actor_kind,
        "reason": entry.reason if told else "",
        "data": dict(entry.data) if told else public_data(entry.data),
    }


def public_data(data: Mapping[str, object]) -> dict[str, object]:
    """The members of an event's data that any partner may know."""
    public = {name: value for name, value in data.items() if name in PUBLIC_DATA}
    due = data.get("due")
    if isinstance(due, Mapping) and "due_at" in due:
        public["due_at"] = due["due_at"]
    return public


def named_departments(data: object) -> set[str]:
    """Departments that an event's data names: whoever loses or gets a case by it is concerned as well."""
    return set(_named(data))


def _named(data: object) -> Iterator[str]:
    if not isinstance(data, Mapping):
        return
    for name, value in data.items():
        if name in _DEPARTMENT_KEYS:
            values = value if isinstance(value, (list, tuple)) else [value]
            yield from (item for item in values if isinstance(item, str) and item)
        else:
            yield from _named(value)
