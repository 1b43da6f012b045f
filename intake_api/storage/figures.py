"""Counting cases for the figures. Everything counted stands in columns that only events change.

One pass over the cases filed in the period counts all measures (``ix_cases_figures`` holds every column needed, so that
PostgreSQL answers from the index alone); a second, over ``received_at``, counts what came in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.case import OPEN, Status
from intake_api.domain.figures import Dimension, Measure
from intake_api.domain.standing import Grade
from intake_api.storage.tables import CaseRow


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open, aware; ``as_of``: when the question is asked, the end if that is earlier."""

    start: datetime
    end: datetime
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cases are counted; empty means all."""

    channel: Sequence[str] = ()
    category: Sequence[str] = ()
    department: Sequence[str] = ()
    town: Sequence[str] = ()


def _condition(measure: Measure, as_of: datetime) -> ColumnElement[bool]:
    """Which of the cases in the period a measure counts."""
    row = CaseRow
    closed = row.status == Status.CLOSED.value
    is_open = row.status.in_([status.value for status in OPEN])
    due = and_(row.due_at.is_not(None), or_(closed, and_(row.due_at <= as_of, is_open)))
    done_at = func.coalesce(row.reported_at, row.closed_at)
    match measure:
        case Measure.RECEIVED | Measure.FILED:
            return true()
        case Measure.CLOSED:
            return closed
        case Measure.DUE:
            return due
        case Measure.DUE_CLOSED:
            return and_(closed, row.due_at.is_not(None))
        case Measure.DUE_IN_TIME:
            return and_(closed, done_at <= row.due_at)
        case Measure.OVERDUE:
            return and_(is_open, row.due_at < as_of)
        case Measure.DISPATCHED:
            return row.dispatched_at.is_not(None)
        case Measure.CONTACTED:
            return and_(row.dispatched_at.is_not(None), row.contacted_at.is_not(None))
        case Measure.RETURNED:
            return row.returns > 0
        case Measure.NOT_RETURNED:
            return and_(row.dispatched_at.is_not(None), row.returns == 0)
        case Measure.REWORKED:
            return row.reworks > 0
        case Measure.REPORTED:
            return or_(row.reported_at.is_not(None), row.reworks > 0)
        case Measure.EXTENDED:
            return row.extensions > 0
        case Measure.REPEATED:
            return row.repeat_of.is_not(None)
        case Measure.REOPENED:
            return row.reopenings > 0
        case Measure.ANSWERED:
            return row.grade.is_not(None)
        case Measure.SOLVED:
            return row.solved.is_(True)
        case Measure.SATISFIED:
            return row.grade.in_([grade.value for grade in Grade if grade.is_satisfied])
        case Measure.URGED:
            return row.urges > 0
        case Measure.SUPERVISED:
            return row.orders > 0


def _within(measure: Measure, period: Period, scope: Scope) -> list[ColumnElement[bool]]:
    moment = CaseRow.received_at if measure is Measure.RECEIVED else CaseRow.filed_at
    wanted: list[ColumnElement[bool]] = [moment >= period.start, moment < period.end]
    columns = (
        (CaseRow.channel, scope.channel),
        (CaseRow.category, scope.category),
        (CaseRow.department_id, scope.department),
        (CaseRow.town_code, scope.town),
    )
    return wanted + [column.in_(values) for column, values in columns if values]


def _key(dimension: Dimension, measure: Measure, offset_hours: float, dialect: str) -> SQLColumnExpression[Any]:
    match dimension:
        case Dimension.CHANNEL:
            return CaseRow.channel
        case Dimension.CATEGORY | Dimension.DIVISION:
            # the division of a category is known to the taxonomy; the caller adds up
            return CaseRow.category
        case Dimension.DEPARTMENT:
            return CaseRow.department_id
        case Dimension.TOWN:
            return CaseRow.town_code
        case Dimension.DAY:
            moment = CaseRow.received_at if measure is Measure.RECEIVED else CaseRow.filed_at
            if dialect == "sqlite":
                return func.date(moment, f"{offset_hours:+} hours")
            # the local day of the city, which has one offset all year round
            shifted = func.timezone("UTC", moment) + func.make_interval(0, 0, 0, 0, int(offset_hours))
            return func.to_char(shifted, "YYYY-MM-DD")


async def count(
    session: AsyncSession, period: Period, scope: Scope, by: Dimension | None, offset_hours: float
) -> dict[str, dict[Measure, int]]:
    """Counts of all measures by the values of a dimension (empty key: those without one; ``by`` None: one total)."""
    counts: dict[str, dict[Measure, int]] = {}
    dialect = session.get_bind().dialect.name
    filed = [measure for measure in Measure if measure is not Measure.RECEIVED]
    for measures in ([Measure.RECEIVED], filed):
        head = measures[0]
        sums = [func.count().filter(_condition(measure, period.as_of)) for measure in measures]
        query = select(*sums).where(*_within(head, period, scope))
        if by is not None:
            key = _key(by, head, offset_hours, dialect)
            query = select(key, *sums).where(*_within(head, period, scope)).group_by(key)
        for row in await session.execute(query):
            name = "" if by is None else str(row[0] or "")
            values = row if by is None else row[1:]
            found = counts.setdefault(name, dict.fromkeys(Measure, 0))
            found.update(zip(measures, values, strict=True))
    return counts


async def behind(
    session: AsyncSession, measure: Measure, period: Period, scope: Scope, *, before: int | None, limit: int
) -> tuple[list[CaseRow], int | None]:
    """The cases that a measure counts, newest first, and the id to go on before, None at the end."""
    query = (
        select(CaseRow)
        .where(*_within(measure, period, scope), _condition(measure, period.as_of))
        .order_by(CaseRow.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(CaseRow.id < before)
    rows = list(await session.scalars(query))
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, rows[-1].id if more else None
