"""The figures of calls, each worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.hotline.call import Call, Operator, State, Step
from channels.hotline.form import FieldName, Form, Found
from channels.hotline.quality import (
    Correction,
    Fault,
    Quality,
    Tally,
    distance,
    letters,
    quality,
    service_level,
)

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
LI = Operator("staff:1", "李")
LAMP = {"code": "0201", "name": "路灯"}


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def ringing() -> Call:
    return Call("c1", State.RINGING, START, number="13812345678")


def talking(after: float = 5) -> Call:
    return ringing().moved(Step.TAKE, at(after), LI)


def finished(after: float = 5, hung_up: float = 90, done: float = 130) -> Call:
    return talking(after).moved(Step.HANG_UP, at(hung_up)).moved(Step.FINISH, at(done), LI)


def suggested(place: str = "将穿路") -> Form:
    return Form().understood({FieldName.CATEGORY: Found(LAMP, 0.8), FieldName.PLACE: Found({"text": place}, 0.8)})


GOOD = quality(finished(), [Correction("路灯不亮", "路灯不亮")], suggested(), at(100))


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("", "", 0), ("江川路", "江川路", 0), ("将穿路", "江川路", 2), ("路灯", "", 2), ("紧盖坏", "井盖坏了", 2)],
)
def test_the_distance_of_two_texts(one: str, other: str, edits: int) -> None:
    assert distance(one, other) == distance(other, one) == edits


def test_punctuation_is_no_error_of_recognition() -> None:
    assert letters("江川路，路灯 不亮。A1！") == "江川路路灯不亮A1"


def test_the_figures_of_a_call() -> None:
    form = suggested().typed(FieldName.PLACE, {"text": "江川路"}).typed(FieldName.CATEGORY, LAMP)
    figures = quality(finished(), [Correction("将穿路。", "江川路"), Correction("对", "对")], form, at(100))
    assert (figures.recognised, figures.corrected, figures.error_rate) == (4, 2, 0.5)
    assert (figures.category_changed, figures.place_changed) == (False, True)
    assert (figures.seconds_to_file, figures.after_call_seconds, figures.waited_seconds) == (10.0, 40.0, 5.0)


def test_the_error_rate_is_by_what_was_recognised_not_by_what_was_left() -> None:
    # three characters were heard where eight were said: five are missing
    figures = quality(finished(), [Correction("路灯坏", "江川路的路灯坏了")])
    assert (figures.recognised, figures.corrected, figures.error_rate) == (3, 5, pytest.approx(5 / 3))


def test_a_call_without_words_or_case_has_no_rates() -> None:
    figures = quality(ringing(), [])
    assert (figures.error_rate, figures.category_changed, figures.seconds_to_file) == (None, None, None)
    assert (figures.waited_seconds, figures.faults, figures.points) == (None, (), 0)


def test_whoever_gives_up_has_waited_until_then_and_leaves_no_work() -> None:
    figures = quality(ringing().moved(Step.HANG_UP, at(40)), [])
    assert (figures.waited_seconds, figures.abandoned, figures.after_call_seconds) == (40.0, True, None)
    assert figures.faults == (Fault.ABANDONED,)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({}, ()),
        ({"waited_seconds": 15.0}, ()),
        ({"waited_seconds": 15.1}, (Fault.ANSWERED_LATE,)),
        ({"seconds_to_file": 180.0}, ()),
        ({"seconds_to_file": 180.5}, (Fault.FILED_LATE,)),
        ({"seconds_to_file": -20.0}, ()),
        ({"category_changed": True, "place_changed": True}, (Fault.CATEGORY_CHANGED, Fault.PLACE_CHANGED)),
        ({"recognised": 50, "corrected": 5}, (Fault.MANY_CORRECTIONS,)),
        ({"recognised": 51, "corrected": 5}, ()),  # less than a tenth
        ({"recognised": 20, "corrected": 4}, ()),  # few, though a fifth
    ],
)
def test_what_a_reviewer_is_to_look_at(change: dict[str, object], faults: tuple[Fault, ...]) -> None:
    assert replace(GOOD, **change).faults == faults  # type: ignore[arg-type]


def test_the_worst_call_has_the_most_points() -> None:
    changed = replace(GOOD, category_changed=True, place_changed=True)
    assert (changed.points, replace(GOOD, abandoned=True).points, GOOD.points) == (5, 5, 0)
    assert replace(changed, recognised=50, corrected=9).points == 9


def test_many_calls_are_added_up() -> None:
    calls: list[Quality] = [
        quality(finished(5, 90, 130), [Correction("将穿路", "江川路")], suggested("江川路"), at(100)),
        quality(  # filed before the caller had hung up
            finished(20, 200, 210),
            [Correction("路灯不亮了", "路灯不亮了")],
            suggested().typed(FieldName.CATEGORY, {"code": "0101", "name": "井盖"}),
            at(150),
        ),
        quality(ringing().moved(Step.HANG_UP, at(35)), []),
        quality(talking(8), []),
        quality(ringing(), []),
    ]
    tally = sum(map(Tally.of, calls), Tally())
    assert (tally.calls, tally.answered, tally.abandoned, tally.settled, tally.in_time) == (5, 3, 1, 4, 2)
    assert (tally.in_time_share, tally.connected_share) == (0.5, 0.75)
    assert (tally.mean_wait, tally.longest_wait) == ((5 + 20 + 35 + 8) / 4, 35.0)
    assert (tally.finished, tally.mean_after_call) == (2, (40 + 10) / 2)
    assert (tally.filed, tally.mean_to_file) == (2, (10 + 0) / 2)
    assert (tally.recognised, tally.corrected, tally.error_rate) == (8, 2, 0.25)
    assert (tally.category_judged, tally.category_changed, tally.category_accepted_share) == (2, 1, 0.5)
    assert (tally.place_judged, tally.place_changed, tally.place_accepted_share) == (2, 0, 1.0)


def test_nothing_to_count_gives_no_rates() -> None:
    nothing = Tally()
    assert (nothing.in_time_share, nothing.mean_wait, nothing.error_rate, nothing.mean_to_file) == (None,) * 4


def test_the_service_level_counts_waiting_in_time_and_abandoned() -> None:
    calls = [ringing(), talking(15), talking(16), ringing().moved(Step.HANG_UP, at(40))]
    level = service_level(calls, at(60))
    assert (level.waiting, level.longest_wait_seconds, level.tally.calls) == (1, 60.0, 4)
    assert (level.tally.answered, level.tally.in_time, level.tally.abandoned) == (2, 1, 1)
    assert level.tally.in_time_share == pytest.approx(1 / 3)
    assert level.tally.connected_share == pytest.approx(2 / 3)
    assert service_level([], at(0)).tally.in_time_share is None
