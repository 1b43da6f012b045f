"""Webhooks as they are asked for and answered."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from intake_api.domain.event import EventKind
from intake_api.http.schemas import Body, OptionalText, Text, View


class WebhookBody(Body):
    """A new subscription of a department or a partner, exactly one of them."""

    name: Text = Field(min_length=1, max_length=100)
    department_id: OptionalText = Field("", max_length=60)
    """It gets events of cases that it leads or supports, with reasons."""

    partner: OptionalText = Field("", max_length=100)
    """The name of a partner's token; it gets events of all cases, without reasons."""

    url: Text = Field(min_length=1, max_length=2000)
    kinds: list[EventKind] = Field(default_factory=list)
    """Only these kinds of events; empty: all."""

    categories: list[str] = Field(default_factory=list, max_length=200)
    towns: list[str] = Field(default_factory=list, max_length=200)
    """Codes."""

    after: int | None = Field(None, ge=0, lt=2**62)
    """Begin behind this position of the feed; without: with what happens from now on."""


class WebhookChange(Body):
    """What is to be changed; what is not named stays."""

    name: Text | None = Field(None, min_length=1, max_length=100)
    url: Text | None = Field(None, min_length=1, max_length=2000)
    kinds: list[EventKind] | None = None
    categories: list[str] | None = Field(None, max_length=200)
    towns: list[str] | None = Field(None, max_length=200)
    state: Literal["active", "paused"] | None = None


class ReplayBody(Body):
    """Which dead letters."""

    ids: list[int] = Field(default_factory=list, max_length=1000)
    """Empty: all."""


class WebhookView(View):
    """A subscription and how it goes."""

    id: int
    name: str
    department_id: str | None
    partner: str | None
    owner_name: str
    url: str
    kinds: list[str]
    kind_labels: list[str]
    """The names of the kinds, in Chinese."""
    categories: list[str]
    towns: list[str]
    state: str
    state_label: str
    state_reason: str
    position: int
    behind: int
    """Positions of the feed not yet looked at; at most so many events wait."""

    attempts: int
    """Failures in a row of the event that is next."""

    failing_since: AwareDatetime | None
    next_attempt_at: AwareDatetime | None
    last_error: str
    last_delivered_at: AwareDatetime | None
    dead_letters: int
    old_secret_until: AwareDatetime | None
    created_at: AwareDatetime


class WebhookList(View):
    """Subscriptions."""

    items: list[WebhookView]


class WebhookSecret(View):
    """A secret, shown this once."""

    id: int
    secret: str
    old_secret_until: AwareDatetime | None
    """Until then deliveries are signed with the old secret as well."""


class DeadLetterView(View):
    """An event that could not be delivered for a day."""

    id: int
    position: int
    case_no: str
    kind: str
    kind_label: str
    at: AwareDatetime
    attempts: int
    last_error: str
    failed_at: AwareDatetime
    replaying: bool


class DeadLetterList(View):
    """Dead letters in the order of the events."""

    items: list[DeadLetterView]


class Replayed(View):
    """How many are delivered again."""

    replayed: int
