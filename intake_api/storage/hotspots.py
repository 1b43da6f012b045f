"""What hot spots are found from: counts by cell and category, from the index alone, and the cases of a cluster."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

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


async def cases_of(
    session: AsyncSession, cells: Collection[str], category: str, *, since: datetime, until: datetime, limit: int
) -> Sequence[CaseRow]:
    """The newest cases of a cluster."""
    rows = await session.scalars(
        select(CaseRow)
        .where(
            CaseRow.grid_cell.in_(cells),
            CaseRow.category == category,
            CaseRow.received_at >= since,
            CaseRow.received_at < until,
        )
        .order_by(CaseRow.received_at.desc())
        .limit(limit)
    )
    return rows.all()


async def descriptions(session: AsyncSession, since: datetime, until: datetime, limit: int) -> Sequence[str]:
    """The newest descriptions of a window, to hold others against."""
    query = select(CaseRow.description).where(CaseRow.received_at >= since, CaseRow.received_at < until)
    return (await session.scalars(query.order_by(CaseRow.received_at.desc()).limit(limit))).all()
