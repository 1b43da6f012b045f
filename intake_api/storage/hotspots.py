"""What hot spots are found from: counts by cell and category, from the index alone, and the cases of a cluster."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from intake_api.domain.hotspot import Cluster
from intake_api.storage.tables import CaseRow


async def counts(
    session: AsyncSession,
    since: datetime,
    until: datetime,
    *,
    category: Collection[str] = (),
    town: Collection[str] = (),
) -> dict[str, dict[str, int]]:
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
) -> dict[str, dict[str, int]]:
    """As ``counts``, in these cells only."""
    query = select(CaseRow.category, CaseRow.grid_cell, func.count().label("cases")).where(
        _among(session, CaseRow.grid_cell, cells),
        CaseRow.received_at >= since,
        CaseRow.received_at < until,
        CaseRow.category.in_(categories),
    )
    return await _counted(session, query)


async def _counted(session: AsyncSession, query: Select[str | None, str | None, int]) -> dict[str, dict[str, int]]:
    """Counts by category and cell. Cells are many and most have one case: those of a category with equally many
    come in one text, which costs a tenth of rows."""
    by_cell = query.group_by(CaseRow.category, CaseRow.grid_cell).subquery()
    rows = await session.execute(
        select(by_cell.c.category, by_cell.c.cases, func.aggregate_strings(by_cell.c.grid_cell, ",")).group_by(
            by_cell.c.category, by_cell.c.cases
        )
    )
    found: dict[str, dict[str, int]] = {}
    for category, cases, cells in rows:
        found.setdefault(category, {}).update(dict.fromkeys(cells.split(","), cases))
    return found


def _among(
    session: AsyncSession, column: InstrumentedAttribute[Any], values: Collection[str] | Collection[int]
) -> ColumnElement[bool]:
    """Whether a column is one of many values: PostgreSQL takes them as one parameter, for their number is limited."""
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(column.type)))
    return column.in_(values)


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
    """The newest cases of each cluster, newest first."""
    cluster_of = {(cluster.category, cell): number for number, cluster in enumerate(found) for cell in cluster.cells}
    newest_in_cell = func.row_number().over(
        partition_by=(CaseRow.category, CaseRow.grid_cell), order_by=(CaseRow.received_at.desc(), CaseRow.id.desc())
    )
    cases = (
        select(CaseRow.id, CaseRow.category, CaseRow.grid_cell, CaseRow.received_at, newest_in_cell.label("place"))
        .where(
            _among(session, CaseRow.grid_cell, {cell for _, cell in cluster_of}),
            CaseRow.category.in_({cluster.category for cluster in found}),
            CaseRow.received_at >= since,
            CaseRow.received_at < until,
        )
        .subquery()
    )
    query = select(cases.c.id, cases.c.category, cases.c.grid_cell).where(cases.c.place <= limit)
    chosen: list[list[int]] = [[] for _ in found]
    for case_id, category, cell in await session.execute(query.order_by(cases.c.received_at.desc(), cases.c.id.desc())):
        number = cluster_of.get((category, cell))
        if number is not None and len(chosen[number]) < limit:
            chosen[number].append(case_id)
    details = select(CaseRow.id, CaseRow.description, CaseRow.place_name, CaseRow.town, CaseRow.received_at).where(
        _among(session, CaseRow.id, [case_id for each in chosen for case_id in each])
    )
    members = {row.id: Member(*row) for row in (await session.execute(details)).all()}
    return [[members[case_id] for case_id in each] for each in chosen]


async def descriptions(session: AsyncSession, since: datetime, until: datetime, limit: int) -> Sequence[str]:
    """The newest descriptions of a window, to hold others against."""
    query = select(CaseRow.description).where(CaseRow.received_at >= since, CaseRow.received_at < until)
    return (await session.scalars(query.order_by(CaseRow.received_at.desc()).limit(limit))).all()
