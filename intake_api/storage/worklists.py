"""Which cases are on a work list, as a condition, and how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.task import TaskState
from intake_api.domain.worklist import Work, WorkList
from intake_api.storage import telephone_news
from intake_api.storage.overdue import RUNNING_STATES, overdue
from intake_api.storage.queue import WAITS_SINCE
from intake_api.storage.tables import CaseRow, TaskRow

MOST = 1000
"""So far is counted: nobody works off more, and counting all takes long."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many cases are on a list; ``late``: those of them past their time. Both counted up to MOST."""

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
    if work.pressed:
        conditions.append(or_(CaseRow.orders > 0, CaseRow.urges > 0))
    if work.by_phone:
        conditions.append(telephone_news.to_be_called(now))
    if work.overdue:
        conditions.append(overdue(now))
    if work.supervised:
        conditions.append(CaseRow.orders > 0)
    return and_(*conditions)


async def count(
    session: AsyncSession,
    works: Sequence[WorkList],
    department: str | None,
    now: datetime,
    late_from: Mapping[Work, datetime],
) -> list[Waiting]:
    """How many cases are on each of ``works``. ``late_from``: of lists with an internal limit, what began to wait
    before this is late; all others are late by their due time."""
    return [await _count(session, on(work, department, now), now, late_from.get(work.work)) for work in works]


async def _count(
    session: AsyncSession, condition: ColumnElement[bool], now: datetime, late_from: datetime | None
) -> Waiting:
    since = WAITS_SINCE.label("since")
    some = select(CaseRow.due_at, CaseRow.status, since).where(condition).limit(MOST).subquery()
    by_clock = and_(some.c.due_at < now, some.c.status.in_(RUNNING_STATES))
    late = some.c.since < late_from if late_from else by_clock
    row = (await session.execute(select(func.count(), func.count().filter(late)).select_from(some))).one()
    return Waiting(row[0], row[1])
