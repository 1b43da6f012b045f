"""What the supervision board shows: open cases by department and town, orders in force, what came and went today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.case import Status
from intake_api.storage.overdue import CLOCK_RUNS, overdue
from intake_api.storage.tables import CaseRow
from intake_api.storage.text_index import OPEN_STATES


@dataclass(frozen=True, slots=True)
class InHand:
    """Open cases of one department, town and state.

    ``overdue``: past their due time; ``soon``: due before long; both with their clock running; ``ordered``: supervised.
    """

    department: str | None
    town: str | None
    status: Status
    cases: int
    overdue: int
    soon: int
    ordered: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many cases were received and closed in a time, by channel."""

    received: Counter[str]
    closed: Counter[str]


# literal values: a partial index is only used when the statement itself says its condition
_IS_OPEN = CaseRow.status.in_([literal(state, literal_execute=True) for state in OPEN_STATES])


async def in_hand(session: AsyncSession, now: datetime, soon: datetime) -> list[InHand]:
    """Open cases, counted in one pass over them; ``soon``: up to when a due time is near."""
    near = and_(CaseRow.due_at >= now, CaseRow.due_at < soon, CLOCK_RUNS)
    key = (CaseRow.department_id, CaseRow.town_code, CaseRow.status)
    query = (
        select(
            *key,
            func.count(),
            func.count().filter(overdue(now)),
            func.count().filter(near),
            func.count().filter(CaseRow.orders > 0),
        )
        .where(_IS_OPEN)
        .group_by(*key)
    )
    return [
        InHand(department, town, Status(status), *counts)
        for department, town, status, *counts in await session.execute(query)
    ]


async def supervised(session: AsyncSession, limit: int) -> Sequence[CaseRow]:
    """Open cases with an order in force: the highest level first, then what is due first."""
    query = select(CaseRow).where(_IS_OPEN, CaseRow.orders > 0)
    ordered = query.order_by(CaseRow.order_level.desc(), CaseRow.due_at.is_(None), CaseRow.due_at, CaseRow.id)
    return (await session.scalars(ordered.limit(limit))).all()


async def traffic(session: AsyncSession, since: datetime, until: datetime) -> Traffic:
    """What was received and what was closed in ``since`` … ``until``."""
    received, closed = [
        Counter(
            {
                str(channel): number
                for channel, number in await session.execute(
                    select(CaseRow.channel, func.count())
                    .where(moment >= since, moment < until)
                    .group_by(CaseRow.channel)
                )
            }
        )
        for moment in (CaseRow.received_at, CaseRow.closed_at)
    ]
    return Traffic(received, closed)
