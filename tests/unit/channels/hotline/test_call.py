"""What may happen to a call, and what it leaves in the figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels.hotline.call import Call, NotNow, NotYours, Operator, State, Step
from channels.hotline.form import FieldName, Form, Found
from channels.hotline.quality import Correction, distance, letters, quality, service_level

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
LI, WANG = Operator("staff:1", "李"), Operator("staff:2", "王")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def ringing() -> Call:
    return Call("c1", State.RINGING, START, number="13812345678")


def talking(after: float = 5) -> Call:
    return ringing().moved(Step.TAKE, at(after), LI)


def test_a_call_from_ringing_to_its_end() -> None:
    call = talking()
    assert (call.state, call.operator, call.waited) == (State.TALKING, LI, timedelta(seconds=5))
    call = call.moved(Step.HOLD, at(20), LI).moved(Step.RESUME, at(50), LI)
    assert (call.state, call.held_seconds, call.held_since) == (State.TALKING, 30.0, None)
    call = call.moved(Step.HANG_UP, at(90))
    assert (call.state, call.is_over) == (State.AFTER_CALL, True)
    assert call.moved(Step.FINISH, at(120), LI).state is State.ENDED


def test_a_caller_who_gives_up_has_abandoned_the_call() -> None:
    call = ringing().moved(Step.HANG_UP, at(40))
    assert call.is_abandoned
    assert call.state is State.ENDED


def test_a_transferred_call_stays_the_first_operators_until_it_is_taken() -> None:
    call = talking().moved(Step.TRANSFER, at(30), LI, to="王")
    assert (call.state, call.operator, call.transfer_to) == (State.TRANSFERRED, LI, "王")
    assert call.moved(Step.RESUME, at(40), LI).state is State.TALKING
    taken = call.moved(Step.TAKE, at(40), WANG)
    assert (taken.state, taken.operator, taken.answered_at) == (State.TALKING, WANG, at(5))


def test_taking_twice_is_taking_once() -> None:
    assert talking().moved(Step.TAKE, at(9), LI) == talking()


def test_a_call_that_hangs_up_on_hold_was_held_until_then() -> None:
    call = talking().moved(Step.HOLD, at(10), LI).moved(Step.HANG_UP, at(25))
    assert (call.held_seconds, call.state) == (15.0, State.AFTER_CALL)


def test_the_exchange_may_answer_before_the_operator_has_taken_it() -> None:
    call = ringing().moved(Step.ANSWER, at(3))
    assert (call.state, call.operator, call.answered_at) == (State.TALKING, None, at(3))
    assert call.moved(Step.TAKE, at(9), LI).answered_at == at(3)


@pytest.mark.parametrize(
    ("call", "step", "operator", "error"),
    [
        (ringing(), Step.HOLD, LI, NotNow),
        (talking(), Step.TAKE, WANG, NotYours),
        (talking(), Step.HOLD, WANG, NotYours),
        (talking(), Step.HOLD, None, NotYours),
        (talking(), Step.FINISH, LI, NotNow),
        (talking().moved(Step.HANG_UP, at(9)), Step.HOLD, LI, NotNow),
        (ringing().moved(Step.HANG_UP, at(9)), Step.TAKE, LI, NotNow),
        (ringing(), Step.TAKE, None, NotYours),
    ],
)
def test_what_does_not_fit_is_refused(
    call: Call, step: Step, operator: Operator | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        call.moved(step, at(60), operator)


def test_the_page_is_told_what_can_be_done() -> None:
    assert ringing().allowed(LI) == (Step.TAKE,)
    assert talking().allowed(LI) == (Step.HOLD, Step.TRANSFER, Step.HANG_UP)
    assert talking().allowed(WANG) == ()


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("", "", 0), ("江川路", "江川路", 0), ("将穿路", "江川路", 2), ("路灯", "", 2), ("紧盖坏", "井盖坏了", 2)],
)
def test_the_distance_of_two_texts(one: str, other: str, edits: int) -> None:
    assert distance(one, other) == distance(other, one) == edits


def test_punctuation_is_no_error_of_recognition() -> None:
    assert letters("江川路，路灯 不亮。A1！") == "江川路路灯不亮A1"


def test_the_figures_of_a_call() -> None:
    form = Form().understood({FieldName.CATEGORY: Found({"code": "0201", "name": "路灯"}, 0.8)})
    form = form.understood(
        {FieldName.PLACE: Found({"text": "将穿路"}, 0.8)}
        | {FieldName.CATEGORY: Found({"code": "0201", "name": "路灯"}, 0.8)}
    )
    form = form.typed(FieldName.PLACE, {"text": "江川路"}).typed(FieldName.CATEGORY, {"code": "0201", "name": "路灯"})
    call = talking().moved(Step.HANG_UP, at(90)).moved(Step.FINISH, at(130), LI)
    figures = quality(call, [Correction("将穿路。", "江川路"), Correction("对", "对")], form, at(100))
    assert (figures.characters, figures.corrected, figures.correction_rate) == (4, 2, 0.5)
    assert (figures.category_changed, figures.place_changed) == (False, True)
    assert (figures.seconds_to_file, figures.after_call_seconds) == (10.0, 40.0)


def test_a_call_without_words_or_case_has_no_rates() -> None:
    figures = quality(ringing(), [])
    assert (figures.correction_rate, figures.category_changed, figures.seconds_to_file) == (None, None, None)


def test_the_service_level_counts_waiting_in_time_and_abandoned() -> None:
    calls = [ringing(), talking(15), talking(16), ringing().moved(Step.HANG_UP, at(40))]
    level = service_level(calls, at(60))
    assert (level.waiting, level.longest_wait_seconds, level.offered) == (1, 60.0, 4)
    assert (level.answered, level.answered_in_time, level.abandoned) == (2, 1, 1)
    assert level.in_time_share == pytest.approx(1 / 3)
    assert level.connected_share == pytest.approx(2 / 3)
    assert service_level([], at(0)).in_time_share is None
