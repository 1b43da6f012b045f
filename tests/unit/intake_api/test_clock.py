"""Due times, against a clock that counts every minute."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake_api.domain.calendar import DayKind, OfficeHours, SpecialDay, WorkCalendar
from intake_api.domain.clock import BrokenCalendar, Due, Pause, due, replay, stage_due, stage_late_from
from intake_api.domain.taxonomy import Limit, Unit

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = {
    day.day: day
    for day in (
        SpecialDay(date(2026, 9, 20), DayKind.WORKDAY, "国庆节"),
        SpecialDay(date(2026, 9, 25), DayKind.HOLIDAY, "中秋节"),
        *(SpecialDay(date(2026, 10, d), DayKind.HOLIDAY, "国庆节") for d in (1, 2, 5, 6, 7)),
        SpecialDay(date(2026, 10, 10), DayKind.WORKDAY, "国庆节"),
    )
}
WITH_LUNCH = WorkCalendar(SHANGHAI, OfficeHours(time(9), time(17, 30), time(12), time(13)), DAYS)
WITHOUT_LUNCH = WorkCalendar(SHANGHAI, OfficeHours(time(8, 30), time(17)), DAYS)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("value", "unit", "start", "end"),
    [
        (24, Unit.CALENDAR_HOUR, "2026-10-01T23:00", "2026-10-02T23:00"),
        (2, Unit.NATURAL_DAY, "2026-10-03T10:00", "2026-10-05T10:00"),
        # within the day, over lunch, over the night
        (2, Unit.WORKING_HOUR, "2026-09-22T09:00", "2026-09-22T11:00"),
        (2, Unit.WORKING_HOUR, "2026-09-22T11:00", "2026-09-22T14:00"),
        (2, Unit.WORKING_HOUR, "2026-09-22T16:30", "2026-09-23T10:00"),
        # before and after hours, on a Saturday
        (1, Unit.WORKING_HOUR, "2026-09-22T06:00", "2026-09-22T10:00"),
        (1, Unit.WORKING_HOUR, "2026-09-22T20:00", "2026-09-23T10:00"),
        (1, Unit.WORKING_DAY, "2026-09-12T20:00", "2026-09-14T17:30"),
        # a working day ends at the same hour of the next one
        (1, Unit.WORKING_DAY, "2026-09-22T16:45", "2026-09-23T16:45"),
        # the Sunday worked for National Day counts, Mid-Autumn does not
        (1, Unit.WORKING_DAY, "2026-09-19T12:00", "2026-09-20T17:30"),
        (1, Unit.WORKING_DAY, "2026-09-24T10:00", "2026-09-28T10:00"),
        # over the National Day week with the Saturday worked instead
        (5, Unit.WORKING_DAY, "2026-09-30T16:00", "2026-10-13T16:00"),
    ],
)
def test_a_limit_ends_when_the_rules_say(value: int, unit: Unit, start: str, end: str) -> None:
    assert due(Limit(value, unit), at(start), WITH_LUNCH).at == at(end)


def minutes(limit: Limit, calendar: WorkCalendar) -> int:
    """How many minutes a limit has."""
    worked = calendar.hours.seconds() // 60
    each = {Unit.CALENDAR_HOUR: 60, Unit.WORKING_HOUR: 60, Unit.WORKING_DAY: worked, Unit.NATURAL_DAY: 1440}
    return limit.value * each[limit.unit]


def by_counting_minutes(
    limit: Limit, start: datetime, calendar: WorkCalendar, extensions: int, pauses: list[Pause]
) -> datetime:
    """The slow way: walk minute by minute, count those in which the clock runs."""
    left = minutes(limit, calendar) * (1 + extensions)
    day_and_night = limit.unit in (Unit.CALENDAR_HOUR, Unit.NATURAL_DAY)
    moment = start
    while left:
        worked = calendar.is_working(moment.date()) and any(
            begins <= moment.time() < ends for begins, ends in calendar.hours.periods()
        )
        stopped = any(pause.start <= moment < pause.end for pause in pauses)
        left -= (day_and_night or worked) and not stopped
        moment += timedelta(minutes=1)
    return moment


# minutes at which off-by-one mistakes live, and any other
EDGES = [time(0), time(8, 59), time(9), time(12), time(12, 30), time(13), time(17, 29), time(17, 30), time(23, 59)]
MOMENTS = st.builds(
    datetime.combine,
    st.dates(date(2026, 9, 16), date(2026, 10, 12)),
    st.one_of(st.sampled_from(EDGES), st.times().map(lambda moment: moment.replace(second=0, microsecond=0))),
    st.just(SHANGHAI),
)
PAUSES = st.lists(
    st.builds(
        lambda start, length: Pause(start, start + length),
        MOMENTS,
        st.one_of(st.integers(0, 600).map(lambda n: timedelta(minutes=n)), st.integers(0, 9).map(timedelta)),
    ),
    max_size=3,
)
CALENDARS = st.sampled_from([WITH_LUNCH, WITHOUT_LUNCH])
LIMITS = st.builds(Limit, st.integers(1, 6), st.sampled_from(Unit))


@settings(max_examples=120, deadline=None)
@given(LIMITS, MOMENTS, CALENDARS, st.integers(0, 2), PAUSES)
def test_the_arithmetic_agrees_with_counting_every_minute(
    limit: Limit, start: datetime, calendar: WorkCalendar, extensions: int, pauses: list[Pause]
) -> None:
    counted = by_counting_minutes(limit, start, calendar, extensions, pauses)
    assert due(limit, start, calendar, extensions=extensions, pauses=pauses).at == counted


@settings(max_examples=60, deadline=None)
@given(LIMITS, MOMENTS, CALENDARS, st.integers(0, 2), PAUSES)
def test_the_steps_add_up_to_the_limit_and_can_be_replayed(
    limit: Limit, start: datetime, calendar: WorkCalendar, extensions: int, pauses: list[Pause]
) -> None:
    result = due(limit, start, calendar, "a rule", extensions=extensions, pauses=pauses)
    assert sum(step.seconds for step in result.steps) == minutes(limit, calendar) * 60 * (1 + extensions)
    written = json.loads(json.dumps(result.as_json()))
    assert Due.from_json(written) == result
    again = replay(written, calendar)
    assert again.agrees
    assert again.due == result


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 900), MOMENTS, CALENDARS)
def test_an_internal_limit_runs_within_office_hours_or_without_end(
    allowed: int, start: datetime, calendar: WorkCalendar
) -> None:
    left, moment = allowed, start
    while left:
        left -= calendar.is_working(moment.date()) and any(
            begins <= moment.time() < ends for begins, ends in calendar.hours.periods()
        )
        moment += timedelta(minutes=1)
    assert stage_due(allowed, start, calendar) == moment
    late_from = stage_late_from(allowed, moment, calendar)
    assert (
        stage_due(allowed, late_from, calendar)
        >= moment
        > stage_due(allowed, late_from - timedelta(seconds=1), calendar)
    )
    assert stage_due(allowed, start, None) == start + timedelta(minutes=allowed)


def test_what_was_written_before_there_were_extensions_can_be_replayed() -> None:
    written = due(Limit(5, Unit.WORKING_DAY), at("2026-09-22T10:00"), WITH_LUNCH).as_json()
    del written["extensions"], written["pauses"]
    assert replay(written, WITH_LUNCH).agrees


def test_a_due_time_that_was_changed_does_not_agree() -> None:
    written = due(Limit(5, Unit.WORKING_DAY), at("2026-09-22T10:00"), WITH_LUNCH).as_json()
    again = replay(written | {"due_at": "2026-09-29T02:00:00+00:00"}, WITH_LUNCH)
    assert not again.agrees
    assert again.words == "重新计算为 2026 年 9 月 30 日 10:00 到期，与记录的 2026 年 9 月 29 日 10:00 不一致"


def test_another_calendar_is_named_when_a_due_time_is_replayed() -> None:
    written = due(Limit(2, Unit.CALENDAR_HOUR), at("2026-09-22T10:00"), WITH_LUNCH).as_json()
    again = replay(written, WITHOUT_LUNCH)
    assert again.agrees
    assert WITHOUT_LUNCH.version in again.words


def test_a_case_resumed_earlier_is_due_earlier() -> None:
    start, limit = at("2026-09-22T10:00"), Limit(1, Unit.WORKING_DAY)
    planned = due(limit, start, WITH_LUNCH, pauses=[Pause(at("2026-09-22T11:00"), at("2026-10-22T11:00"))])
    resumed = due(limit, start, WITH_LUNCH, pauses=[Pause(at("2026-09-22T11:00"), at("2026-09-23T11:00"))])
    assert (planned.at, resumed.at) == (at("2026-10-23T10:00"), at("2026-09-24T10:00"))


def test_the_words_tell_extensions_and_suspensions() -> None:
    pause = Pause(at("2026-09-22T11:00"), at("2026-09-28T14:00"))
    result = due(Limit(1, Unit.WORKING_DAY), at("2026-09-22T10:00"), WITH_LUNCH, extensions=1, pauses=[pause])
    assert result.words == (
        "2026 年 9 月 22 日 10:00 开始，时限 1 个工作日，延期 1 次，共 2 个工作日，其间挂账 1 次，停表，"
        "2026 年 9 月 30 日 12:00 到期（一个工作日按 7 小时 30 分办公时间计）"
    )
    assert [step.words for step in result.steps] == [
        "周二 10:00–11:00 计 1 小时（11:00 起挂账，停表）",
        "2026 年 9 月 23 日 00:00 至 2026 年 9 月 28 日 14:00 挂账，停表",
        "周一 14:00–17:30 计 3 小时 30 分（14:00 前挂账，停表）",
        "周二 09:00–12:00、13:00–17:30 计 7 小时 30 分",
        "周三 09:00–12:00 计 3 小时",
    ]


def test_the_words_tell_suspensions_of_a_clock_that_runs_on() -> None:
    pause = Pause(at("2026-09-22T11:00"), at("2026-09-23T14:00"))
    result = due(Limit(2, Unit.CALENDAR_HOUR), at("2026-09-22T10:00"), WITH_LUNCH, pauses=[pause])
    assert [step.words for step in result.steps] == [
        "2026 年 9 月 22 日 10:00 至 2026 年 9 月 22 日 11:00 计 1 小时",
        "2026 年 9 月 22 日 11:00 至 2026 年 9 月 23 日 14:00 挂账，停表",
        "自 2026 年 9 月 23 日 14:00 起连续计 1 小时",
    ]


def test_a_pause_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="pause"):
        Pause(at("2026-09-22T11:00"), at("2026-09-22T10:00"))


def test_the_steps_say_in_words_what_was_not_counted() -> None:
    words = [step.words for step in due(Limit(1, Unit.WORKING_DAY), at("2026-09-24T10:00"), WITH_LUNCH).steps]
    assert words == [
        "周四 10:00–12:00、13:00–17:30 计 6 小时 30 分",
        "周五（中秋节）不计",
        "周六不计",
        "周日不计",
        "周一 09:00–10:00 计 1 小时",
    ]


def test_a_weekend_worked_instead_is_named() -> None:
    steps = due(Limit(1, Unit.WORKING_HOUR), at("2026-09-20T09:00"), WITH_LUNCH).steps
    assert steps[0].words.startswith("周日（国庆节调休上班）")


def test_another_calendar_has_another_version() -> None:
    assert WITH_LUNCH.version != WITHOUT_LUNCH.version
    assert WITH_LUNCH.version == WorkCalendar(SHANGHAI, WITH_LUNCH.hours, dict(DAYS)).version


def test_a_calendar_without_working_days_is_called_broken() -> None:
    holidays = {
        day: SpecialDay(day, DayKind.HOLIDAY, "假")
        for day in (date(2026, 1, 1) + timedelta(days=n) for n in range(5000))
    }
    with pytest.raises(BrokenCalendar):
        due(Limit(1, Unit.WORKING_DAY), at("2026-01-01T09:00"), WorkCalendar(SHANGHAI, WITH_LUNCH.hours, holidays))
