"""Passwords and the lock after failures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from intake_api.domain.staff import Duty, LockState, duties, password_objections

NOW = datetime(2026, 9, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("Liuxi-2026-ok", True),
        ("柳溪abcdef12345", True),
        ("Short-1a", False),
        ("alllowercase1", False),
        ("wangfang-Aa1234", False),
        ("Aa1" * 100, False),
    ],
)
def test_a_password_follows_the_policy(password: str, good: bool) -> None:
    assert (password_objections(password, "WangFang") == []) is good


def test_the_fifth_failure_in_a_row_locks_for_a_quarter_of_an_hour() -> None:
    state = LockState()
    for _ in range(4):
        state = state.failed(NOW)
        assert not state.locked(NOW)
    state = state.failed(NOW)
    assert state.locked(NOW)
    assert state.locked(NOW + timedelta(minutes=14, seconds=59))
    assert not state.locked(NOW + timedelta(minutes=15))


def test_after_a_lock_counting_starts_afresh() -> None:
    state = LockState(5, NOW)
    assert state.failed(NOW) == LockState(1, None)


SET = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("roles", "enrolled", "must_change", "days", "due"),
    [
        (["operator"], False, False, 0, set()),
        (["operator"], True, False, 89, set()),
        (["operator"], False, False, 90, {Duty.CHANGE_PASSWORD}),
        (["operator"], False, True, 0, {Duty.CHANGE_PASSWORD}),
        (["supervisor"], False, False, 0, {Duty.ENROL}),
        (["operator", "supervisor"], False, False, 0, {Duty.ENROL}),
        (["supervisor"], True, False, 0, set()),
        (["sysadmin"], False, True, 0, {Duty.ENROL, Duty.CHANGE_PASSWORD}),
        (["secadmin"], False, False, 0, {Duty.ENROL}),
        (["auditor"], False, False, 0, {Duty.ENROL}),
        ([], False, False, 0, set()),
    ],
)
def test_what_must_be_done_before_anything_else(
    roles: list[str], enrolled: bool, must_change: bool, days: int, due: set[Duty]
) -> None:
    found = duties(
        roles, enrolled=enrolled, must_change=must_change, password_set_at=SET, logged_in_at=SET + timedelta(days=days)
    )
    assert found == due
