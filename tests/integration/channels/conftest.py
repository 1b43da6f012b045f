"""A database of each kind, a server that speaks Rasa's REST protocol, and one that speaks the intake's."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import unused_port

from channels.gateway.database import Database
from channels.gateway.dialogue import MemoryDialogue
from channels.gateway.gateway import Gateway, Pace
from channels.gateway.message import Button, Inbound, Kind, Reply
from channels.gateway.pushes import Pushes
from channels.gateway.store import Store, token_digest

Json = dict[str, Any]


class Clock:
    """The present, and as far beyond it as a test likes."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def forward(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


# databases


def _postgres_server() -> str | None:
    url = os.environ.get("YHT_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")

    async def answers() -> bool:
        try:
            await (await asyncpg.connect(url, timeout=2)).close()
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        return True

    return url if asyncio.run(answers()) else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a database of its own on a PostgreSQL server; dropped afterwards."""
    server = _postgres_server()
    if server is None:
        pytest.skip("no PostgreSQL server answers")
    name = f"yht_channels_{secrets.token_hex(4)}"

    async def run(statement: str) -> None:
        connection = await asyncpg.connect(server)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run(f"CREATE DATABASE {name}"))
    yield sa.make_url(server).set(drivername="postgresql+asyncpg", database=name).render_as_string(hide_password=False)
    asyncio.run(run(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty, migrated database of each kind."""
    sqlite = f"sqlite+aiosqlite:///{tmp_path / 'channels.db'}"
    url: str = sqlite if request.param == "sqlite" else request.getfixturevalue("postgres")
    asyncio.run(_migrate(url))
    return url


async def _migrate(url: str) -> None:
    database = Database(url)
    await database.upgrade()
    if url.startswith("postgresql"):
        tables = (
            "channels_attachments, channels_leases, channels_messages, channels_conversations, "
            "channels_wechat_followers, channels_wechat_tokens, channels_handovers, channels_handover_notes, "
            "channels_operators, channels_dangers, channels_telegram_updates, channels_telegram_chats, "
            "channels_telegram_pollers, channels_paces, channels_pulse, channels_call_changes, channels_call_events, "
            "channels_call_forms, channels_utterances, channels_call_legs, channels_call_figures, "
            "channels_call_reviews, channels_call_deeds, channels_calls"
        )
        await database.write(lambda connection: connection.execute(sa.text(f"TRUNCATE {tables}")))
    await database.close()


@pytest.fixture
async def new_store(database_url: str) -> AsyncIterator[Callable[[], Store]]:
    """Makes stores as separate processes have them: each with connections of its own to the same database."""
    stores: list[Store] = []

    def make() -> Store:
        stores.append(Store(Database(database_url)))
        return stores[-1]

    yield make
    for store in stores:
        await store.close()


@pytest.fixture
async def store(new_store: Callable[[], Store]) -> Store:
    return new_store()


# conversations


@pytest.fixture
def text(clock: Clock) -> Callable[..., Inbound]:
    """A typed message."""

    def make(words: str, message_id: str | None = None, conversation: str = "c1") -> Inbound:
        number = message_id or secrets.token_hex(4)
        return Inbound("web", conversation, number, Kind.TEXT, clock(), text=words)

    return make


@pytest.fixture
def opened(clock: Clock) -> Callable[..., Awaitable[str]]:
    async def open_conversation(store: Store, conversation: str = "c1") -> str:
        sender = f"web:{conversation}"
        await store.open_conversation(sender, token_digest("token"), True, clock())
        return sender

    return open_conversation


QUICK = Pace(
    patience=2.0,
    renew=0.2,
    poll=0.02,
    retry=0.02,
    longest_retry=0.1,
    recover=0.05,
    postpone=5.0,
    longest_postpone=20.0,
    push=1.0,
)


@pytest.fixture
def new_gateway(clock: Clock) -> Callable[..., Gateway]:
    def make(store: Store, dialogue: object, pace: Pace = QUICK, **more: Any) -> Gateway:
        return Gateway(store, dialogue, Pushes(store, clock), clock=clock, pace=pace, **more)  # type: ignore[arg-type]

    return make


async def echo(_sender: str, words: str) -> list[Reply]:
    """An assistant that repeats what it hears and offers to agree."""
    await asyncio.sleep(0)
    return [Reply(f"听到：{words}", (Button("对", "/affirm"), Button("不对", "/deny")))]


@pytest.fixture
def dialogue() -> MemoryDialogue:
    return MemoryDialogue(echo)


# servers that a test starts, stops and starts again on the same port


class Server:
    """An application on a loopback port of its own."""

    def __init__(self) -> None:
        self.port = unused_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._runner: web.AppRunner | None = None

    def application(self) -> web.Application:
        raise NotImplementedError

    async def start(self) -> None:
        self._runner = web.AppRunner(self.application(), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


class RasaStandIn(Server):
    """Speaks Rasa's REST channel and tracker interface. ``replies`` makes the answers from the words heard."""

    def __init__(self) -> None:
        super().__init__()
        self.events: dict[str, list[Json]] = {}
        self.heard: list[tuple[str, str]] = []
        self.replies: Callable[[str], list[Json]] = lambda words: [{"text": f"听到：{words}"}]
        self.active_loop: Json = {}
        self.status = 200
        self.delay = 0.0
        self.silent = False
        self.drop_after_answer = False

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/webhooks/rest/webhook", self._hear)
        app.router.add_get("/conversations/{sender}/tracker", self._tracker)
        app.router.add_post("/conversations/{sender}/tracker/events", self._append)
        app.router.add_get("/status", self._state)
        app.router.add_post("/model/parse", self._state)
        return app

    async def _state(self, _request: web.Request) -> web.Response:
        return web.json_response({"model_file": "model.tar.gz"}, status=self.status)

    async def _hear(self, request: web.Request) -> web.Response:
        body = await request.json()
        sender, words = body["sender"], body["message"]
        self.heard.append((sender, words))
        if self.status != 200:
            return web.json_response({"status": "failure"}, status=self.status)
        await asyncio.sleep(self.delay)
        if self.silent:
            return web.json_response([])
        events = self.events.setdefault(sender, [])
        events.append({"event": "action", "name": "action_listen"})
        events.append({"event": "user", "text": words, "metadata": body["metadata"]})
        said = self.replies(words)
        for reply in said:
            data = {"elements": None, "buttons": reply.get("buttons"), "custom": reply.get("custom")}
            events.append({"event": "bot", "text": reply.get("text"), "data": data, "metadata": {"utter_action": "x"}})
        if self.drop_after_answer:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response([{"recipient_id": sender} | reply for reply in said])

    async def _tracker(self, request: web.Request) -> web.Response:
        sender = request.match_info["sender"]
        if request.query["include_events"] == "NONE":
            return web.json_response({"sender_id": sender, "active_loop": self.active_loop})
        assert request.query["include_events"] == "AFTER_RESTART"
        return web.json_response({"sender_id": sender, "events": self.events.get(sender, [])})

    async def _append(self, request: web.Request) -> web.Response:
        body = await request.json()
        events = body if isinstance(body, list) else [body]
        assert all({"event", "text", "timestamp"} <= event.keys() for event in events)
        self.events.setdefault(request.match_info["sender"], []).extend(events)
        return web.json_response({"sender_id": request.match_info["sender"]})


class IntakeStandIn(Server):
    """Speaks the part of the intake's interface that the channels use, with one token."""

    token = "channel-token"

    def __init__(self) -> None:
        super().__init__()
        self.channels = ["web"]
        self.outbox: list[Json] = []
        self.delivered: list[str] = []
        self.failed: list[tuple[str, int]] = []
        self.lose_marks = 0  # so many marks get lost on the way
        self.attachments: dict[str, bytes] = {}
        self.cases: list[Json] = []
        self.seen: list[web.Request] = []

    def application(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/api/v1/outbox/claim", self._claim)
        app.router.add_post("/api/v1/outbox/{id}/delivered", self._delivered)
        app.router.add_post("/api/v1/outbox/{id}/failed", self._failed)
        app.router.add_post("/api/v1/attachments", self._store)
        app.router.add_get("/api/v1/attachments/{id}", self._attachment)
        app.router.add_get("/api/v1/cases", self._cases)
        app.router.add_get("/api/v1/account", self._account)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/desk/live", self._live)
        app.router.add_route("*", "/{rest:.*}", self._mirror)
        return app

    def say(self, number: str, user: str, case_no: str = "483920175") -> None:
        """Put a filed case into the outbox."""
        payload = {
            "case_no": case_no,
            "status": "filed",
            "category": {"name": "路灯"},
            "department": None,
            "due_at": None,
        }
        self.outbox.append(
            {
                "id": number,
                "channel": "web",
                "channel_user": user,
                "kind": "filed",
                "case_no": case_no,
                "payload": payload,
                "created_at": "2026-11-22T10:00:00+08:00",
                "attempts": 1,
            }
        )

    def _authorised(self, request: web.Request) -> None:
        assert request.headers["Authorization"] == f"Bearer {self.token}"

    async def _claim(self, request: web.Request) -> web.Response:
        self._authorised(request)
        body = await request.json()
        assert body == {"channels": self.channels, "limit": 50, "lease_seconds": 60}
        return web.json_response({"items": self.outbox})

    async def _delivered(self, request: web.Request) -> web.Response:
        self._authorised(request)
        if self.lose_marks:
            self.lose_marks -= 1
            return web.json_response({}, status=502)
        self.delivered.append(request.match_info["id"])
        self.outbox = [item for item in self.outbox if item["id"] != request.match_info["id"]]
        return web.json_response({})

    async def _failed(self, request: web.Request) -> web.Response:
        self._authorised(request)
        self.failed.append((request.match_info["id"], (await request.json())["retry_in_seconds"]))
        return web.json_response({})

    async def _store(self, request: web.Request) -> web.Response:
        self._authorised(request)
        part = (await request.post())["file"]
        assert isinstance(part, web.FileField)
        content = part.file.read()
        if not content.startswith(b"\xff\xd8"):
            problem = {"code": "unsupported_media_type", "detail": "只能上传照片和语音。"}
            return web.json_response(problem, status=415, content_type="application/problem+json")
        number = f"a{len(self.attachments) + 1}"
        self.attachments[number] = content
        body = {"attachment_id": number, "media_type": "image/jpeg", "size": len(content)}
        return web.json_response(body, status=201)

    async def _attachment(self, request: web.Request) -> web.Response:
        self._authorised(request)
        return web.Response(body=self.attachments[request.match_info["id"]], content_type="image/jpeg")

    async def _cases(self, request: web.Request) -> web.Response:
        self._authorised(request)
        user = request.query["channel_user"]
        return web.json_response({"items": [case for case in self.cases if case["user"] == user], "next": None})

    async def _account(self, request: web.Request) -> web.Response:
        """Who is logged in, by the name of the cookie."""
        accounts = {
            "admin": {"staff": {"roles": ["sysadmin"]}, "duties": []},
            "new": {"staff": {"roles": ["sysadmin"]}, "duties": ["enrol"]},
            "operator": {"staff": {"roles": ["operator"]}, "duties": []},
        }
        account = next((accounts[name] for name in request.cookies if name in accounts), None)
        return web.json_response(account or {}, status=200 if account else 401)

    async def _ready(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ready"})

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(text='# TYPE yht_cases_filed_total counter\nyht_cases_filed_total{channel="web"} 3\n')

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("desk",))
        await socket.prepare(request)
        async for frame in socket:
            await socket.send_str(f"{frame.data}/{request.headers['X-Forwarded-For']}")
        return socket

    async def _mirror(self, request: web.Request) -> web.Response:
        """Tells what it was asked, with a header of each kind."""
        body = await request.read()
        self.seen.append(request)
        response = web.json_response(
            {"method": request.method, "path": request.raw_path, "body": len(body), "headers": dict(request.headers)},
            status=int(request.query.get("status", "200")),
        )
        response.headers.add("Set-Cookie", "a=1; HttpOnly")
        response.headers.add("Set-Cookie", "b=2; HttpOnly")
        response.headers["X-Own"] = "kept"
        return response


@pytest.fixture
async def rasa() -> AsyncIterator[RasaStandIn]:
    server = RasaStandIn()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def intake() -> AsyncIterator[IntakeStandIn]:
    server = IntakeStandIn()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield session


@pytest.fixture
def eventually() -> Callable[..., Awaitable[None]]:
    async def wait(condition: Callable[[], object | Awaitable[object]], seconds: float = 5.0) -> None:
        """Wait until ``condition`` holds."""
        async with asyncio.timeout(seconds):
            while True:
                found = condition()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return
                await asyncio.sleep(0.02)

    return wait


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """The application's address while the block lasts."""
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    port = unused_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@pytest.fixture
def serve() -> Callable[[web.Application], Any]:
    return served
