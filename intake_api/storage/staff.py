"""Staff accounts, their sessions, one-time links, and the records that lock out guessing."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.access import Role
from intake_api.domain.staff import IDLE, INVITATION, LOCK, SESSION, LockState
from intake_api.storage.database import insert_if_absent
from intake_api.storage.tables import InvitationRow, LoginFailureRow, LoginLockRow, StaffRow, StaffSessionRow, TokenRow
from intake_api.storage.tokens import digest

PASSWORD = "password"  # noqa: S105 - a kind of link
FOUNDING = "founding"


class InvitationUsed(Exception):
    """The link was used or has expired; ask the system administrator for a new one."""


@dataclass(frozen=True, slots=True)
class SessionState:
    """A valid session: whose, and when it was last used."""

    staff: StaffRow
    last_seen_at: datetime


def login_of(name: str) -> str:
    """The form of a name under which its account is found."""
    return name.strip().casefold()


async def any_staff(session: AsyncSession) -> bool:
    """Whether there is an account at all."""
    return (await session.scalar(select(StaffRow.id).limit(1))) is not None


async def everybody(session: AsyncSession) -> list[StaffRow]:
    """All accounts, oldest first."""
    return list(await session.scalars(select(StaffRow).order_by(StaffRow.id)))


async def names_of(session: AsyncSession, actor_ids: Iterable[str]) -> dict[str, str]:
    """Names of staff and of tokens by the ids with which they act (``12``, ``token:3``)."""
    ids = set(actor_ids)
    people = [int(actor) for actor in ids if actor.isdecimal()]
    programs = [int(actor.removeprefix("token:")) for actor in ids if actor.startswith("token:")]
    found = {
        str(key): name
        for key, name in await session.execute(select(StaffRow.id, StaffRow.name).where(StaffRow.id.in_(people)))
    }
    rows = await session.execute(select(TokenRow.id, TokenRow.name).where(TokenRow.id.in_(programs)))
    return found | {f"token:{key}": name for key, name in rows}


async def by_name(session: AsyncSession, name: str) -> StaffRow | None:
    """The account of that name."""
    return await session.scalar(select(StaffRow).where(StaffRow.login == login_of(name)))


async def add(
    session: AsyncSession,
    name: str,
    *,
    roles: Iterable[Role],
    department_id: str | None,
    now: datetime,
    password: str = "",
) -> StaffRow:
    """Add an account; without ``password`` (a hash) nobody can log in until its invitation is used.

    A name that is taken raises database.Conflict.
    """
    row = StaffRow(
        name=name.strip(),
        login=login_of(name),
        roles=[role.value for role in roles],
        department_id=department_id,
        password=password,
        created_at=now,
        password_set_at=now if password else None,
    )
    session.add(row)
    await session.flush()
    return row


async def invite(session: AsyncSession, kind: str, staff_id: int | None, now: datetime) -> str:
    """Make a one-time link's token; earlier ones for the same purpose end."""
    await session.execute(
        update(InvitationRow)
        .where(InvitationRow.kind == kind, InvitationRow.staff_id == staff_id, InvitationRow.used_at.is_(None))
        .values(used_at=now)
    )
    plain = secrets.token_urlsafe(32)
    session.add(
        InvitationRow(digest=digest(plain), kind=kind, staff_id=staff_id, created_at=now, expires_at=now + INVITATION)
    )
    return plain


async def invitation(session: AsyncSession, plain: str, now: datetime) -> InvitationRow | None:
    """A link that can be used, or None when there never was one. Raises InvitationUsed."""
    row = await session.get(InvitationRow, digest(plain))
    if row is not None and (row.used_at is not None or row.expires_at <= now):
        raise InvitationUsed
    return row


async def use_invitation(session: AsyncSession, row: InvitationRow, now: datetime) -> None:
    """Use a link up. Raises InvitationUsed when somebody was faster."""
    result = await session.execute(
        update(InvitationRow)
        .where(InvitationRow.digest == row.digest, InvitationRow.used_at.is_(None))
        .values(used_at=now)
    )
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        raise InvitationUsed


async def set_password(session: AsyncSession, staff_id: int, password: str, now: datetime) -> None:
    """Store a password's hash; all sessions of the account end."""
    await session.execute(
        update(StaffRow).where(StaffRow.id == staff_id).values(password=password, password_set_at=now)
    )
    await session.execute(delete(StaffSessionRow).where(StaffSessionRow.staff_id == staff_id))


async def lock_state(session: AsyncSession, name: str) -> LockState:
    """Failures in a row under a name."""
    row = await session.get(LoginLockRow, digest(login_of(name)))
    return LockState(row.failures, row.locked_until) if row else LockState()


async def note_failure(session: AsyncSession, name: str, address: str, now: datetime) -> LockState:
    """Record a failed login; returns the state after it. What has no effect any more is forgotten."""
    await session.execute(delete(LoginFailureRow).where(LoginFailureRow.at < now - LOCK))
    await session.execute(delete(LoginLockRow).where(LoginLockRow.failed_at < now - 2 * SESSION))
    session.add(LoginFailureRow(address=address[:64], at=now))
    key = digest(login_of(name))
    # guesses at the same moment line up at this row
    await insert_if_absent(session, LoginLockRow, login_digest=key, failures=0, failed_at=now)
    row = (await session.scalars(select(LoginLockRow).where(LoginLockRow.login_digest == key).with_for_update())).one()
    await session.refresh(row)
    state = LockState(row.failures, row.locked_until).failed(now)
    row.failures, row.locked_until, row.failed_at = state.failures, state.locked_until, now
    return state


async def failures_from(session: AsyncSession, address: str, now: datetime) -> int:
    """Failed logins from a client address in the last quarter of an hour."""
    return (
        await session.scalar(
            select(func.count())
            .select_from(LoginFailureRow)
            .where(LoginFailureRow.address == address[:64], LoginFailureRow.at >= now - LOCK)
        )
        or 0
    )


async def open_session(session: AsyncSession, staff_id: int, name: str, now: datetime) -> str:
    """Start a session after a good login and return its cookie; failures are forgotten, dead sessions removed."""
    await session.execute(delete(LoginLockRow).where(LoginLockRow.login_digest == digest(login_of(name))))
    await session.execute(delete(StaffSessionRow).where(StaffSessionRow.created_at < now - SESSION))
    plain = secrets.token_urlsafe(32)
    session.add(StaffSessionRow(digest=digest(plain), staff_id=staff_id, created_at=now, last_seen_at=now))
    return plain


async def find_session(session: AsyncSession, plain: str, now: datetime) -> SessionState | None:
    """The session of a cookie, if it has neither been idle nor open too long and its account is alive."""
    row = await session.get(StaffSessionRow, digest(plain))
    if row is None or now - row.last_seen_at > IDLE or now - row.created_at > SESSION:
        return None
    staff = await session.get(StaffRow, row.staff_id)
    return SessionState(staff, row.last_seen_at) if staff is not None and staff.disabled_at is None else None


async def touch_session(session: AsyncSession, plain: str, now: datetime) -> None:
    """Note that the person is still there."""
    await session.execute(
        update(StaffSessionRow).where(StaffSessionRow.digest == digest(plain)).values(last_seen_at=now)
    )


async def close_session(session: AsyncSession, plain: str) -> None:
    """End a session."""
    await session.execute(delete(StaffSessionRow).where(StaffSessionRow.digest == digest(plain)))
