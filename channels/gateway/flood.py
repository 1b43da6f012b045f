"""Slows a flood of messages from one conversation down instead of refusing it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_FORGET_AT = 10_000  # conversations; those whose bucket is full again are forgotten


class Flood(Exception):
    """Even waiting would not help: come back after ``retry_after`` seconds."""

    def __init__(self, retry_after: float):
        super().__init__(f"retry after {retry_after:.1f} s")
        self.retry_after = retry_after


class Limiter:
    """A token bucket for each sender: ``rate`` a second, ``burst`` at once; what is above waits its turn.

    It protects this process, so each process has its own.
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
