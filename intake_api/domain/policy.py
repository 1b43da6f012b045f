"""The city's numbers for the life of a case: every one has a default with its source, and city.toml may say otherwise.

Sources: the standards of digital city management (internal limits, extensions, suspension), the city practices S6, S8
and S9, and, where no document gives a number, what a city would begin with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from intake_api.domain.calendar import OfficeHours
from intake_api.domain.place import Precision
from intake_api.domain.taxonomy import Limit, Unit, covers


class Figure(StrEnum):
    """What a department is measured by; the definitions are those of the figures everywhere."""

    HANDLED = "handled"  # 办结率: closed / filed
    ON_TIME = "on_time"  # 按期结案率: closed in time / due to be closed
    CLOSED = "closed"  # 结案率: closed / due to be closed
    RESPONDED = "responded"  # 响应率: reporters contacted / dispatched
    SOLVED = "solved"  # 解决率: confirmed solved / call-backs answered
    SATISFIED = "satisfied"  # 满意率: at least 基本满意 / call-backs answered
    REWORKED = "reworked"  # 返工率
    RETURNED = "returned"  # 退单率
    EXTENDED = "extended"  # 延期率
    REPEATED = "repeated"  # 重复率

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {
            "handled": "办结率",
            "on_time": "按期结案率",
            "closed": "结案率",
            "responded": "响应率",
            "solved": "解决率",
            "satisfied": "满意率",
            "reworked": "返工率",
            "returned": "退单率",
            "extended": "延期率",
            "repeated": "重复率",
        }[self]

    @property
    def less_is_better(self) -> bool:
        """Whether a department wants it low; the scorecard then counts 1 minus the figure."""
        return self in (Figure.REWORKED, Figure.RETURNED, Figure.EXTENDED, Figure.REPEATED)


@dataclass(frozen=True, slots=True)
class FastTrack:
    """「双微」快速处置 (S9): slight damage and slight violations, sent straight to the crew and verified simply.

    ``categories``: codes, prefixes such as ``15*``, or ``*``; none: the city has no fast track. ``precision``: how
    well a place must be known, for a crew has nobody to ask. ``verify_by_photo``: the verifier goes by a photo of the
    crew's, without which the work is not reported done; else by what the crew writes, as of any other case.
    """

    categories: tuple[str, ...] = ()
    limit: Limit = field(default_factory=lambda: Limit(4, Unit.WORKING_HOUR))
    precision: tuple[Precision, ...] = (Precision.POINT, Precision.ROAD, Precision.ESTATE)
    verify_by_photo: bool = True

    def takes(self, code: str, precision: Precision | None = None) -> bool:
        """Whether a category, at a place known so well (None: not asked), goes this way."""
        return any(covers(pattern, code) for pattern in self.categories) and (
            precision is None or precision in self.precision
        )


@dataclass(frozen=True, slots=True)
class SupervisionLevel:
    """One of the five levels of supervision (五级督查, S8): ``addressee`` is who answers for the case there."""

    level: int
    name: str
    addressee: str


_LEVELS = (
    SupervisionLevel(1, "一级督办", "经办科室"),
    SupervisionLevel(2, "二级督办", "部门负责人"),
    SupervisionLevel(3, "三级督办", "分管领导"),
    SupervisionLevel(4, "四级督办", "区督办室"),
    SupervisionLevel(5, "五级督办", "区主要领导"),
)


@dataclass(frozen=True, slots=True)
class SupervisionRule:
    """Written orders for what is overdue or comes back (三令督办, S8). Hours are calendar hours after the due time.

    ``order_levels``: to which level the first, second and third order go. ``repeated_reports``: so many reports and
    urges of one open case bring the first order even before it is overdue; 0: they do not.
    """

    first_hours: int = 0
    second_hours: int = 24
    third_hours: int = 48
    order_levels: tuple[int, int, int] = (1, 2, 3)
    repeated_reports: int = 5
    levels: tuple[SupervisionLevel, ...] = _LEVELS

    def orders_due(self, overdue: timedelta | None, reports: int = 1) -> int:
        """How many orders (0 … 3) should have gone out: ``overdue`` is None while the clock runs or stands."""
        late = -1.0 if overdue is None else overdue / timedelta(hours=1)
        reached = sum(late >= hours for hours in (self.first_hours, self.second_hours, self.third_hours))
        repeated = bool(self.repeated_reports) and reports >= self.repeated_reports
        return max(reached, int(repeated))

    def level_of_order(self, order: int) -> SupervisionLevel:
        """To whom the first (1), second or third order goes."""
        return self.level(self.order_levels[order - 1])

    def level(self, level: int) -> SupervisionLevel:
        """The level 1 … 5. Raises KeyError."""
        try:
            return next(one for one in self.levels if one.level == level)
        except StopIteration:
            raise KeyError(level) from None


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When residents are not called or written to unasked (local time); ``start`` may lie after ``end``, over midnight.

    No document gives hours; 21:00 to 8:00 is a beginning. Equal ends: no quiet hours.
    """

    start: time = time(21)
    end: time = time(8)

    def covers(self, local: datetime) -> bool:
        """Whether a local moment lies within."""
        now = local.time()
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end

    def over_at(self, local: datetime) -> datetime:
        """The local moment itself, or the end of the quiet hours it lies in."""
        if not self.covers(local):
            return local
        end = local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return end if end > local else end + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is personal is kept after a case is over; the case, its events and figures stay for ever.

    个人信息保护法 第十九条 asks for the shortest time the purpose needs, and names none: the city decides.
    """

    personal_days: int = 1095
    recordings_days: int = 730


@dataclass(frozen=True, slots=True)
class Telephone:
    """What callers are told before they are recorded (个人信息保护法 第十七条: before it is handled, and clearly)."""

    announcement: str = "您好，为了保证服务质量，本次通话将被录音。"


_SCORECARD = {
    Figure.ON_TIME: 30,
    Figure.CLOSED: 10,
    Figure.RESPONDED: 10,
    Figure.SOLVED: 25,
    Figure.SATISFIED: 15,
    Figure.REWORKED: 10,
}
# what real districts reached: 闵行 2013 (99.4 %, 82.33 %), and a digital city-management month (93.72 %, 75.82 %)
_TARGETS = {Figure.HANDLED: 99, Figure.CLOSED: 93, Figure.ON_TIME: 75, Figure.SATISFIED: 82}


@dataclass(frozen=True)
class Policy:
    """The numbers of one city. The attributes' docstrings give unit and source."""

    accept_minutes: int = 15
    """受理: from receiving a report to filing or refusing it. Digital city management, internal limits."""

    dispatch_minutes: int = 15
    """派遣: from filing to dispatching. Digital city management, internal limits."""

    verify_minutes: int = 30
    """核查: from the department's feedback to closing or rework. Digital city management, internal limits."""

    staffed: OfficeHours | None = None
    """When the intake's desks are staffed, every day of the week; internal limits run only then.

    None: day and night, as GB/T 33358-2016 asks of a hotline (7×24).
    """

    extensions: int = 2
    """延期: how many may be approved in all; each adds one original limit, refusals do not count."""

    suspension_days: int = 365
    """挂账: how far ahead the end date of a suspension may lie, in days."""

    reopen_days: int = 15
    """重办: how many days after closing a case may be reopened. No document gives a number."""

    similar_metres: int = 50
    """并案: similar reports lie within so many metres …"""

    similar_hours: int = 24
    """… and came within so many hours of each other."""

    repeat_days: int = 90
    """重复: the same place and category closed within so many days makes a new case a repeat (S13)."""

    urge_hours: int = 4
    """催办: at most one urge per reporter and case within so many hours. No document gives a number."""

    auto_dispatch: bool = True
    """Whether a filed case is dispatched by the responsibility matrix without a dispatcher (S2)."""

    merge_dispatched: bool = True
    """并案: whether a case may still be merged after dispatch, until its department has accepted it.

    With automatic dispatch most cases are dispatched at once, and a duplicate could not be merged by anybody.
    """

    callback_days: int = 3
    """回访: the reporter is called back within so many days after closing (S6: call-backs are recorded)."""

    callback_lapse_days: int = 7
    """回访未果: a call-back that is late by so many days is given up, with an event. No document gives a number."""

    rating_reopens: tuple[str, ...] = ("不满意", "非常不满意")
    """Grades after which a case may be reopened; 未解决 always may."""

    hazards: tuple[str, ...] = ("14*", "010*", "0110", "0113", "0117", "0302", "1205", "1307", "1514", "1516")
    """撤诉: categories (codes or prefixes) that stay open though the reporter withdraws after dispatch.

    Manhole covers, live parts, gas, roads that give way are a danger to others; which ones, the city decides.
    """

    fast_track: FastTrack = FastTrack()
    supervision: SupervisionRule = SupervisionRule()
    quiet_hours: QuietHours = QuietHours()
    retention: Retention = Retention()
    telephone: Telephone = Telephone()

    scorecard: Mapping[Figure, int] = field(default_factory=lambda: dict(_SCORECARD))
    """Weights of the department scorecard, in points of 100 (S13: evaluation is decisive). The city decides."""

    targets: Mapping[Figure, int] = field(default_factory=lambda: dict(_TARGETS))
    """Figures to reach, in percent: at least, or at most where less is better. The city decides."""

    def is_hazard(self, code: str) -> bool:
        """Whether a case of this category goes on although its reporter withdraws."""
        return any(covers(pattern, code) for pattern in self.hazards)

    @property
    def stage_targets(self) -> dict[str, int]:
        """Minutes allowed for each stage (S3) that is not the department's; 任务处理 has the limit of the case."""
        return {
            "案卷建立": self.accept_minutes,
            "任务派遣": self.dispatch_minutes,
            "核查结案": self.verify_minutes,
        }
