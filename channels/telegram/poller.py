"""Fetches the bot's updates, in one process at a time."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from channels.gateway.pulse import Pulse
from channels.telegram import metrics
from channels.telegram.client import PolledElsewhere, Telegram, TelegramDown, TelegramRefused
from channels.telegram.inbox import CHANNEL, Inbox
from channels.telegram.pollers import Pollers

log = logging.getLogger(__name__)

_LIMIT = 100


@dataclass(frozen=True, slots=True)
class PollPace:
    """Seconds. A long poll must end well within the lease."""

    poll: int = 15
    stand_by: float = 5.0  # how often a process without the lease looks whether it is free
    first_pause: float = 1.0  # after an error; doubled each time
    longest_pause: float = 30.0


class Poller:
    """Asks for updates and has them kept. Should it die, what it had not kept comes again to its successor."""

    def __init__(
        self,
        telegram: Telegram,
        pollers: Pollers,
        inbox: Inbox,
        ring: Callable[[], None],
        clock: Callable[[], datetime],
        *,
        pulse: Pulse,
        pace: PollPace | None = None,
    ):
        """``ring`` is called when updates have been kept."""
        self._telegram = telegram
        self._pollers = pollers
        self._inbox = inbox
        self._ring = ring
        self._clock = clock
        self._pulse = pulse
        self._pace = pace or PollPace()
        self._owner = secrets.token_hex(8)
        self._holder = f"{socket.gethostname()}:{os.getpid()}"

    async def run(self) -> None:
        """Poll for ever, or stand by."""
        pause = self._pace.first_pause
        try:
            while True:
                try:
                    if not await self.round():
                        await asyncio.sleep(self._pace.stand_by)
                    pause = self._pace.first_pause
                    continue
                except PolledElsewhere:
                    log.warning("the bot's updates go elsewhere: a webhook is set, or another program polls")
                    self._pulse.error(CHANNEL, "elsewhere")
                    await self._remove_webhook()
                except (TelegramDown, TelegramRefused) as error:
                    log.warning("updates cannot be fetched", extra={"reason": str(error)})
                    self._pulse.error(CHANNEL, "down")
                    pause = max(pause, getattr(error, "retry_after", 0.0))
                except Exception:  # the database may be away for a while
                    log.warning("updates could not be kept", exc_info=True)
                await asyncio.sleep(pause)
                pause = min(2 * pause, self._pace.longest_pause)
        finally:
            metrics.POLLING.set(0)
            await asyncio.shield(self._pollers.release(self._owner))

    async def round(self) -> bool:
        """Poll once if this process has the lease. Whether it has. Raises TelegramDown."""
        held, offset = await self._pollers.hold(self._owner, self._holder, self._clock())
        metrics.POLLING.set(held)
        if not held:
            return False
        found = await self._telegram.updates(offset, _LIMIT, self._pace.poll)
        numbered = [update for update in found if isinstance(update.get("update_id"), int)]
        if not await self._pollers.keep(self._owner, numbered, self._inbox, self._clock()):
            return False  # another process has taken over, and gets the same updates
        if numbered:
            self._ring()
        return True

    async def _remove_webhook(self) -> None:
        try:
            await self._telegram.delete_webhook()
        except (TelegramDown, TelegramRefused) as error:
            log.warning("the webhook cannot be removed", extra={"reason": str(error)})
