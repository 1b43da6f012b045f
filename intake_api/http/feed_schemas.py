"""The event feed as it is asked for and answered."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field

from intake_api.domain.event import EventKind
from intake_api.http.schemas import Body, DepartmentRef, View


def _listed(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Kinds = Annotated[list[EventKind], BeforeValidator(_listed)]


class FeedQuery(Body):
    """Which events."""

    after: int = Field(0, ge=0, lt=2**62)
    """The position read last; 0: from the beginning."""

    limit: int = Field(100, ge=1, le=1000)
    kinds: Kinds = Field(default_factory=list)
    """Only these kinds, comma-separated."""

    wait: float = Field(0, ge=0, le=30)
    """Seconds to wait while there is nothing new."""


class FeedEvent(View):
    """An event of a case. Nothing in it is personal."""

    position: int
    """Counts from 1, in the order that all readers share."""

    id: int
    case_no: str
    seq: int
    """Counts from 1 within the case."""

    kind: str
    at: AwareDatetime
    from_status: str | None
    to_status: str | None
    department: DepartmentRef | None
    """Responsible when the event had happened."""

    category: str | None
    town: str | None
    actor_kind: str
    reason: str
    """Empty for partners."""

    data: dict[str, Any]
    """For partners only what anybody may know."""


class FeedPage(View):
    """Events, oldest first."""

    items: list[FeedEvent]
    next: int
    """The position to go on after, moved on even where nothing wanted was found."""

    head: int
    """The newest position there is."""
