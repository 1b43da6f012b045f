"""Counting cases for the figures. Everything counted stands in columns that only events change.

One pass over the cases filed in the period counts them by what came of them (``storage.outcome``); a second, over
``received_at``, counts what came in. PostgreSQL answers both from indexes alone (``ix_cases_figures``,
``ix_cases_window``). A third counts the few whose clock stands. What a measure counts is said once (``_COUNTED``), for
counting and for listing the cases behind.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.case import Status
from intake_api.domain.figures import OWN, Dimension, Measure
from intake_api.storage.outcome import Outcome
from intake_api.storage.overdue import CLOCK_RUNS, overdue
from intake_api.storage.tables import CaseReturnRow, CaseRow


@dataclass(frozen=True, slots=True)
class Period:
    """When the counted cases were filed: half-open, aware. ``as_of``: the moment of asking, which what has fallen due
    is compared with; never the end of a past period, for what came of the cases is counted as it stands now."""

    start: datetime
    end: datetime
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cases are counted; empty means all. ``department``: who answers for them, or, of ``OWN``, did it."""

    channel: Sequence[str] = ()
    category: Sequence[str] = ()
    department: Sequence[str] = ()
    town: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Counted:
    """Cases whose outcome has all of ``has`` and nothing of ``lacks``."""

    has: Outcome = Outcome(0)  # noqa: RUF009 - immutable
    lacks: Outcome = Outcome(0)  # noqa: RUF009 - immutable

    def holds(self, outcome: int) -> bool:
        """Whether an outcome is counted."""
        return outcome & (self.has | self.lacks) == self.has

    def condition(self) -> ColumnElement[bool]:
        """The same, of a case."""
        return CaseRow.outcome.bitwise_and(int(self.has | self.lacks)) == int(self.has)


_COUNTED = {
    Measure.RECEIVED: _Counted(),
    Measure.FILED: _Counted(),
    Measure.CLOSED: _Counted(Outcome.CLOSED),
    Measure.DUE_CLOSED: _Counted(Outcome.CLOSED | Outcome.TIMED),
    Measure.DUE_IN_TIME: _Counted(Outcome.CLOSED | Outcome.IN_TIME),
    Measure.DISPATCHED: _Counted(Outcome.DISPATCHED),
    Measure.CONTACTED: _Counted(Outcome.DISPATCHED | Outcome.CONTACTED),
    Measure.ASSIGNED: _Counted(Outcome.DISPATCHED),
    Measure.RETURNED: _Counted(Outcome.RETURNED),
    Measure.NOT_RETURNED: _Counted(Outcome.DISPATCHED, lacks=Outcome.RETURNED),
    Measure.REWORKED: _Counted(Outcome.REWORKED),
    Measure.REPORTED: _Counted(Outcome.REPORTED),
    Measure.EXTENDED: _Counted(Outcome.EXTENDED),
    Measure.REPEATED: _Counted(Outcome.REPEATED),
    Measure.REOPENED: _Counted(Outcome.REOPENED),
    Measure.ANSWERED: _Counted(Outcome.ANSWERED),
    Measure.SOLVED: _Counted(Outcome.SOLVED),
    Measure.SATISFIED: _Counted(Outcome.SATISFIED),
    Measure.URGED: _Counted(Outcome.URGED),
    Measure.SUPERVISED: _Counted(Outcome.SUPERVISED),
}
"""All measures but the two that go by the clock: of open cases the due time is compared."""
_OPEN = _Counted(Outcome.OPEN)

_ANSWERS = func.coalesce(CaseRow.responsible_id, CaseRow.department_id)
"""The department that a case counts for: which answers for it (首接负责), or is proposed while none does."""


def _returned_by(departments: Sequence[str]) -> ColumnElement[bool]:
    return exists().where(CaseReturnRow.case_id == CaseRow.id, CaseReturnRow.department_id.in_(departments))


def _own(measure: Measure, departments: Sequence[str]) -> ColumnElement[bool]:
    """Which cases an ``OWN`` measure counts for ``departments``."""
    returned = _returned_by(departments)
    if measure is Measure.RETURNED:
        return returned
    has_now = and_(_COUNTED[Measure.ASSIGNED].condition(), CaseRow.department_id.in_(departments))
    return or_(has_now, returned) if measure is Measure.ASSIGNED else and_(has_now, ~returned)


def _condition(measure: Measure, as_of: datetime) -> ColumnElement[bool]:
    """Which of the cases in the period a measure counts."""
    if measure is Measure.DUE:
        closed = _COUNTED[Measure.DUE_CLOSED].condition()
        return or_(closed, and_(_OPEN.condition(), CaseRow.due_at <= as_of, CLOCK_RUNS))
    if measure is Measure.OVERDUE:
        return and_(_OPEN.condition(), overdue(as_of))
    return _COUNTED[measure].condition()


def _add(counts: dict[Measure, int], outcome: int, cases: int, come: int, past: int) -> None:
    """Count cases of one outcome, for ``come`` of which the due time has come, and is past for ``past``."""
    for measure, counted in _COUNTED.items():
        if measure is not Measure.RECEIVED and counted.holds(outcome):
            counts[measure] += cases
    if _COUNTED[Measure.DUE_CLOSED].holds(outcome):
        counts[Measure.DUE] += cases
    elif _OPEN.holds(outcome):
        counts[Measure.DUE] += come
        counts[Measure.OVERDUE] += past


def _within(
    measure: Measure, period: Period, scope: Scope, department: SQLColumnExpression[Any] = _ANSWERS
) -> list[ColumnElement[bool]]:
    """The period and the scope; ``department``: what of the case, or of its returns, the scope's departments mean."""
    moment = CaseRow.received_at if measure is Measure.RECEIVED else CaseRow.filed_at
    wanted: list[ColumnElement[bool]] = [moment >= period.start, moment < period.end]
    columns = (
        (CaseRow.channel, scope.channel),
        (CaseRow.category, scope.category),
        (department, scope.department),
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
            return _ANSWERS
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

    def key(measure: Measure) -> SQLColumnExpression[Any]:
        return literal("") if by is None else _key(by, measure, offset_hours, dialect)

    def of(value: object) -> dict[Measure, int]:
        return counts.setdefault(str(value or ""), dict.fromkeys(Measure, 0))

    received: Any = select(key(Measure.RECEIVED).label("key"), func.count()).where(
        *_within(Measure.RECEIVED, period, scope)
    )
    for value, cases in await session.execute(received.group_by("key")):
        of(value)[Measure.RECEIVED] += cases
    come = func.count().filter(CaseRow.due_at <= period.as_of)
    past = func.count().filter(CaseRow.due_at < period.as_of)
    filed: Any = select(
        key(Measure.FILED).label("key"),
        CaseRow.outcome,
        func.count(),
        come,
        past,
    ).where(*_within(Measure.FILED, period, scope))
    for value, *found in await session.execute(filed.group_by("key", CaseRow.outcome)):
        _add(of(value), *found)
    # whether the clock stands is not in the index that the others are counted from; those are few and counted again
    standing: Any = select(key(Measure.FILED).label("key"), come, past).where(
        *_within(Measure.FILED, period, scope), CaseRow.status == literal(Status.SUSPENDED.value, literal_execute=True)
    )
    for value, *stand in await session.execute(standing.group_by("key")):
        of(value)[Measure.DUE] -= stand[0]
        of(value)[Measure.OVERDUE] -= stand[1]
    if by is not Dimension.DEPARTMENT and not scope.department:
        return counts
    for each in counts.values():
        each.update(dict.fromkeys(OWN, 0))
    if by is Dimension.DEPARTMENT:
        async for department, assigned, returned in _own_of_each(session, period, scope):
            of(department)[Measure.ASSIGNED] += assigned
            of(department)[Measure.RETURNED] += returned
            of(department)[Measure.NOT_RETURNED] += assigned - returned
        return counts
    beside = _within(Measure.FILED, period, replace(scope, department=()))
    for measure in OWN:
        own: Any = select(key(measure).label("key"), func.count()).where(*beside, _own(measure, scope.department))
        for value, cases in await session.execute(own.group_by("key")):
            of(value)[measure] += cases
    return counts


async def _own_of_each(session: AsyncSession, period: Period, scope: Scope) -> AsyncIterator[tuple[str, int, int]]:
    """Department, how many cases it was given, how many of them it returned; a department may come twice."""
    has_now = _within(Measure.FILED, period, scope, CaseRow.department_id)
    given = select(CaseRow.department_id, func.count()).where(*has_now, _COUNTED[Measure.ASSIGNED].condition())
    for department, cases in await session.execute(given.group_by(CaseRow.department_id)):
        yield department or "", cases, 0
    elsewhere = CaseRow.department_id.is_distinct_from(CaseReturnRow.department_id)
    returned = (
        select(CaseReturnRow.department_id, func.count().filter(elsewhere), func.count())
        .join(CaseRow, CaseRow.id == CaseReturnRow.case_id)
        .where(*_within(Measure.FILED, period, scope, CaseReturnRow.department_id))
    )
    for department, given_before, cases in await session.execute(returned.group_by(CaseReturnRow.department_id)):
        yield department, given_before, cases


async def behind(
    session: AsyncSession, measure: Measure, period: Period, scope: Scope, *, before: int | None, limit: int
) -> tuple[list[CaseRow], int | None]:
    """The cases that a measure counts, newest first, and the id to go on before, None at the end."""
    if measure in OWN and scope.department:
        counted = [*_within(measure, period, replace(scope, department=())), _own(measure, scope.department)]
    else:
        counted = [*_within(measure, period, scope), _condition(measure, period.as_of)]
    query = select(CaseRow).where(*counted).order_by(CaseRow.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(CaseRow.id < before)
    rows = list(await session.scalars(query))
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, rows[-1].id if more else None
