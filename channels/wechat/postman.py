"""Brings followers what was said and could not be put into the reply to a callback, in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from channels.gateway.pulse import Pulse
from channels.wechat import metrics
from channels.wechat.client import NotFollowing, Silenced, WeChat, WeChatDown, WeChatRefused
from channels.wechat.followers import Followers
from channels.wechat.tables import Waits

log = logging.getLogger(__name__)

_EVERY_SECONDS = 1.0
_LIMIT = 50
_AT_ONCE = 10
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=5)
_REFUSALS = 5
"""So often WeChat may refuse for a reason we do not know; then the words wait for the user's next contact."""


class Postman:
    """Writes to followers. What WeChat does not let through now waits, and is said when the user turns to us again.

    Should the process die between writing and noting it, the words come a second time: WeChat has no key against that.
    """

    def __init__(
        self,
        followers: Followers,
        wechat: WeChat,
        pulse: Pulse,
        clock: Callable[[], datetime],
        *,
        every: float = _EVERY_SECONDS,
    ):
        self._followers = followers
        self._wechat = wechat
        self._pulse = pulse
        self._clock = clock
        self._every = every
        self._bell = asyncio.Event()

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
                while await self.round() == _LIMIT:
                    pass
            except Exception:  # the database may be away for a while
                log.warning("a round of the WeChat messages failed", exc_info=True)

    async def round(self) -> int:
        """Bring what is there. Returns to how many followers something was due."""
        found = await self._followers.owing(self._clock(), _LIMIT)
        places = asyncio.Semaphore(_AT_ONCE)

        async def bring(conversation: str) -> None:
            async with places:
                try:
                    await self._bring(conversation)
                except Exception:  # one follower must not hold up the others; the lease ends by itself
                    log.exception("a WeChat message failed")

        await asyncio.gather(*(bring(conversation) for conversation in found))
        return len(found)

    async def _bring(self, conversation: str) -> None:
        owner, began = secrets.token_hex(8), self._clock()
        bag = await self._followers.take(conversation, owner, began)
        if bag is None:
            return
        open_id = conversation.partition(":")[2]
        waits: Waits | None = None
        due_at: datetime | None = None
        result = "sent"
        try:
            for letter in bag.letters:
                if letter.text:
                    await self._wechat.send_text(open_id, letter.text)
                    metrics.LETTERS.labels("sent").inc()
                    self._pulse.out("wechat")
                if letter.through is not None and not await self._followers.told(
                    conversation, owner, letter.through, self._clock()
                ):
                    return  # another process has taken over
        except Silenced:
            waits, result = Waits.CONTACT, "silenced"
        except NotFollowing:
            waits, result = Waits.SUBSCRIPTION, "not_following"
        except WeChatRefused as error:
            log.error("WeChat refuses a message", extra={"errcode": error.code})
            result = "refused"
            if bag.attempts + 1 >= _REFUSALS:
                waits = Waits.CONTACT
            due_at = self._later(bag.attempts)
        except WeChatDown as error:
            log.warning("WeChat cannot be reached", extra={"reason": str(error)})
            due_at, result = self._later(bag.attempts), "down"
        if result != "sent":
            metrics.LETTERS.labels(result).inc()
            self._pulse.error("wechat", result)
        await self._followers.release(conversation, owner, waits=(waits, began) if waits else None, due_at=due_at)

    def _later(self, attempts: int) -> datetime:
        return self._clock() + min(_FIRST_PAUSE * (1 << min(attempts, 10)), _LONGEST_PAUSE)
