"""What happened last in each channel, over all processes: for the status page and the figures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.gateway.message import Json
from channels.gateway.rows import insert_new
from channels.gateway.tables import pulse

log = logging.getLogger(__name__)

_EVERY_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Beat:
    """A channel's last message in and out, and what went wrong: the last error, and how many on its day (UTC)."""

    in_at: datetime | None
    out_at: datetime | None
    error_at: datetime | None
    error: str
    errors_today: int


@dataclass(slots=True)
class _News:
    in_at: datetime | None = None
    out_at: datetime | None = None
    errors: list[tuple[datetime, str]] = field(default_factory=list)


class Pulse:
    """Notes in memory, and every few seconds in the database, so that it costs a message nothing."""

    def __init__(self, database: Database, clock: Callable[[], datetime]):
        self._database = database
        self._clock = clock
        self._news: dict[str, _News] = {}

    def heard(self, channel: str) -> None:
        """A resident's message has come."""
        self._of(channel).in_at = self._clock()

    def out(self, channel: str) -> None:
        """Something was said to a resident."""
        self._of(channel).out_at = self._clock()

    def error(self, channel: str, reason: str) -> None:
        """Something went wrong; ``reason`` is a short word."""
        self._of(channel).errors.append((self._clock(), reason))

    async def run(self) -> None:
        """Store what is new, for ever."""
        try:
            while True:
                await asyncio.sleep(_EVERY_SECONDS)
                try:
                    await self.store()
                except Exception:  # the database may be away for a while
                    log.warning("what happened in the channels could not be stored", exc_info=True)
        finally:
            await asyncio.shield(self.store())

    async def store(self) -> None:
        """Store what is new."""
        if not self._news:
            return
        news, self._news = self._news, {}

        def work(connection: sa.Connection) -> None:
            for channel, new in sorted(news.items()):  # in one order, so that two processes do not wait for each other
                insert_new(connection, pulse, channel=channel, error="", day="", errors=0)
                row = connection.execute(sa.select(pulse).where(pulse.c.channel == channel).with_for_update()).one()
                changes: Json = {}
                if new.in_at:
                    changes["in_at"] = max(filter(None, (row.in_at, new.in_at)))
                if new.out_at:
                    changes["out_at"] = max(filter(None, (row.out_at, new.out_at)))
                if new.errors:
                    at, reason = new.errors[-1]
                    day = at.date().isoformat()
                    before = row.errors if row.day == day else 0
                    changes |= {"error_at": at, "error": reason, "day": day, "errors": before + len(new.errors)}
                connection.execute(sa.update(pulse).where(pulse.c.channel == channel).values(changes))

        try:
            await self._database.write(work)
        except BaseException:
            for channel, new in news.items():
                later = self._of(channel)
                later.in_at, later.out_at = later.in_at or new.in_at, later.out_at or new.out_at
                later.errors[:0] = new.errors[-100:]
            raise

    async def beats(self) -> dict[str, Beat]:
        """How each channel does."""
        today = self._clock().date().isoformat()

        def work(connection: sa.Connection) -> dict[str, Beat]:
            return {
                row.channel: Beat(row.in_at, row.out_at, row.error_at, row.error, row.errors if row.day == today else 0)
                for row in connection.execute(sa.select(pulse))
            }

        return await self._database.read(work)

    def _of(self, channel: str) -> _News:
        return self._news.setdefault(channel, _News())
