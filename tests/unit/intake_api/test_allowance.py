"""How much one address may ask."""

from __future__ import annotations

from intake_api.http.allowance import Allowance


def test_an_address_that_asks_too_often_waits_and_others_do_not() -> None:
    now = [0.0]
    allowance = Allowance(burst=3, per_second=1, clock=lambda: now[0])
    assert [allowance.wait("a") for _ in range(3)] == [0, 0, 0]
    assert allowance.wait("a") == 1
    assert allowance.wait("b") == 0
    now[0] = 1.0
    assert allowance.wait("a") == 0
    assert allowance.wait("a") > 0
