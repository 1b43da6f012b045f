"""Brings users what was said to them, in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from channels.gateway.pulse import Pulse
from channels.telegram import metrics
from channels.telegram.chats import Chats
from channels.telegram.client import Blocked, Telegram, TelegramDown, TelegramRefused
from channels.telegram.inbox import CHANNEL
from channels.telegram.tables import Waits

log = logging.getLogger(__name__)

_EVERY_SECONDS = 1.0
_LIMIT = 50
_AT_ONCE = 10
_FIRST_PAUSE = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(minutes=5)
_REFUSALS = 5
"""So often Telegram may refuse a message; then it is skipped, so that those after it are told."""

_RECENT = timedelta(days=2)
_LONG_AGO = timedelta(days=3650)
_ALL_EVERY = 15
"""Users who have not turned to us for two days are looked at in every so many rounds only."""


class Postman:
    """Writes to users. Who has blocked the bot is told when they turn to us again.

    Should the process die between writing and noting it, the words come again: Telegram has no key against that.
    """

    def __init__(
        self,
        chats: Chats,
        telegram: Telegram,
        pulse: Pulse,
        clock: Callable[[], datetime],
        *,
        every: float = _EVERY_SECONDS,
    ):
        self._chats = chats
        self._telegram = telegram
        self._pulse = pulse
        self._clock = clock
        self._every = every
        self._bell = asyncio.Event()
        self._rounds = 0

    def ring(self) -> None:
        """There is something to bring."""
        self._bell.set()

    async def run(self) -> None:
        """Look for ever, also for what other processes left."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), self._every)
            self._bell.clear()
            try:
                everybody = self._rounds % _ALL_EVERY == 0
                self._rounds += 1
                while await self.round(everybody=everybody) == _LIMIT:
                    pass
            except Exception:  # the database may be away for a while
                log.warning("a round of the Telegram messages failed", exc_info=True)

    async def round(self, *, everybody: bool = True) -> int:
        """Bring what is there. Returns to how many users something was due."""
        now = self._clock()
        found = await self._chats.owing(now, _LIMIT, now - (_LONG_AGO if everybody else _RECENT))
        places = asyncio.Semaphore(_AT_ONCE)

        async def bring(conversation: str) -> None:
            async with places:
                try:
                    await self._bring(conversation)
                except Exception:  # one user must not hold up the others; the lease ends by itself
                    log.exception("a Telegram message failed")

        await asyncio.gather(*(bring(conversation) for conversation in found))
        return len(found)

    async def _bring(self, conversation: str) -> None:
        owner, began = secrets.token_hex(8), self._clock()
        bag = await self._chats.take(conversation, owner, began)
        if bag is None:
            return
        chat = conversation.partition(":")[2]
        waits: Waits | None = None
        due_at: datetime | None = None
        attempts = bag.attempts
        result = ""
        for letter in bag.letters:
            try:
                if letter.text:
                    await self._telegram.send(chat, letter.text, letter.keyboard)
                    metrics.LETTERS.labels("sent").inc()
                    self._pulse.out(CHANNEL)
            except Blocked:
                waits, result = Waits.CONTACT, "blocked"
                break
            except TelegramDown as error:
                log.warning("Telegram cannot be reached", extra={"reason": str(error)})
                due_at, result = self._later(attempts, error.retry_after), "wait" if error.retry_after else "down"
                break
            except TelegramRefused as error:
                log.error("Telegram refuses a message", extra={"reason": str(error), "attempts": attempts})
                result = "refused"
                if attempts + 1 < _REFUSALS:
                    due_at = self._later(attempts, 0.0)
                    break
                attempts = 0
            if letter.through is not None and not await self._chats.told(
                conversation, owner, letter.through, self._clock()
            ):
                return  # another process has taken over
        if result:
            metrics.LETTERS.labels(result).inc()
            self._pulse.error(CHANNEL, result)
        await self._chats.release(conversation, owner, waits=(waits, began) if waits else None, due_at=due_at)

    def _later(self, attempts: int, retry_after: float) -> datetime:
        pause = min(_FIRST_PAUSE * (1 << min(attempts, 10)), _LONGEST_PAUSE)
        return self._clock() + max(pause, timedelta(seconds=retry_after))
