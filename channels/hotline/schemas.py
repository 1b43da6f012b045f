"""What is sent to the telephone's interface."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from channels.hotline.call import Side
from channels.hotline.quality import Fault
from channels.hotline.quality_store import Grade
from groundwork.problem import FieldError, Problem

_LONGEST_VALUE = 5000
LONGEST_SPAN = timedelta(days=92)
"""So many days can be looked at together."""


def _plain(value: object) -> object:
    return value.replace("\x00", "").strip() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_plain)]


class Body(BaseModel):
    """Something sent to us."""

    model_config = ConfigDict(extra="ignore")


class Announcement(Body):
    """A call, as the exchange tells of it: which legs it has, and what is known of the caller."""

    caller: UUID
    operator: UUID | None = None
    number: Text = Field("", max_length=40)
    queue: Text = Field("", max_length=60)
    called: Text = Field("", max_length=40)
    agent: Text = Field("", max_length=60)

    @model_validator(mode="after")
    def _two_legs(self) -> Announcement:
        if self.operator == self.caller:
            raise ValueError("两路声音的编号不能相同。")
        return self

    @property
    def legs(self) -> dict[Side, str]:
        """The uuid of each leg."""
        legs = {Side.CALLER: str(self.caller)}
        return legs | ({Side.OPERATOR: str(self.operator)} if self.operator else {})


class StepBody(Body):
    """What a step needs: a transfer says to whom."""

    to: Text = Field("", max_length=60)


class CorrectionBody(Body):
    """What was really said. Empty: nothing was."""

    text: Text = Field(max_length=2000)


class CategoryValue(Body):
    """A category of the taxonomy."""

    code: Text = Field(min_length=1, max_length=20)
    name: Text = Field("", max_length=60)


class PlaceValue(Body):
    """A place as the intake resolved it, or as the operator wrote it. ``pinned``: put on the map by the operator."""

    text: Text = Field("", max_length=500)
    lat: float | None = Field(None, ge=-90, le=90)
    lng: float | None = Field(None, ge=-180, le=180)
    name: Text | None = Field(None, max_length=200)
    town: Text | None = Field(None, max_length=60)
    community: Text | None = Field(None, max_length=60)
    precision: Literal["point", "road", "estate", "town", "outside", "none"] = "none"
    pinned: bool = False


class CategoryField(Body):
    """The operator's word on the category; null gives it back."""

    value: CategoryValue | None


class PlaceField(Body):
    """The operator's word on the place; null gives it back."""

    value: PlaceValue | None


class TextField(Body):
    """The operator's word on a field of text; null gives it back."""

    value: Annotated[Text, Field(max_length=_LONGEST_VALUE)] | None


class FlagField(Body):
    """The operator's word on a yes or no; null gives it back."""

    value: bool | None


class UrgencyField(Body):
    """The operator's word on the urgency; null gives it back."""

    value: Literal["normal", "urgent", "emergency"] | None


FIELDS: dict[str, type[Body]] = {
    "category": CategoryField,
    "place": PlaceField,
    "confidential": FlagField,
    "urgency": UrgencyField,
}
"""By field what is sent for it; the others are text."""


def field_value(name: str, body: object) -> Any:
    """The value that is sent for a field. Raises ValidationError."""
    sent: Any = FIELDS.get(name, TextField).model_validate(body)
    return sent.value.model_dump() if isinstance(sent.value, BaseModel) else sent.value


class Hello(Body):
    """The first frame of a browser's sound. ``format``: pcm comes as it is spoken, wav is played from a file."""

    format: Literal["pcm", "wav"] = "pcm"
    rate: int = Field(16_000, ge=8_000, le=48_000)
    training: bool = True
    number: Text = Field("", max_length=40)


class Period(Body):
    """A stretch of time; today by default."""

    since: AwareDatetime | None = Field(None, alias="from")
    until: AwareDatetime | None = Field(None, alias="to")
    operator: Text = Field("", max_length=40)
    limit: int = Field(100, ge=1, le=500)
    before: AwareDatetime | None = None


def between(period: Period, midnight: datetime, now: datetime) -> tuple[datetime, datetime]:
    """From when until when. ``midnight`` began the day."""
    return period.since or midnight, period.until or now


class Days(Body):
    """Days of the city, the last included; today by default."""

    since: date | None = Field(None, alias="from")
    until: date | None = Field(None, alias="to")
    operator: Text = Field("", max_length=40)

    def chosen(self, today: date) -> tuple[date, date]:
        """The first and the last day. Raises Problem 422."""
        last = self.until or today
        first = self.since or min(last, today)
        if first > last:
            raise _no_days("?from", "开始的日期不能在结束的日期之后。")
        if last - first >= LONGEST_SPAN:
            raise _no_days("?from", f"一次最多看 {LONGEST_SPAN.days} 天。")
        return first, last


class Listed(Days):
    """Which calls are to be reviewed. ``fault``: any, all (also calls without one), or one of them."""

    fault: Literal["any", "all"] | Fault = "any"
    reviewed: Literal["", "no", "yes"] = ""
    offset: int = Field(0, ge=0, le=100_000)
    limit: int = Field(50, ge=1, le=200)


class Exported(Listed):
    """What is to be taken away as a table."""

    of: Literal["calls", "operators", "days"] = "calls"


class ReviewBody(Body):
    """A reviewer's verdict. ``version``: of the review that they saw, 0: there was none."""

    grade: Grade
    note: Text = Field("", max_length=1000)
    version: int = Field(0, ge=0)


def _no_days(pointer: str, detail: str) -> Problem:
    return Problem(422, "invalid", detail, errors=[FieldError(pointer=pointer, detail=detail)])
