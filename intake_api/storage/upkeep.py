"""What follows from a case is brought up to date when its transaction ends: its place in the order, and the text index.

A new case is stored with both (``cases.new``). Whoever changes a ``CaseRow`` or adds to its events through a session
need not think of it. Statements that change cases
past the session (``update(CaseRow)``) name the cases to ``touch``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import event, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, object_session

from intake_api.storage import ranking, text_index
from intake_api.storage.database import Database
from intake_api.storage.queue_tables import CaseTextRow
from intake_api.storage.tables import CaseRow, EventRow, SupportingRow

_TOUCHED = "cases_touched"
_BATCH = 500


def touch(session: AsyncSession, case_ids: Iterable[int]) -> None:
    """Have these cases ranked and indexed anew at the end of the transaction."""
    session.sync_session.info.setdefault(_TOUCHED, set()).update(case_ids)


def _noted(target: Any, case_id: int) -> None:
    session = object_session(target)
    if session is not None:
        session.info.setdefault(_TOUCHED, set()).add(case_id)


@event.listens_for(CaseRow, "after_insert")
@event.listens_for(CaseRow, "after_update")
def _case_changed(_mapper: object, _connection: object, row: CaseRow) -> None:
    _noted(row, row.id)


@event.listens_for(EventRow, "after_insert")
@event.listens_for(SupportingRow, "after_insert")
def _told(_mapper: object, _connection: object, row: EventRow | SupportingRow) -> None:
    _noted(row, row.case_id)


@event.listens_for(Session, "before_commit")
def _bring_up(session: Session) -> None:
    session.flush()
    touched = session.info.pop(_TOUCHED, None)
    if touched:
        ranking.put(session, touched)
        text_index.put(session, touched)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _previous: object) -> None:
    session.info.pop(_TOUCHED, None)


async def reindex(
    database: Database, *, missing_only: bool = False, report: Callable[[int], None] = lambda _done: None
) -> int:
    """Rank and index all cases anew, or only those that are not in the index; how many.

    In batches, each a transaction of its own, oldest first: it may run beside all else, and again.
    """
    done, last = 0, 0
    while True:
        query = select(CaseRow.id).where(CaseRow.id > last).order_by(CaseRow.id).limit(_BATCH)
        if missing_only:
            query = query.where(~exists().where(CaseTextRow.case_id == CaseRow.id))
        async with database.read() as session:
            ids = list(await session.scalars(query))
        if not ids:
            return done
        async with database.write() as session:
            touch(session, ids)
        done, last = done + len(ids), ids[-1]
        report(done)
