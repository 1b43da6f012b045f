"""The composition root of the intake process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

import aiohttp
from aiohttp import web

from groundwork.keys import KeyRing
from groundwork.problem import FieldError, Problem
from groundwork.settings import ROOT, Settings
from groundwork.web import install, process_middleware
from intake_api import erasure_journal
from intake_api.acting import Acting
from intake_api.city_in_force import CityInForce, CityNotLoaded
from intake_api.correcting import Correcting
from intake_api.domain.gazetteer import Gazetteer
from intake_api.domain.limits import UnknownCondition
from intake_api.domain.taxonomy import Taxonomy, UnknownCategory, read_taxonomy
from intake_api.erasing import Erasing
from intake_api.erasure_journal import ErasureJournal
from intake_api.feed import Feed
from intake_api.filing import Filing, Understanding
from intake_api.http import (
    accounts,
    actions,
    attachments,
    audit,
    background,
    board,
    bulk,
    callers,
    cases,
    city,
    conditions,
    console,
    corrections,
    feed,
    figures,
    hotspots,
    knowledge,
    learning,
    nlu,
    outbox,
    own_account,
    personal,
    phone_checks,
    public,
    queue,
    recordings,
    responsibility,
    screens,
    similar,
    staff,
    telephone_news,
    tokens,
    webhooks,
    worklists,
)
from intake_api.http.allowance import ALLOWANCE, Allowance
from intake_api.http.assistant import RasaUnderstanding
from intake_api.http.openapi import add_description
from intake_api.http.resources import (
    ACTING,
    ASSISTANT,
    CITY,
    CORRECTING,
    DATABASE,
    FILES,
    FILING,
    KNOWLEDGE,
    MODELS,
    NOW,
    PLACES,
    SECOND_FACTOR_KEYS,
    SETTINGS,
    TAXONOMY,
    WORDS,
)
from intake_api.http.routing import register
from intake_api.knowledge import KnowledgeSearch
from intake_api.once import KeyUsedForAnother
from intake_api.open311.errors import open311_errors
from intake_api.open311.routes import add_open311_routes
from intake_api.pages.routes import add_page_routes
from intake_api.places import EmbeddedPlaces, GeocodedPlaces, PlaceResolver
from intake_api.public_cases import PublicCases
from intake_api.releasing import Releasing
from intake_api.storage import second_factors
from intake_api.storage.attachments import AttachmentFiles, signing_key
from intake_api.storage.database import Conflict, Database, StorageUnavailable
from intake_api.storage.other_databases import OtherDatabases
from intake_api.storage.webhooks import signing_key as webhook_signing_key
from intake_api.words import Words

log = logging.getLogger(__name__)

OPERATIONS = (
    *queue.OPERATIONS,
    *bulk.OPERATIONS,
    *similar.OPERATIONS,
    *callers.OPERATIONS,
    *phone_checks.OPERATIONS,
    *hotspots.OPERATIONS,
    *cases.OPERATIONS,
    *actions.OPERATIONS,
    *worklists.OPERATIONS,
    *corrections.OPERATIONS,
    *attachments.OPERATIONS,
    *figures.OPERATIONS,
    *board.OPERATIONS,
    *screens.OPERATIONS,
    *city.OPERATIONS,
    *console.OPERATIONS,
    *conditions.OPERATIONS,
    *responsibility.OPERATIONS,
    *nlu.OPERATIONS,
    *learning.OPERATIONS,
    *knowledge.OPERATIONS,
    *outbox.OPERATIONS,
    *telephone_news.OPERATIONS,
    *feed.OPERATIONS,
    *webhooks.OPERATIONS,
    *personal.OPERATIONS,
    *staff.OPERATIONS,
    *accounts.OPERATIONS,
    *own_account.OPERATIONS,
    *tokens.OPERATIONS,
    *audit.OPERATIONS,
    *recordings.OPERATIONS,
    *public.OPERATIONS,
)
"""Everything the interface offers."""

TAXONOMY_FILE = ROOT / "nlu_data" / "taxonomy.csv"
MODELS_FOLDER = ROOT / "models"
_LARGEST_BODY = 4 * 1024 * 1024  # JSON; uploads have their own limit
_MULTIPART_MARGIN = 1024 * 1024


def create_app(
    settings: Settings,
    *,
    taxonomy: Taxonomy | None = None,
    assistant: Understanding | None = None,
    passwords: staff.Passwords | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    models: Path = MODELS_FOLDER,
    time_step: float = background.TIME_STEP,
) -> web.Application:
    """Build the intake process. The database is opened, and the assistant asked, only while the application runs.

    ``time_step``: seconds between looks at what time demands of cases.
    """
    middlewares = [process_middleware("intake"), open311_errors, translate_errors]
    app = web.Application(middlewares=middlewares, client_max_size=_LARGEST_BODY)
    database = Database(settings.cases_database)
    app[SETTINGS] = settings
    app[DATABASE] = database
    app[TAXONOMY] = taxonomy or read_taxonomy(TAXONOMY_FILE)
    app[CITY] = CityInForce(database, settings.map_tiles)
    app[FILES] = AttachmentFiles(settings.var_dir / "attachments")
    app[WORDS] = Words(settings.var_dir / "words")
    app[KNOWLEDGE] = KnowledgeSearch(database, app[WORDS])
    app[NOW] = now
    app[MODELS] = models
    app[ALLOWANCE] = Allowance()
    app[public.PUBLIC] = PublicCases(database, app[TAXONOMY], app[CITY])
    app[public.RELEASING] = Releasing(database, app[public.PUBLIC], now=now)
    app[staff.PASSWORDS] = passwords or staff.Passwords()
    app[attachments.SIGNING_KEY] = attachments.SigningKey()
    app[feed.FEED] = Feed(database)
    app[webhooks.KEY] = webhooks.WebhookKey()
    journal = ErasureJournal(settings.var_dir / erasure_journal.FILE)
    app[personal.ERASING] = Erasing(database, OtherDatabases(settings), app[FILES], journal, now=now)
    app.cleanup_ctx.append(_database)
    app.cleanup_ctx.append(_assistant(settings, assistant))
    background.install(app, time_step)
    register(app, OPERATIONS)
    add_description(app, OPERATIONS, settings.base_url, _version())
    add_open311_routes(app)
    add_page_routes(app)
    install(app, settings, {"database": _database_ready, "city": _city_ready})
    return app


def _version() -> str:
    try:
        return installed_version("yihaotong")
    except PackageNotFoundError:  # run from the checkout
        return "0"


async def _database(app: web.Application) -> AsyncIterator[None]:
    database = app[DATABASE]
    await database.upgrade()
    keys = app[SECOND_FACTOR_KEYS] = await asyncio.to_thread(
        KeyRing.chosen,
        app[SETTINGS].second_factor_keys,
        app[SETTINGS].var_dir / "secrets" / "second-factors.keys",
        "YHT_SECOND_FACTOR_KEYS",
    )
    async with database.write() as session:
        app[attachments.SIGNING_KEY].key = await signing_key(session, app[NOW]())
        app[webhooks.KEY].key = await webhook_signing_key(session, app[NOW]())
        unreadable = await second_factors.seal_all(session, keys)
    if unreadable:
        # they can log in with recovery codes; who has none is reset by the security administrator
        log.error("second factors unreadable, is this the right file of keys?", extra={"people": unreadable})
    yield
    await database.close()


def _assistant(settings: Settings, given: Understanding | None) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session:
            assistant = given or RasaUnderstanding(session, settings.rasa_urls)
            app[ASSISTANT] = assistant
            app[PLACES] = _places(settings, session, app[CITY])
            app[FILING] = Filing(app[DATABASE], app[TAXONOMY], app[CITY], app[PLACES], assistant, now=app[NOW])
            app[ACTING] = Acting(app[DATABASE], app[TAXONOMY], app[CITY], now=app[NOW])
            app[CORRECTING] = Correcting(app[DATABASE], app[TAXONOMY], app[CITY], app[PLACES], now=app[NOW])
            yield

    return context


def _places(settings: Settings, session: aiohttp.ClientSession, city: CityInForce) -> PlaceResolver:
    def gazetteer() -> Gazetteer:
        return city.current.gazetteer

    if settings.geocoder_url:
        return GeocodedPlaces(gazetteer, session, settings.geocoder_url)
    return EmbeddedPlaces(gazetteer)


async def _database_ready(request: web.Request) -> bool:
    return await request.app[DATABASE].is_current()


async def _city_ready(request: web.Request) -> bool:
    return request.app[CITY].is_loaded


@web.middleware
async def translate_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Errors of the rules and of the storage, as problems."""
    try:
        return await handler(request)
    except StorageUnavailable as error:
        log.warning("storage unavailable", extra={"error": str(error)})
        detail = "系统正忙，这次没有保存，请稍后再试。"
        raise Problem(503, "storage_unavailable", detail, headers={"Retry-After": "5"}) from error
    except Conflict as error:
        log.warning("conflict", exc_info=True)
        raise Problem(409, "conflict", "数据刚刚被改动过，请刷新后再试。") from error
    except KeyUsedForAnother as error:
        detail = "这个 Idempotency-Key 已经用于另一项请求，新的请求请换一个值。"
        raise Problem(422, "idempotency_mismatch", detail) from error
    except CityNotLoaded as error:
        detail = "城市数据尚未载入，请先运行 yht city load。"
        raise Problem(503, "city_not_loaded", detail, headers={"Retry-After": "30"}) from error
    except UnknownCondition as error:
        fault = FieldError(pointer="/condition", detail="这个分类没有这项立案条件。")
        raise Problem(422, "unknown_condition", "立案条件不存在，请查看分类的立案条件。", errors=[fault]) from error
    except UnknownCategory as error:
        fault = FieldError(pointer="/category", detail="分类目录里没有这个代码。")
        raise Problem(422, "unknown_category", "分类代码不存在，请查看分类目录。", errors=[fault]) from error
