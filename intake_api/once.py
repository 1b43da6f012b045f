"""Doing once what is asked twice: a caller that did not hear the answer asks again under the same key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.storage import cases


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key: ``scope`` names the caller, ``body_hash`` is the digest of what is asked under it."""

    scope: str
    key: str
    body_hash: str


class KeyUsedForAnother(Exception):
    """The idempotency key belongs to another request; use a new key for a new one."""


async def is_first(session: AsyncSession, key: Key | None, case_id: int, now: datetime) -> bool:
    """Whether this has still to be done to the case: without a key always, else in the transaction that takes it.

    To be asked before the case is locked, as in filing. What then fails gives the key back with everything else.
    Raises KeyUsedForAnother.
    """
    if key is None:
        return True
    if await cases.claim_key(session, key.scope, key.key, key.body_hash, now):
        await cases.bind_key(session, key.scope, key.key, case_id)
        return True
    row = await cases.find_key(session, key.scope, key.key)
    if row is None or row.body_hash != key.body_hash:
        raise KeyUsedForAnother
    return False


async def came_of(session: AsyncSession, key: Key, now: datetime) -> int | None:
    """The case that was given out under the key; None while none was, and then the transaction has taken the key.

    To be asked before any case is locked; what is given out then is bound to the key (``cases.bind_key``). Raises
    KeyUsedForAnother.
    """
    if await cases.claim_key(session, key.scope, key.key, key.body_hash, now):
        return None
    row = await cases.find_key(session, key.scope, key.key)
    if row is None or row.body_hash != key.body_hash:
        raise KeyUsedForAnother
    return row.case_id
