"""What goes in and out of the queue."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from intake_api.domain.access import Role
from intake_api.domain.place import Precision
from intake_api.domain.taxonomy import Urgency
from intake_api.http.schemas import Body, CaseQuery, CaseView, Codes, Text, View, codes
from intake_api.storage.queue import Order


class QueueQuery(CaseQuery):
    """Filters and order of the queue; several values of one filter are separated by commas."""

    urgency: Annotated[list[Urgency], BeforeValidator(codes)] = Field(default_factory=list)
    precision: Annotated[list[Precision], BeforeValidator(codes)] = Field(default_factory=list)
    grid_cell: Codes = Field(default_factory=list)
    claimed: Literal["", "mine", "free"] = ""
    """mine: cases that you have claimed; free: cases that nobody has."""
    repeat: bool = False
    """Only cases that came back after closing."""
    order: Order = Order.NEWEST
    """``due`` and ``priority`` list open cases only."""


class ClaimView(View):
    """Who works on a case, and until when it is theirs."""

    holder: str
    holder_name: str
    mine: bool
    until: AwareDatetime


class QueuedCaseView(CaseView):
    """A case in the queue."""

    claim: ClaimView | None
    """Null when nobody has claimed it."""
    rank_at: AwareDatetime | None
    """Place in the order of priority: the smallest comes first."""
    stage_due_at: AwareDatetime | None
    """By when it should be filed, dispatched or verified (the city's internal limits); null in all other states."""


class QueuePage(View):
    """A page of the queue. ``next`` is the cursor of the next page, null at the end."""

    items: list[QueuedCaseView]
    next: str | None


class CaseClaimView(View):
    """A case and its claim, null when nobody works on it."""

    case_no: str
    claim: ClaimView | None


class NextCaseView(View):
    """The case that was claimed; null when nothing waits for you."""

    case: QueuedCaseView | None


class PriorityPart(View):
    """One reason to take a case up earlier."""

    name: str
    hours: int
    words: str


class PriorityView(View):
    """Where a case stands in the order: ``rank_at`` is ``base_at`` less the hours of all parts."""

    case_no: str
    rank_at: AwareDatetime
    base_at: AwareDatetime
    parts: list[PriorityPart]
    words: str


class ViewBody(Body):
    """A view of the queue to keep. ``filters``: parameters of ``GET /api/v1/cases`` by name, as text."""

    name: Text = Field(min_length=1, max_length=60)
    filters: dict[Text, Text] = Field(default_factory=dict, max_length=30)
    shared_with: list[Role] = Field(default_factory=list)
    """Roles whose holders see the view too."""


class SavedView(View):
    """A kept view."""

    id: int
    name: str
    filters: dict[str, Any]
    shared_with: list[Role]
    owner_name: str
    mine: bool
    count: int | None
    """Cases that it shows to you, counted up to 1000; null unless asked for."""
    more: bool
    """There are more than counted."""


class SavedViewList(View):
    """Your views and those shared with your roles."""

    items: list[SavedView]


class ViewsQuery(Body):
    """Whether cases are counted."""

    counts: bool = False


class BulkBody(Body):
    """One action on many cases. Beside ``case_nos`` and ``action`` come the fields of the action itself.

    ``versions``: by number, the states that the caller has seen; a case that went on since is left alone.
    """

    action: Text = Field(min_length=1, max_length=40)
    case_nos: list[Text] = Field(min_length=1, max_length=200)
    versions: dict[str, int] = Field(default_factory=dict, max_length=200)


class BulkItem(View):
    """What became of one case. ``code`` and ``detail`` tell why it was not done."""

    case_no: str
    done: bool
    code: str | None = None
    detail: str | None = None


class BulkResult(View):
    """What became of each case, in the order given."""

    done: int
    failed: int
    items: list[BulkItem]
