"""Slows a flood of messages down instead of refusing it: from one sender over all processes, and of a whole channel."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from channels.gateway import metrics
from channels.gateway.database import Database
from channels.gateway.rows import insert_new
from channels.gateway.tables import paces

_FORGET_AT = 10_000  # conversations; those whose bucket is full again are forgotten


class Flood(Exception):
    """Even waiting would not help: come back after ``retry_after`` seconds."""

    def __init__(self, retry_after: float):
        super().__init__(f"retry after {retry_after:.1f} s")
        self.retry_after = retry_after


class Limiter:
    """A token bucket for each sender: ``rate`` a second, ``burst`` at once; what is above waits its turn.

    Known to this process only.
    """

    def __init__(
        self,
        *,
        rate: float = 10.0,
        burst: int = 30,
        longest_wait: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._rate = rate
        self._allowance = burst / rate
        self._longest_wait = longest_wait
        self._clock = clock
        # when the bucket of each sender will be full again
        self._full_at: dict[str, float] = {}

    def reserve(self, sender: str) -> float:
        """Seconds to wait before the next message of ``sender`` may be handled. Raises Flood."""
        now = self._clock()
        if len(self._full_at) > _FORGET_AT:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
        full_at = max(now, self._full_at.get(sender, now)) + 1 / self._rate
        wait = full_at - self._allowance - now
        if wait > self._longest_wait:
            raise Flood(wait - self._longest_wait)
        self._full_at[sender] = full_at
        return max(0.0, round(wait, 6))

    async def turn(self, sender: str) -> None:
        """Wait until the next message of ``sender`` may be handled. Raises Flood."""
        wait = self.reserve(sender)
        if wait:
            await asyncio.sleep(wait)


@dataclass(frozen=True, slots=True)
class Rates:
    """What is let through. A resident who types, or sends ten photos, meets none of these."""

    free: int = 10
    """Messages at once that a process lets a sender have without asking the others; one more each second."""
    burst: int = 20
    """Messages at once above those, over all processes."""
    per_second: float = 10.0
    """Messages a second that follow these."""
    channel_burst: int = 5000
    """Messages at once of a whole channel, in each process."""
    channel_per_second: float = 500.0
    """Messages a second of a whole channel, in each process."""
    longest_wait: float = 5.0
    """Seconds; what would wait for longer is told to come back."""


class Limits:
    """The limits of a channel. Only who writes much costs a look into the database."""

    def __init__(
        self,
        channel: str,
        database: Database,
        clock: Callable[[], datetime],
        rates: Rates | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ):
        self._channel = channel
        self._database = database
        self._clock = clock
        self._rates = rates = rates or Rates()
        self._free = Limiter(rate=1.0, burst=rates.free, longest_wait=0.0, clock=monotonic)
        self._whole = Limiter(
            rate=rates.channel_per_second,
            burst=rates.channel_burst,
            longest_wait=rates.longest_wait,
            clock=monotonic,
        )

    async def reserve(self, sender: str, *, longest_wait: float | None = None) -> float:
        """Seconds to wait before the next message of ``sender`` may be handled.

        Raises Flood, and then the message has not been counted. ``longest_wait``: other than the rates have it.
        """
        longest = self._rates.longest_wait if longest_wait is None else longest_wait
        try:
            whole = self._whole.reserve("")
            if whole > longest:
                raise Flood(whole - longest)
            wait = max(whole, await self._of_sender(sender, longest))
        except Flood:
            metrics.SLOWED.labels(self._channel, "refused").inc()
            raise
        if wait:
            metrics.SLOWED.labels(self._channel, "waited").inc()
        return wait

    async def turn(self, sender: str) -> None:
        """Wait until the next message of ``sender`` may be handled. Raises Flood."""
        wait = await self.reserve(sender)
        if wait:
            await asyncio.sleep(wait)

    async def _of_sender(self, sender: str, longest: float) -> float:
        try:
            return self._free.reserve(sender)
        except Flood:
            pass
        now, rates = self._clock(), self._rates
        name = hashlib.sha256(sender.encode()).hexdigest()[:32]  # who writes much is nobody's business
        step = timedelta(seconds=1 / rates.per_second)
        allowance = timedelta(seconds=rates.burst / rates.per_second)

        def work(connection: sa.Connection) -> float:
            if insert_new(connection, paces, name=name, full_at=now):
                # as good a moment as any: those whose bucket is full again
                connection.execute(sa.delete(paces).where(paces.c.full_at < now - timedelta(hours=1)))
            row = sa.select(paces.c.full_at).where(paces.c.name == name).with_for_update()
            full_at = max(now, connection.execute(row).scalar_one()) + step
            wait = (full_at - allowance - now).total_seconds()
            if wait > longest:
                raise Flood(wait - longest)
            connection.execute(sa.update(paces).where(paces.c.name == name).values(full_at=full_at))
            return max(0.0, round(float(wait), 6))

        return await self._database.write(work)
