"""Due times, against a clock that counts every minute."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake_api.domain.calendar import DayKind, OfficeHours, SpecialDay, WorkCalendar
from intake_api.domain.clock import BrokenCalendar, due
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


def by_counting_minutes(limit: Limit, start: datetime, calendar: WorkCalendar) -> datetime:
    """The slow way: walk minute by minute, count those worked."""
    per_unit = 60 if limit.unit is Unit.WORKING_HOUR else calendar.hours.seconds() // 60
    left = limit.value * per_unit
    moment = start
    while left:
        for begins, ends in calendar.hours.periods():
            if calendar.is_working(moment.date()) and begins <= moment.time() < ends:
                left -= 1
        moment += timedelta(minutes=1)
    return moment


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 12),
    st.sampled_from([Unit.WORKING_HOUR, Unit.WORKING_DAY]),
    st.datetimes(datetime(2026, 9, 15), datetime(2026, 10, 12)),  # noqa: DTZ001 - made aware below
    st.sampled_from([WITH_LUNCH, WITHOUT_LUNCH]),
)
def test_the_arithmetic_agrees_with_counting_every_minute(
    value: int, unit: Unit, start: datetime, calendar: WorkCalendar
) -> None:
    begin = start.replace(second=0, microsecond=0, tzinfo=SHANGHAI)
    limit = Limit(value, unit)
    assert due(limit, begin, calendar).at == by_counting_minutes(limit, begin, calendar)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 20), st.datetimes(datetime(2026, 9, 15), datetime(2026, 10, 12)))  # noqa: DTZ001
def test_the_steps_add_up_to_the_limit(value: int, start: datetime) -> None:
    result = due(Limit(value, Unit.WORKING_DAY), start.replace(microsecond=0, tzinfo=SHANGHAI), WITH_LUNCH)
    assert sum(step.seconds for step in result.steps) == value * WITH_LUNCH.hours.seconds()


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
