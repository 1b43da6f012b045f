"""When a case is due, with the arithmetic, so that anybody can do it again.

The four clocks: calendar hours and natural days run on; working hours run within the office hours of working days; a
working day is one full set of office hours, so that a report of 16:45 with one working day is due at 16:45 of the next
one, and a report of Saturday night begins on the next working morning.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from intake_api.domain.calendar import WorkCalendar
from intake_api.domain.taxonomy import Limit, Unit

_LONGEST = 3700  # days walked before a calendar without working days is called broken


class BrokenCalendar(Exception):
    """The calendar has no working days for ten years; mend calendar.csv of the city."""


@dataclass(frozen=True, slots=True)
class Step:
    """One day of the arithmetic: what was counted, in seconds, and why (or why not) in words."""

    day: str
    seconds: int
    words: str


@dataclass(frozen=True, slots=True)
class Due:
    """A due time, with all that is needed to compute it again. ``rule`` names where the limit comes from."""

    at: datetime
    started_at: datetime
    limit: Limit
    rule: str
    calendar_version: str
    steps: tuple[Step, ...]
    words: str

    def as_json(self) -> dict[str, object]:
        """For events: what was decided and how."""
        return {
            "rule": self.rule,
            "limit": {"value": self.limit.value, "unit": self.limit.unit.value, "words": self.limit.words},
            "started_at": self.started_at.astimezone(UTC).isoformat(),
            "due_at": self.at.astimezone(UTC).isoformat(),
            "calendar_version": self.calendar_version,
            "steps": [{"day": step.day, "seconds": step.seconds, "words": step.words} for step in self.steps],
            "words": self.words,
        }


def duration_words(seconds: int) -> str:
    """``7 小时 30 分``; seconds are named only when there is nothing else."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{hours} 小时"] if hours else []
    if minutes:
        parts.append(f"{minutes} 分")
    return " ".join(parts) if parts else f"{left} 秒"


def due(limit: Limit, start: datetime, calendar: WorkCalendar, rule: str = "") -> Due:
    """When ``limit``, begun at ``start`` (aware), ends. Raises BrokenCalendar."""
    local = start.astimezone(calendar.timezone)
    if limit.unit is Unit.CALENDAR_HOUR:
        at = (start.astimezone(UTC) + timedelta(hours=limit.value)).astimezone(calendar.timezone)
        steps = [Step(str(local.date()), limit.value * 3600, f"自 {_moment(local)} 起连续计 {limit.words}")]
    elif limit.unit is Unit.NATURAL_DAY:
        at = local + timedelta(days=limit.value)
        steps = [
            Step(
                str(local.date()), limit.value * 86400, f"自 {_moment(local)} 起连续计 {limit.words}，周末和节假日都算"
            )
        ]
    else:
        per_unit = 3600 if limit.unit is Unit.WORKING_HOUR else calendar.hours.seconds()
        at, steps = _walk(timedelta(seconds=limit.value * per_unit), local, calendar)
    words = f"{_moment(local)} 开始，时限 {limit.words}，{_moment(at)} 到期"
    if limit.unit is Unit.WORKING_DAY:
        words += f"（一个工作日按 {duration_words(calendar.hours.seconds())}办公时间计）"
    return Due(at, local, limit, rule, calendar.version, tuple(steps), words)


def _walk(budget: timedelta, local: datetime, calendar: WorkCalendar) -> tuple[datetime, list[Step]]:
    steps: list[Step] = []
    day = local.date()
    for _ in range(_LONGEST):
        counted = timedelta()
        stretches = []
        for begins, ends in calendar.periods(day):
            begins = max(begins, local)  # noqa: PLW2901
            if begins >= ends:
                continue
            if ends - begins >= budget - counted:
                at = begins + (budget - counted)
                stretches.append(f"{begins:%H:%M}–{at:%H:%M}")
                seconds = round((budget).total_seconds())
                steps.append(Step(str(day), seconds, _counted(calendar.name(day), stretches, seconds)))
                return at, steps
            counted += ends - begins
            stretches.append(f"{begins:%H:%M}–{ends:%H:%M}")
        if counted:
            seconds = round(counted.total_seconds())
            steps.append(Step(str(day), seconds, _counted(calendar.name(day), stretches, seconds)))
        elif not calendar.is_working(day):
            steps.append(Step(str(day), 0, f"{calendar.name(day)}不计"))
        else:
            steps.append(Step(str(day), 0, f"{calendar.name(day)}已下班，从下一个工作日起计"))
        budget -= counted
        day += timedelta(days=1)
    raise BrokenCalendar("calendar.csv")


def _counted(day: str, stretches: list[str], seconds: int) -> str:
    return f"{day} {'、'.join(stretches)} 计 {duration_words(seconds)}"


def _moment(at: datetime) -> str:
    return f"{at.year} 年 {at.month} 月 {at.day} 日 {at:%H:%M}"
