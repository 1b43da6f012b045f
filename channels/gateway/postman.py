"""Brings users what was said to them, in order, in channels that do not fetch it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic

from prometheus_client import Counter

from channels.gateway.pulse import Pulse
from channels.gateway.recipients import L, Recipients, Waits

log = logging.getLogger(__name__)

AT_ONCE = 10
"""So many users one process writes to at the same time."""

_EVERY_SECONDS = 1.0
_LIMIT = 50
_LONGEST_PAUSE = timedelta(minutes=5)
_REFUSALS = 5
_LONG_AGO = timedelta(days=3650)


class NotBrought(Exception):
    """A letter has not reached its user. ``result`` is a short word for the figures."""

    def __init__(self, result: str):
        super().__init__(result)
        self.result = result


class Unwelcome(NotBrought):
    """The channel does not let us write to this user; the words wait for ``waits``."""

    def __init__(self, result: str, waits: Waits):
        super().__init__(result)
        self.waits = waits


class Away(NotBrought):
    """The channel does not answer, or asks for a pause of ``retry_after`` seconds at least. Tried again later."""

    def __init__(self, result: str, retry_after: float = 0.0):
        super().__init__(result)
        self.retry_after = retry_after


class LetterRefused(NotBrought):
    """The channel will not take this letter, for a reason that we do not know. Tried again a few times."""

    def __init__(self) -> None:
        super().__init__("refused")


@dataclass(frozen=True, slots=True)
class Manners:
    """How the users of a channel are written to."""

    channel: str
    recent: timedelta
    """Who has turned to us within this time is looked at in every round."""
    first_pause: timedelta
    """Before a letter is tried again; doubled each time."""
    all_every: int = 0
    """The others are looked at in every so many rounds; 0: never, they may not be written to."""
    skips: bool = False
    """A letter that was refused often is left out, so that those after it are told; else all wait for a contact."""


class Postman(Generic[L]):
    """Writes to users. What the channel does not let through waits.

    Should the process die between writing and noting it, the words come again: the channels have no key against that.
    """

    def __init__(
        self,
        recipients: Recipients[L],
        send: Callable[[str, L], Awaitable[None]],
        manners: Manners,
        *,
        letters: Counter,
        pulse: Pulse,
        clock: Callable[[], datetime],
        every: float = _EVERY_SECONDS,
    ):
        """``send`` brings a letter to a user, named as the channel does, or raises NotBrought.

        ``letters`` counts them by what became of them. ``every``: seconds between two rounds.
        """
        self._recipients = recipients
        self._send = send
        self._manners = manners
        self._letters = letters
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
                everybody = bool(self._manners.all_every) and self._rounds % self._manners.all_every == 0
                self._rounds += 1
                while await self.round(everybody=everybody) == _LIMIT:
                    pass
            except Exception:  # the database may be away for a while
                log.warning("a round of messages failed", extra={"channel": self._manners.channel}, exc_info=True)

    async def round(self, *, everybody: bool = False) -> int:
        """Bring what is there. Returns to how many users something was due."""
        now = self._clock()
        since = now - (_LONG_AGO if everybody else self._manners.recent)
        found = await self._recipients.owing(now, _LIMIT, since)
        places = asyncio.Semaphore(AT_ONCE)

        async def bring(conversation: str) -> None:
            async with places:
                try:
                    await self._bring(conversation)
                except Exception:  # one user must not hold up the others; the lease ends by itself
                    log.exception("a message was not brought", extra={"channel": self._manners.channel})

        await asyncio.gather(*(bring(conversation) for conversation in found))
        return len(found)

    async def _bring(self, conversation: str) -> None:
        owner, began = secrets.token_hex(8), self._clock()
        bag = await self._recipients.take(conversation, owner, began)
        if bag is None:
            return
        user = conversation.partition(":")[2]
        waits: Waits | None = None
        due_at: datetime | None = None
        attempts, result = bag.attempts, ""
        for letter in bag.letters:
            try:
                if letter.text:
                    await self._send(user, letter)
                    self._letters.labels("sent").inc()
                    self._pulse.out(self._manners.channel)
            except Unwelcome as error:
                waits, result = error.waits, error.result
                break
            except Away as error:
                due_at, result = self._later(attempts, error.retry_after), error.result
                break
            except LetterRefused as error:
                result = error.result
                often = attempts + 1 >= _REFUSALS
                if not (often and self._manners.skips):
                    waits = Waits.CONTACT if often else None
                    due_at = self._later(attempts)
                    break
                attempts = 0
            if letter.through is not None and not await self._recipients.told(
                conversation, owner, letter.through, self._clock()
            ):
                return  # another process has taken over
        if result:
            self._letters.labels(result).inc()
            self._pulse.error(self._manners.channel, result)
        await self._recipients.release(conversation, owner, waits=(waits, began) if waits else None, due_at=due_at)

    def _later(self, attempts: int, retry_after: float = 0.0) -> datetime:
        pause = min(self._manners.first_pause * (1 << min(attempts, 10)), _LONGEST_PAUSE)
        return self._clock() + max(pause, timedelta(seconds=retry_after))
