"""Where cases stand in the order of priority: what decides it is read from the case."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from intake_api.domain.priority import Circumstances, Rank, rank
from intake_api.domain.taxonomy import Urgency
from intake_api.storage.tables import CaseRow


def circumstances(session: Session, case_ids: Collection[int]) -> dict[int, Circumstances]:
    """What decides the order of these cases, by id."""
    rows = session.execute(
        select(
            CaseRow.id,
            CaseRow.received_at,
            CaseRow.due_at,
            CaseRow.urgency,
            CaseRow.urges,
            CaseRow.repeat_of,
            CaseRow.order_level,
            CaseRow.reworks,
            CaseRow.returns,
        ).where(CaseRow.id.in_(case_ids))
    )
    return {
        row.id: Circumstances(
            received_at=row.received_at,
            due_at=row.due_at,
            urgency=Urgency(row.urgency),
            urges=row.urges,
            repeat=row.repeat_of is not None,
            supervision=row.order_level,
            reworks=row.reworks,
            returns=row.returns,
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
