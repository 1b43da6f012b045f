"""What hot spots are found from: counts by cell and category, from the index alone, and the cases of a cluster."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, Text, cast, func, literal, select, union_all
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
    query = select(CaseRow.category, CaseRow.grid_cell, func.count().label("cases")).where(
        CaseRow.received_at >= since,
        CaseRow.received_at < until,
        CaseRow.category.is_not(None),
        CaseRow.grid_cell.is_not(None),
    )
    if category:
        query = query.where(CaseRow.category.in_(category))
    if town:
        query = query.where(CaseRow.town_code.in_(town))
    return await _counted(session, query)


async def counts_in(
    session: AsyncSession, cells: Collection[str], categories: Collection[str], since: datetime, until: datetime
) -> dict[tuple[str, str], int]:
    """As ``counts``, in these cells only."""
    query = select(CaseRow.category, CaseRow.grid_cell, func.count().label("cases")).where(
        CaseRow.grid_cell.in_(cells),
        CaseRow.received_at >= since,
        CaseRow.received_at < until,
        CaseRow.category.in_(categories),
    )
    return await _counted(session, query)


async def _counted(session: AsyncSession, query: Select[str | None, str | None, int]) -> dict[tuple[str, str], int]:
    """Counts by category and cell. Cells are many: each category's come in one text, which costs a tenth of rows."""
    by_cell = query.group_by(CaseRow.category, CaseRow.grid_cell).subquery()
    cell = by_cell.c.grid_cell + ":" + cast(by_cell.c.cases, Text)
    rows = await session.execute(
        select(by_cell.c.category, func.aggregate_strings(cell, ",")).group_by(by_cell.c.category)
    )
    found = {}
    for category, cells in rows:
        for each in cells.split(","):
            code, _, cases = each.partition(":")
            found[category, code] = int(cases)
    return found


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
