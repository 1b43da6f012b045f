"""Composition root of the front process: builds the gateway, the web channel and the passage to the intake."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

import aiohttp
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from channels.console.calls import KIND as CALL
from channels.console.calls import Calls
from channels.console.canned import CannedReplies
from channels.console.chats import KIND as CHAT
from channels.console.chats import Chats
from channels.console.doorkeeper import Doorkeeper
from channels.console.filing import FilingFromChat
from channels.console.live import Live
from channels.console.sources import Source
from channels.console.views import CONSOLE, Console, add_console_routes
from channels.front import SESSION, Passage, add_front_routes
from channels.gateway import language
from channels.gateway.courier import Courier
from channels.gateway.database import Database
from channels.gateway.dialogue import Dialogue, RasaDialogue
from channels.gateway.flood import Limits
from channels.gateway.gateway import Gateway, Pace, now_utc
from channels.gateway.handover import Staff
from channels.gateway.intake import Intake
from channels.gateway.office_hours import OfficeHours
from channels.gateway.people import People
from channels.gateway.pulse import Pulse
from channels.gateway.pushes import Pushes
from channels.gateway.staffing import Staffing, Tidying
from channels.gateway.store import Store
from channels.gateway.tact import Tact
from channels.gateway.voice import Listener
from channels.hotline.credential import Credential
from channels.hotline.microphone import add_microphone_routes
from channels.hotline.switchboard import running as telephone
from channels.hotline.views import HOTLINE, add_hotline_routes
from channels.neighbours import Neighbours
from channels.speech.port import Recogniser
from channels.speech.remote import RemoteRecogniser
from channels.status import STATUS, ChannelStatus, add_status_routes
from channels.telegram.account import Account as TelegramAccount
from channels.telegram.attendant import Attendant as TelegramAttendant
from channels.telegram.inbox import CHANNEL as TELEGRAM_CHANNEL
from channels.telegram.views import TELEGRAM, TelegramChannel, add_telegram_routes
from channels.webchat.views import CHANNEL as WEB_CHANNEL
from channels.webchat.views import OPENING, WEBCHAT, WebChat, add_webchat_routes
from channels.wechat.account import Account as WeChatAccount
from channels.wechat.attendant import Attendant as WeChatAttendant
from channels.wechat.followers import CHANNEL as WECHAT_CHANNEL
from channels.wechat.views import WECHAT, WeChatChannel, add_wechat_routes
from groundwork.settings import BadSettings, Settings
from groundwork.web import client_address, install, process_middleware

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
        async with _working(app, settings, dialogue=dialogue, recogniser=recogniser, clock=clock, pace=pace):
            yield

    async def database_ready(request: web.Request) -> bool:
        return await request.app[WEBCHAT].store.ready()

    app.cleanup_ctx.append(resources)
    neighbours = Neighbours(settings)
    install(app, settings, neighbours.checks(database_ready), metrics_view=neighbours.metrics)
    add_webchat_routes(app)
    add_wechat_routes(app)
    add_console_routes(app)
    add_telegram_routes(app)
    add_status_routes(app)
    add_hotline_routes(app)
    add_microphone_routes(app)
    add_front_routes(app, Passage(settings.intake_url, settings.trusted_proxies))
    return app


@asynccontextmanager
async def _working(
    app: web.Application,
    settings: Settings,
    *,
    dialogue: Callable[[aiohttp.ClientSession], Dialogue] | None,
    recogniser: Recogniser | None,
    clock: Callable[[], datetime],
    pace: Pace | None,
) -> AsyncIterator[None]:
    """Serve the channels while the block lasts."""
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(language.load)
        database = await stack.enter_async_context(_database(settings))
        store = Store(database)
        app[SESSION] = session = await stack.enter_async_context(_session())
        pushes = Pushes(store, clock)
        partner = dialogue(session) if dialogue else RasaDialogue(session, settings.rasa_urls)
        intake = Intake(session, settings.intake_url, settings.channel_token)
        pulse = Pulse(database, clock)
        wechat = WeChatAccount(settings, session, database, pulse, clock) if settings.wechat_app_id else None
        telegram = TelegramAccount(settings, session, database, pulse, clock) if settings.telegram_token else None
        fetchers = wechat.fetchers(intake, store) if wechat else {}
        if telegram:
            stack.push_async_callback(telegram.telegram.close)
            fetchers |= telegram.fetchers(intake, store)
        hours = OfficeHours(intake)
        staffing = Staffing(database, hours)
        limit = settings.upload_limit_mb * 1024 * 1024
        remote = RemoteRecogniser(session, settings.speech_url)
        gateway = Gateway(
            store,
            partner,
            pushes,
            clock=clock,
            pace=pace,
            fetchers=fetchers,
            staffing=staffing,
            listen=Listener(intake, remote, limit).listen,
        )
        stack.push_async_callback(gateway.close)
        app[WEBCHAT] = WebChat(
            store,
            gateway,
            pushes,
            intake,
            Limits(WEB_CHANNEL, database, clock),
            Limits(WEB_CHANNEL, database, clock, OPENING),
            pulse,
            clock,
            limit,
            set(),
        )
        calls = telephone(settings, database, session, recogniser or remote, clock)
        app[HOTLINE] = (await stack.enter_async_context(calls)).hotline
        channels = [WEB_CHANNEL]
        if wechat:
            channels.append(WECHAT_CHANNEL)
            callbacks = wechat.attendant(gateway, store, Limits(WECHAT_CHANNEL, database, clock))
            await stack.enter_async_context(_wechat(app, wechat, callbacks, clock))
        if telegram:
            channels.append(TELEGRAM_CHANNEL)
            updates = telegram.attendant(gateway, store, Limits(TELEGRAM_CHANNEL, database, clock))
            await stack.enter_async_context(_telegram(app, telegram, updates, settings, clock))
        await stack.enter_async_context(
            _console(app, settings, database=database, staffing=staffing, hours=hours, clock=clock)
        )
        app[STATUS] = ChannelStatus(tuple(channels), store, database, pulse, telegram, settings, clock)
        for name, work in (
            ("pulse", pulse.run()),
            ("figures", app[STATUS].run()),
            ("recovery", gateway.run_recovery()),
            ("pushes", pushes.run()),
        ):
            await stack.enter_async_context(_running(name, work))
        if settings.channel_token:
            await stack.enter_async_context(_running("office hours", hours.run()))
            courier = Courier(intake, gateway, tuple(channels), Tact(store, partner, clock))
            await stack.enter_async_context(_running("courier", courier.run()))
        else:
            log.warning("YHT_CHANNEL_TOKEN is empty: nothing is fetched from the outbox")
        yield


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    """The channels' database, of the newest revision. Raises BadSettings."""
    database = Database(settings.channels_database)
    try:
        try:
            await database.upgrade()
        except (SQLAlchemyError, OSError) as error:
            reason = getattr(error, "orig", None) or error
            raise BadSettings(f"YHT_DATABASE_URL: cannot be used ({reason})") from error
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _wechat(
    app: web.Application, account: WeChatAccount, attendant: WeChatAttendant, clock: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Attend to the WeChat account while the block lasts."""
    app[WECHAT] = WeChatChannel(account.gate, attendant, clock)
    async with _running("postman", account.postman.run()):
        try:
            yield
        finally:
            await attendant.close()


@asynccontextmanager
async def _console(
    app: web.Application,
    settings: Settings,
    *,
    database: Database,
    staffing: Staffing,
    hours: OfficeHours,
    clock: Callable[[], datetime],
) -> AsyncIterator[None]:
    """Serve the operators' console while the block lasts."""
    webchat, session = app[WEBCHAT], app[SESSION]
    people, chats, doorkeeper = People(database), Chats(database), Doorkeeper(session, settings)
    tidying = Tidying(people, staffing, hours, webchat.pushes.tell, clock)
    hotline = app[HOTLINE]
    # calls first: they are to be answered within seconds
    sources: dict[str, Source] = {CALL: Calls(hotline.calls, hotline.legs, clock), CHAT: chats}

    def attending(staff: Staff, request: web.Request) -> AbstractContextManager[None]:
        return hotline.attendance.attending(staff.id, Credential.of(request, client_address(request)))

    live = Live(
        sources, chats, doorkeeper, people=people, staffing=staffing, hours=hours, clock=clock, attending=attending
    )
    app[CONSOLE] = Console(
        chats=chats,
        people=people,
        staffing=staffing,
        canned=CannedReplies(database),
        filing=FilingFromChat(chats, people, doorkeeper, clock),
        doorkeeper=doorkeeper,
        live=live,
        intake=webchat.intake,
        store=webchat.store,
        tell=webchat.pushes.tell,
        clock=clock,
    )
    with hotline.live.watch() as news:
        async with (
            _running("console", live.run()),
            _running("console calls", live.follow(CALL, news)),
            _running("tidying", tidying.run()),
        ):
            yield


@asynccontextmanager
async def _telegram(
    app: web.Application,
    account: TelegramAccount,
    attendant: TelegramAttendant,
    settings: Settings,
    clock: Callable[[], datetime],
) -> AsyncIterator[None]:
    """Attend to the Telegram bot while the block lasts."""
    secret = settings.telegram_secret if settings.telegram_mode == "webhook" else ""
    app[TELEGRAM] = TelegramChannel(secret, account.inbox, attendant, clock)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(attendant.close)
        await stack.enter_async_context(_running("telegram postman", account.postman.run()))
        await stack.enter_async_context(_running("telegram attendant", attendant.run()))
        if not secret:
            await stack.enter_async_context(_running("telegram poller", account.poller(attendant).run()))
        yield


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
