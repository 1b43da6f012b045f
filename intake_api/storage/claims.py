"""Claims: who works on which case, until when."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, exists, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.claim import LEASE
from intake_api.domain.event import Actor
from intake_api.storage.queue_tables import ClaimRow
from intake_api.storage.tables import CaseRow

_CANDIDATES = 20
_ATTEMPTS = 50


async def take(session: AsyncSession, case_id: int, actor: Actor, now: datetime) -> bool:
    """Claim a case, or renew the claim; False when somebody else holds it. One statement: only one of many gets it."""
    build = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = build(ClaimRow).values(
        case_id=case_id, holder=actor.id, holder_name=actor.name, claimed_at=now, until=now + LEASE
    )
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[ClaimRow.case_id],
        set_={"holder": new.holder, "holder_name": new.holder_name, "claimed_at": new.claimed_at, "until": new.until},
        where=or_(ClaimRow.until <= now, ClaimRow.holder == actor.id),
    )
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount == 1


async def take_next(
    session: AsyncSession, statuses: Collection[str], department: str | None, actor: Actor, now: datetime
) -> int | None:
    """Claim the first unclaimed case by priority in one of these states; None when none waits.

    ``department``: only its cases. Others that ask at the same moment pass over what is being taken, in any process.
    """
    for attempt in range(_ATTEMPTS):
        candidates = await _waiting(session, statuses, department, now)
        if not candidates:
            return None
        locked = (
            select(CaseRow.id)
            .where(CaseRow.id.in_(candidates), CaseRow.status.in_(statuses))
            .order_by(CaseRow.rank_at, CaseRow.id)
            .with_for_update(skip_locked=True, key_share=True)
            .limit(1)
        )
        chosen = await session.scalar(locked)
        if chosen is None:
            # all of these are being taken at this moment: let that happen, and look again
            await asyncio.sleep(0.005 * (attempt + 1))
        elif await take(session, chosen, actor, now):
            return chosen
    return None


async def _waiting(
    session: AsyncSession, statuses: Collection[str], department: str | None, now: datetime
) -> Sequence[int]:
    """The first unclaimed cases by priority; one ordered stretch of the index for each state."""
    found: list[tuple[datetime, int]] = []
    for status in sorted(statuses):
        query = select(CaseRow.rank_at, CaseRow.id).where(
            CaseRow.status == literal(status, literal_execute=True),
            ~exists().where(ClaimRow.case_id == CaseRow.id, ClaimRow.until > now),
        )
        if department is not None:
            query = query.where(CaseRow.department_id == department)
        rows = await session.execute(query.order_by(CaseRow.rank_at, CaseRow.id).limit(_CANDIDATES))
        found += [(rank_at, case_id) for rank_at, case_id in rows if rank_at is not None]
    return [case_id for _, case_id in sorted(found)[:_CANDIDATES]]


async def renew(session: AsyncSession, case_id: int, holder: str, now: datetime) -> None:
    """Work on a case renews its worker's claim."""
    await session.execute(
        update(ClaimRow).where(ClaimRow.case_id == case_id, ClaimRow.holder == holder).values(until=now + LEASE)
    )


async def release(session: AsyncSession, case_id: int, holder: str | None = None) -> bool:
    """Give a case back; with ``holder`` only that person's claim. Whether there was one."""
    statement = delete(ClaimRow).where(ClaimRow.case_id == case_id)
    if holder is not None:
        statement = statement.where(ClaimRow.holder == holder)
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount == 1


async def of_cases(session: AsyncSession, case_ids: Collection[int], now: datetime) -> dict[int, ClaimRow]:
    """The claims that hold on these cases."""
    rows = await session.scalars(select(ClaimRow).where(ClaimRow.case_id.in_(case_ids), ClaimRow.until > now))
    return {row.case_id: row for row in rows}
