"""Correcting a case: what staff put right is decided anew by the rules, and kept for the assistant to learn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.language.personal import without_personal
from intake_api.acting import CaseChanged, refuse_if_claimed, rules_of
from intake_api.city_in_force import CityInForce
from intake_api.domain import correction
from intake_api.domain.case import Status
from intake_api.domain.casework import Casework
from intake_api.domain.event import SYSTEM, Actor
from intake_api.domain.learning import Example, example
from intake_api.domain.limits import settle
from intake_api.domain.place import Place
from intake_api.domain.taxonomy import Category, Taxonomy
from intake_api.filing import Location
from intake_api.noticing import Noticing
from intake_api.once import Key, is_first
from intake_api.places import PlaceResolver
from intake_api.storage import cases, casework, claims, examples
from intake_api.storage.database import Database
from intake_api.storage.tables import CaseRow


@dataclass(frozen=True, slots=True)
class Correction:
    """What is put right, and why. ``category``: a code, None to leave it; ``location``: None to leave it.

    ``version``: the state of the case that the correction was made for, None where the caller does not say. ``key``:
    under the same one it is made once, however often it is asked for.
    """

    category: str | None
    location: Location | None
    reason: str
    version: int | None = None
    condition: str | None = None
    key: Key | None = None


class CaseOver(Exception):
    """The case is closed, rejected, merged or withdrawn; nothing of it can be corrected."""


class NothingCorrected(Exception):
    """Category and place already are what they are to be."""


class Correcting:
    """The way to put a case right."""

    def __init__(
        self,
        database: Database,
        taxonomy: Taxonomy,
        cities: CityInForce,
        places: PlaceResolver,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._taxonomy = taxonomy
        self._cities = cities
        self._places = places
        self._now = now
        self._noticing = Noticing(taxonomy)

    async def correct(self, case_id: int, wanted: Correction, actor: Actor) -> None:
        """Change an existing case, tell it in an event, and keep an example, all in one transaction.

        Raises UnknownCategory, UnknownCondition, CityNotLoaded, CaseOver, NothingCorrected, CaseChanged, Claimed,
        KeyUsedForAnother, StorageUnavailable.
        """
        category = self._taxonomy.get(wanted.category) if wanted.category else None
        place = await self._place(case_id, wanted.location)
        now = self._now()
        async with self._database.write() as session:
            if not await is_first(session, wanted.key, case_id, now):
                return
            row = await cases.get_locked(session, case_id)
            if wanted.version is not None and wanted.version != row.last_seq:
                events = await cases.events(session, case_id)
                raise CaseChanged(row.last_seq, [sealed for sealed in events if sealed.seq > wanted.version])
            await refuse_if_claimed(session, case_id, actor, now)
            status = Status(row.status)
            if not status.is_open:
                raise CaseOver(status)
            before, after = await self._decide(session, row, wanted, category=category, place=place, now=now)
            changed = correction.changes(before, after)
            if not changed:
                raise NothingCorrected
            reason = without_personal(wanted.reason, (row.reporter_name,))
            await cases.change(session, row, after)
            await cases.append(session, row, [correction.corrected(before, after, actor, reason, now)])
            await self._follow_up(session, row, before, now)
            if after.department != before.department:
                await claims.release(session, case_id)
            else:
                await claims.renew(session, case_id, actor.id, now)
            await self._keep(session, row, before=before, after=after, actor=actor, now=now)

    async def _follow_up(self, session: AsyncSession, row: CaseRow, before: correction.Decided, now: datetime) -> None:
        """What a correction brings about: another department or other helpers, another moment for supervision."""
        await session.flush()
        standing = await casework.standing(session, row)
        work = Casework(standing, rules_of(self._cities, self._taxonomy), SYSTEM, now)
        if standing.status is Status.DISPATCHED and standing.department != before.department:
            work.redispatch()
        elif standing.status is Status.DISPATCHED and set(standing.supporting) != set(before.supporting):
            work.ask_supporting_anew()
        await casework.settle(session, row, standing, work.standing, work.rules.policy)
        if work.events:
            await casework.record(session, row, work.events, work.remarks)
            await session.flush()
            await self._noticing.tell(session, row, work.events, self._cities.current, now)

    async def _place(self, case_id: int, location: Location | None) -> Place | None:
        """The right place; a pin without words keeps those of the report."""
        if location is None:
            return None
        text = location.text
        if not text and not location.pole_no:
            async with self._database.read() as session:
                row = await cases.get(session, case_id)
            text = row.place_text if row else ""
        found = await self._places.resolve(text, location.lat, location.lng, location.datum, location.pole_no)
        return found.place

    async def _decide(
        self,
        session: AsyncSession,
        row: CaseRow,
        wanted: Correction,
        *,
        category: Category | None,
        place: Place | None,
        now: datetime,
    ) -> tuple[correction.Decided, correction.Decided]:
        supporting = await cases.supporting(session, [row.id])
        before = cases.decided(row, supporting[row.id])
        city = self._cities.current.city
        after = correction.correct(
            before,
            status=Status(row.status),
            category=category,
            known=self._taxonomy.get(row.category) if row.category and row.category in self._taxonomy else None,
            place=place,
            condition=wanted.condition,
            settle=lambda settled, precision, chosen: settle(
                settled, row.description, city.filing_conditions, city.policy, precision, chosen=chosen
            ),
            matrix=city.matrix,
            calendar=city.calendar,
            now=now,
        )
        return before, after

    @staticmethod
    async def _keep(
        session: AsyncSession,
        row: CaseRow,
        *,
        before: correction.Decided,
        after: correction.Decided,
        actor: Actor,
        now: datetime,
    ) -> None:
        moved = before.place != after.place
        kept: Example = example(row.description, after.place.text if moved else "", (row.reporter_name,))
        if not kept.text.strip():
            return  # it said nothing but a name or a number
        earlier = await examples.newest_of(session, row.id)
        if earlier is not None and not moved:
            # the place was put right before and still is
            kept = replace(kept, place_text=earlier.place_text, places=tuple((a, b) for a, b in earlier.places))
        await examples.keep(
            session,
            row.id,
            kept,
            code_before=before.category,
            code_after=after.category,
            by=actor.id,
            now=now,
        )
