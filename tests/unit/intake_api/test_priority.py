"""In which order open cases are taken up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from intake_api.domain.priority import Circumstances, rank
from intake_api.domain.taxonomy import Urgency

RECEIVED = datetime(2026, 9, 22, 2, 0, tzinfo=UTC)
PLAIN = Circumstances(received_at=RECEIVED, due_at=RECEIVED + timedelta(hours=48))


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({}, 0),
        ({"urgency": Urgency.URGENT}, 24),
        ({"urgency": Urgency.EMERGENCY}, 72),
        ({"urges": 2}, 8),
        ({"urges": 50}, 20),
        ({"repeat": True}, 12),
        ({"supervision": 1}, 24),
        ({"supervision": 3}, 72),
        ({"reworks": 2}, 12),
        ({"returns": 1}, 6),
        ({"returns": 9}, 18),
        ({"vulnerable": True}, 12),
        ({"urgency": Urgency.URGENT, "urges": 1, "repeat": True}, 40),
    ],
)
def test_each_reason_moves_a_case_ahead_by_its_hours(changes: dict[str, object], hours: int) -> None:
    placed = rank(replace(PLAIN, **changes))
    assert placed.at == PLAIN.due_at - timedelta(hours=hours)
    assert sum(part.hours for part in placed.parts) == hours


def test_a_case_without_a_clock_counts_from_a_day_after_receipt() -> None:
    placed = rank(replace(PLAIN, due_at=None))
    assert placed.at == RECEIVED + timedelta(hours=24)
    assert "还没有期限" in placed.words


def test_danger_to_life_comes_before_what_was_urged_often() -> None:
    danger = rank(replace(PLAIN, urgency=Urgency.EMERGENCY))
    urged = rank(replace(PLAIN, urges=99, repeat=True, returns=3))
    assert danger.at < urged.at


def test_the_reasons_are_told_in_words() -> None:
    words = rank(replace(PLAIN, urges=7, supervision=2)).words
    assert "第 2 级督办（提前 48 小时）" in words
    assert "催办 7 次（按 5 次计）（提前 20 小时）" in words
    assert "合计提前 68 小时" in words
