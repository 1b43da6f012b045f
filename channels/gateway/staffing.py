"""Who of the staff is there for residents: ready, on a break or gone, and whether anybody is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.gateway.handover import DESERTED, Presence, Staff
from channels.gateway.people import People
from channels.gateway.people_tables import operators
from channels.gateway.rows import insert_new

log = logging.getLogger(__name__)

PRESENT = timedelta(seconds=90)
"""A page that has given no sign of life for so long is closed, or cut off."""

_TIDY_SECONDS = 5.0


class OperatorState(StrEnum):
    """What operators say of themselves."""

    READY = "ready"  # 就绪
    BREAK = "break"  # 小休


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody at a console."""

    staff: Staff
    state: OperatorState
    since: datetime


class Hours(Protocol):
    """When people work; None: not known."""

    def open(self, now: datetime) -> bool | None:
        """Whether they do at ``now``."""
        ...

    def opens_at(self, now: datetime) -> datetime | None:
        """When they do next, if not at ``now``."""
        ...


class Staffing:
    """The operators, as all processes know them; every method is one transaction."""

    def __init__(self, database: Database, hours: Hours):
        self._database = database
        self._hours = hours

    async def presence(self, now: datetime) -> Presence:
        """Whether a person can be had. Whoever is ready counts outside office hours too: they say so themselves."""
        return Presence(await self._ready(now - PRESENT), self._hours.opens_at(now))

    async def deserted(self, now: datetime) -> bool:
        """Whether nobody has been ready for some time."""
        return not await self._ready(now - DESERTED)

    async def _ready(self, since: datetime) -> bool:
        query = sa.select(operators.c.staff).where(
            operators.c.state == OperatorState.READY, operators.c.seen_at > since
        )
        return await self._database.read(lambda connection: connection.execute(query.limit(1)).first() is not None)

    async def seen(self, staff: Staff, now: datetime) -> None:
        """A sign of life of somebody's console. Who comes for the first time, or after long, is on a break."""

        def work(connection: sa.Connection) -> None:
            row = connection.execute(sa.select(operators).where(operators.c.staff == staff.id)).one_or_none()
            if row is None:
                _set(connection, staff, OperatorState.BREAK, now)
                return
            gone = row.seen_at <= now - DESERTED and row.state == OperatorState.READY
            changes = {"state": OperatorState.BREAK, "since": now} if gone else {}
            values = {"seen_at": now, "name": staff.name} | changes
            connection.execute(sa.update(operators).where(operators.c.staff == staff.id).values(values))

        await self._database.write(work)

    async def say(self, staff: Staff, state: OperatorState, now: datetime) -> None:
        """Somebody is ready from now on, or has a break."""
        await self._database.write(lambda connection: _set(connection, staff, state, now))

    async def present(self, now: datetime) -> list[Operator]:
        """Everybody at a console, by name."""
        query = sa.select(operators).where(operators.c.seen_at > now - PRESENT).order_by(operators.c.name)
        return await self._database.read(
            lambda connection: [
                Operator(Staff(row.staff, row.name), OperatorState(row.state), row.since)
                for row in connection.execute(query)
            ]
        )


def _set(connection: sa.Connection, staff: Staff, state: OperatorState, now: datetime) -> None:
    values = {"name": staff.name, "state": state, "since": now, "seen_at": now}
    insert_new(connection, operators, staff=staff.id, **values)
    connection.execute(sa.update(operators).where(operators.c.staff == staff.id).values(values))


class Tidying:
    """What time does to handovers: operators who are gone, talk that fell silent, an empty room, a line that moves."""

    def __init__(
        self,
        people: People,
        staffing: Staffing,
        hours: Hours,
        tell: Callable[[str], None],
        clock: Callable[[], datetime],
    ):
        """``tell``: something was said in a conversation."""
        self._people = people
        self._staffing = staffing
        self._hours = hours
        self._tell = tell
        self._clock = clock

    async def round(self) -> None:
        """Look once."""
        now = self._clock()
        changed = await self._people.lapse(now) + await self._people.fall_silent(now)
        if await self._staffing.deserted(now):
            changed += await self._people.desert(self._hours.opens_at(now), now)
        changed += await self._people.move_up(now)
        for conversation in changed:
            self._tell(conversation)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(_TIDY_SECONDS)
            try:
                await self.round()
            except Exception:  # the database may be away for a while
                log.warning("handovers were not looked after", exc_info=True)
