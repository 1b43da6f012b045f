"""Rules for staff accounts: passwords, the second factor, and the lock after failures (等保三级)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from intake_api.domain.access import ADMINISTRATORS, Role

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
FAILURES_BEFORE_LOCK = 5
LOCK = timedelta(minutes=15)
IDLE = timedelta(minutes=15)
SESSION = timedelta(hours=12)
INVITATION = timedelta(hours=72)
FAILURES_PER_ADDRESS = 30
"""Failed logins from one client address within LOCK before it has to wait."""
PASSWORD_LIFE = timedelta(days=90)
"""An older password must be changed at the next log-in."""
PASSWORDS_REMEMBERED = 5
"""As many last passwords, the present one among them, cannot be chosen again."""
PRIVILEGED = frozenset({*ADMINISTRATORS, Role.SUPERVISOR})
"""Roles that need a second factor; others may have one."""


class Duty(StrEnum):
    """What somebody must do before anything else."""

    CHANGE_PASSWORD = "change_password"  # noqa: S105 - too old, or the security administrator asked for it
    ENROL = "enrol"  # set up a second factor


ANY_DUTY = frozenset(Duty)


def needs_second_factor(roles: Iterable[Role | str]) -> bool:
    """Whether people with these roles must have a second factor."""
    return any(role in PRIVILEGED for role in roles)


def duties(
    roles: Iterable[Role | str],
    *,
    enrolled: bool,
    must_change: bool,
    password_set_at: datetime | None,
    logged_in_at: datetime,
) -> frozenset[Duty]:
    """What is due in a session begun at ``logged_in_at``; a password that grows old meanwhile waits for the next."""
    due = set()
    if needs_second_factor(roles) and not enrolled:
        due.add(Duty.ENROL)
    if must_change or password_set_at is None or logged_in_at >= password_set_at + PASSWORD_LIFE:
        due.add(Duty.CHANGE_PASSWORD)
    return frozenset(due)


def password_objections(password: str, name: str) -> list[str]:
    """What is wrong with a password, in Chinese; empty when it will do."""
    objections = []
    if len(password) < SHORTEST_PASSWORD:
        objections.append(f"密码至少 {SHORTEST_PASSWORD} 个字符。")
    if len(password) > LONGEST_PASSWORD:
        objections.append(f"密码最多 {LONGEST_PASSWORD} 个字符。")
    classes = (
        any(c.isascii() and c.islower() for c in password),
        any(c.isascii() and c.isupper() for c in password),
        any(c.isdigit() for c in password),
        any(not c.isascii() or not c.isalnum() for c in password),
    )
    if sum(classes) < 3:
        objections.append("密码须含大写字母、小写字母、数字、符号中的至少三类。")
    if name.strip() and name.strip().casefold() in password.casefold():
        objections.append("密码不能包含姓名或账号。")
    return objections


@dataclass(frozen=True, slots=True)
class LockState:
    """Failures in a row of one account name, known or not, and until when it is locked."""

    failures: int = 0
    locked_until: datetime | None = None

    def locked(self, now: datetime) -> bool:
        """Whether nobody gets in under this name now."""
        return self.locked_until is not None and now < self.locked_until

    def failed(self, now: datetime) -> LockState:
        """The state after one more failure: the fifth in a row locks; a lock that has ended starts afresh."""
        before = 0 if self.locked_until is not None and now >= self.locked_until else self.failures
        failures = before + 1
        return LockState(failures, now + LOCK if failures >= FAILURES_BEFORE_LOCK else None)
