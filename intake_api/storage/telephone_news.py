"""What waits in the outbox for residents on the telephone, by case and resident; settled by whoever calls them.

The rows are the outbox's own (``storage.outbox``): ``lease_until`` is when to try again, ``attempts`` how often nobody
answered, ``delivered_at`` when they were told.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.case import Channel
from intake_api.domain.news import BY_PHONE
from intake_api.storage.tables import CaseRow, FollowerRow, OutboxRow

_HOTLINE = Channel.HOTLINE.value


@dataclass(frozen=True, slots=True)
class News:
    """One message that waits."""

    kind: str
    payload: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """One resident who is to be called. ``id``: of the newest message, up to which a call settles all."""

    id: int
    is_reporter: bool
    phone: str
    attempts: int
    not_before: datetime | None
    news: tuple[News, ...]


def to_be_called(now: datetime) -> ColumnElement[bool]:
    """Whether somebody is to be called about a case now."""
    waiting = select(OutboxRow.case_id).where(
        OutboxRow.channel == _HOTLINE,
        OutboxRow.delivered_at.is_(None),
        OutboxRow.kind.in_(BY_PHONE),
        or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= now),
    )
    return CaseRow.id.in_(waiting)


async def of_case(session: AsyncSession, case: CaseRow) -> list[Call]:
    """Everybody who is to be called about a case, now or later."""
    waiting = (
        select(OutboxRow)
        .where(OutboxRow.case_id == case.id, *_undelivered(), OutboxRow.kind.in_(BY_PHONE))
        .order_by(OutboxRow.channel_user, OutboxRow.id)
    )
    followers = select(FollowerRow.channel_user, FollowerRow.phone).where(
        FollowerRow.case_id == case.id, FollowerRow.channel == _HOTLINE
    )
    phones = {row.channel_user: row.phone for row in await session.execute(followers)}
    calls = []
    for user, group in itertools.groupby(await session.scalars(waiting), lambda row: row.channel_user):
        rows = list(group)
        is_reporter = user == case.channel_user
        calls.append(
            Call(
                id=rows[-1].id,
                is_reporter=is_reporter,
                phone=(case.reporter_phone if is_reporter else phones.get(user)) or user,
                attempts=max(row.attempts for row in rows),
                not_before=max((row.lease_until for row in rows if row.lease_until), default=None),
                news=tuple(News(row.kind, row.payload, row.created_at) for row in rows),
            )
        )
    return calls


async def told(session: AsyncSession, case_id: int, item_id: int, now: datetime) -> bool:
    """They know all of the case up to this message; False when nothing waited."""
    return await _change(session, case_id, item_id, delivered_at=now, lease_until=None)


async def not_reached(session: AsyncSession, case_id: int, item_id: int, again: datetime) -> bool:
    """Nobody answered: not before ``again``; False when nothing waited."""
    return await _change(session, case_id, item_id, lease_until=again, attempts=OutboxRow.attempts + 1)


def _undelivered() -> tuple[ColumnElement[bool], ...]:
    return OutboxRow.channel == _HOTLINE, OutboxRow.delivered_at.is_(None)


async def _change(session: AsyncSession, case_id: int, item_id: int, **values: Any) -> bool:
    """Change what waits for the resident of a message, up to it: also what is not worth a call of its own."""
    resident = select(OutboxRow.channel_user).where(
        OutboxRow.id == item_id, OutboxRow.case_id == case_id, *_undelivered()
    )
    user = await session.scalar(resident)
    if user is None:
        return False
    result = await session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.case_id == case_id,
            OutboxRow.channel_user == user,
            OutboxRow.id <= item_id,
            *_undelivered(),
        )
        .values(**values)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount > 0
