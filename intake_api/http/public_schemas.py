"""What everybody may read, and what staff decide about it."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from intake_api.domain.public import Level, Stage
from intake_api.http.schemas import Body, Box, CategoryRef, Codes, Day, Moment, OptionalText, View


class PublicQuery(Body):
    """Filters of the public list; several values of one filter are separated by commas."""

    state: Literal["", "open", "closed"] = ""
    category: Codes = Field(default_factory=list)
    """Codes of the taxonomy."""
    town: Codes = Field(default_factory=list)
    """Codes or names."""
    received_from: Moment | Day | None = Field(None, alias="from")
    """A moment, or a day in the city's time zone."""
    received_to: Moment | Day | None = Field(None, alias="to")
    """A moment, or a day (inclusive)."""
    bbox: Box | None = None
    """West, south, east, north in degrees, of the positions as they are shown."""
    limit: int = Field(50, ge=1, le=500)
    cursor: OptionalText = Field("", max_length=100)


class PublicPlaceView(View):
    """Where, no more exactly than everybody may know. Coordinates are WGS84 degrees."""

    level: Level
    level_label: str
    address: str
    town: str
    lat: float | None
    lng: float | None


class PublicCaseView(View):
    """A case without anything personal."""

    case_no: str
    category: CategoryRef
    open: bool
    stage: Stage
    state: str
    """Where it stands, in plain words."""
    place: PublicPlaceView
    department: str
    text: str
    """What staff released; empty: nothing yet."""
    received_at: AwareDatetime
    updated_at: AwareDatetime
    """When the state last changed; of a case that is over, when it was closed."""
    expected_at: AwareDatetime | None


class StageView(View):
    """A stage of a case."""

    stage: Stage
    label: str
    at: AwareDatetime | None
    """When the case came to it; null: not yet, or passed over."""


class PublicCaseDetail(PublicCaseView):
    """A public case with its stages."""

    stages: list[StageView]


class PublicCasePage(View):
    """Public cases, newest first. A page may be shorter than its limit; ``next`` is null only at the end."""

    items: list[PublicCaseView]
    next: str | None


class ReleaseBody(Body):
    """The text that everybody may read."""

    text: OptionalText = Field("", max_length=4000)
    """Empty: the description without personal data, as proposed."""
    version: int | None = Field(None, ge=1)
    """The version of the case that was looked at: if it went on since, nothing is released."""


class UnreleaseBody(Body):
    """Why the text is taken back."""

    reason: OptionalText = Field("", max_length=500)
    version: int | None = Field(None, ge=1)


class PublicityView(View):
    """How a case appears to the public, for staff."""

    case_no: str
    version: int
    public: bool
    why_hidden: str | None
    """Why it is not public, in Chinese."""
    place: PublicPlaceView
    text: str
    """What is released now, or empty."""
    proposed_text: str
    """The description without personal data."""
