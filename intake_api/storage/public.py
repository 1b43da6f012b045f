"""What of the cases is public, as far as the database can tell; ``PublicCases`` has the last word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from intake_api.domain.case import Status
from intake_api.domain.public import Move, PublicPolicy
from intake_api.storage.public_tables import PublicTextRow
from intake_api.storage.tables import CaseRow, EventRow

_MANY = 500
"""Ids in one statement: databases bound the number of parameters."""


@dataclass(frozen=True, slots=True)
class PublicFilter:
    """Which cases are wanted; empty means all. ``box`` (west, south, east, north) is wide enough for coarse places."""

    status: Sequence[str] = ()
    category: Sequence[str] = ()
    town: Sequence[str] = ()  # codes or names
    received_from: datetime | None = None  # inclusive, like the next
    received_to: datetime | None = None
    moved_after: datetime | None = None
    box: tuple[float, float, float, float] | None = None
    before: int | None = None  # the id of the last case of the page before
    offset: int = 0
    limit: int = 1000
    by_time: bool = False  # look through the time asked for only; pages then go by ``offset``


def _shown(policy: PublicPolicy, sure: float) -> ColumnElement[bool]:
    """What the columns can tell of PublicPolicy.hides; it narrows, the policy decides."""
    hidden: list[ColumnElement[bool]] = [
        CaseRow.category.startswith(pattern[:-1], autoescape=True)
        if pattern.endswith("*")
        else CaseRow.category == pattern
        for pattern in policy.hidden_categories
    ]
    return and_(
        CaseRow.category.is_not(None),
        CaseRow.confidential.is_(False),
        or_(CaseRow.filed_at.is_not(None), CaseRow.category_confidence >= sure),
        *(not_(pattern) for pattern in hidden),
    )


async def search(session: AsyncSession, wanted: PublicFilter, policy: PublicPolicy, sure: float) -> list[CaseRow]:
    """Cases that may be public, newest first. ``sure``: the confidence from which no person has to confirm."""
    query = select(CaseRow).where(_shown(policy, sure))
    # ids grow with time: the order is the same, but the database begins where the time asked for ends
    query = (
        query.order_by(CaseRow.received_at.desc(), CaseRow.id.desc())
        if wanted.by_time
        else query.order_by(CaseRow.id.desc())
    )
    for column, values in ((CaseRow.status, wanted.status), (CaseRow.category, wanted.category)):
        if values:
            query = query.where(column.in_(values))
    if wanted.town:
        query = query.where(or_(CaseRow.town_code.in_(wanted.town), CaseRow.town.in_(wanted.town)))
    if wanted.received_from is not None:
        query = query.where(CaseRow.received_at >= wanted.received_from)
    if wanted.received_to is not None:
        query = query.where(CaseRow.received_at <= wanted.received_to)
    if wanted.moved_after is not None:
        moved = select(EventRow.case_id).where(EventRow.at >= wanted.moved_after, EventRow.to_status.is_not(None))
        query = query.where(CaseRow.id.in_(moved))
    if wanted.box is not None:
        west, south, east, north = wanted.box
        query = query.where(CaseRow.lat.between(south, north), CaseRow.lng.between(west, east))
    if wanted.before is not None:
        query = query.where(CaseRow.id < wanted.before)
    return list(await session.scalars(query.offset(wanted.offset).limit(wanted.limit)))


async def several(session: AsyncSession, case_ids: Sequence[int]) -> list[CaseRow]:
    """These cases, public or not, in the order asked for."""
    found: dict[int, CaseRow] = {}
    for at in range(0, len(case_ids), _MANY):
        rows = await session.scalars(select(CaseRow).where(CaseRow.id.in_(case_ids[at : at + _MANY])))
        found |= {row.id: row for row in rows}
    return [found[case_id] for case_id in dict.fromkeys(case_ids) if case_id in found]


async def filed_by(session: AsyncSession, actor_id: str, case_ids: Sequence[int]) -> set[int]:
    """Those of ``case_ids`` that this token filed."""
    found: set[int] = set()
    for at in range(0, len(case_ids), _MANY):
        found |= set(
            await session.scalars(
                select(EventRow.case_id).where(
                    EventRow.case_id.in_(case_ids[at : at + _MANY]), EventRow.seq == 1, EventRow.actor_id == actor_id
                )
            )
        )
    return found


async def last_moves(session: AsyncSession, case_ids: Sequence[int]) -> dict[int, datetime]:
    """When the state of each of these cases last changed."""
    found: dict[int, datetime] = {}
    for at in range(0, len(case_ids), _MANY):
        newest = (
            select(EventRow.case_id, func.max(EventRow.seq).label("seq"))
            .where(EventRow.case_id.in_(case_ids[at : at + _MANY]), EventRow.to_status.is_not(None))
            .group_by(EventRow.case_id)
            .subquery()
        )
        rows = await session.execute(
            select(EventRow.case_id, EventRow.at).join(
                newest, and_(EventRow.case_id == newest.c.case_id, EventRow.seq == newest.c.seq)
            )
        )
        for case_id, moment in rows:
            found[case_id] = moment
    return found


def _moves() -> Select[EventRow]:
    changed = or_(EventRow.from_status.is_(None), EventRow.from_status != EventRow.to_status)
    return select(EventRow).where(EventRow.to_status.is_not(None), changed)


def _move(row: EventRow) -> Move:
    assert row.to_status is not None  # the query asks for it
    return Move(row.case_id, row.seq, Status(row.to_status), row.at)


async def moves_of(session: AsyncSession, case_id: int) -> list[Move]:
    """All changes of state of a case, oldest first."""
    rows = await session.scalars(_moves().where(EventRow.case_id == case_id).order_by(EventRow.seq))
    return [_move(row) for row in rows]


async def moves_between(
    session: AsyncSession,
    start: datetime,
    end: datetime,
    *,
    policy: PublicPolicy,
    sure: float,
    actor_id: str | None,
    limit: int,
) -> list[Move]:
    """Changes of state from ``start`` to ``end``, both inclusive, oldest first.

    Of cases that may be public, and of those that the token ``actor_id`` filed.
    """
    visible = _shown(policy, sure)
    if actor_id is not None:
        first = aliased(EventRow)
        own = select(first.id).where(first.case_id == CaseRow.id, first.seq == 1, first.actor_id == actor_id)
        visible = or_(visible, own.exists())
    query = (
        _moves()
        .join(CaseRow, CaseRow.id == EventRow.case_id)
        .where(EventRow.at >= start, EventRow.at <= end, visible)
        .order_by(EventRow.at, EventRow.id)
        .limit(limit)
    )
    return [_move(row) for row in await session.scalars(query)]


async def texts(session: AsyncSession, case_ids: Sequence[int]) -> dict[int, PublicTextRow]:
    """The released texts of these cases."""
    found: dict[int, PublicTextRow] = {}
    for at in range(0, len(case_ids), _MANY):
        rows = await session.scalars(select(PublicTextRow).where(PublicTextRow.case_id.in_(case_ids[at : at + _MANY])))
        found |= {row.case_id: row for row in rows}
    return found


async def release(session: AsyncSession, case_id: int, text: str, by: str, now: datetime) -> None:
    """Make a text public, in place of one that is."""
    await session.merge(PublicTextRow(case_id=case_id, text=text, by=by, at=now))


async def withdraw(session: AsyncSession, case_id: int) -> bool:
    """Take the text of a case back; whether there was one."""
    row = await session.get(PublicTextRow, case_id)
    if row is None:
        return False
    await session.delete(row)
    return True
