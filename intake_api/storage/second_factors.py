"""Secrets of authenticator apps, sealed with a key that is not in the database, and recovery codes."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from groundwork.keys import KeyRing, Unreadable
from intake_api.domain.second_factor import matching_step, recovery_form
from intake_api.storage.staff_tables import RecoveryCodeRow, SecondFactorRow
from intake_api.storage.tokens import digest

log = logging.getLogger(__name__)

_PURPOSE = b"second factor"
_SEALED = "1."  # begins what is sealed; no secret in base32 has a 1 or a dot


def _seal(keys: KeyRing, staff_id: int, secret: str) -> str:
    sealed = keys.seal(secret.encode(), _PURPOSE, str(staff_id).encode())
    return _SEALED + base64.urlsafe_b64encode(sealed).decode()


def _unseal(keys: KeyRing, staff_id: int, kept: str) -> str:
    """The secret of somebody's app. Raises Unreadable."""
    if not kept.startswith(_SEALED):
        return kept  # not sealed yet
    sealed = base64.urlsafe_b64decode(kept.removeprefix(_SEALED))
    return keys.unseal(sealed, _PURPOSE, str(staff_id).encode()).decode()


def _is_sealed_newly(keys: KeyRing, kept: str) -> bool:
    sealed = kept.removeprefix(_SEALED)
    return sealed != kept and keys.is_newest(base64.urlsafe_b64decode(sealed), _PURPOSE)


async def seal_all(session: AsyncSession, keys: KeyRing) -> int:
    """Seal every secret with the newest key: those of the time before there were keys, and those of older keys.

    Returns how many cannot be read because their key is not among ours: their owners need recovery codes, and a reset.
    """
    unreadable = 0
    for row in await session.scalars(select(SecondFactorRow).with_for_update()):
        if not _is_sealed_newly(keys, row.secret):
            try:
                row.secret = _seal(keys, row.staff_id, _unseal(keys, row.staff_id, row.secret))
            except Unreadable:
                unreadable += 1
    return unreadable


def _step(row: SecondFactorRow, keys: KeyRing, code: str, now: datetime) -> int | None:
    """The time step whose code this is, or None; also when the secret cannot be read."""
    try:
        secret = _unseal(keys, row.staff_id, row.secret)
    except Unreadable as error:
        log.error("second factor unreadable", extra={"staff_id": row.staff_id, "error": str(error)})
        return None
    return matching_step(secret, code, now, row.last_step)


async def enrolled(session: AsyncSession, staff_id: int) -> bool:
    """Whether somebody has a second factor."""
    row = await session.get(SecondFactorRow, staff_id)
    return row is not None and row.confirmed_at is not None


async def enrolled_since(session: AsyncSession, staff_ids: Iterable[int]) -> dict[int, datetime]:
    """Since when each of these has one; those without are left out."""
    query = select(SecondFactorRow.staff_id, SecondFactorRow.confirmed_at).where(
        SecondFactorRow.staff_id.in_(list(staff_ids)), SecondFactorRow.confirmed_at.is_not(None)
    )
    return {staff_id: at for staff_id, at in await session.execute(query) if at is not None}


async def begin(session: AsyncSession, keys: KeyRing, staff_id: int, secret: str, now: datetime) -> bool:
    """Keep a secret until a code confirms it, in place of an earlier one; False when one is confirmed already."""
    row = await session.get(SecondFactorRow, staff_id, with_for_update=True)
    if row is not None and row.confirmed_at is not None:
        return False
    sealed = _seal(keys, staff_id, secret)
    if row is not None:
        row.secret, row.created_at, row.last_step = sealed, now, 0
    else:
        session.add(SecondFactorRow(staff_id=staff_id, secret=sealed, created_at=now, last_step=0))
    return True


async def confirm(session: AsyncSession, keys: KeyRing, staff_id: int, code: str, now: datetime) -> bool:
    """Take the secret that was shown into use, if the code is right."""
    row = await session.get(SecondFactorRow, staff_id, with_for_update=True)
    if row is None or row.confirmed_at is not None:
        return False
    step = _step(row, keys, code, now)
    if step is None:
        return False
    row.confirmed_at, row.last_step = now, step
    return True


async def use_code(session: AsyncSession, keys: KeyRing, staff_id: int, code: str, now: datetime) -> bool:
    """Use a code of the app up; False when it is wrong or was used. Two who send the same wait for each other."""
    row = await session.scalar(select(SecondFactorRow).where(SecondFactorRow.staff_id == staff_id).with_for_update())
    if row is None or row.confirmed_at is None:
        return False
    step = _step(row, keys, code, now)
    if step is None:
        return False
    row.last_step = step
    return True


async def use_recovery_code(session: AsyncSession, staff_id: int, code: str, now: datetime) -> bool:
    """Use a code on paper up; False when it is wrong or was used."""
    form = recovery_form(code)
    if form is None:
        return False
    result = await session.execute(
        update(RecoveryCodeRow)
        .where(
            RecoveryCodeRow.digest == _digest(staff_id, form),
            RecoveryCodeRow.staff_id == staff_id,
            RecoveryCodeRow.used_at.is_(None),
        )
        .values(used_at=now)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


async def keep_recovery_codes(session: AsyncSession, staff_id: int, codes: Sequence[str], now: datetime) -> None:
    """Keep new codes; those before end."""
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.staff_id == staff_id))
    forms = [recovery_form(code) for code in codes]
    session.add_all(
        RecoveryCodeRow(digest=_digest(staff_id, form), staff_id=staff_id, created_at=now) for form in forms if form
    )


async def recovery_codes_left(session: AsyncSession, staff_id: int) -> int:
    """How many codes can still be used."""
    query = select(func.count()).select_from(RecoveryCodeRow)
    query = query.where(RecoveryCodeRow.staff_id == staff_id, RecoveryCodeRow.used_at.is_(None))
    return await session.scalar(query) or 0


async def remove(session: AsyncSession, staff_id: int) -> bool:
    """Forget somebody's second factor and codes; whether there was one."""
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.staff_id == staff_id))
    result = await session.execute(delete(SecondFactorRow).where(SecondFactorRow.staff_id == staff_id))
    assert isinstance(result, CursorResult)
    return result.rowcount > 0


def _digest(staff_id: int, form: str) -> str:
    return digest(f"{staff_id}:{form}")
