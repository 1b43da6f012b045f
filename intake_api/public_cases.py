"""Cases as everybody may know them: the one way by which the list, the map and Open311 read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.city_in_force import CityInForce, LoadedCity
from intake_api.domain import case_number
from intake_api.domain.case import Status
from intake_api.domain.public import Move, PublicMap, PublicPlace, Reached, Stand, stages, stand
from intake_api.domain.taxonomy import Category, Taxonomy
from intake_api.storage import cases, public
from intake_api.storage.database import Database
from intake_api.storage.public import PublicFilter
from intake_api.storage.tables import CaseRow

_COARSE = 0.015
"""Degrees by which a public position may lie beside the true one, generously."""

MOST_MOVES = 5000
"""Changes of state in one answer."""


@dataclass(frozen=True, slots=True)
class PublicCase:
    """A case without anything personal. ``text``: what staff released, or empty. Moments are aware."""

    id: int
    number: str
    category: Category
    status: Status
    place: PublicPlace
    department: str
    text: str
    received_at: datetime
    moved_at: datetime
    due_at: datetime | None

    @property
    def stand(self) -> Stand:
        """The state in public words."""
        return stand(self.status)


@dataclass(frozen=True, slots=True)
class PublicPage:
    """Cases, newest first; ``before`` goes on with the next page, None at the end."""

    items: tuple[PublicCase, ...]
    before: int | None


class PublicCases:
    """Reads cases and takes everything out that is nobody else's business.

    ``own``: the actor id of a partner's token: what it filed itself is shown to it even where the case is not public.
    """

    def __init__(self, database: Database, taxonomy: Taxonomy, cities: CityInForce) -> None:
        self._database = database
        self._taxonomy = taxonomy
        self._cities = cities
        self._map: tuple[int, PublicMap] | None = None

    async def search(self, wanted: PublicFilter) -> PublicPage:
        """Public cases. The box is that of the public positions: a search tells no more than its answer.

        A page may hold fewer cases than its limit and still not be the last. Raises CityNotLoaded.
        """
        loaded = self._cities.current
        asked = replace(wanted, box=_wider(wanted.box), limit=wanted.limit + 1)
        async with self._database.read() as session:
            rows = await public.search(session, asked, loaded.city.public, loaded.city.auto_file_confidence)
            more = len(rows) > wanted.limit
            rows = rows[: wanted.limit]
            shown = await self._tell(session, loaded, [row for row in rows if self.why_hidden(row) is None])
        items = tuple(case for case in shown if _within(case.place, wanted.box))
        return PublicPage(items, rows[-1].id if more else None)

    async def several(self, case_ids: Sequence[int], own: str | None = None) -> tuple[PublicCase, ...]:
        """Those of these cases that may be shown, in the order asked for. Raises CityNotLoaded."""
        loaded = self._cities.current
        async with self._database.read() as session:
            rows = await public.several(session, case_ids)
            mine = await public.filed_by(session, own, case_ids) if own is not None else set()
            visible = [row for row in rows if row.id in mine or self.why_hidden(row) is None]
            return tuple(await self._tell(session, loaded, visible))

    async def stages(self, case_id: int) -> tuple[Reached, ...]:
        """The stages of a case and when it came to them."""
        async with self._database.read() as session:
            return stages(await public.moves_of(session, case_id))

    async def moves(self, start: datetime, end: datetime, own: str | None = None) -> list[Move]:
        """Changes of state from ``start`` to ``end``, oldest first, at most MOST_MOVES. Raises CityNotLoaded."""
        city = self._cities.current.city
        async with self._database.read() as session:
            found = await public.moves_between(
                session,
                start,
                end,
                policy=city.public,
                sure=city.auto_file_confidence,
                actor_id=own,
                limit=MOST_MOVES,
            )
            ids = list(dict.fromkeys(move.case_id for move in found))
            rows = await public.several(session, ids)
            mine = await public.filed_by(session, own, ids) if own is not None else set()
        visible = {row.id for row in rows if row.id in mine or self.why_hidden(row) is None}
        return [move for move in found if move.case_id in visible]

    async def may_comment(self, case_id: int, own: str) -> bool:
        """Whether a partner may add words to a case: one that it filed, or a public one. Raises CityNotLoaded."""
        async with self._database.read() as session:
            rows = await public.several(session, [case_id])
            mine = await public.filed_by(session, own, [case_id])
        return any(row.id in mine or self.why_hidden(row) is None for row in rows)

    def why_hidden(self, row: CaseRow) -> str | None:
        """Why a case is not public, in Chinese for staff; None when it is. Raises CityNotLoaded."""
        city = self._cities.current.city
        if row.category is not None and row.category not in self._taxonomy:
            return "分类目录里已经没有这个分类"
        return city.public.hides(
            category=row.category,
            act=row.act,
            confidential=row.confidential,
            description=row.description,
            confirmed=row.filed_at is not None or row.category_confidence >= city.auto_file_confidence,
        )

    def place_of(self, row: CaseRow) -> PublicPlace:
        """Where a case is, as everybody may know it. Raises CityNotLoaded."""
        return self._map_of(self._cities.current).told(cases.place(row))

    async def _tell(self, session: AsyncSession, loaded: LoadedCity, rows: Sequence[CaseRow]) -> list[PublicCase]:
        ids = [row.id for row in rows]
        moved = await public.last_moves(session, ids)
        texts = await public.texts(session, ids)
        zone = loaded.city.calendar.timezone
        told = []
        for row in rows:
            if row.category is None or row.category not in self._taxonomy:
                continue  # a partner's own case that waits for its category has nothing to be named by
            told.append(
                PublicCase(
                    id=row.id,
                    number=case_number.format_number(row.id),
                    category=self._taxonomy.get(row.category),
                    status=Status(row.status),
                    place=self.place_of(row),
                    department=loaded.department_name(row.department_id) if row.department_id else "",
                    text=texts[row.id].text if row.id in texts else "",
                    received_at=row.received_at.astimezone(zone),
                    moved_at=moved.get(row.id, row.received_at).astimezone(zone),
                    due_at=row.due_at.astimezone(zone) if row.due_at else None,
                )
            )
        return told

    def _map_of(self, loaded: LoadedCity) -> PublicMap:
        if self._map is None or self._map[0] != loaded.version:
            self._map = (loaded.version, PublicMap(loaded.city))
        return self._map[1]


def _wider(box: tuple[float, float, float, float] | None) -> tuple[float, float, float, float] | None:
    return None if box is None else (box[0] - _COARSE, box[1] - _COARSE, box[2] + _COARSE, box[3] + _COARSE)


def _within(place: PublicPlace, box: tuple[float, float, float, float] | None) -> bool:
    if box is None:
        return True
    if place.lat is None or place.lng is None:
        return False
    west, south, east, north = box
    return south <= place.lat <= north and west <= place.lng <= east
