"""Cases near a place: similar ones of these hours, and earlier ones that a new case repeats.

Both go by grid cells (``ix_cases_place``): a circle touches a few cells, and within a cell cases are in order of time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.case import Status
from intake_api.domain.geodesy import metres
from intake_api.domain.grid import cells_around
from intake_api.storage.tables import CaseRow

REPEAT_DAYS = 90
REPEAT_METRES = 50.0
_MOST = 200
_LONGEST_LIFE = timedelta(days=400)  # a case closed lately was received at most so long before (suspended for a year)
_CASES = CaseRow.__table__.c
_CLOSED_LATELY = (  # asked with every case that is filed
    select(_CASES.id, _CASES.lat, _CASES.lng, _CASES.closed_at)
    .where(
        _CASES.grid_cell.in_(bindparam("cells", expanding=True)),
        _CASES.category == bindparam("category"),
        _CASES.status == bindparam("status"),
        _CASES.closed_at >= bindparam("earliest"),
        _CASES.closed_at <= bindparam("latest"),
    )
    .order_by(_CASES.closed_at.desc())
    .limit(_MOST)
)
_NOT_FOR_JOINING = (Status.REJECTED.value, Status.MERGED.value, Status.WITHDRAWN.value)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A case near a place; ``metres``: how far, None where a place is not known."""

    row: CaseRow
    metres: float | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A closed case that a new one repeats."""

    case_id: int
    closed_at: datetime
    metres: int


async def near(
    session: AsyncSession, lat: float, lng: float, *, radius: float, since: datetime, until: datetime
) -> list[Neighbour]:
    """Cases within ``radius`` metres received in ``since`` … ``until``, newest first; at most 200 are looked at."""
    rows = await session.scalars(
        select(CaseRow)
        .where(
            CaseRow.grid_cell.in_(cells_around(lat, lng, radius)),
            CaseRow.received_at >= since,
            CaseRow.received_at <= until,
            CaseRow.status.not_in(_NOT_FOR_JOINING),
        )
        .order_by(CaseRow.received_at.desc())
        .limit(_MOST)
    )
    found = [
        Neighbour(row, metres(lat, lng, row.lat, row.lng))
        for row in rows
        if row.lat is not None and row.lng is not None
    ]
    return [neighbour for neighbour in found if neighbour.metres is not None and neighbour.metres <= radius]


async def of_categories(
    session: AsyncSession, categories: Collection[str], *, since: datetime, until: datetime
) -> list[Neighbour]:
    """Cases of these categories received in ``since`` … ``until``, wherever; for reports whose place is not known."""
    found: list[CaseRow] = []
    for category in categories:
        rows = await session.scalars(
            select(CaseRow)
            .where(
                CaseRow.category == category,
                CaseRow.received_at >= since,
                CaseRow.received_at <= until,
                CaseRow.status.not_in(_NOT_FOR_JOINING),
            )
            .order_by(CaseRow.received_at.desc())
            .limit(_MOST)
        )
        found += rows
    found.sort(key=lambda row: row.received_at, reverse=True)
    return [Neighbour(row, None) for row in found[:_MOST]]


async def repeats_of(
    session: AsyncSession,
    *,
    category: str,
    lat: float | None,
    lng: float | None,
    at: datetime,
    days: int = REPEAT_DAYS,
    radius: float = REPEAT_METRES,
    besides: int | None = None,
) -> list[Earlier]:
    """Cases of the same category at the same place that were closed in the ``days`` before ``at``, newest first.

    The same pole has the same position. ``besides``: the new case itself, when it is stored already.
    """
    if lat is None or lng is None:
        return []
    earliest = at - timedelta(days=days)
    sought = {
        "cells": cells_around(lat, lng, radius),
        "category": category,
        "status": Status.CLOSED.value,
        "earliest": earliest,
        "latest": at,
    }
    rows = await session.execute(_CLOSED_LATELY, sought)
    found = []
    for row in rows:
        distance = metres(lat, lng, row.lat, row.lng)
        if row.id != besides and distance <= radius:
            found.append(Earlier(row.id, row.closed_at, round(distance)))
    return found
