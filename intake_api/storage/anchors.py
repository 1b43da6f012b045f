"""Anchors, and the reading of events and cases in batches that taking and checking them needs."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.anchor import Anchor
from intake_api.domain.event import FIRST_HASH
from intake_api.storage.staff_tables import AnchorRow
from intake_api.storage.tables import CaseRow, EventRow

_LOCK = 470_103  # any number; the same in all processes that take anchors
_BATCH = 5_000


def anchor_of(row: AnchorRow) -> Anchor:
    """A row as the rules know it."""
    return Anchor(row.at, row.events, row.last_event, row.digest, row.audit_seq, row.audit_hash, row.prev_hash)


async def newest(session: AsyncSession) -> AnchorRow | None:
    """The newest anchor."""
    return await session.scalar(select(AnchorRow).order_by(AnchorRow.id.desc()).limit(1))


async def every(session: AsyncSession) -> list[AnchorRow]:
    """All anchors, oldest first: one an hour."""
    return list(await session.scalars(select(AnchorRow).order_by(AnchorRow.id)))


async def newest_event(session: AsyncSession) -> tuple[int, int]:
    """The highest event id that is to be seen, 0 without events, and a ticket for ``writers_ended``.

    PostgreSQL gives out ids before their transactions end, so a lower id may still come.
    """
    if session.get_bind().dialect.name != "postgresql":
        return await session.scalar(select(func.max(EventRow.id))) or 0, 0
    query = select(func.max(EventRow.id), text("pg_snapshot_xmax(pg_current_snapshot())::text::bigint"))
    newest_id, ticket = (await session.execute(query)).one()
    return newest_id or 0, ticket


async def writers_ended(session: AsyncSession, ticket: int) -> bool:
    """Whether all transactions that were writing when ``ticket`` was given have ended: no lower event id comes then.

    Nobody is kept waiting for that. Every event is written in a transaction that wrote to its case before, so none can
    have an id without being among those transactions.
    """
    if session.get_bind().dialect.name != "postgresql":
        return True
    oldest = await session.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
    return oldest is not None and int(oldest) >= ticket


async def event_hashes(session: AsyncSession, after: int, last: int) -> AsyncIterator[list[tuple[int, str]]]:
    """Ids and hashes of the events behind ``after`` up to ``last``, in order, in batches."""
    while True:
        query = select(EventRow.id, EventRow.hash).where(EventRow.id > after, EventRow.id <= last)
        batch = [(key, digest) for key, digest in await session.execute(query.order_by(EventRow.id).limit(_BATCH))]
        if not batch:
            return
        yield batch
        after = batch[-1][0]


async def append(session: AsyncSession, anchor: Anchor) -> bool:
    """Store an anchor; False when another process was faster."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    before = await newest(session)
    if (before.hash if before else FIRST_HASH) != anchor.prev_hash:
        return False
    session.add(
        AnchorRow(
            at=anchor.at,
            events=anchor.events,
            last_event=anchor.last_event,
            digest=anchor.digest,
            audit_seq=anchor.audit_seq,
            audit_hash=anchor.audit_hash,
            prev_hash=anchor.prev_hash,
            hash=anchor.hash,
        )
    )
    return True


async def case_heads(session: AsyncSession, after: int, size: int) -> list[tuple[int, int, str]]:
    """Id, number of events and last hash of the next cases behind ``after``."""
    query = select(CaseRow.id, CaseRow.last_seq, CaseRow.last_hash).where(CaseRow.id > after)
    rows = await session.execute(query.order_by(CaseRow.id).limit(size))
    return [(case_id, last_seq, last_hash) for case_id, last_seq, last_hash in rows]


async def events_of(session: AsyncSession, first: int, last: int) -> list[EventRow]:
    """The events of the cases from ``first`` to ``last``, in order."""
    query = select(EventRow).where(EventRow.case_id >= first, EventRow.case_id <= last)
    return list(await session.scalars(query.order_by(EventRow.case_id, EventRow.seq)))
