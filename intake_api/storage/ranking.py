"""Where cases stand in the order of priority: what decides it is read from the case and its events."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from intake_api.domain.priority import Circumstances, Rank, rank
from intake_api.domain.taxonomy import Urgency
from intake_api.storage.queue_tables import RepeatRow
from intake_api.storage.tables import CaseRow, EventRow

# kinds of events that move a case ahead: the action's name, or what it is called once done
_URGES = ("urge", "urged")
_REWORKS = ("rework", "reworked")
_RETURNS = ("return", "returned")
_SUPERVISIONS = ("supervise", "supervised")  # ``data.level``: level of the order
_COUNTED = (*_URGES, *_REWORKS, *_RETURNS)


def circumstances(session: Session, case_ids: Collection[int]) -> dict[int, Circumstances]:
    """What decides the order of these cases, by id."""
    counts: dict[tuple[int, str], int] = {}
    for case_id, kind, count in session.execute(
        select(EventRow.case_id, EventRow.kind, func.count())
        .where(EventRow.case_id.in_(case_ids), EventRow.kind.in_(_COUNTED))
        .group_by(EventRow.case_id, EventRow.kind)
    ):
        counts[case_id, kind] = count
    levels: dict[int, int] = {}
    for case_id, data in session.execute(
        select(EventRow.case_id, EventRow.data).where(EventRow.case_id.in_(case_ids), EventRow.kind.in_(_SUPERVISIONS))
    ):
        level = data.get("level", 1)
        levels[case_id] = max(levels.get(case_id, 0), level if isinstance(level, int) else 1)
    repeats = set(session.scalars(select(RepeatRow.case_id).where(RepeatRow.case_id.in_(case_ids))))
    rows = session.execute(
        select(CaseRow.id, CaseRow.received_at, CaseRow.due_at, CaseRow.urgency).where(CaseRow.id.in_(case_ids))
    )
    return {
        row.id: Circumstances(
            received_at=row.received_at,
            due_at=row.due_at,
            urgency=Urgency(row.urgency),
            urges=sum(counts.get((row.id, kind), 0) for kind in _URGES),
            repeat=row.id in repeats,
            supervision=levels.get(row.id, 0),
            reworks=sum(counts.get((row.id, kind), 0) for kind in _REWORKS),
            returns=sum(counts.get((row.id, kind), 0) for kind in _RETURNS),
        )
        for row in rows
    }


def put(session: Session, case_ids: Collection[int]) -> None:
    """Rank these cases as they stand in this transaction."""
    ranked = {case_id: rank(case).at for case_id, case in circumstances(session, case_ids).items()}
    rows = session.execute(select(CaseRow.id, CaseRow.rank_at).where(CaseRow.id.in_(case_ids)))
    known = {row.id: row.rank_at for row in rows}
    for case_id, at in ranked.items():
        if known.get(case_id) != at:
            session.execute(
                update(CaseRow)
                .where(CaseRow.id == case_id)
                .values(rank_at=at)
                .execution_options(synchronize_session=False)
            )


async def explained(session: AsyncSession, case_id: int) -> Rank:
    """The place of a case that exists, with its reasons."""
    found = await session.run_sync(circumstances, [case_id])
    return rank(found[case_id])
