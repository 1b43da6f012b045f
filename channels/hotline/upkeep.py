"""What time does to calls: connections that do not come back, recordings whose days are over, changes all have seen."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from channels.hotline import metrics
from channels.hotline.call import Side, Step
from channels.hotline.call_store import CallStore
from channels.hotline.city_rules import CityRules
from channels.hotline.leg_store import LegStore
from channels.hotline.quality_store import QualityStore
from channels.hotline.rows import NEVER

log = logging.getLogger(__name__)

_EVERY_SECONDS = 5.0
_PURGE_SECONDS = 600.0
GRACE = timedelta(seconds=30)
"""So long an exchange may take to connect a leg again; then the leg counts as hung up."""
_AT_A_TIME = 200
_SETTLED_AT_A_TIME = 50


class Upkeep:
    """Done by every process; each piece of work by one of them. ``folder`` holds the recordings."""

    def __init__(
        self,
        calls: CallStore,
        legs: LegStore,
        quality: QualityStore,
        city: CityRules,
        folder: Path,
        *,
        clock: Callable[[], datetime],
    ):
        self._calls = calls
        self._legs = legs
        self._quality = quality
        self._city = city
        self._folder = folder
        self._clock = clock
        self._purged_at = float("-inf")

    async def run(self) -> None:
        """Look after calls for ever."""
        began = self._clock()
        while True:
            try:
                if self._clock() - began > GRACE:  # after a restart the exchange has its time to connect again
                    await self.hang_up_lost()
                await self.end_forgotten()
                await self.measure()
                await self.settle()
                await self._calls.trim_changes(self._clock())
                if time.monotonic() - self._purged_at > _PURGE_SECONDS:
                    await self.purge()
                    self._purged_at = time.monotonic()
            except Exception:  # the database may be away for a while
                log.warning("calls were not looked after", exc_info=True)
            await asyncio.sleep(_EVERY_SECONDS)

    async def hang_up_lost(self) -> None:
        """Close legs whose connection broke and did not come back; with the caller's the call is over."""
        now = self._clock()
        for leg in await self._legs.close_silent(now - GRACE, now):
            log.warning("a line was lost", extra={"leg": leg.uuid})
            if leg.side is Side.CALLER:
                await self._calls.exchange_says(leg.call, Step.HANG_UP, leg.closed_at or now)

    async def end_forgotten(self) -> None:
        """End calls that nobody will end any more."""
        now = self._clock()
        for call, step in await self._calls.forgotten(now):
            log.warning("a call was left", extra={"call": call, "step": step.value})
            await self._calls.exchange_says(call, step, now)

    async def measure(self) -> None:
        """How far writing down is behind, for the figures."""
        ids = [call.id for call in await self._calls.open()]
        legs = [leg for each in (await self._legs.of_calls(ids, self._clock())).values() for leg in each]
        metrics.LAG_SECONDS.set(max((leg.lag_seconds for leg in legs), default=0.0))
        metrics.BEHIND_SECONDS.set(sum(leg.lag_seconds for leg in legs))

    async def settle(self) -> None:
        """Write down the figures of calls that are over."""
        day_of = (await self._city.rules()).day
        while await self._quality.settle(day_of, self._clock(), _SETTLED_AT_A_TIME):
            pass

    async def purge(self) -> None:
        """Delete recordings, and later words, numbers and names, whose time by the city's rules is over.

        Those of a person who asked for it go at once (the intake's erasure marks their calls).
        """
        rules = await self._city.rules()
        now = self._clock()
        # nothing is deleted by a guess: while the city's days are not known only what a person asked for
        before = now - timedelta(days=rules.recordings_days) if self._city.known else NEVER
        words_before = now - timedelta(days=rules.personal_days) if self._city.known else NEVER
        while found := await self._calls.recordings_before(before, now, _AT_A_TIME):
            for _, path in found:
                await asyncio.to_thread((self._folder / path).unlink, missing_ok=True)
            await self._calls.recordings_gone([uuid for uuid, _ in found])
            metrics.PURGED.inc(len(found))
        await self.settle()  # figures are made of the words
        while await self._calls.forget(words_before, now, _AT_A_TIME):
            pass
