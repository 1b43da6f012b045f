"""What is sent to act on a case."""

from __future__ import annotations

from pydantic import Field, model_validator

from intake_api.domain.resident import Resident
from intake_api.domain.standing import Grade
from intake_api.http.schemas import Body, Latitude, Longitude, Moment, OptionalText, Text


class ActionBody(Body):
    """What every action may carry. ``version``: the state of the case that the caller has seen."""

    version: int | None = Field(None, ge=1)
    """If the case went on since this version, nothing is done: 409 ``case_changed`` tells what happened."""
    channel_user: OptionalText = Field("", max_length=200)
    """The resident that a channel speaks for; required for channels."""
    channel: OptionalText = Field("", max_length=20)
    """Which channel knows them by that id: two may give the same one to different people. Say it always."""

    @property
    def resident(self) -> Resident:
        """Whom a channel speaks for."""
        return Resident(self.channel_user, self.channel)


class ReasonBody(ActionBody):
    """With a reason."""

    reason: OptionalText = Field("", max_length=500)


class WordsBody(ActionBody):
    """With words and photos; ``attachments`` are ids of uploads."""

    text: OptionalText = Field("", max_length=2000)
    attachments: list[Text] = Field(default_factory=list, max_length=20)


class SupplementBody(WordsBody):
    """补充: words, photos, a position on the map (both coordinates)."""

    lat: Latitude | None = None
    lng: Longitude | None = None

    @model_validator(mode="after")
    def _both(self) -> SupplementBody:
        if (self.lat is None) != (self.lng is None):
            raise ValueError("lat 和 lng 必须同时给出。")
        return self

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude in WGS84 degrees."""
        return (self.lat, self.lng) if self.lat is not None and self.lng is not None else None


class RejectBody(ReasonBody):
    """不予受理: the reporter is told both."""

    referral: OptionalText = Field("", max_length=200)
    """Where the reporter can turn."""


class CheckReportBody(WordsBody):
    """What the inspector found."""

    confirmed: bool
    """The problem is there (before filing), or is solved (before closing)."""


class MergeBody(ReasonBody):
    """并案."""

    into: Text = Field(min_length=1, max_length=20)
    """Number of the case in which this one goes on."""


class DispatchBody(ReasonBody):
    """派遣. Without ``department``: to the one that the matrix proposes."""

    department: OptionalText = Field("", max_length=60)
    supporting: list[Text] | None = Field(None, max_length=20)
    """Supporting departments; left out: as the matrix says."""


class AdjudicateBody(ReasonBody):
    """裁定（指定）."""

    department: Text = Field(min_length=1, max_length=60)
    supporting: list[Text] = Field(default_factory=list, max_length=20)
    remember: bool = True
    """The same category in the same town goes there next time; a case in no known town is not remembered."""
    whole_district: bool = False
    """With ``remember``: in every town, whether or not the case lies in a known one."""


class AssistBody(ReasonBody):
    """请求协办."""

    department: Text = Field(min_length=1, max_length=60)


class DecisionBody(ReasonBody):
    """A decision on what was asked; a refusal needs a reason."""

    granted: bool


class TaskDecisionBody(DecisionBody):
    """A decision on one of several things asked."""

    task: int = Field(ge=1)


class SuspendBody(ReasonBody):
    """申请挂账."""

    until: Moment


class FollowBody(ActionBody):
    """加入. A channel names its resident by ``channel_user``."""

    channel: OptionalText = Field("web", max_length=20)
    phone: OptionalText = Field("", max_length=40)


class RateBody(WordsBody):
    """评价、回访."""

    grade: Grade
    solved: bool


class SuperviseBody(ReasonBody):
    """督办 at level 1 … 5."""

    level: int = Field(ge=1, le=5)
