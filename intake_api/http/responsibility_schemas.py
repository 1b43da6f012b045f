"""What goes in and out of the responsibility matrix."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from intake_api.domain.place import Datum
from intake_api.domain.responsibility import Basis, Source
from intake_api.domain.taxonomy import Urgency
from intake_api.http.schemas import (
    ActorView,
    Body,
    CategoryRef,
    DepartmentRef,
    Latitude,
    LimitView,
    Longitude,
    OptionalText,
    PlaceView,
    Text,
    View,
)

State = Literal["in_force", "coming", "over"]


class RuleQuery(Body):
    """Which rules are wanted; all conditions hold together."""

    category: OptionalText = Field("", max_length=20)
    """A code: the rules that cover it; a prefix (`11*`) or `*`: those of just this line."""
    area: OptionalText = Field("", max_length=20)
    """A town code: the rules of the town and of the whole district; `*`: those of the whole district."""
    department: OptionalText = Field("", max_length=60)
    """Leading or supporting."""
    source: Source | None = None
    basis: Basis | None = None
    state: State | Literal["all"] = "in_force"


class RuleView(View):
    """A rule of the matrix."""

    id: int
    category: str
    category_name: str
    area: str
    area_name: str
    lead: DepartmentRef
    supporting: list[DepartmentRef]
    basis: Basis
    valid_from: date | None
    valid_to: date | None
    """The last day on which it is in force."""
    state: State
    source: Source
    source_label: str
    added_by: str
    added_at: AwareDatetime | None
    case_no: str
    """The case whose adjudication it is, for a ruling."""
    reason: str
    silent: bool
    """The lead department no longer exists: the rule has no effect."""


class RuleList(View):
    """Rules by category and area. ``version`` grows with each change of the matrix."""

    items: list[RuleView]
    version: int


class RuleBody(Body):
    """A rule to add."""

    category: Text = Field(min_length=1, max_length=20)
    """A code, a prefix such as `11*`, or `*`."""
    area: Text = Field(min_length=1, max_length=20)
    """A town code, or `*` for the whole district."""
    lead: Text = Field(min_length=1, max_length=60)
    supporting: list[Text] = Field(default_factory=list, max_length=20)
    basis: Literal["法定", "商定", "指定"]
    valid_from: date | None = None
    valid_to: date | None = None
    reason: Text = Field(min_length=2, max_length=500)

    @model_validator(mode="after")
    def _in_order(self) -> RuleBody:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("截止日期早于起始日期。")
        return self


class RuleAdded(View):
    """The rule that was added."""

    id: int
    version: int


class EndBody(Body):
    """When and why a rule ends."""

    last_day: date | None = None
    """The last day on which it is in force; yesterday if not given: it ends at once."""
    reason: Text = Field(min_length=2, max_length=500)


class DryRunQuery(Body):
    """A case that nobody reported: who would get it."""

    category: Text = Field(min_length=1, max_length=20)
    town: OptionalText = Field("", max_length=20)
    """A town code; instead of it a pin, or words of a place."""
    lat: Latitude | None = None
    lng: Longitude | None = None
    datum: Datum = Datum.WGS84
    text: OptionalText = Field("", max_length=500)
    """The words of a place."""
    words: OptionalText = Field("", max_length=2000)
    """What is reported: proposes the filing condition."""
    on: date | None = None
    """The day; today if not given."""

    @model_validator(mode="after")
    def _one_place(self) -> DryRunQuery:
        if (self.lat is None) != (self.lng is None):
            raise ValueError("lat 和 lng 必须同时给出。")
        return self


class CandidateView(View):
    """A rule, or one of the steps after the rules, that might have decided."""

    name: str
    lead: DepartmentRef | None
    basis: Basis
    wins: bool
    words: str
    """Why it won or lost."""
    rule: RuleView | None


class TermView(View):
    """By when it would be due, and by which rule."""

    limit: LimitView
    urgency: Urgency
    rule: str
    words: str
    fast_track: bool
    condition: str | None
    condition_words: str | None
    """Why this filing condition is proposed."""
    due_at: AwareDatetime
    """If it were filed now."""
    due_words: str


class DryRunView(View):
    """Who would get it, and why."""

    category: CategoryRef
    on: date
    town_code: str | None
    town: str | None
    place: PlaceView | None
    lead: DepartmentRef
    supporting: list[DepartmentRef]
    basis: Basis
    rule: str
    words: str
    candidates: list[CandidateView]
    term: TermView


class ImportQuery(Body):
    """How a table is taken in."""

    dry_run: bool = False
    """Only show what would change."""
    version: int | None = None
    """The version of the matrix that the table was checked against; another one is refused."""
    reason: OptionalText = Field("", max_length=500)
    """Why; required unless `dry_run`."""


class ImportView(View):
    """What a table changes, or changed."""

    applied: bool
    added: list[RuleView]
    ended: list[RuleView]
    kept: int
    version: int


class HistoryQuery(Body):
    """A page of the history."""

    cursor: OptionalText = Field("", max_length=40)
    limit: int = Field(30, ge=1, le=200)


class ChangedRule(View):
    """A rule as it was written into the history."""

    id: int
    category: str
    category_name: str
    area: str
    area_name: str
    lead: DepartmentRef
    supporting: list[DepartmentRef]
    basis: Basis
    valid_from: date | None
    valid_to: date | None


class ChangeView(View):
    """A change of the matrix. Of a large one (a folder loaded, a table) only the first rules are listed."""

    id: int
    at: AwareDatetime
    by: ActorView
    kind: Literal["added", "ended", "imported", "ruling", "city"]
    kind_label: str
    case_no: str
    reason: str
    added: int
    ended: int
    before: list[ChangedRule]
    after: list[ChangedRule]


class ChangePage(View):
    """Changes, newest first."""

    items: list[ChangeView]
    next: str | None
