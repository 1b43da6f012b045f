"""What may happen to a call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels.hotline.call import Call, NotNow, NotYours, Operator, State, Step

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
