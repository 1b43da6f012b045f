"""Saved views of the queue."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.event import Actor
from intake_api.storage.queue_tables import SavedViewRow

MOST = 50
"""Views that one person may keep."""


class TooManyViews(Exception):
    """This person keeps as many views as one may; delete one first."""


async def seen_by(session: AsyncSession, owner: str, roles: Collection[str]) -> list[SavedViewRow]:
    """One's own views and those shared with one's roles, by name."""
    rows = await session.scalars(
        select(SavedViewRow)
        .where(or_(SavedViewRow.owner == owner, SavedViewRow.is_shared))
        .order_by(SavedViewRow.name, SavedViewRow.id)
    )
    return [row for row in rows if row.owner == owner or set(row.shared_with) & set(roles)]


async def save(
    session: AsyncSession,
    actor: Actor,
    *,
    name: str,
    filters: Mapping[str, Any],
    shared_with: Sequence[str],
    now: datetime,
    view_id: int | None = None,
) -> SavedViewRow | None:
    """Keep a view, or change one's own; None when that is not there. Raises TooManyViews."""
    if view_id is not None:
        row = await session.get(SavedViewRow, view_id)
        if row is None or row.owner != actor.id:
            return None
    else:
        kept = await session.scalar(select(func.count()).where(SavedViewRow.owner == actor.id))
        if (kept or 0) >= MOST:
            raise TooManyViews
        row = SavedViewRow(owner=actor.id, created_at=now)
        session.add(row)
    row.owner_name = actor.name
    row.name = name
    row.filters = dict(filters)
    row.shared_with = list(shared_with)
    row.is_shared = bool(shared_with)
    await session.flush()
    return row


async def delete(session: AsyncSession, owner: str, view_id: int) -> bool:
    """Delete one's own view; whether it was there."""
    row = await session.get(SavedViewRow, view_id)
    if row is None or row.owner != owner:
        return False
    await session.delete(row)
    return True
