"""Whether two reports speak of the same thing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from intake_api.domain.similarity import Nearness, Observation, is_same_kind, likeness

NOON = datetime(2026, 9, 22, 4, 0, tzinfo=UTC)
NEAR = Nearness()
ONE = Observation("1101", "市容环境", NOON, frozenset({"垃圾", "门口"}))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Observation("1101", "市容环境", NOON), True),
        (Observation("1102", "市容环境", NOON), True),
        (Observation("0103", "公用设施", NOON), False),
        (Observation(None, None, NOON), True),
    ],
)
def test_the_same_kind_is_a_category_a_division_or_not_known_yet(other: Observation, same: bool) -> None:
    assert is_same_kind(ONE, other) is same


def test_the_very_same_report_has_all_points() -> None:
    alike = likeness(ONE, ONE, 0.0, NEAR)
    assert alike.score == 100
    assert [reason.name for reason in alike.reasons] == ["category", "distance", "time", "words"]


@pytest.mark.parametrize(
    ("other", "metres"),
    [
        (Observation("1102", "市容环境", NOON, ONE.words), 0.0),
        (Observation("1101", "市容环境", NOON, frozenset({"路灯"})), 0.0),
        (Observation("1101", "市容环境", NOON + timedelta(hours=20), ONE.words), 0.0),
        (Observation("1101", "市容环境", NOON, ONE.words), 45.0),
        (Observation("1101", "市容环境", NOON, ONE.words), None),
    ],
)
def test_whatever_differs_costs_points(other: Observation, metres: float | None) -> None:
    assert likeness(ONE, other, metres, NEAR).score < 100


def test_the_reasons_are_told_in_words() -> None:
    other = Observation("1101", "市容环境", NOON + timedelta(hours=3), frozenset({"垃圾"}))
    words = [reason.words for reason in likeness(ONE, other, 12.4, NEAR).reasons]
    assert words == ["同一类别", "相距 12 米", "相隔 3 小时", "都提到垃圾"]
