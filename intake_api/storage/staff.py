"""Staff accounts, their sessions, one-time links, and the records that lock out guessing."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.access import ADMINISTRATORS, Role
from intake_api.domain.staff import (
    IDLE,
    INVITATION,
    LOCK,
    PASSWORDS_REMEMBERED,
    SESSION,
    Duty,
    LockState,
    duties,
    needs_second_factor,
)
from intake_api.storage import second_factors
from intake_api.storage.database import insert_if_absent
from intake_api.storage.staff_tables import PasswordRow
from intake_api.storage.tables import InvitationRow, LoginFailureRow, LoginLockRow, StaffRow, StaffSessionRow, TokenRow
from intake_api.storage.tokens import digest

PASSWORD = "password"  # noqa: S105 - a kind of link
FOUNDING = "founding"


class InvitationUsed(Exception):
    """The link was used or has expired; ask the system administrator for a new one."""


@dataclass(frozen=True, slots=True)
class SessionState:
    """A valid session: whose, when it was last used, and what is due before anything else."""

    staff: StaffRow
    last_seen_at: datetime
    duties: frozenset[Duty]


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
    requested: Iterable[Role] = (),
) -> StaffRow:
    """Add an account; without ``password`` (a hash) nobody can log in until its invitation is used.

    ``requested``: roles that it will have when the security administrator agrees. A name that is taken raises
    database.Conflict.
    """
    row = StaffRow(
        name=name.strip(),
        login=login_of(name),
        roles=[role.value for role in roles],
        requested_roles=[role.value for role in requested],
        department_id=department_id,
        password=password,
        created_at=now,
        password_set_at=now if password else None,
    )
    session.add(row)
    await session.flush()
    if password:
        session.add(PasswordRow(staff_id=row.id, password=password, set_at=now))
    return row


async def locked(session: AsyncSession, staff_id: int) -> StaffRow | None:
    """An account, for changing: others who want to change it wait."""
    return await session.scalar(select(StaffRow).where(StaffRow.id == staff_id).with_for_update())


async def is_last_administrator(session: AsyncSession, person: StaffRow) -> bool:
    """Whether nobody else who can log in has this person's office of administrator. Two who ask wait for each other."""
    offices = set(person.roles) & set(ADMINISTRATORS)
    if not offices:
        return False
    alive = select(StaffRow).where(StaffRow.disabled_at.is_(None), StaffRow.password != "")
    everyone = await session.scalars(alive.order_by(StaffRow.id).with_for_update())
    others = {role for other in everyone if other.id != person.id for role in other.roles}
    return not offices <= others


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


async def passwords_before(session: AsyncSession, staff_id: int) -> list[str]:
    """Hashes of the last passwords, the present one first, that must not be chosen again."""
    query = select(PasswordRow.password).where(PasswordRow.staff_id == staff_id).order_by(PasswordRow.id.desc())
    return list(await session.scalars(query.limit(PASSWORDS_REMEMBERED)))


async def set_password(
    session: AsyncSession, staff_id: int, password: str, now: datetime, *, keep: str | None = None
) -> None:
    """Store a password's hash; all sessions of the account end, but for the one whose cookie is ``keep``."""
    await session.execute(
        update(StaffRow)
        .where(StaffRow.id == staff_id)
        .values(password=password, password_set_at=now, must_change_password=False)
    )
    session.add(PasswordRow(staff_id=staff_id, password=password, set_at=now))
    await session.flush()
    remembered = select(PasswordRow.id).where(PasswordRow.staff_id == staff_id).order_by(PasswordRow.id.desc())
    oldest = (await session.scalars(remembered.limit(PASSWORDS_REMEMBERED))).all()[-1]
    await session.execute(delete(PasswordRow).where(PasswordRow.staff_id == staff_id, PasswordRow.id < oldest))
    await end_sessions(session, staff_id, keep=keep)


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


async def locks(session: AsyncSession, names: Iterable[str], now: datetime) -> dict[str, datetime]:
    """Until when each of these names is locked; those that are not are left out."""
    digests = {digest(login_of(name)): name for name in names}
    rows = await session.scalars(select(LoginLockRow).where(LoginLockRow.locked_until > now))
    return {
        digests[row.login_digest]: row.locked_until
        for row in rows
        if row.login_digest in digests and row.locked_until is not None
    }


async def unlock(session: AsyncSession, name: str) -> bool:
    """Forget the failures of a name; whether there were any."""
    result = await session.execute(delete(LoginLockRow).where(LoginLockRow.login_digest == digest(login_of(name))))
    assert isinstance(result, CursorResult)
    return result.rowcount > 0


async def open_session(
    session: AsyncSession, staff_id: int, name: str, now: datetime, *, address: str = "", agent: str = ""
) -> str:
    """Start a session after a good login and return its cookie; failures are forgotten, dead sessions removed."""
    await session.execute(delete(LoginLockRow).where(LoginLockRow.login_digest == digest(login_of(name))))
    await session.execute(delete(StaffSessionRow).where(StaffSessionRow.created_at < now - SESSION))
    plain = secrets.token_urlsafe(32)
    session.add(
        StaffSessionRow(
            digest=digest(plain),
            staff_id=staff_id,
            created_at=now,
            last_seen_at=now,
            address=address[:64],
            agent="".join(c for c in agent if c.isprintable())[:200],
        )
    )
    return plain


async def find_session(session: AsyncSession, plain: str, now: datetime) -> SessionState | None:
    """The session of a cookie, if it has neither been idle nor open too long and its account is alive."""
    row = await session.get(StaffSessionRow, digest(plain))
    if row is None or now - row.last_seen_at > IDLE or now - row.created_at > SESSION:
        return None
    staff = await session.get(StaffRow, row.staff_id)
    if staff is None or staff.disabled_at is not None:
        return None
    enrolled = needs_second_factor(staff.roles) and await second_factors.enrolled(session, staff.id)
    due = duties(
        staff.roles,
        enrolled=enrolled,
        must_change=staff.must_change_password,
        password_set_at=staff.password_set_at,
        logged_in_at=row.created_at,
    )
    return SessionState(staff, row.last_seen_at, due)


async def sessions(session: AsyncSession, staff_id: int, now: datetime) -> list[StaffSessionRow]:
    """The sessions of an account that have not ended, newest first."""
    query = (
        select(StaffSessionRow)
        .where(
            StaffSessionRow.staff_id == staff_id,
            StaffSessionRow.last_seen_at >= now - IDLE,
            StaffSessionRow.created_at >= now - SESSION,
        )
        .order_by(StaffSessionRow.created_at.desc())
    )
    return list(await session.scalars(query))


def session_id(row: StaffSessionRow) -> str:
    """How a session is called: a part of its digest, from which no cookie can be made."""
    return row.digest[:16]


async def end_session(session: AsyncSession, staff_id: int, called: str) -> bool:
    """End the session so called; whether there was one."""
    result = await session.execute(
        delete(StaffSessionRow).where(
            StaffSessionRow.staff_id == staff_id, StaffSessionRow.digest.startswith(called, autoescape=True)
        )
    )
    assert isinstance(result, CursorResult)
    return result.rowcount > 0


async def end_sessions(session: AsyncSession, staff_id: int, *, keep: str | None = None) -> int:
    """End all sessions of an account, but for the one whose cookie is ``keep``; how many."""
    ended = delete(StaffSessionRow).where(StaffSessionRow.staff_id == staff_id)
    if keep is not None:
        ended = ended.where(StaffSessionRow.digest != digest(keep))
    result = await session.execute(ended)
    assert isinstance(result, CursorResult)
    return result.rowcount


async def touch_session(session: AsyncSession, plain: str, now: datetime) -> None:
    """Note that the person is still there."""
    await session.execute(
        update(StaffSessionRow).where(StaffSessionRow.digest == digest(plain)).values(last_seen_at=now)
    )


async def close_session(session: AsyncSession, plain: str) -> None:
    """End a session."""
    await session.execute(delete(StaffSessionRow).where(StaffSessionRow.digest == digest(plain)))
