"""What operators do with calls, told to the intake's audit trail: at once when it answers, later when it does not.

A deed is written down in the transaction that does it, and sent from there, so that nobody waits for the intake and
nothing is lost. It is told with the operator's own credential, which alone can write rows in their name: with that of
the request, then with that of their page as long as one is connected, be it to another process or on another day.
The intake writes the same deed of the same moment once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.gateway.intake import IntakeDown, IntakeRefused
from channels.hotline import metrics
from channels.hotline.tables import deeds
from channels.hotline.transactions import reads, writes
from channels.staff.credential import Credential
from channels.staff.registry import Registry

log = logging.getLogger(__name__)

_EVERY_SECONDS = 5.0
_AT_A_TIME = 20
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=10)
MOST_ATTEMPTS = 60
"""About nine hours of an intake that is away while the operator is there."""
KEPT = timedelta(days=30)
"""So long a deed waits for its operator to come back."""
_POINTLESS = frozenset({404, 422})


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done with a call. ``kind``: take, correct, finish."""

    id: int
    call: str
    kind: str
    at: datetime
    attempts: int


class DeedStore:
    """Deeds that the trail does not say yet; every method is one transaction."""

    def __init__(self, database: Database):
        self.database = database

    @writes
    def take(self, connection: sa.Connection, by: str, now: datetime, limit: int = _AT_A_TIME) -> list[Deed]:
        """Take deeds of this operator to tell them; the pause until they come again grows."""
        query = (
            sa.select(deeds)
            .where(deeds.c.by_id == by, deeds.c.next_at <= now)
            .order_by(deeds.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = [Deed(row.id, row.call, row.kind, row.at, row.attempts + 1) for row in connection.execute(query)]
        for deed in found:
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(deed.attempts, 10))
            again = sa.update(deeds).where(deeds.c.id == deed.id)
            connection.execute(again.values(attempts=deed.attempts, next_at=now + pause))
        return found

    @reads
    def due(self, connection: sa.Connection, operators: Sequence[str], now: datetime) -> list[str]:
        """Those of the operators whose deeds are to be told."""
        query = sa.select(deeds.c.by_id).where(deeds.c.by_id.in_(operators), deeds.c.next_at <= now).distinct()
        return list(connection.execute(query).scalars())

    @writes
    def done(self, connection: sa.Connection, deed: int) -> None:
        """The trail says it, or never will."""
        connection.execute(sa.delete(deeds).where(deeds.c.id == deed))

    @writes
    def expire(self, connection: sa.Connection, before: datetime) -> int:
        """Give up deeds from before this moment. Returns how many."""
        return connection.execute(sa.delete(deeds).where(deeds.c.at < before)).rowcount

    @reads
    def waiting(self, connection: sa.Connection) -> int:
        """How many there are."""
        return connection.execute(sa.select(sa.func.count()).select_from(deeds)).scalar_one()


class Trail:
    """Tells deeds. ``present``: the operators who are there, with a credential of each."""

    def __init__(
        self,
        store: DeedStore,
        registry: Registry,
        present: Callable[[], Mapping[str, Credential]],
        *,
        clock: Callable[[], datetime],
    ):
        self._store = store
        self._registry = registry
        self._present = present
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def soon(self, operator: str, credential: Credential) -> None:
        """An operator has done something: tell it, without anybody waiting for that."""
        task = asyncio.create_task(self._told(operator, credential), name="trail")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Tell what waits, for ever."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            present = self._present()
            try:
                for operator in await self._store.due(list(present), self._clock()) if present else ():
                    await self._told(operator, present[operator])
                await self.tidy()
            except Exception:  # the database may be away for a while
                log.warning("deeds were not looked after", exc_info=True)

    async def tidy(self) -> None:
        """Give up what is too old, and count what waits."""
        for _ in range(await self._store.expire(self._clock() - KEPT)):
            self._gave_up("expired")
        metrics.UNTOLD_DEEDS.set(await self._store.waiting())

    async def tell(self, operator: str, credential: Credential) -> None:
        """Tell what this operator did, with their credential."""
        for deed in await self._store.take(operator, self._clock()):
            try:
                await self._registry.note_deed(credential, deed.call, deed.kind, deed.at)
            except IntakeDown:
                if deed.attempts < MOST_ATTEMPTS:
                    return  # the others wait as well
                self._gave_up("attempts")
            except IntakeRefused as error:
                # a session that is over is no fault of the deed: it waits for the next one
                if error.status not in _POINTLESS and deed.attempts < MOST_ATTEMPTS:
                    return
                self._gave_up(error.code)
            else:
                metrics.DEEDS.labels("told").inc()
            await self._store.done(deed.id)

    async def end(self) -> None:
        """Wait for what is being told."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _told(self, operator: str, credential: Credential) -> None:
        try:
            await self.tell(operator, credential)
        except Exception:
            log.warning("deeds were not told", exc_info=True)

    def _gave_up(self, reason: str) -> None:
        metrics.DEEDS.labels("given_up").inc()
        log.error("not in the audit trail: what an operator did with a call", extra={"reason": reason})
