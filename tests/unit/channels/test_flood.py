"""A flood of messages is slowed down, and refused only when waiting would not help."""

from __future__ import annotations

import pytest

from channels.gateway.flood import Flood, Limiter


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_thirty_at_once_pass_and_the_next_ones_wait_a_tenth_of_a_second_each() -> None:
    limiter = Limiter(clock=Clock())
    assert [limiter.reserve("web:1") for _ in range(30)] == [0.0] * 30
    assert [round(limiter.reserve("web:1"), 3) for _ in range(3)] == [0.1, 0.2, 0.3]


def test_who_would_wait_for_more_than_five_seconds_is_told_to_come_back() -> None:
    limiter = Limiter(clock=Clock())
    for _ in range(80):
        limiter.reserve("web:1")
    with pytest.raises(Flood) as flood:
        limiter.reserve("web:1")
    assert flood.value.retry_after == pytest.approx(0.1)


def test_one_residents_flood_does_not_slow_another() -> None:
    limiter = Limiter(clock=Clock())
    for _ in range(60):
        limiter.reserve("web:1")
    assert limiter.reserve("web:2") == 0.0


def test_after_a_pause_all_is_forgiven() -> None:
    clock = Clock()
    limiter = Limiter(clock=clock)
    for _ in range(60):
        limiter.reserve("web:1")
    clock.now = 10.0
    assert [limiter.reserve("web:1") for _ in range(30)] == [0.0] * 30
