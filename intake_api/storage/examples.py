"""Corrections kept for the assistant to learn from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.learning import Example, ExampleState
from intake_api.storage.tables import TrainingExampleRow

BY_NEWER = "system"
"""Who rejected an example when a newer correction of the same case took its place."""


class Superseded(Exception):
    """The case was corrected again since; only its newest example can be accepted."""


async def keep(
    session: AsyncSession,
    case_id: int,
    example: Example,
    *,
    code_before: str | None,
    code_after: str | None,
    by: str,
    now: datetime,
) -> None:
    """Keep an example, in the transaction of its correction; those of earlier corrections of the case are rejected."""
    await session.execute(
        update(TrainingExampleRow)
        .where(TrainingExampleRow.case_id == case_id, TrainingExampleRow.state != ExampleState.REJECTED.value)
        .values(state=ExampleState.REJECTED.value, reviewed_by=BY_NEWER, reviewed_at=now)
    )
    session.add(
        TrainingExampleRow(
            case_id=case_id,
            text=example.text,
            code_before=code_before,
            code_after=code_after,
            place_text=example.place_text,
            places=[list(span) for span in example.places],
            corrected_by=by,
            corrected_at=now,
            state=ExampleState.NEW.value,
        )
    )


async def newest_of(session: AsyncSession, case_id: int) -> TrainingExampleRow | None:
    """The example of the last correction of a case."""
    query = select(TrainingExampleRow).where(TrainingExampleRow.case_id == case_id)
    return await session.scalar(query.order_by(TrainingExampleRow.id.desc()).limit(1))


async def several(
    session: AsyncSession, state: ExampleState | None, *, before: int | None, limit: int
) -> tuple[list[TrainingExampleRow], int | None]:
    """Examples, newest first, and the id to go on before, None at the end."""
    query = select(TrainingExampleRow).order_by(TrainingExampleRow.id.desc()).limit(limit + 1)
    if state is not None:
        query = query.where(TrainingExampleRow.state == state.value)
    if before is not None:
        query = query.where(TrainingExampleRow.id < before)
    rows = list(await session.scalars(query))
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, rows[-1].id if more else None


async def accepted(session: AsyncSession) -> list[TrainingExampleRow]:
    """All that the assistant is to learn from, oldest first."""
    query = select(TrainingExampleRow).where(TrainingExampleRow.state == ExampleState.ACCEPTED.value)
    return list(await session.scalars(query.order_by(TrainingExampleRow.id)))


def as_line(row: TrainingExampleRow) -> dict[str, object]:
    """An example as training reads it (bot.corpus.read_tickets)."""
    line: dict[str, object] = {"text": row.text, "code": row.code_after}
    return line | {"places": row.places} if row.places else line


async def review(
    session: AsyncSession, example_id: int, accept: bool, by: str, now: datetime
) -> TrainingExampleRow | None:
    """Accept or reject an example; the last word counts. None when there is no such example. Raises Superseded."""
    query = select(TrainingExampleRow).where(TrainingExampleRow.id == example_id).with_for_update()
    row = await session.scalar(query)
    if row is None:
        return None
    newest = await newest_of(session, row.case_id)
    if accept and newest is not None and newest.id != row.id:
        raise Superseded
    row.state = (ExampleState.ACCEPTED if accept else ExampleState.REJECTED).value
    row.reviewed_by, row.reviewed_at = by, now
    return row
