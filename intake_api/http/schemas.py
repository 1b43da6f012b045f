"""What goes in and out, as pydantic models: they check, and they describe the interface. Unknown fields are ignored."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from intake_api.domain.access import Permission, Role
from intake_api.domain.action import Action
from intake_api.domain.case import Channel, Status
from intake_api.domain.learning import ExampleState
from intake_api.domain.place import Datum, Precision
from intake_api.domain.resident import Resident
from intake_api.domain.responsibility import Basis
from intake_api.domain.staff import Duty
from intake_api.domain.standing import Grade
from intake_api.domain.task import TaskKind, TaskState
from intake_api.domain.taxonomy import Unit, Urgency
from intake_api.domain.worklist import Work


def _without_nul(value: object) -> object:
    return value.replace("\x00", "") if isinstance(value, str) else value


def _trimmed(value: object) -> object:
    return value.replace("\x00", "").strip() if isinstance(value, str) else value


def _or_empty(value: object) -> object:
    return "" if value is None else value


def _or_nothing(value: object) -> object:
    return {} if value is None else value


def _or_normal(value: object) -> object:
    return value or Urgency.NORMAL


def _within_reach(value: date) -> date:
    # beyond, a change of the time zone may leave the calendar
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise ValueError(f"时间只能在 {_FIRST_YEAR} 到 {_LAST_YEAR} 年之间。")
    return value


_FIRST_YEAR, _LAST_YEAR = 1900, 2199
Moment = Annotated[AwareDatetime, AfterValidator(_within_reach)]
Day = Annotated[date, AfterValidator(_within_reach)]
# text as people send it: no NUL (PostgreSQL keeps none), no spaces around
Text = Annotated[str, BeforeValidator(_trimmed)]
OptionalText = Annotated[Text, BeforeValidator(_or_empty)]
Latitude = Annotated[float, Field(ge=-90, le=90, description="WGS84 degrees")]
Longitude = Annotated[float, Field(ge=-180, le=180, description="WGS84 degrees")]


class Body(BaseModel):
    """Something sent to us."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


class View(BaseModel):
    """Something answered by us."""

    model_config = ConfigDict(use_attribute_docstrings=True, serialize_by_alias=True)


# reports


class LocationBody(Body):
    """Where: words, a pin (both coordinates), the number of a lamp post, or nothing."""

    text: OptionalText = Field("", max_length=500)
    """The place in the resident's (corrected) words."""
    lat: Latitude | None = None
    lng: Longitude | None = None
    datum: Datum = Datum.WGS84
    """Datum of the pin; it is converted to WGS84."""
    pole_no: OptionalText = Field("", max_length=40)

    @classmethod
    def nowhere(cls) -> LocationBody:
        """No place given."""
        return cls.model_validate({})

    @model_validator(mode="after")
    def _both(self) -> LocationBody:
        if (self.lat is None) != (self.lng is None):
            raise ValueError("lat 和 lng 必须同时给出。")
        return self


class ReporterBody(Body):
    """Who reports; all of it optional."""

    name: OptionalText = Field("", max_length=100)
    phone: OptionalText = Field("", max_length=40)
    channel_user: OptionalText = Field("", max_length=200)
    """The channel's own id of the reporter: the answer goes back to it."""
    confidential: bool = False
    """Departments then see neither name nor phone."""

    @classmethod
    def nobody(cls) -> ReporterBody:
        """An anonymous report."""
        return cls.model_validate({})


class UtteranceBody(Body):
    """One line of the conversation."""

    role: Text = Field(max_length=20)
    """user, bot or staff."""
    text: Text = Field(max_length=5000)
    at: Moment | None = None


class CaseBody(Body):
    """A report. Without ``category`` the assistant is asked; what it does not understand waits for an operator."""

    channel: Channel
    description: Text = Field(min_length=1, max_length=5000)
    category: OptionalText = ""
    """A code of the taxonomy."""
    condition: OptionalText = Field("", max_length=20)
    """A filing condition (立案条件) of the category; left out: the one that the words speak of."""
    category_confidence: float = Field(1.0, ge=0, le=1)
    """How sure the category is; below the city's threshold an operator looks first."""
    location: Annotated[LocationBody, BeforeValidator(_or_nothing)] = Field(default_factory=LocationBody.nowhere)
    reporter: Annotated[ReporterBody, BeforeValidator(_or_nothing)] = Field(default_factory=ReporterBody.nobody)
    transcript: list[UtteranceBody] = Field(default_factory=list, max_length=500)
    attachments: list[Text] = Field(default_factory=list, max_length=20)
    occurred_at: Moment | None = None
    act: OptionalText = Field("", max_length=40)
    """What is meant: report, suggest, praise, consult, …"""
    urgency: Annotated[Urgency, BeforeValidator(_or_normal)] = Urgency.NORMAL
    """What was heard in it. It only raises the urgency of the category: an emergency has 2 hours, what is urgent 24."""
    announce: bool = False
    """The reporter has not been told the number yet: tell them by the channel of origin, once.

    It may change between attempts under one idempotency key.
    """


class CategoryRef(View):
    """A category."""

    code: str
    name: str
    division: str


class DepartmentRef(View):
    """A department."""

    id: str
    name: str


class PlaceView(View):
    """A resolved place. Coordinates are WGS84 degrees."""

    text: str
    """The place in the reporter's words."""
    lat: float | None = None
    lng: float | None = None
    grid_cell: str | None = None
    """Cell of about 100 m × 100 m."""
    town: str | None = None
    town_code: str | None = None
    community: str | None = None
    precision: Precision
    name: str | None = None
    """The city's name of what was found."""


class LimitView(View):
    """Time allowed."""

    value: int
    unit: Unit
    words: str


class PreviewView(View):
    """What would become of a report; nothing was stored."""

    category: CategoryRef | None
    location: PlaceView
    department: DepartmentRef | None
    due_at: AwareDatetime | None
    limit: LimitView | None
    photo_place: PlaceView | None = None
    """Where one of the attached photos was taken, by what the camera wrote into it."""


class ReporterView(View):
    """The reporter: masked unless revealed."""

    name: str
    phone: str
    confidential: bool
    channel_user: str | None = None
    """Only for the channel itself."""
    revealed: bool = False


class AttachmentRef(View):
    """An attachment of a case; ``url`` is signed and valid for a quarter of an hour."""

    attachment_id: str
    media_type: str
    size: int
    url: str


class UtteranceView(View):
    """One line of the conversation."""

    role: str
    text: str
    at: AwareDatetime | None


class OutcomeView(View):
    """How the case stands in which a merged one goes on: what its reporter may know of it."""

    case_no: str
    status: Status
    status_label: str
    department: DepartmentRef | None
    due_at: AwareDatetime | None
    overdue: bool
    closed_at: AwareDatetime | None
    suspended_until: AwareDatetime | None


class CaseView(View):
    """A case. Personal data is masked."""

    case_no: str
    case_no_spoken: str
    version: int
    """Goes up with every event; changes of the case may name the version that they were made for."""
    status: Status
    status_label: str
    channel: Channel
    channel_label: str
    act: str
    description: str
    category: CategoryRef | None
    condition: str | None
    """The filing condition (立案条件) that decides the limit, in words."""
    category_confidence: float
    urgency: Urgency
    location: PlaceView
    department: DepartmentRef | None
    supporting: list[DepartmentRef]
    basis: Basis | None
    due_at: AwareDatetime | None
    overdue: bool
    received_at: AwareDatetime
    filed_at: AwareDatetime | None
    occurred_at: AwareDatetime | None
    reporter: ReporterView
    attachments: list[AttachmentRef]
    fast_track: bool
    """快速处置: dispatched straight to the crew, with a short clock."""
    responsible: DepartmentRef | None
    """首接负责: who answers for it until another department has accepted it."""
    dispatched_at: AwareDatetime | None
    accepted_at: AwareDatetime | None
    reported_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    suspended_until: AwareDatetime | None
    returns: int
    reworks: int
    urges: int
    reopenings: int
    orders: int
    """Supervision orders in force."""
    order_level: int
    """The highest level of them, 0 when there is none."""
    merged_into: str | None
    """Number of the case into which it was merged."""
    outcome: OutcomeView | None
    """Of a merged case: how the one stands in which it goes on in the end."""
    repeat_of: str | None
    """Number of a case of the same place and category that was closed lately."""
    grade: Grade | None
    solved: bool | None


class TaskView(View):
    """A side task: something asked of somebody while the case goes on."""

    id: int
    kind: TaskKind
    kind_label: str
    state: TaskState
    department: DepartmentRef | None
    asked_at: AwareDatetime
    reason: str
    until: AwareDatetime | None
    decided_at: AwareDatetime | None
    answer: str


class StageView(View):
    """One of the six stages that the case went through; ``ended_at`` null: it goes on."""

    name: str
    began_at: AwareDatetime
    ended_at: AwareDatetime | None
    seconds: int
    """Less what the case was suspended."""
    allowed_seconds: int | None
    """What the city allows for the stage; the handling itself has the limit of the case."""


class OfferedAction(View):
    """Something that the caller can do with the case now."""

    action: Action
    label: str


class CaseDetailView(CaseView):
    """A case with the conversation that led to it, and what can be done now."""

    transcript: list[UtteranceView]
    tasks: list[TaskView]
    stages: list[StageView]
    followers: int
    """How many more residents wait for the outcome."""
    actions: list[OfferedAction]
    """What the caller's role, department and the state of the case allow."""


class CasePage(View):
    """A page of cases, newest first. ``next`` is the cursor of the next page, null at the end."""

    items: list[CaseView]
    next: str | None


def codes(value: object) -> object:
    """Several values in one parameter, separated by commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Codes = Annotated[list[Text], BeforeValidator(codes)]


def box_of(value: object) -> object:
    """Four numbers separated by commas, of an address."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


_Degrees = Annotated[float, Field(allow_inf_nan=False)]
Box = Annotated[tuple[_Degrees, _Degrees, _Degrees, _Degrees], BeforeValidator(box_of)]


NO_DEPARTMENT = "none"
"""As a filter by department: cases that have none."""


class CaseQuery(Body):
    """Filters of the queue; several values of one filter are separated by commas."""

    status: Annotated[list[Status], BeforeValidator(codes)] = Field(default_factory=list)
    category: Codes = Field(default_factory=list)
    department: Codes = Field(default_factory=list)
    """Ids of leading departments; ``none``: cases of no department, that could not be dispatched by themselves."""
    channel: Annotated[list[Channel], BeforeValidator(codes)] = Field(default_factory=list)
    town: Codes = Field(default_factory=list)
    """Codes or names."""
    q: OptionalText = Field("", max_length=200)
    """A case number, or words in description and place."""
    received_from: Moment | Day | None = Field(None, alias="from")
    """A moment, or a day in the city's time zone."""
    received_to: Moment | Day | None = Field(None, alias="to")
    """A moment (exclusive), or a day (inclusive)."""
    overdue: bool = False
    """Only open cases past their due time; while a case is suspended its clock stands, and it is not overdue."""
    due_within: int | None = Field(None, ge=1, le=720)
    """Only open cases whose clock runs and that are due within so many hours; with ``overdue`` the overdue ones too."""
    closed_from: Moment | Day | None = None
    """Only closed cases, from a moment or a day in the city's time zone on."""
    closed_to: Moment | Day | None = None
    """A moment (exclusive), or a day (inclusive)."""
    task: TaskKind | None = None
    """Only cases in which something of this kind waits for a decision or an answer."""
    work: Work | None = None
    """Only cases on this work list of yours, see ``GET /api/v1/work``."""
    bbox: Box | None = None
    """West, south, east, north in degrees."""
    channel_user: OptionalText = Field("", max_length=200)
    """The reporter that a channel speaks for; required for channels."""
    limit: int = Field(50, ge=1, le=200)
    cursor: OptionalText = Field("", max_length=100)

    @property
    def resident(self) -> Resident:
        """Whom a channel speaks for."""
        return Resident(self.channel_user, self.channel[0] if len(self.channel) == 1 else "")


class OneCaseQuery(Body):
    """How one case is shown."""

    channel_user: OptionalText = Field("", max_length=200)
    """The reporter that a channel speaks for; required for channels."""
    channel: Channel | None = None
    """Which channel knows them by that id: two may give the same one to different people. Say it always."""

    @property
    def resident(self) -> Resident:
        """Whom a channel speaks for."""
        return Resident(self.channel_user, self.channel or "")

    reveal: Literal["", "reporter"] = ""
    """``reporter``: show name and phone; recorded in the audit trail."""


class CorrectionBody(Body):
    """What is put right, and why. What is left out stays."""

    category: OptionalText = ""
    """A code of the taxonomy."""
    condition: OptionalText = Field("", max_length=20)
    """A filing condition (立案条件) of the category."""
    location: LocationBody | None = None
    """The right place. A pin without words keeps the reporter's words."""
    reason: Text = Field(min_length=1, max_length=500)
    version: int | None = Field(None, ge=1)
    """The version of the case that was looked at: if it went on since, nothing is changed."""


class ActorView(View):
    """Who acted."""

    kind: str
    id: str
    name: str


class PositionView(View):
    """A position in WGS84 degrees."""

    lat: float
    lng: float


class EventView(View):
    """One event of a case."""

    seq: int
    kind: str
    kind_label: str
    at: AwareDatetime
    actor: ActorView
    from_status: str | None
    to_status: str | None
    to_status_label: str | None
    reason: str
    data: dict[str, Any]
    remark: str
    """Words that belong to the event: feedback, a supplement, a note."""
    attachments: list[AttachmentRef]
    position: PositionView | None
    """Where a supplement points to on the map."""
    prev_hash: str
    hash: str


class EventList(View):
    """All events of a case, oldest first. ``intact``: the chain of hashes holds."""

    items: list[EventView]
    intact: bool


class StepView(View):
    """One day of the arithmetic."""

    day: str
    seconds: int
    words: str


class ClockView(View):
    """When a case is due, and why. ``remaining_seconds`` is negative when overdue."""

    case_no: str
    limit: LimitView | None
    started_at: AwareDatetime | None
    due_at: AwareDatetime | None
    remaining_seconds: int | None
    overdue: bool
    rule: str | None
    calendar_version: str | None
    steps: list[StepView]
    words: str


# places, categories, departments, city


class ResolveBody(LocationBody):
    """Words or a pin."""


class ResolveView(View):
    """The place that is meant, and others of the same name."""

    place: PlaceView
    candidates: list[PlaceView]


class CategoryView(View):
    """A category of the taxonomy."""

    code: str
    name: str
    kind: Literal["component", "event", "referral"]
    division: str
    typical_words: list[str]
    lead_department: str
    limit: LimitView
    urgency: Urgency
    gb_codes: list[str]


class CategoryList(View):
    """The taxonomy, in its order."""

    items: list[CategoryView]


class DepartmentView(View):
    """A department of the city in force."""

    id: str
    name: str
    kind: str
    town_code: str | None
    town: str | None
    phone: str
    initials: str
    """Of the name's characters in pinyin, to find it by typing: 排水管理所 is ``psgls``."""


class DepartmentList(View):
    """All departments."""

    items: list[DepartmentView]


class TelephoneView(View):
    """The city's rules for calls."""

    announcement: str
    """What callers are told before they are recorded."""
    recordings_days: int
    """Days that recordings are kept."""
    personal_days: int
    """Days that words, numbers and names are kept."""


class CityView(View):
    """The city, with its shape as GeoJSON (WGS84)."""

    name: str
    code: str
    hotline: str
    description: str
    timezone: str
    emergency: dict[str, str]
    center: list[float] = Field(min_length=2, max_length=2)
    zoom: int
    bounds: list[Annotated[list[float], Field(min_length=2, max_length=2)]] = Field(min_length=2, max_length=2)
    """South-west and north-east corner, each [lat, lng]."""
    map_tiles: str
    """Tile address, empty: draw the map from this description."""
    outline: dict[str, Any]
    towns: dict[str, Any]
    roads: dict[str, Any]
    landmarks: dict[str, Any]
    telephone: TelephoneView


# understanding


class ParseBody(Body):
    """A text to understand."""

    text: Annotated[str, BeforeValidator(_without_nul)] = Field(max_length=5000)


class Scored(View):
    """A name with a confidence of 0 … 1."""

    name: str
    confidence: float


class ScoredCategory(View):
    """A category with a confidence of 0 … 1."""

    code: str
    name: str
    confidence: float


class Mention(View):
    """A place named in the text; offsets count code points."""

    text: str
    start: int
    end: int
    kind: str


class ProblemView(View):
    """A part of a text that speaks of a problem of its own; ``start`` and ``end`` are code-point offsets."""

    text: str
    start: int
    end: int
    categories: list[ScoredCategory]
    locations: list[Mention]


class ParseView(View):
    """What the assistant makes of a text."""

    normalized: str
    act: str
    acts: list[Scored]
    categories: list[ScoredCategory]
    locations: list[Mention]
    place: PlaceView | None
    problems: list[ProblemView] = []
    """The two problems of a text that speaks of two, each with its part of the text; else empty."""


# learning


class ExampleQuery(Body):
    """Which examples."""

    state: Literal["", "new", "accepted", "rejected"] = ""
    limit: int = Field(50, ge=1, le=200)
    cursor: OptionalText = Field("", max_length=100)


class ExampleView(View):
    """A correction as the assistant may learn from it; the text is without personal data."""

    id: int
    case_no: str
    text: str
    category_before: CategoryRef | None
    category_after: CategoryRef | None
    place_text: str
    """The place as it was put right; empty: it was not."""
    places: list[tuple[int, int]]
    """Half-open spans in code points where that place stands in the text."""
    corrected_by: ActorView
    corrected_at: AwareDatetime
    state: ExampleState
    state_label: str
    reviewed_by: ActorView | None
    reviewed_at: AwareDatetime | None


class ExamplePage(View):
    """A page of examples, newest first. ``next`` is the cursor of the next page, null at the end."""

    items: list[ExampleView]
    next: str | None


class ReviewBody(Body):
    """Whether the assistant is to learn from an example."""

    accept: bool


class ModelCounts(View):
    """What a model was trained from."""

    utterances: int
    tickets: int
    corrections: int


class ModelFigures(View):
    """How well a model understands messages that it has not learnt from; shares of 0 … 1. ``n`` messages."""

    n: int
    act_accuracy: float
    category_top1: float
    category_top3: float
    location_f1: float


class ModelMeasured(View):
    """A model with its figures. ``heldout`` names the set of messages: figures of different sets do not compare."""

    fingerprint: str
    heldout: str
    figures: ModelFigures


class ModelRecord(View):
    """One training. ``figures`` and ``heldout`` are null where there was nothing to measure on."""

    fingerprint: str
    trained_at: AwareDatetime
    seconds: float
    counts: ModelCounts
    heldout: str | None
    figures: ModelFigures | None
    previous: ModelMeasured | None
    """The model before, for comparing."""


class ModelInUse(View):
    """The model that the assistant uses; ``record`` is null for one trained elsewhere."""

    fingerprint: str
    record: ModelRecord | None


class ModelView(View):
    """The model in use, null when the assistant does not answer, and all trainings here, newest first."""

    in_use: ModelInUse | None
    history: list[ModelRecord]


# attachments


class AttachmentView(View):
    """A stored attachment."""

    attachment_id: str
    media_type: str
    size: int
    position: PositionView | None = None
    """Where the photo says it was taken."""


# outbox


class ClaimBody(Body):
    """Which messages a gateway can deliver now."""

    channels: list[Channel] = Field(min_length=1)
    limit: int = Field(50, ge=1, le=200)
    lease_seconds: int = Field(60, ge=5, le=3600)


class OutboxItem(View):
    """A message to deliver. ``attempts`` counts this one.

    ``quiet_until``: end of the city's quiet hours, when it may wait for that; null outside them, and for what concerns
    an emergency or answers the resident.
    """

    id: int
    channel: Channel
    channel_user: str
    kind: str
    case_no: str
    payload: dict[str, Any]
    created_at: AwareDatetime
    attempts: int
    quiet_until: AwareDatetime | None


class OutboxItems(View):
    """Messages leased to the caller, oldest first, one of each resident."""

    items: list[OutboxItem]


class FailedBody(Body):
    """When to try again."""

    retry_in_seconds: int = Field(60, ge=0, le=86_400)


class OutboxState(View):
    """What became of a message."""

    id: int
    state: Literal["delivered", "waiting"]


# staff


class LoginBody(Body):
    """Name and password; ``code`` for accounts with a second factor: of the app, or a recovery code."""

    name: Text = Field(min_length=1, max_length=60)
    password: str = Field(min_length=1, max_length=1000)
    code: OptionalText = Field("", max_length=40)


class StaffView(View):
    """A staff member."""

    id: int
    name: str
    roles: list[Role]
    department: DepartmentRef | None


class SessionView(View):
    """Who is logged in; ``csrf_token`` goes into the header X-CSRF-Token of every change.

    ``duties``: what must be done before anything else is allowed.
    """

    staff: StaffView
    csrf_token: str
    duties: list[Duty] = []


class PrincipalView(View):
    """Who asks, person or program, and what they may do; for parts of the system that ask on behalf of somebody."""

    id: str
    """``staff:`` or ``token:`` and a number."""
    name: str
    roles: list[Role]
    permissions: list[Permission]
    department_id: str | None


class StaffBody(Body):
    """A new account."""

    name: Text = Field(min_length=2, max_length=60)
    roles: list[Role] = Field(min_length=1)
    department_id: OptionalText = Field("", max_length=60)


class StaffCreated(View):
    """The account, with the one-time link by which its owner sets a password."""

    id: int
    link: str


class StaffListItem(StaffView):
    """An account in the list."""

    role_labels: list[str]
    created_at: AwareDatetime
    has_password: bool
    disabled: bool


class StaffList(View):
    """All accounts."""

    items: list[StaffListItem]


class InvitationView(View):
    """Who a link is for. ``founding``: it creates the first three administrators."""

    kind: Literal["password", "founding"]
    name: str | None
    roles: list[Role]
    expires_at: AwareDatetime


class AdministratorBody(Body):
    """One of the first three administrators."""

    role: Literal[Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR]
    name: Text = Field(min_length=2, max_length=60)
    password: str = Field(max_length=1000)


class InvitationBody(Body):
    """A password, or for the founding link the three administrators."""

    password: str | None = Field(None, max_length=1000)
    administrators: list[AdministratorBody] | None = None


class InvitationDone(View):
    """Names of the accounts that can log in now."""

    names: list[str]
