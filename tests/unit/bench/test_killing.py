"""The comparison after the kills sees what is lost, doubled or out of order."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.killing.checks import Kept, of_acts, of_cases, of_claims
from bench.killing.ledger import Act, Ledger, Outcome
from bench.killing.receiver import Receiver
from intake_api.domain.case_number import format_number
from intake_api.domain.event import EventKind

NUMBER = format_number(1)


def kept(**changes: object) -> Kept:
    """One case that was filed under the key ``k``, without events."""
    state: dict[str, object] = {
        "statuses": {1: "received"}, "into": {}, "keys": {"k": 1}, "events": {1: []}, "said": Counter(), "told": {},
        "claims": [],
    }  # fmt: skip
    return Kept(**(state | changes))  # type: ignore[arg-type]


def test_a_case_that_was_lost_or_has_no_key_is_a_fault() -> None:
    ledger = Ledger(filed={"k": NUMBER}, keys={"k"})
    assert of_cases(kept(), ledger) == []
    assert of_cases(kept(keys={}, statuses={}), ledger) != []
    assert of_cases(kept(statuses={1: "received", 2: "received"}), ledger) != []


@pytest.mark.parametrize(
    ("outcome", "times", "right"),
    [
        (Outcome.DONE, 1, True), (Outcome.DONE, 0, False), (Outcome.DONE, 2, False), (Outcome.UNHEARD, 0, True),
        (Outcome.UNHEARD, 1, True), (Outcome.UNHEARD, 2, False), (Outcome.REFUSED, 0, True), (Outcome.REFUSED, 1, False),
    ],
)  # fmt: skip
def test_what_was_done_is_there_once_and_what_was_refused_is_not(outcome: Outcome, times: int, right: bool) -> None:
    ledger = Ledger(acts=[Act(NUMBER, EventKind.URGED, "words", outcome)])
    said = Counter({(EventKind.URGED, "words"): times})
    assert (of_acts(kept(said=said), ledger) == []) is right


def test_a_case_of_two_and_one_that_is_held_unknowingly_are_faults(capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger()
    ledger.take_up(NUMBER, "received", "甲")
    ledger.take_up(NUMBER, "received", "甲")
    ledger.take_up(NUMBER, "dispatched", "乙")
    assert ledger.faults == []
    assert of_claims(kept(claims=[(1, "乙")]), ledger) == []
    assert of_claims(kept(claims=[(1, "丙")]), ledger) != []
    ledger.take_up(NUMBER, "received", "乙")
    assert len(ledger.faults) == 1
    assert NUMBER in capsys.readouterr().err


@pytest.mark.parametrize(
    ("heard", "right"),
    [([1, 2, 2, 4], True), ([1, 2], False), ([2, 1, 4], False), ([1, 2, 4, 2], False), ([1, 2, 3, 4], False)],
)
def test_a_receiver_hears_all_that_concerns_it_in_order_and_again_only_the_last(heard: list[int], right: bool) -> None:
    receiver = Receiver("部门", "lamps")
    receiver.positions = heard
    assert (receiver.faults([1, 2, 4]) == []) is right
