"""What pages are told as it happens: one look at the database for all pages of this process."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from channels.hotline.call_store import CallStore, Changed

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.25
_REMEMBERED = 2000


class Live:
    """Follows the changes of all calls. ``after`` is asked by each page with its own cursor."""

    def __init__(self, store: CallStore):
        self._store = store
        self._recent: deque[Changed] = deque(maxlen=_REMEMBERED)
        self._cursor: int | None = None
        self._watchers: set[asyncio.Event] = set()
        self.closing = False
        """Set when the process stops: pages connect again, to another one."""

    @contextmanager
    def watch(self) -> Iterator[asyncio.Event]:
        """An event that is set when there may be something new."""
        event = asyncio.Event()
        event.set()
        self._watchers.add(event)
        try:
            yield event
        finally:
            self._watchers.discard(event)

    async def after(self, cursor: int) -> list[Changed] | None:
        """What changed after ``cursor``; None when that is too long ago: read all anew."""
        if self._cursor is not None and self._recent and self._recent[0].id <= cursor + 1:
            if cursor > self._cursor:
                return None  # of another database
            return [change for change in self._recent if change.id > cursor]
        if self._cursor is not None and cursor == self._cursor:
            return []
        return await self._store.changes_after(cursor)

    async def run(self) -> None:
        """Look for ever, while anybody watches."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if not self._watchers:
                self._cursor = None
                self._recent.clear()
                continue
            try:
                await self._look()
            except Exception:  # the database may be away for a while
                log.warning("changes could not be looked for", exc_info=True)

    async def _look(self) -> None:
        if self._cursor is None:
            self._cursor = await self._store.cursor()
            self._wake()
            return
        found = await self._store.changes_after(self._cursor)
        if found is None:
            self._recent.clear()
            self._cursor = await self._store.cursor()
        elif found:
            self._recent.extend(found)
            self._cursor = found[-1].id
        else:
            return
        self._wake()

    def stop(self) -> None:
        """Let all pages go."""
        self.closing = True
        self._wake()

    def _wake(self) -> None:
        for event in self._watchers:
            event.set()
