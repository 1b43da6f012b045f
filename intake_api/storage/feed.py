"""The feed of all events in one order that every reader shares, without gaps.

The ids of events will not do for a position: on PostgreSQL a lower id may be committed after a higher one, and who has
read past it would never see it. So an event is queued in its own transaction and gets its position afterwards from a
sequencer, of which one runs at a time (an advisory lock on PostgreSQL, the one writer on SQLite) and holds its lock
until its positions are committed. Therefore whoever sees a position sees all before it. The alternative, to read only
below the oldest running transaction, would stand still behind any long one and would not survive a dump into another
cluster, whose transactions count from the start again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.event import SealedEvent
from intake_api.domain.feed import Entry, named_departments
from intake_api.storage.database import Database, insert_rows
from intake_api.storage.feed_tables import FeedDepartmentRow, FeedQueueRow, FeedRow
from intake_api.storage.tables import CaseRow, EventRow

_LOCK = 470_104  # any number; the same in all processes that give positions
_BATCH = 500
_WINDOW = 20_000  # how far one page looks when most of what it passes may not be wanted


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a reader gets; empty means all. ``department``: only events that concern it."""

    department: str | None = None
    kinds: Sequence[str] = ()
    categories: Sequence[str] = ()
    towns: Sequence[str] = ()

    @property
    def is_narrow(self) -> bool:
        """Whether much may have to be passed over to find little."""
        return bool(self.kinds or self.categories or self.towns)


@dataclass(frozen=True, slots=True)
class Page:
    """``entries``, the position to go on after, and the newest position there is."""

    entries: list[Entry]
    next: int
    head: int


def waiting(row: CaseRow, events: Iterable[SealedEvent], supporting: Iterable[str]) -> list[dict[str, Any]]:
    """The rows that have events of a case put into the feed, for the transaction that stores them.

    ``row`` and ``supporting`` say how the case is after them; departments the events name are told as well.
    """
    lead = row.department_id
    responsible = set(supporting) | ({lead} if lead else set())
    return [
        {
            "case_id": row.id,
            "seq": sealed.seq,
            "department_id": lead,
            "category": row.category,
            "town_code": row.town_code,
            "departments": sorted(responsible | named_departments(sealed.event.data)),
        }
        for sealed in events
    ]


async def sequence(database: Database) -> int:
    """Give positions to all queued events; returns how many got one. Costs one look when there are none."""
    given = 0
    while True:
        async with database.read() as session:
            if await session.scalar(select(FeedQueueRow.case_id).limit(1)) is None:
                return given
        async with database.write() as session:
            if session.get_bind().dialect.name == "postgresql":
                await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            given += await _sequence_batch(session)


async def _sequence_batch(session: AsyncSession) -> int:
    found = await session.execute(
        select(FeedQueueRow.__table__, EventRow.id)
        .join(EventRow, (EventRow.case_id == FeedQueueRow.case_id) & (EventRow.seq == FeedQueueRow.seq))
        .order_by(EventRow.id)
        .limit(_BATCH)
    )
    queued = list(found)
    if not queued:
        return 0
    position = await head(session)
    feed, departments = [], []
    for row in queued:
        position += 1
        feed.append(
            {
                "position": position,
                "event_id": row.id,
                "department_id": row.department_id,
                "category": row.category,
                "town_code": row.town_code,
            }
        )
        departments += [{"department_id": unit, "position": position} for unit in row.departments]
    keys = [(row.case_id, row.seq) for row in queued]
    await session.execute(
        delete(FeedQueueRow)
        .where(tuple_(FeedQueueRow.case_id, FeedQueueRow.seq).in_(keys))
        .execution_options(synchronize_session=False)
    )
    await insert_rows(session, FeedRow, feed)
    await insert_rows(session, FeedDepartmentRow, departments)
    return len(queued)


async def head(session: AsyncSession) -> int:
    """The newest position, 0 while there is none."""
    return await session.scalar(select(func.max(FeedRow.position))) or 0


async def page(session: AsyncSession, wanted: Wanted, *, after: int, limit: int) -> Page:
    """The events wanted behind the position ``after``, oldest first.

    A narrow choice is looked for only so far in one page; ``next`` moves on all the same.
    """
    newest = await head(session)
    until = min(newest, after + _WINDOW) if wanted.is_narrow else newest
    query = _choice(wanted).where(FeedRow.position > after, FeedRow.position <= until)
    rows = await session.execute(query.order_by(FeedRow.position).limit(limit))
    entries = [_entry(feed, event) for feed, event in rows]
    following = entries[-1].position if len(entries) == limit else max(after, until)
    return Page(entries, following, newest)


async def at_position(session: AsyncSession, position: int) -> Entry | None:
    """The event at a position, or None."""
    query = _choice(Wanted()).where(FeedRow.position == position)
    found = (await session.execute(query)).first()
    return _entry(found[0], found[1]) if found else None


def _choice(wanted: Wanted):  # type: ignore[no-untyped-def]
    query = select(FeedRow, EventRow).join(EventRow, EventRow.id == FeedRow.event_id)
    if wanted.department is not None:
        query = query.join(
            FeedDepartmentRow,
            (FeedDepartmentRow.position == FeedRow.position) & (FeedDepartmentRow.department_id == wanted.department),
        )
    for column, values in (
        (EventRow.kind, wanted.kinds),
        (FeedRow.category, wanted.categories),
        (FeedRow.town_code, wanted.towns),
    ):
        if values:
            query = query.where(column.in_(values))
    return query


def _entry(feed: FeedRow, event: EventRow) -> Entry:
    return Entry(
        position=feed.position,
        event_id=event.id,
        case_id=event.case_id,
        seq=event.seq,
        kind=event.kind,
        at=event.at,
        actor_kind=event.actor_kind,
        from_status=event.from_status,
        to_status=event.to_status,
        reason=event.reason,
        data=event.data,
        department=feed.department_id,
        category=feed.category,
        town=feed.town_code,
    )
