"""The official account of the settings, and what the channel is built from."""

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
from channels.wechat.attendant import Attendant, Porter
from channels.wechat.client import WeChat
from channels.wechat.codec import Envelope
from channels.wechat.followers import CHANNEL, Followers
from channels.wechat.gate import Gate
from channels.wechat.postman import wechat_postman
from groundwork.settings import Settings


class Account:
    """The parts of the WeChat channel of one process."""

    def __init__(
        self,
        settings: Settings,
        session: aiohttp.ClientSession,
        database: Database,
        pulse: Pulse,
        clock: Callable[[], datetime],
    ):
        self._pulse = pulse
        self._settings = settings
        self._clock = clock
        envelope = Envelope(settings.wechat_app_id, settings.wechat_aes_key) if settings.wechat_aes_key else None
        self.gate = Gate(settings.wechat_token, settings.wechat_mode, envelope)
        self.wechat = WeChat(
            session,
            database,
            base=settings.wechat_api_base,
            app_id=settings.wechat_app_id,
            secret=settings.wechat_app_secret,
            clock=clock,
        )
        self._followers = Followers(database)
        self.postman = wechat_postman(self._followers, self.wechat, pulse, clock)

    def fetchers(self, intake: Intake, store: Store) -> dict[str, Fetch]:
        """For the gateway: who fetches photos and voice messages."""
        limit = self._settings.upload_limit_mb * 1024 * 1024
        return {CHANNEL: Porter(self.wechat, intake, store, self._clock, limit).fetch}

    def attendant(self, gateway: Gateway, store: Store, limits: Limits) -> Attendant:
        """Who answers callbacks."""
        seconds = self._settings.wechat_reply_seconds
        return Attendant(
            gateway,
            self._followers,
            self.postman,
            store=store,
            limits=limits,
            pulse=self._pulse,
            clock=self._clock,
            reply_seconds=seconds,
        )
