"""What the intake does by itself beside answering; any number of processes may do all of it at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from intake_api.acting import TIMELY_BATCH
from intake_api.city_in_force import CityNotLoaded
from intake_api.domain.event import SYSTEM
from intake_api.http import feed, personal, webhooks
from intake_api.http.resources import ACTING, CITY, DATABASE, NOW, SETTINGS, WORDS
from intake_api.integrity import AnchorWatch
from intake_api.storage.database import StorageUnavailable
from intake_api.storage.upkeep import reindex
from intake_api.webhooks import Dispatcher, Guard, Post

log = logging.getLogger(__name__)

TIME_STEP = 5.0
"""Seconds between looks at what time demands of cases; supervision and suspension are by the minute."""
_ERASE_AGAIN = 600.0  # seconds

Work = Callable[[web.Application], Awaitable[None]]


def install(app: web.Application, time_step: float) -> None:
    """Have all of it done while the application runs. ``time_step``: seconds between looks at the clock."""
    app.cleanup_ctx.append(_city)
    app.cleanup_ctx.append(_feed)
    app.on_shutdown.append(_let_readers_go)
    app.cleanup_ctx.append(_beside(_erase))
    app.cleanup_ctx.append(_beside(lambda app: _keep_time(app, time_step)))
    app.cleanup_ctx.append(_beside(lambda app: AnchorWatch(app[DATABASE], app[NOW]).run()))
    app.cleanup_ctx.append(_beside(_prepare_search))


def _beside(work: Work) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        task = asyncio.ensure_future(work(app))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return context


async def _city(app: web.Application) -> AsyncIterator[None]:
    await app[CITY].refresh()
    watcher = asyncio.create_task(app[CITY].watch())
    yield
    watcher.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watcher


async def _feed(app: web.Application) -> AsyncIterator[None]:
    """Gives events their place in the feed and tells those who subscribed."""
    post = Post(Guard(app[SETTINGS].webhook_private))
    dispatcher = Dispatcher(app[DATABASE], post, app[webhooks.KEY].key, now=app[NOW])
    tasks = [asyncio.create_task(app[feed.FEED].watch(dispatcher.wake)), asyncio.create_task(dispatcher.run())]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await dispatcher.stop()
    await post.close()


async def _let_readers_go(app: web.Application) -> None:
    app[feed.FEED].close()


async def _erase(app: web.Application) -> None:
    """Erases what was asked for as soon as the cases are over, and every day what the city keeps no longer."""
    erasing, swept = app[personal.ERASING], None
    while True:
        await asyncio.sleep(_ERASE_AGAIN)
        try:
            await erasing.finish_waiting()
            today = app[NOW]().date()
            if swept != today:
                await erasing.retain(app[CITY].current.city.policy.retention.personal_days, SYSTEM)
                swept = today
        except Exception:  # tried again at the next look
            log.exception("personal data not erased")


async def _keep_time(app: web.Application, step: float) -> None:
    """Sees to what time demands of cases: suspensions end, supervision orders go out."""
    while True:
        await asyncio.sleep(step)
        try:
            while await app[ACTING].keep_time() == TIMELY_BATCH:
                pass
        except (StorageUnavailable, CityNotLoaded):
            log.warning("cases not looked at for what time demands: database or city not there")
        except Exception:
            log.exception("what time demands of cases was not done")


async def _prepare_search(app: web.Application) -> None:
    """Gets ready for searching beside the first requests: the dictionary, and cases from before there was an index."""
    try:
        await asyncio.to_thread(app[WORDS].load)
        if app[CITY].is_loaded:
            await asyncio.to_thread(app[WORDS].know_city, app[CITY].current.city)
        await reindex(app[DATABASE], missing_only=True)
    except Exception:  # searching then pays for it itself, and the index is completed at the next start
        log.exception("search not prepared")
