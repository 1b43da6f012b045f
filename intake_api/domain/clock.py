"""When a case is due, with the arithmetic, so that anybody can do it again.

The four clocks: calendar hours and natural days run on; working hours run within the office hours of working days; a
working day is one full set of office hours, so that a report of 16:45 with one working day is due at 16:45 of the next
one, and a report of Saturday night begins on the next working morning.

An approved extension (延期) adds one original limit. While a case is suspended (挂账) its clock stands still.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Self

from intake_api.domain.calendar import WorkCalendar
from intake_api.domain.taxonomy import Limit, Unit

_LONGEST = 3700  # days walked before a calendar without working days is called broken
_DAY = timedelta(days=1)


class BrokenCalendar(Exception):
    """The calendar has no working days for ten years; mend calendar.csv of the city."""


@dataclass(frozen=True, slots=True, order=True)
class Pause:
    """A stretch in which the clock stands still (挂账); both ends aware, ``end`` moves when it is resumed earlier."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("a pause cannot end before it begins")


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of the arithmetic: from which day, what was counted, in seconds, and why (or why not) in words."""

    day: str
    seconds: int
    words: str


@dataclass(frozen=True, slots=True)
class Due:
    """A due time, with all that is needed to compute it again. ``rule`` names where the limit comes from.

    ``limit`` is the original one; ``extensions`` counts those approved, each of which adds it once more.
    """

    at: datetime
    started_at: datetime
    limit: Limit
    rule: str
    calendar_version: str
    steps: tuple[Step, ...]
    words: str
    extensions: int = 0
    pauses: tuple[Pause, ...] = ()

    def as_json(self) -> dict[str, object]:
        """For events: what was decided and how."""
        return {
            "rule": self.rule,
            "limit": {"value": self.limit.value, "unit": self.limit.unit.value, "words": self.limit.words},
            "extensions": self.extensions,
            "pauses": [{"start": _utc(pause.start), "end": _utc(pause.end)} for pause in self.pauses],
            "started_at": _utc(self.started_at),
            "due_at": _utc(self.at),
            "calendar_version": self.calendar_version,
            "steps": [{"day": step.day, "seconds": step.seconds, "words": step.words} for step in self.steps],
            "words": self.words,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What ``as_json`` wrote. Raises KeyError, ValueError when it did not."""
        moment = datetime.fromisoformat
        return cls(
            at=moment(data["due_at"]),
            started_at=moment(data["started_at"]),
            limit=Limit(int(data["limit"]["value"]), Unit(data["limit"]["unit"])),
            rule=data["rule"],
            calendar_version=data["calendar_version"],
            steps=tuple(Step(step["day"], step["seconds"], step["words"]) for step in data["steps"]),
            words=data["words"],
            extensions=data.get("extensions", 0),
            pauses=tuple(Pause(moment(pause["start"]), moment(pause["end"])) for pause in data.get("pauses", ())),
        )


@dataclass(frozen=True, slots=True)
class Replay:
    """A due time computed again: ``agrees`` when it ends at the same instant as was written down."""

    due: Due
    agrees: bool
    words: str


def replay(data: Mapping[str, Any], calendar: WorkCalendar) -> Replay:
    """Compute what ``Due.as_json`` wrote down again with ``calendar``. Raises BrokenCalendar, KeyError, ValueError."""
    noted = Due.from_json(data)
    again = due(noted.limit, noted.started_at, calendar, noted.rule, extensions=noted.extensions, pauses=noted.pauses)
    agrees = again.at == noted.at
    if agrees:
        words = f"重新计算，仍为 {_moment(again.at)} 到期，与记录一致"
    else:
        words = (
            f"重新计算为 {_moment(again.at)} 到期，与记录的 {_moment(noted.at.astimezone(calendar.timezone))} 不一致"
        )
    if noted.calendar_version != calendar.version:
        words += f"（记录所用的日历版本是 {noted.calendar_version}，现在是 {calendar.version}）"
    return Replay(again, agrees, words)


def duration_words(seconds: int) -> str:
    """``7 小时 30 分``; seconds are named only when there is nothing else."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{hours} 小时"] if hours else []
    if minutes:
        parts.append(f"{minutes} 分")
    return " ".join(parts) if parts else f"{left} 秒"


def due(
    limit: Limit,
    start: datetime,
    calendar: WorkCalendar,
    rule: str = "",
    *,
    extensions: int = 0,
    pauses: Iterable[Pause] = (),
) -> Due:
    """When ``limit``, begun at ``start`` (aware), ends.

    ``extensions`` approved add one original limit each; what lies within ``pauses`` is not counted, whether or not
    they overlap, or reach beyond the beginning or the end. Raises BrokenCalendar.
    """
    if extensions < 0:
        raise ValueError("extensions cannot be negative")
    kept = tuple(sorted(pauses))
    local = start.astimezone(calendar.timezone)
    total = Limit(limit.value * (1 + extensions), limit.unit)
    if limit.unit is Unit.CALENDAR_HOUR:
        # counted in UTC, for an hour is an hour even where the clocks are put forward
        at, steps = _run_on(total, timedelta(hours=total.value), start.astimezone(UTC), _merged(kept, UTC), calendar)
        at = at.astimezone(calendar.timezone)
    elif limit.unit is Unit.NATURAL_DAY:
        stops = _merged(kept, calendar.timezone)
        at, steps = _run_on(total, timedelta(days=total.value), local, stops, calendar)
    else:
        per_unit = 3600 if limit.unit is Unit.WORKING_HOUR else calendar.hours.seconds()
        budget = timedelta(seconds=total.value * per_unit)
        at, steps = _walk(budget, local, _merged(kept, calendar.timezone), calendar)
    words = f"{_moment(local)} 开始，时限 {limit.words}，"
    if extensions:
        words += f"延期 {extensions} 次，共 {total.words}，"
    if kept:
        words += f"其间挂账 {len(kept)} 次，停表，"
    words += f"{_moment(at)} 到期"
    if limit.unit is Unit.WORKING_DAY:
        words += f"（一个工作日按 {duration_words(calendar.hours.seconds())}办公时间计）"
    return Due(at, local, limit, rule, calendar.version, tuple(steps), words, extensions, kept)


def stage_due(minutes: int, start: datetime, calendar: WorkCalendar | None) -> datetime:
    """When an internal limit (受理、派遣、核查) of so many minutes ends; without a calendar it runs day and night.

    Raises BrokenCalendar.
    """
    budget = timedelta(minutes=minutes)
    if calendar is None or not minutes:
        return start + budget
    return _walk(budget, start.astimezone(calendar.timezone), [], calendar)[0]


def stage_late_from(minutes: int, now: datetime, calendar: WorkCalendar | None) -> datetime:
    """What began before this moment has used up an internal limit of so many minutes by ``now``; to the second.

    Raises BrokenCalendar.
    """
    late, in_time = now - timedelta(days=60) - timedelta(minutes=minutes), now
    if calendar is None or not minutes:
        return now - timedelta(minutes=minutes)
    while in_time - late > timedelta(seconds=1):
        middle = late + (in_time - late) / 2
        if stage_due(minutes, middle, calendar) < now:
            late = middle
        else:
            in_time = middle
    return in_time


def _merged(pauses: Iterable[Pause], timezone: tzinfo) -> list[Pause]:
    """In order, in the time zone, and without overlaps or empty ones."""
    merged: list[Pause] = []
    for pause in pauses:
        begins, ends = pause.start.astimezone(timezone), pause.end.astimezone(timezone)
        if begins == ends:
            continue
        if merged and begins <= merged[-1].end:
            merged[-1] = Pause(merged[-1].start, max(ends, merged[-1].end))
        else:
            merged.append(Pause(begins, ends))
    return merged


def _run_on(
    limit: Limit, budget: timedelta, begin: datetime, pauses: list[Pause], calendar: WorkCalendar
) -> tuple[datetime, list[Step]]:
    """A clock that runs day and night, but for the pauses."""
    zone = calendar.timezone
    steps: list[Step] = []

    def step(since: datetime, counted: timedelta, words: str) -> None:
        steps.append(Step(str(since.astimezone(zone).date()), round(counted.total_seconds()), words))

    at, left = begin, budget
    for pause in pauses:
        if pause.end <= at:
            continue
        if pause.start >= at + left:
            break
        since = max(pause.start, at)
        if since > at:
            ran = since - at
            words = f"{_moment(at, zone)} 至 {_moment(since, zone)} 计 {duration_words(round(ran.total_seconds()))}"
            step(at, ran, words)
            left -= ran
        step(since, timedelta(), f"{_moment(since, zone)} 至 {_moment(pause.end, zone)} 挂账，停表")
        at = pause.end
    lasting = limit.words if left == budget else duration_words(round(left.total_seconds()))
    weekends = "，周末和节假日都算" if limit.unit is Unit.NATURAL_DAY else ""
    step(at, left, f"自 {_moment(at, zone)} 起连续计 {lasting}{weekends}")
    return at + left, steps


def _walk(
    budget: timedelta, local: datetime, pauses: list[Pause], calendar: WorkCalendar
) -> tuple[datetime, list[Step]]:
    """A clock that runs within office hours, but for the pauses; day by day."""
    steps: list[Step] = []
    day = local.date()
    for _ in range(_LONGEST):
        midnight = datetime.combine(day, time.min, calendar.timezone)
        whole = next((pause for pause in pauses if pause.start <= midnight and pause.end.date() > day), None)
        if whole is not None and local <= midnight:
            steps.append(Step(str(day), 0, f"{_moment(midnight)} 至 {_moment(whole.end)} 挂账，停表"))
            day = whole.end.date()
            continue
        left = budget
        stretches = []
        for begins, ends in _open(calendar.periods(day), local, pauses):
            at = begins + min(left, ends - begins)
            left -= at - begins
            stretches.append(f"{begins:%H:%M}–{at:%H:%M}")
            if not left:
                steps.append(_day_step(day, budget, stretches, _stops(midnight, local, at, pauses), calendar))
                return at, steps
        stops = _stops(midnight, local, midnight + _DAY, pauses)
        steps.append(_day_step(day, budget - left, stretches, stops, calendar))
        budget = left
        day += _DAY
    raise BrokenCalendar("calendar.csv")


def _day_step(day: date, counted: timedelta, stretches: list[str], stops: str, calendar: WorkCalendar) -> Step:
    seconds = round(counted.total_seconds())
    name = calendar.name(day)
    if stretches:
        return Step(str(day), seconds, f"{name} {'、'.join(stretches)} 计 {duration_words(seconds)}{stops}")
    if not calendar.is_working(day):
        return Step(str(day), 0, f"{name}不计")
    return Step(str(day), 0, f"{name}不计{stops}" if stops else f"{name}已下班，从下一个工作日起计")


def _open(
    periods: Iterable[tuple[datetime, datetime]], local: datetime, pauses: list[Pause]
) -> Iterator[tuple[datetime, datetime]]:
    """What of the office hours lies after the beginning and outside the pauses."""
    for start, end in periods:
        since = max(start, local)
        for pause in pauses:
            if pause.end <= since or pause.start >= end:
                continue
            if pause.start > since:
                yield since, pause.start
            since = pause.end
        if since < end:
            yield since, end


def _stops(midnight: datetime, since: datetime, until: datetime, pauses: list[Pause]) -> str:
    """Which hours of a day, between two moments, the clock stood still, in words; empty if none."""
    tomorrow = midnight + _DAY
    spans = []
    for pause in pauses:
        if pause.end <= max(midnight, since) or pause.start >= min(tomorrow, until):
            continue
        begins = f"{pause.start:%H:%M}" if pause.start > midnight else ""
        ends = f"{pause.end:%H:%M}" if pause.end < tomorrow else ""
        spans.append(f"{begins}–{ends}" if begins and ends else f"{begins} 起" if begins else f"{ends} 前")
    return f"（{'、'.join(spans)}挂账，停表）" if spans else ""


def _moment(at: datetime, timezone: tzinfo | None = None) -> str:
    if timezone is not None:
        at = at.astimezone(timezone)
    return f"{at.year} 年 {at.month} 月 {at.day} 日 {at:%H:%M}"


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
