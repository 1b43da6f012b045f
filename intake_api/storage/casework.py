"""Standings of cases: read for the rules, written back with what the rules recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.case import Status
from intake_api.domain.casework import Remark, next_order_at
from intake_api.domain.clock import Due
from intake_api.domain.event import Event, EventKind
from intake_api.domain.policy import Policy
from intake_api.domain.resident import Resident
from intake_api.domain.standing import Earlier, Grade, Standing
from intake_api.domain.task import Task, TaskKind, TaskState
from intake_api.storage import cases
from intake_api.storage.database import insert_if_absent
from intake_api.storage.tables import CaseReturnRow, CaseRow, EventRow, FollowerRow, RemarkRow, SupportingRow, TaskRow


@dataclass(frozen=True, slots=True)
class Follower:
    """A resident who joined a case, as their channel knows them."""

    channel: str
    channel_user: str
    phone: str = ""


async def standing(session: AsyncSession, row: CaseRow) -> Standing:
    """Where a case stands; ``row`` with its ``due`` loaded."""
    supporting = await cases.supporting(session, [row.id])
    tasks = (await tasks_of(session, [row.id]))[row.id]
    return Standing(
        id=row.id,
        status=Status(row.status),
        received_at=row.received_at,
        category=row.category,
        town=row.town_code,
        department=row.department_id,
        supporting=tuple(supporting[row.id]),
        basis=row.basis,
        rule=row.responsibility_rule,
        responsible=row.responsible_id,
        clock=Due.from_json(row.due) if row.due else None,
        fast_track=row.fast_track,
        filed_at=row.filed_at,
        dispatched_at=row.dispatched_at,
        accepted_at=row.accepted_at,
        reported_at=row.reported_at,
        closed_at=row.closed_at,
        contacted_at=row.contacted_at,
        suspended_until=row.suspended_until,
        worked_by=tuple(row.worked_by),
        returns=row.returns,
        reworks=row.reworks,
        urges=row.urges,
        reopenings=row.reopenings,
        orders=row.orders,
        order_level=row.order_level,
        merged_into=row.merged_into,
        grade=Grade(row.grade) if row.grade else None,
        solved=row.solved,
        rated_at=row.rated_at,
        tasks=tuple(tasks),
        earlier=Earlier(
            late=row.earlier_late,
            extensions=row.earlier_extensions,
            orders=row.earlier_orders,
            reported=row.earlier_reported,
            dissatisfied=row.earlier_dissatisfied,
            unsolved=row.earlier_unsolved,
        ),
    )


async def settle(session: AsyncSession, row: CaseRow, before: Standing, after: Standing, policy: Policy) -> None:
    """Give a locked case its new standing."""
    row.status = after.status.value
    row.department_id = after.department
    row.basis, row.responsibility_rule = after.basis, after.rule
    row.responsible_id = after.responsible
    row.filed_at, row.dispatched_at, row.accepted_at = after.filed_at, after.dispatched_at, after.accepted_at
    row.reported_at, row.closed_at, row.contacted_at = after.reported_at, after.closed_at, after.contacted_at
    row.suspended_until = after.suspended_until
    row.worked_by = list(after.worked_by)
    row.returns, row.reworks, row.urges = after.returns, after.reworks, after.urges
    row.reopenings, row.orders, row.order_level = after.reopenings, after.orders, after.order_level
    row.merged_into = after.merged_into
    row.grade = after.grade.value if after.grade else None
    row.solved, row.rated_at = after.solved, after.rated_at
    for name, value in asdict(after.earlier).items():
        setattr(row, f"earlier_{name}", value)
    if after.clock != before.clock:
        row.due = after.clock.as_json() if after.clock else None
        row.due_at = after.due_at
        row.extensions = after.clock.extensions if after.clock else 0
    row.next_order_at = next_order_at(after, policy)
    if after.returns > before.returns and before.department:
        await insert_if_absent(session, CaseReturnRow, case_id=row.id, department_id=before.department)
    if after.supporting != before.supporting:
        await session.execute(delete(SupportingRow).where(SupportingRow.case_id == row.id))
        session.add_all(SupportingRow(case_id=row.id, department_id=unit) for unit in after.supporting)
    known = {task.id: task for task in before.tasks}
    for task in after.tasks:
        if not task.id:
            session.add(TaskRow(**task_columns(row.id, task)))
        elif task != known[task.id]:
            await session.execute(
                update(TaskRow)
                .where(TaskRow.id == task.id)
                .values(
                    state=task.state.value,
                    decided_by=task.decided_by,
                    decided_at=task.decided_at,
                    answer=task.answer,
                )
            )


async def record(session: AsyncSession, row: CaseRow, events: Sequence[Event], remarks: Mapping[int, Remark]) -> None:
    """Append events to a locked case, with the remarks that belong to them by their index."""
    first = row.last_seq + 1
    await cases.append(session, row, events)
    session.add_all(
        RemarkRow(
            case_id=row.id,
            seq=first + index,
            text=remark.text,
            attachments=list(remark.attachments),
            lat=remark.position[0] if remark.position else None,
            lng=remark.position[1] if remark.position else None,
        )
        for index, remark in remarks.items()
    )


def task_columns(case_id: int, task: Task) -> dict[str, Any]:
    """The columns of a task's row, but for its id."""
    return {
        "case_id": case_id,
        "kind": task.kind.value,
        "state": task.state.value,
        "department_id": task.department,
        "asked_by": task.asked_by,
        "asked_at": task.asked_at,
        "reason": task.reason,
        "until": task.until,
        "decided_by": task.decided_by,
        "decided_at": task.decided_at,
        "answer": task.answer,
    }


async def tasks_of(session: AsyncSession, case_ids: Sequence[int]) -> dict[int, list[Task]]:
    """All side tasks of each of these cases, oldest first."""
    found: dict[int, list[Task]] = {case_id: [] for case_id in case_ids}
    rows = await session.scalars(select(TaskRow).where(TaskRow.case_id.in_(case_ids)).order_by(TaskRow.id))
    for row in rows:
        found[row.case_id].append(
            Task(
                TaskKind(row.kind),
                TaskState(row.state),
                row.asked_by,
                row.asked_at,
                row.reason,
                row.department_id,
                row.until,
                row.decided_by,
                row.decided_at,
                row.answer,
                row.id,
            )
        )
    return found


async def remarks(session: AsyncSession, case_id: int) -> dict[int, RemarkRow]:
    """The remarks of a case by the sequence number of their event."""
    rows = await session.scalars(select(RemarkRow).where(RemarkRow.case_id == case_id))
    return {row.seq: row for row in rows}


async def last_remark(session: AsyncSession, case_id: int, kind: EventKind) -> str:
    """The words of the newest event of a kind, empty when there are none."""
    query = (
        select(RemarkRow.text)
        .join(EventRow, (EventRow.case_id == RemarkRow.case_id) & (EventRow.seq == RemarkRow.seq))
        .where(RemarkRow.case_id == case_id, EventRow.kind == kind.value)
        .order_by(RemarkRow.seq.desc())
        .limit(1)
    )
    return (await session.scalar(query)) or ""


async def follow(session: AsyncSession, case_id: int, follower: Follower, now: datetime) -> bool:
    """Let a resident follow a case; False when they do already."""
    return await insert_if_absent(
        session,
        FollowerRow,
        case_id=case_id,
        channel=follower.channel,
        channel_user=follower.channel_user,
        phone=follower.phone,
        followed_at=now,
    )


async def followers(session: AsyncSession, case_id: int) -> list[FollowerRow]:
    """Who follows a case, or one that goes on within it, oldest first."""
    query = select(FollowerRow).where(or_(FollowerRow.case_id == case_id, FollowerRow.case_id.in_(_within(case_id))))
    return list(await session.scalars(query.order_by(FollowerRow.followed_at, FollowerRow.channel_user)))


def is_by(table: type[CaseRow] | type[FollowerRow], resident: Resident) -> ColumnElement[bool]:
    """Whether a case was reported, or is followed, by this resident."""
    theirs = table.channel_user == resident.user
    return and_(theirs, table.channel == resident.channel) if resident.channel else theirs


async def joined_by(session: AsyncSession, case_id: int, resident: Resident) -> str | None:
    """The channel of a resident who reported or follows a case that goes on within this one; None for all others."""
    within = _within(case_id)
    reported = select(CaseRow.channel).where(CaseRow.id.in_(within), is_by(CaseRow, resident))
    followed = select(FollowerRow.channel).where(FollowerRow.case_id.in_(within), is_by(FollowerRow, resident))
    return await session.scalar(reported.limit(1)) or await session.scalar(followed.limit(1))


async def follower(session: AsyncSession, case_id: int, resident: Resident) -> FollowerRow | None:
    """The follower of this name."""
    query = select(FollowerRow).where(FollowerRow.case_id == case_id, is_by(FollowerRow, resident))
    return await session.scalar(query.limit(1))


async def others_waiting(session: AsyncSession, case_id: int) -> int:
    """How many wait for the outcome of a case beside its reporter: followers, and cases merged into it.

    Who follows it and reported a case that was merged into it counts once.
    """
    within = _within(case_id)
    reported = exists().where(
        CaseRow.id.in_(within),
        CaseRow.channel == FollowerRow.channel,
        CaseRow.channel_user == FollowerRow.channel_user,
    )
    followed = select(func.count()).where(
        or_(FollowerRow.case_id == case_id, FollowerRow.case_id.in_(within)), ~reported
    )
    merged = select(func.count()).select_from(_within(case_id).subquery())
    return (await session.scalar(followed) or 0) + (await session.scalar(merged) or 0)


async def repeats(session: AsyncSession, repeat_of: int | None) -> int:
    """How many closed cases came before one that is marked a repeat of ``repeat_of``, each a repeat of the last."""
    if repeat_of is None:
        return 0
    before = select(CaseRow.id, CaseRow.repeat_of).where(CaseRow.id == repeat_of).cte("before", recursive=True)
    before = before.union(select(CaseRow.id, CaseRow.repeat_of).join(before, CaseRow.id == before.c.repeat_of))
    return await session.scalar(select(func.count()).select_from(before)) or 0


def _within(case_id: int) -> Select[tuple[int]]:
    """Ids of all cases that go on within this one: merged into it, or into one that was merged into it, and so on."""
    joined = select(CaseRow.id).where(CaseRow.merged_into == case_id).cte("joined", recursive=True)
    joined = joined.union(select(CaseRow.id).join(joined, CaseRow.merged_into == joined.c.id))
    return select(joined.c.id)


async def goes_on_in(session: AsyncSession, case_id: int) -> int | None:
    """Id of the case in which a merged case goes on in the end; None for one that is not merged."""
    found = None
    while (
        into := await session.scalar(select(CaseRow.merged_into).where(CaseRow.id == (found or case_id)))
    ) is not None:
        found = into
    return found


async def outcomes(session: AsyncSession, rows: Sequence[CaseRow]) -> dict[int, CaseRow]:
    """The cases in which those of these go on that are merged, by the merged cases' ids."""
    ends = {row.id: row.merged_into for row in rows if row.merged_into is not None}
    known: dict[int, CaseRow] = {}
    while wanted := set(ends.values()) - known.keys():
        known |= {row.id: row for row in await session.scalars(select(CaseRow).where(CaseRow.id.in_(wanted)))}
        ends = {case_id: known[into].merged_into or into for case_id, into in ends.items()}
    return {case_id: known[into] for case_id, into in ends.items()}


async def merged_into(session: AsyncSession, case_id: int) -> list[CaseRow]:
    """The cases that go on within this one, oldest first."""
    query = select(CaseRow).where(CaseRow.id.in_(_within(case_id))).order_by(CaseRow.id)
    return list(await session.scalars(query))


async def awaiting_time(session: AsyncSession, now: datetime, lapsed: datetime, limit: int) -> list[int]:
    """Ids of cases for which a moment has come: a suspension ends, a supervision order falls due, or a call-back that
    should have been done before ``lapsed`` is given up."""
    resume = select(CaseRow.id).where(CaseRow.suspended_until <= now).limit(limit)
    order = select(CaseRow.id).where(CaseRow.next_order_at <= now).limit(limit)
    # the oldest, which are the first to lapse: the rest need not be looked at
    oldest = (
        select(TaskRow.case_id, TaskRow.until)
        .where(
            TaskRow.kind == TaskKind.CALL_BACK.value,
            TaskRow.state.in_([TaskState.ASKED.value, TaskState.GRANTED.value]),
        )
        .order_by(TaskRow.id)
        .limit(limit)
        .subquery()
    )
    call_back = select(oldest.c.case_id).where(oldest.c.until <= lapsed)
    found = {*await session.scalars(resume), *await session.scalars(order), *await session.scalars(call_back)}
    return sorted(found)[:limit]


async def follows(session: AsyncSession, case_id: int, resident: Resident) -> bool:
    """Whether the resident follows the case, or one that goes on within it, or reported such a one."""
    within = _within(case_id)
    followed = exists().where(
        is_by(FollowerRow, resident),
        or_(FollowerRow.case_id == case_id, FollowerRow.case_id.in_(within)),
    )
    reported = exists().where(is_by(CaseRow, resident), CaseRow.id.in_(within))
    return bool(await session.scalar(select(or_(followed, reported))))


async def awaits_check(session: AsyncSession, case_id: int) -> bool:
    """Whether an inspector is to look at the case."""
    asked = exists().where(
        TaskRow.case_id == case_id,
        TaskRow.kind == TaskKind.CHECK.value,
        TaskRow.state.in_([state.value for state in TaskState if state.is_open]),
    )
    return bool(await session.scalar(select(asked)))
