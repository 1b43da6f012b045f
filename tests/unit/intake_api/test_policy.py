"""The city's numbers for the life of a case."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from intake_api.domain.calendar import OfficeHours, WorkCalendar
from intake_api.domain.clock import stage_due
from intake_api.domain.place import Precision
from intake_api.domain.policy import FastTrack, Figure, Policy, QuietHours, Retention, SupervisionRule, Telephone
from tests.unit.intake_api.conftest import ROOT

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("overdue", "reports", "orders"),
    [
        (None, 1, 0),
        (timedelta(0), 1, 1),
        (timedelta(hours=23, minutes=59), 1, 1),
        (timedelta(hours=24), 1, 2),
        (timedelta(hours=48), 1, 3),
        (timedelta(days=30), 9, 3),
        # many who report and urge bring the first order before the case is overdue
        (None, 4, 0),
        (None, 5, 1),
    ],
)
def test_orders_rise_with_the_delay(overdue: timedelta | None, reports: int, orders: int) -> None:
    assert SupervisionRule().orders_due(overdue, reports) == orders


def test_repeated_reports_bring_no_order_where_the_city_says_none() -> None:
    assert SupervisionRule(repeated_reports=0).orders_due(None, 99) == 0


def test_each_order_goes_to_a_higher_level() -> None:
    rule = SupervisionRule(order_levels=(1, 3, 5))
    assert [rule.level_of_order(order).addressee for order in (1, 2, 3)] == ["经办科室", "分管领导", "区主要领导"]
    with pytest.raises(KeyError):
        rule.level(6)


@pytest.mark.parametrize(
    ("code", "precision", "taken"),
    [
        ("1501", Precision.POINT, True),
        ("1501", None, True),
        ("1501", Precision.TOWN, False),  # a crew cannot search a whole town
        ("1101", Precision.ROAD, True),
        ("1102", Precision.POINT, False),
    ],
)
def test_the_fast_track_takes_slight_matters_at_known_places(
    code: str, precision: Precision | None, taken: bool
) -> None:
    assert FastTrack(("15*", "1101")).takes(code, precision) is taken


@pytest.mark.parametrize(
    ("start", "end", "moment", "over"),
    [
        (time(21), time(8), "2026-09-22T20:59", "2026-09-22T20:59"),
        (time(21), time(8), "2026-09-22T21:00", "2026-09-23T08:00"),
        (time(21), time(8), "2026-09-23T03:30", "2026-09-23T08:00"),
        (time(21), time(8), "2026-09-23T08:00", "2026-09-23T08:00"),
        (time(12), time(14), "2026-09-23T13:00", "2026-09-23T14:00"),
        (time(0), time(0), "2026-09-23T03:00", "2026-09-23T03:00"),
    ],
)
def test_nobody_is_disturbed_in_quiet_hours(start: time, end: time, moment: str, over: str) -> None:
    assert QuietHours(start, end).over_at(at(moment)) == at(over)


def test_a_hazard_goes_on_without_its_reporter() -> None:
    assert Policy().is_hazard("0103")
    assert not Policy().is_hazard("1501")


def test_the_weights_of_the_scorecard_are_points_of_a_hundred() -> None:
    assert sum(Policy().scorecard.values()) == 100


def test_desks_that_are_staffed_every_day_work_on_weekends_and_holidays() -> None:
    desks = WorkCalendar(SHANGHAI, OfficeHours(time(7), time(22)), {}, every_day=True)
    assert stage_due(15, at("2026-10-03T21:50"), desks) == at("2026-10-04T07:05")


def test_every_number_of_the_policy_is_documented() -> None:
    documented = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    sections = {"fast_track", "supervision", "retention", "scorecard", "targets", "telephone"}
    named = {"staffed": "staffed_hours"}
    keys = [named.get(one.name, one.name) for one in fields(Policy) if one.name not in sections]
    keys += [one.name for part in (FastTrack, SupervisionRule, Retention, Telephone) for one in fields(part)]
    keys += [figure.value for figure in Figure]
    written = {"levels": "names"}
    assert [key for key in keys if f"`{written.get(key, key)}`" not in documented] == []
