"""Requests of this process that wait for answers, and the one look into the database that serves them all.

Who waits costs nothing by itself: a flood of waiting requests must not be a flood of questions to the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from channels.gateway.message import Answer
from channels.gateway.store import Store

log = logging.getLogger(__name__)

_OWN_EVERY_SECONDS = 1.0
"""What this process is at work on it tells itself; it is looked at this seldom, in case that went wrong."""

_AT_ONCE = 500  # conversations in one query


class Waiting:
    """Answers that are waited for, by conversation. They may be made here or by another process."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        *,
        at_work: Callable[[str], bool],
        resume: Callable[[str], Awaitable[object]],
        every: float,
    ):
        """``at_work``: whether this process is at work on a conversation.

        ``resume`` takes a conversation up whose process died. ``every``: seconds between two looks.
        """
        self._store = store
        self._clock = clock
        self._at_work = at_work
        self._resume = resume
        self._every = every
        # the requests in the order in which they came, with their messages; None: not for now
        self._requests: dict[str, list[tuple[int, asyncio.Future[Answer | None]]]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def answer(self, sender: str, seq: int, patience: float) -> Answer | None:
        """The answer to message ``seq``; None when it does not come within ``patience`` seconds."""
        future: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._requests.setdefault(sender, []).append((seq, future))
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_on())
        try:
            async with asyncio.timeout(patience):
                return await future
        except TimeoutError:
            return None
        finally:
            others = self._requests[sender]
            others.remove((seq, future))
            if not others:
                del self._requests[sender]

    def tell(self, sender: str, answer: Answer | None, seq: int | None = None) -> None:
        """Give ``answer`` to the requests that wait for message ``seq``, or for any message."""
        for waited_for, future in self._requests.get(sender, ()):
            if seq in (None, waited_for) and not future.done():
                future.set_result(answer)

    async def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look_on(self) -> None:
        """Look as long as anybody waits."""
        loop = asyncio.get_running_loop()
        own_at = loop.time()
        try:
            while self._requests:
                await asyncio.sleep(self._every)
                own = loop.time() >= own_at + _OWN_EVERY_SECONDS
                own_at = loop.time() if own else own_at
                try:
                    while await self._look(own):
                        pass
                except Exception:  # the database may be away for a while; those who wait have their own patience
                    log.warning("answers could not be looked for", exc_info=True)
        finally:
            self._looking = None

    async def _look(self, own: bool) -> bool:
        """Look once for the oldest message waited for in each conversation: they are answered in order.

        ``own``: also where this process is at work. Whether an answer was found: then the next one may be there too.
        """
        oldest: dict[int, str] = {}
        for sender, requests in self._requests.items():
            seqs = [seq for seq, future in requests if not future.done()]
            if seqs and (own or not self._at_work(sender)):
                oldest[min(seqs)] = sender
        found = False
        seqs = list(oldest)
        for start in range(0, len(seqs), _AT_ONCE):
            answers, free = await self._store.outcomes(seqs[start : start + _AT_ONCE], self._clock())
            for seq, answer in answers.items():
                self.tell(oldest[seq], answer, seq)
                found = True
            for sender in free:
                if not self._at_work(sender):
                    await self._resume(sender)
        return found
