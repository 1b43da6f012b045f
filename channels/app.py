"""Composition root of the front process: builds the gateway, the web channel and the passage to the intake."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

import aiohttp
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from channels.front import SESSION, Passage, add_front_routes
from channels.gateway.courier import Courier
from channels.gateway.database import Database
from channels.gateway.dialogue import Dialogue, RasaDialogue
from channels.gateway.flood import Limiter
from channels.gateway.gateway import Gateway, Pace, now_utc
from channels.gateway.intake import Intake
from channels.gateway.pushes import Pushes
from channels.gateway.store import Store
from channels.gateway.voice import Listener
from channels.hotline.microphone import add_microphone_routes
from channels.hotline.switchboard import running as telephone
from channels.hotline.views import HOTLINE, add_hotline_routes
from channels.neighbours import Neighbours
from channels.speech.port import Recogniser
from channels.speech.remote import RemoteRecogniser
from channels.webchat.views import CHANNEL as WEB_CHANNEL
from channels.webchat.views import WEBCHAT, WebChat, add_webchat_routes
from channels.wechat.account import Account
from channels.wechat.attendant import CHANNEL as WECHAT_CHANNEL
from channels.wechat.views import WECHAT, WeChatChannel, add_wechat_routes
from groundwork.settings import BadSettings, Settings
from groundwork.web import install, process_middleware

log = logging.getLogger(__name__)

# shorter than the other side's, so that no request meets a closing connection
_KEEP_ALIVE_SECONDS = 15.0


def create_app(
    settings: Settings,
    *,
    dialogue: Callable[[aiohttp.ClientSession], Dialogue] | None = None,
    clock: Callable[[], datetime] = now_utc,
    pace: Pace | None = None,
    recogniser: Recogniser | None = None,
) -> web.Application:
    """The application of the front process.

    ``dialogue`` makes another conversation partner than the Rasa processes of ``YHT_RASA_URLS``, ``recogniser`` is
    another one than that of ``YHT_SPEECH_URL``. Raises BadSettings.
    """
    if dialogue is None and not settings.rasa_urls:
        raise BadSettings("YHT_RASA_URLS: is empty, there is no assistant to talk to")
    if not settings.intake_url:
        raise BadSettings("YHT_INTAKE_URL: is empty, there is no intake to file with")

    app = web.Application(middlewares=[process_middleware("front")])

    async def resources(app: web.Application) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            database = Database(settings.channels_database)
            stack.push_async_callback(database.close)
            store = Store(database)
            try:
                await store.upgrade()
            except (SQLAlchemyError, OSError) as error:
                reason = getattr(error, "orig", None) or error
                raise BadSettings(f"YHT_DATABASE_URL: cannot be used ({reason})") from error
            app[SESSION] = session = await stack.enter_async_context(_session())
            pushes = Pushes(store, clock)
            partner = dialogue(session) if dialogue else RasaDialogue(session, settings.rasa_urls)
            intake = Intake(session, settings.intake_url, settings.channel_token)
            wechat = Account(settings, session, database, clock) if settings.wechat_app_id else None
            fetchers = wechat.fetchers(intake, store) if wechat else {}
            limit = settings.upload_limit_mb * 1024 * 1024
            remote = RemoteRecogniser(session, settings.speech_url)
            listener = Listener(intake, remote, limit)
            gateway = Gateway(store, partner, pushes, clock=clock, pace=pace, fetchers=fetchers, listen=listener.listen)
            stack.push_async_callback(gateway.close)
            app[WEBCHAT] = WebChat(store, gateway, pushes, intake, Limiter(), clock, limit, set())
            if wechat:
                await stack.enter_async_context(_wechat(app, wechat, gateway, clock))
            calls = telephone(settings, database, session, recogniser or remote, clock)
            switchboard = await stack.enter_async_context(calls)
            app[HOTLINE] = switchboard.hotline
            await stack.enter_async_context(_running("recovery", gateway.run_recovery()))
            await stack.enter_async_context(_running("pushes", pushes.run()))
            if settings.channel_token:
                channels = (WEB_CHANNEL, WECHAT_CHANNEL) if wechat else (WEB_CHANNEL,)
                await stack.enter_async_context(_running("courier", Courier(intake, gateway, channels).run()))
            else:
                log.warning("YHT_CHANNEL_TOKEN is empty: nothing is fetched from the outbox")
            yield

    async def database_ready(request: web.Request) -> bool:
        return await request.app[WEBCHAT].store.ready()

    app.cleanup_ctx.append(resources)
    neighbours = Neighbours(settings)
    install(app, settings, neighbours.checks(database_ready), metrics_view=neighbours.metrics)
    add_webchat_routes(app)
    add_wechat_routes(app)
    add_hotline_routes(app)
    add_microphone_routes(app)
    add_front_routes(app, Passage(settings.intake_url, settings.trusted_proxies))
    return app


@asynccontextmanager
async def _wechat(
    app: web.Application, account: Account, gateway: Gateway, clock: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Attend to the WeChat account while the block lasts."""
    attendant = account.attendant(gateway)
    app[WECHAT] = WeChatChannel(account.gate, attendant, clock)
    async with _running("postman", account.postman.run()):
        try:
            yield
        finally:
            await attendant.close()


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        # many residents wait at the same time; what limits them is elsewhere
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS),
        # one person's cookies must never travel with another's request
        cookie_jar=aiohttp.DummyCookieJar(),
    )


@asynccontextmanager
async def _running(name: str, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let ``work`` run beside the block, and end it with it."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
