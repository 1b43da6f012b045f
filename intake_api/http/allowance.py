"""How much one address may ask without a log-in: enough for any honest use, too little to exhaust the database.

Each process counts for itself: this protects the process, nothing else depends on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from aiohttp import web

from groundwork.problem import Problem
from groundwork.web import client_address

BURST = 600
"""Requests at once."""

PER_SECOND = 20.0
"""Requests in the long run."""

_MOST_ADDRESSES = 20_000


class Allowance:
    """What is left to each address; it fills up again with time. ``clock`` gives seconds."""

    def __init__(
        self, burst: float = BURST, per_second: float = PER_SECOND, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, address: str) -> float:
        """Take one; 0, or the seconds until there is one again."""
        now = self._clock()
        left, since = self._left.pop(address, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        granted = left >= 1
        self._left[address] = (left - 1 if granted else left, now)
        if len(self._left) > _MOST_ADDRESSES:
            del self._left[next(iter(self._left))]  # the one that has been quiet longest
        return 0.0 if granted else (1 - left) / self._per_second


ALLOWANCE = web.AppKey("allowance", Allowance)


def check_allowance(request: web.Request) -> None:
    """Take one of the asker's allowance. Raises Problem 429 ``too_many_requests``."""
    wait = request.app[ALLOWANCE].wait(client_address(request))
    if wait:
        headers = {"Retry-After": str(int(wait) + 1)}
        raise Problem(429, "too_many_requests", "查询太频繁，请稍后再试。", headers=headers)
