"""Rules for staff accounts: passwords, and the lock after failures (等保三级)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
FAILURES_BEFORE_LOCK = 5
LOCK = timedelta(minutes=15)
IDLE = timedelta(minutes=15)
SESSION = timedelta(hours=12)
INVITATION = timedelta(hours=72)
FAILURES_PER_ADDRESS = 30
"""Failed logins from one client address within LOCK before it has to wait."""


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
