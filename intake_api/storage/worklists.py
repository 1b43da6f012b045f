"""Which cases are on a work list, as a condition, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.case import OPEN
from intake_api.domain.task import TaskState
from intake_api.domain.worklist import WorkList
from intake_api.storage import telephone_news
from intake_api.storage.tables import CaseRow, TaskRow

MOST = 1000
"""So far is counted: nobody works off more, and counting all takes long."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many cases are on a list; ``late``: those of them past their due time. Both counted up to MOST."""

    cases: int
    late: int


def on(work: WorkList, department: str | None, now: datetime) -> ColumnElement[bool]:
    """Whether a case is on ``work`` of somebody of ``department``."""
    conditions: list[ColumnElement[bool]] = [CaseRow.status.in_([state.value for state in work.status])]
    if work.task is not None:
        states = [work.task_state] if work.task_state else [state for state in TaskState if state.is_open]
        waiting = select(TaskRow.case_id).where(
            TaskRow.kind == work.task.value,
            TaskRow.state.in_([TaskState.ASKED.value, TaskState.GRANTED.value]),  # as the index of open tasks says it
            TaskRow.state.in_([state.value for state in states]),
        )
        if work.own:
            waiting = waiting.where(TaskRow.department_id == (department or ""))
        conditions.append(CaseRow.id.in_(waiting))
    elif work.own:
        conditions.append(CaseRow.department_id == (department or ""))
    if work.by_phone:
        conditions.append(telephone_news.to_be_called(now))
    if work.overdue:
        conditions.append(CaseRow.due_at < now)
    if work.supervised:
        conditions.append(CaseRow.orders > 0)
    return and_(*conditions)


async def count(
    session: AsyncSession, works: Sequence[WorkList], department: str | None, now: datetime
) -> list[Waiting]:
    """How many cases are on each of ``works``."""
    return [await _count(session, on(work, department, now), now) for work in works]


async def _count(session: AsyncSession, condition: ColumnElement[bool], now: datetime) -> Waiting:
    some = select(CaseRow.due_at, CaseRow.status).where(condition).limit(MOST).subquery()
    late = and_(some.c.due_at < now, some.c.status.in_([state.value for state in OPEN]))
    row = (await session.execute(select(func.count(), func.count().filter(late)).select_from(some))).one()
    return Waiting(row[0], row[1])
