"""Tells the connections of this process when something happened in the conversations they show.

What this process does is told at once; what another process does is seen in the database within a second.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from channels.gateway.store import Glance, Store

log = logging.getLogger(__name__)

_AT_ONCE = 500  # conversations in one query


class Watcher:
    """One connection that shows a conversation."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self.busy = False

    async def news(self) -> None:
        """Wait until something may have changed since the last call."""
        await self._news.wait()
        self._news.clear()

    def wake(self, busy: bool | None = None) -> None:
        """Something changed; ``busy``: whether an answer is being made, if that is known."""
        if busy is not None:
            self.busy = busy
        self._news.set()


class Pushes:
    """The watchers of this process by conversation."""

    def __init__(self, store: Store, clock: Callable[[], datetime], *, every: float = 1.0):
        self._store = store
        self._clock = clock
        self._every = every
        self._watchers: dict[str, set[Watcher]] = {}
        self._seen: dict[str, Glance] = {}

    @contextmanager
    def watch(self, sender: str) -> Iterator[Watcher]:
        """A watcher of the conversation while the block lasts. Its first ``news`` returns at once."""
        watcher = Watcher()
        watcher.wake()
        self._watchers.setdefault(sender, set()).add(watcher)
        try:
            yield watcher
        finally:
            others = self._watchers[sender]
            others.discard(watcher)
            if not others:
                del self._watchers[sender]
                self._seen.pop(sender, None)

    def watched(self, sender: str) -> int:
        """How many connections of this process show the conversation."""
        return len(self._watchers.get(sender, ()))

    def tell(self, sender: str, busy: bool | None = None) -> None:
        """Something was stored in the conversation, or an answer is begun or done (``busy``)."""
        for watcher in self._watchers.get(sender, ()):
            watcher.wake(busy)

    async def run(self) -> None:
        """Look into the database for what other processes did, for ever."""
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.look()
            except Exception:  # the database may be away for a while; connections stay
                log.warning("could not look for news", exc_info=True)

    async def look(self) -> None:
        """Look once."""
        senders = list(self._watchers)
        for start in range(0, len(senders), _AT_ONCE):
            glances = await self._store.glance(senders[start : start + _AT_ONCE], self._clock())
            for sender, glance in glances.items():
                if self._seen.get(sender) != glance and sender in self._watchers:
                    self._seen[sender] = glance
                    self.tell(sender, glance.busy)
