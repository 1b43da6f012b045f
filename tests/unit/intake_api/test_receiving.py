"""Taking a report in: filed by itself, or left to an operator; and the chain of its events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_api.domain.case import AutoFile, Channel, Report, Reporter, Status, receive
from intake_api.domain.event import FIRST_HASH, Actor, ActorKind, Event, EventKind, is_intact, seal
from intake_api.domain.place import Place, Precision
from intake_api.domain.taxonomy import Taxonomy

NOW = datetime(2026, 9, 22, 9, tzinfo=UTC)
POLICY = AutoFile(0.5, frozenset({Precision.POINT, Precision.ROAD, Precision.ESTATE}))
GATEWAY = Actor(ActorKind.CHANNEL, "token:1", "网页")


def taken_in(taxonomy: Taxonomy, code: str | None, confidence: float, precision: Precision) -> tuple[Status, list[str]]:
    report = Report(Channel.WEB, "门口有垃圾", Reporter("张伟", "13812345678"), category_confidence=confidence)
    case, events = receive(
        report,
        category=taxonomy.get(code) if code else None,
        place=Place("门口", precision),
        assignment=None,
        due=None,
        policy=POLICY,
        actor=GATEWAY,
        now=NOW,
    )
    return case.status, [event.kind.value for event in events]


@pytest.mark.parametrize(
    ("code", "confidence", "precision", "status"),
    [
        ("1101", 1.0, Precision.POINT, Status.FILED),
        ("1101", 0.5, Precision.ESTATE, Status.FILED),
        ("1101", 0.49, Precision.POINT, Status.RECEIVED),
        ("1101", 1.0, Precision.TOWN, Status.RECEIVED),
        ("1101", 1.0, Precision.NONE, Status.RECEIVED),
        ("1101", 1.0, Precision.OUTSIDE, Status.RECEIVED),
        (None, 1.0, Precision.POINT, Status.RECEIVED),
    ],
)
def test_a_report_is_filed_by_itself_only_when_category_and_place_are_sure(
    taxonomy: Taxonomy, code: str | None, confidence: float, precision: Precision, status: Status
) -> None:
    found, events = taken_in(taxonomy, code, confidence, precision)
    assert found is status
    assert events == (["received", "filed"] if status is Status.FILED else ["received"])


def test_events_hold_nothing_personal(taxonomy: Taxonomy) -> None:
    report = Report(Channel.WEB, "我叫张伟", Reporter("张伟", "13812345678", "openid-1"))
    _, events = receive(
        report, category=taxonomy.get("1101"), place=Place("张伟家", Precision.NONE), assignment=None, due=None,
        policy=POLICY, actor=GATEWAY, now=NOW,
    )  # fmt: skip
    written = repr(events)
    assert not any(secret in written for secret in ("张伟", "13812345678", "openid-1"))


EVENTS = [
    Event(EventKind.RECEIVED, NOW, GATEWAY, None, "received", "", {"category": "1101", "due": {"at": "…"}}),
    Event(EventKind.FILED, NOW, GATEWAY, "received", "filed", "自动立案", {}),
    Event(EventKind.FILED, NOW, GATEWAY, "filed", "filed", "又一次", {"n": 1.5}),
]


def test_events_are_chained_from_the_first() -> None:
    sealed = seal(7, EVENTS)
    assert [event.seq for event in sealed] == [1, 2, 3]
    assert sealed[0].prev_hash == FIRST_HASH
    assert [event.prev_hash for event in sealed[1:]] == [event.hash for event in sealed[:-1]]
    assert is_intact(7, sealed)
    assert seal(7, EVENTS[2:], 2, sealed[1].hash) == sealed[2:]


@given(st.integers(0, 2), st.sampled_from(["reason", "to_status", "data", "drop", "swap", "case"]))
def test_any_change_breaks_the_chain(at: int, change: str) -> None:
    sealed = seal(7, EVENTS)
    case_id = 7
    if change == "drop":
        if at == 2:
            return  # leaving out the end shows only against the case's own last hash
        del sealed[at]
    elif change == "swap":
        sealed[at], sealed[at - 1] = sealed[at - 1], sealed[at]
    elif change == "case":
        case_id = 8
    else:
        value = {"reason": "另一个理由", "to_status": "closed", "data": {"category": "1102"}}[change]
        sealed[at] = replace(sealed[at], event=replace(sealed[at].event, **{change: value}))
    assert not is_intact(case_id, sealed)
