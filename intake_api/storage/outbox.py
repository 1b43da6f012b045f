"""What residents must hear: written with the event, handed out in order under a lease, marked when delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from intake_api.domain.taxonomy import Urgency
from intake_api.storage.database import insert_rows
from intake_api.storage.tables import CaseRow, OutboxRow


async def put(
    session: AsyncSession,
    *,
    channel: str,
    channel_user: str,
    case_id: int,
    kind: str,
    payload: Mapping[str, Any],
    now: datetime,
    urgent: bool = False,
) -> None:
    """Add a message, in the transaction of what it tells. An ``urgent`` one ends the waiting of those before it."""
    row = message(channel=channel, channel_user=channel_user, case_id=case_id, kind=kind, payload=payload, now=now)
    await insert_rows(session, OutboxRow, [row])
    if urgent:
        await hurry(session, channel, channel_user)


async def hurry(session: AsyncSession, channel: str, channel_user: str) -> None:
    """End the waiting of what a resident is to hear: something urgent comes after it."""
    await session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.channel == channel,
            OutboxRow.channel_user == channel_user,
            OutboxRow.delivered_at.is_(None),
            OutboxRow.leased_by.is_(None),
        )
        .values(lease_until=None)
    )


def message(
    *, channel: str, channel_user: str, case_id: int, kind: str, payload: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The row of a message, for the transaction of what it tells."""
    return {
        "channel": channel,
        "channel_user": channel_user,
        "case_id": case_id,
        "kind": kind,
        "payload": dict(payload),
        "created_at": now,
        "attempts": 0,
    }


async def has(session: AsyncSession, case_id: int, kind: str) -> bool:
    """Whether a message of this kind was ever written for the case."""
    query = select(OutboxRow.id).where(OutboxRow.case_id == case_id, OutboxRow.kind == kind).limit(1)
    return (await session.scalar(query)) is not None


async def claim(
    session: AsyncSession, channels: Sequence[str], *, limit: int, lease: timedelta, by: str, now: datetime
) -> list[OutboxRow]:
    """Lease the oldest undelivered message of each resident, so that each hears everything in order.

    A message whose lease has run out is handed out again. Claimers at the same time get different messages.
    """
    earlier = aliased(OutboxRow)
    first = ~(
        select(earlier.id)
        .where(
            earlier.channel == OutboxRow.channel,
            earlier.channel_user == OutboxRow.channel_user,
            earlier.id < OutboxRow.id,
            earlier.delivered_at.is_(None),
        )
        .exists()
    )
    query = (
        select(OutboxRow)
        .where(
            OutboxRow.delivered_at.is_(None),
            OutboxRow.channel.in_(channels),
            or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= now),
            first,
        )
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=OutboxRow)
    )
    rows = list(await session.scalars(query))
    for row in rows:
        row.lease_until, row.leased_by = now + lease, by
        row.attempts += 1
    return rows


async def awaited_urgently(session: AsyncSession, rows: Sequence[OutboxRow]) -> set[tuple[str, str]]:
    """Channel and name of those residents of ``rows`` for whom something about an emergency waits."""
    residents = {(row.channel, row.channel_user) for row in rows}
    if not residents:
        return set()
    query = (
        select(OutboxRow.channel, OutboxRow.channel_user)
        .join(CaseRow, CaseRow.id == OutboxRow.case_id)
        .where(
            OutboxRow.delivered_at.is_(None),
            CaseRow.urgency == Urgency.EMERGENCY.value,
            tuple_(OutboxRow.channel, OutboxRow.channel_user).in_(residents),
        )
        .distinct()
    )
    return {(row.channel, row.channel_user) for row in await session.execute(query)}


async def delivered(session: AsyncSession, item_id: int, now: datetime) -> bool:
    """Mark a message delivered; again is fine. False when there is no such message."""
    await session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == item_id, OutboxRow.delivered_at.is_(None))
        .values(delivered_at=now, lease_until=None)
    )
    return (await session.get(OutboxRow, item_id)) is not None


async def failed(session: AsyncSession, item_id: int, retry_at: datetime) -> bool:
    """Give a message back, to be handed out again from ``retry_at``. False when there is none undelivered."""
    result = await session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == item_id, OutboxRow.delivered_at.is_(None))
        .values(lease_until=retry_at, leased_by=None)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
