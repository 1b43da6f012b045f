"""The bot of the settings, and what the channel is built from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import aiohttp

from channels.gateway.database import Database
from channels.gateway.flood import Limits
from channels.gateway.gateway import Gateway
from channels.gateway.intake import Intake
from channels.gateway.media import Fetch
from channels.gateway.pulse import Pulse
from channels.gateway.store import Store
from channels.telegram.attendant import Attendant
from channels.telegram.client import Telegram
from channels.telegram.inbox import CHANNEL, Inbox
from channels.telegram.poller import Poller, PollPace
from channels.telegram.pollers import LEASE, Pollers
from channels.telegram.porter import TELEGRAM_LIMIT, Porter
from channels.telegram.postman import telegram_postman
from groundwork.settings import Settings


class Account:
    """The parts of the Telegram channel of one process."""

    def __init__(
        self,
        settings: Settings,
        session: aiohttp.ClientSession,
        database: Database,
        pulse: Pulse,
        clock: Callable[[], datetime],
    ):
        self._clock = clock
        self._pulse = pulse
        self._limit = min(settings.upload_limit_mb * 1024 * 1024, TELEGRAM_LIMIT)
        self.telegram = Telegram(session, base=settings.telegram_api_base, token=settings.telegram_token)
        self.inbox = Inbox(database, self.telegram.bot_id)
        self.postman = telegram_postman(database, self.telegram, pulse, clock)
        self.pollers = Pollers(database, self.telegram.bot_id, lease=LEASE)

    def fetchers(self, intake: Intake, store: Store) -> dict[str, Fetch]:
        """For the gateway: who fetches photos and recordings."""
        return {CHANNEL: Porter(self.telegram, intake, store, self._clock, self._limit).fetch}

    def attendant(self, gateway: Gateway, store: Store, limits: Limits) -> Attendant:
        """Who handles the updates."""
        return Attendant(
            self.inbox,
            gateway,
            store=store,
            telegram=self.telegram,
            postman=self.postman,
            limits=limits,
            pulse=self._pulse,
            clock=self._clock,
            photo_limit=self._limit,
        )

    def poller(self, attendant: Attendant, pace: PollPace | None = None) -> Poller:
        """Who fetches the updates."""
        return Poller(
            self.telegram, self.pollers, self.inbox, attendant.ring, self._clock, pulse=self._pulse, pace=pace
        )
