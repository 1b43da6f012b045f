"""The event feed as a running process serves it: positions are given as events come, and readers may wait."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from intake_api.storage import feed
from intake_api.storage.database import Database, StorageUnavailable
from intake_api.storage.feed import Page, Wanted

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often each process looks for events that have no position yet."""


class Feed:
    """All events in the order that every reader shares."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._moved = asyncio.Event()
        self._head = 0
        self._closing = False

    async def page(self, wanted: Wanted, *, after: int, limit: int, wait: float = 0.0) -> Page:
        """The next events behind ``after``; while there are none, wait for up to ``wait`` seconds."""
        deadline = time.monotonic() + wait
        while True:
            moved = self._moved
            await feed.sequence(self._database)
            async with self._database.read() as session:
                found = await feed.page(session, wanted, after=after, limit=limit)
            left = deadline - time.monotonic()
            if found.entries or found.next < found.head or left <= 0 or self._closing:
                return found
            after = found.next
            try:
                await asyncio.wait_for(moved.wait(), left)
            except TimeoutError:
                return found

    async def watch(self, on_move: Callable[[], None]) -> None:
        """Give positions for ever; tell waiting readers, and ``on_move``, when there is something new."""
        while True:
            try:
                await feed.sequence(self._database)
                async with self._database.read() as session:
                    newest = await feed.head(session)
                if newest != self._head:
                    self._head = newest
                    self._wake()
                    on_move()
            except StorageUnavailable:
                log.warning("feed not looked after: the database does not answer")
            except Exception:
                log.exception("feed not looked after")
            await asyncio.sleep(LOOK_SECONDS)

    def close(self) -> None:
        """Let waiting readers go with what there is."""
        self._closing = True
        self._wake()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
