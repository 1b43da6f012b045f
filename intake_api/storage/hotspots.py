"""What hot spots are found from: counts by cell and category, from the index alone, and the cases of a cluster."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.hotspot import Cluster
from intake_api.storage.tables import CaseRow


async def counts(
    session: AsyncSession,
    since: datetime,
    until: datetime,
    *,
    category: Collection[str] = (),
    town: Collection[str] = (),
) -> dict[tuple[str, str], int]:
    """Cases received in ``since`` … ``until`` by category and grid cell."""
    query = select(CaseRow.category, CaseRow.grid_cell, func.count()).where(
        CaseRow.received_at >= since,
        CaseRow.received_at < until,
        CaseRow.category.is_not(None),
        CaseRow.grid_cell.is_not(None),
    )
    if category:
        query = query.where(CaseRow.category.in_(category))
    if town:
        query = query.where(CaseRow.town_code.in_(town))
    rows = await session.execute(query.group_by(CaseRow.category, CaseRow.grid_cell))
    return {(code, cell): count for code, cell, count in rows if code is not None and cell is not None}


async def counts_in(
    session: AsyncSession, cells: Collection[str], categories: Collection[str], since: datetime, until: datetime
) -> dict[tuple[str, str], int]:
    """As ``counts``, in these cells only."""
    rows = await session.execute(
        select(CaseRow.category, CaseRow.grid_cell, func.count())
        .where(
            CaseRow.grid_cell.in_(cells),
            CaseRow.received_at >= since,
            CaseRow.received_at < until,
            CaseRow.category.in_(categories),
        )
        .group_by(CaseRow.category, CaseRow.grid_cell)
    )
    return {(code, cell): count for code, cell, count in rows if code is not None and cell is not None}


@dataclass(frozen=True, slots=True)
class Member:
    """What is told of a case of a cluster."""

    id: int
    description: str
    place_name: str | None
    town: str | None
    received_at: datetime


async def members_of(
    session: AsyncSession, found: Sequence[Cluster], *, since: datetime, until: datetime, limit: int
) -> list[list[Member]]:
    """The newest cases of each cluster, newest first; asked in one statement."""
    branches = [
        select(
            literal(number).label("number"),
            CaseRow.id,
            CaseRow.description,
            CaseRow.place_name,
            CaseRow.town,
            CaseRow.received_at,
        )
        .where(
            CaseRow.grid_cell.in_(cluster.cells),
            CaseRow.category == cluster.category,
            CaseRow.received_at >= since,
            CaseRow.received_at < until,
        )
        .order_by(CaseRow.received_at.desc())
        .limit(limit)
        .subquery()
        for number, cluster in enumerate(found)
    ]
    members: list[list[Member]] = [[] for _ in found]
    if branches:
        for number, *columns in await session.execute(union_all(*map(select, branches))):
            members[number].append(Member(*columns))
    return [sorted(each, key=lambda member: member.received_at, reverse=True) for each in members]


async def descriptions(session: AsyncSession, since: datetime, until: datetime, limit: int) -> Sequence[str]:
    """The newest descriptions of a window, to hold others against."""
    query = select(CaseRow.description).where(CaseRow.received_at >= since, CaseRow.received_at < until)
    return (await session.scalars(query.order_by(CaseRow.received_at.desc()).limit(limit))).all()
