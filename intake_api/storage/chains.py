"""Whether the chains of events are whole, for all cases."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from intake_api.domain.event import is_intact
from intake_api.storage import cases
from intake_api.storage.database import Database
from intake_api.storage.tables import CaseRow

_BATCH = 500


async def broken(database: Database, progress: Callable[[int], None] = lambda _checked: None) -> list[int]:
    """Ids of cases whose events were changed, or are fewer or other than the case says. ``progress`` hears a count."""
    found: list[int] = []
    last = checked = 0
    while True:
        async with database.read() as session:
            rows = (
                await session.execute(
                    select(CaseRow.id, CaseRow.last_seq, CaseRow.last_hash)
                    .where(CaseRow.id > last)
                    .order_by(CaseRow.id)
                    .limit(_BATCH)
                )
            ).all()
            for case_id, last_seq, last_hash in rows:
                events = await cases.events(session, case_id)
                whole = len(events) == last_seq and (not events or events[-1].hash == last_hash)
                if not whole or not is_intact(case_id, events):
                    found.append(case_id)
        if not rows:
            return found
        last, checked = rows[-1][0], checked + len(rows)
        progress(checked)
