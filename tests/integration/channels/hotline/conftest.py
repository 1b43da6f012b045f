"""A telephone: an exchange that plays calls byte by byte, operators at their desks, and an intake that knows them."""

from __future__ import annotations

import asyncio
import json
import math
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import unused_port

from channels.gateway.database import Database
from channels.hotline.microphone import add_microphone_routes
from channels.hotline.quality_views import add_quality_routes
from channels.hotline.segmenter import Pauses
from channels.hotline.switchboard import Switchboard, running
from channels.hotline.views import HOTLINE, add_hotline_routes
from channels.hotline.voice import LoudnessActivity
from channels.speech.port import Recogniser
from channels.speech.scripted import ScriptedRecogniser
from channels.staff.credential import Credential
from groundwork.settings import Settings
from groundwork.web import install, process_middleware
from tests.integration.channels.conftest import Clock, Server

Json = dict[str, Any]
RATE = 8000
FRAME_BYTES = 320  # 20 ms


def tone(seconds: float, hertz: float = 300.0, loudness: int = 8000) -> bytes:
    """A sound that is loud, so that a judge by loudness takes it for speech."""
    samples = (int(loudness * math.sin(2 * math.pi * hertz * at / RATE)) for at in range(int(seconds * RATE)))
    return b"".join(struct.pack("<h", sample) for sample in samples)


def silence(seconds: float) -> bytes:
    """Nothing is heard."""
    return bytes(int(seconds * RATE) * 2)


# the exchange, written from the protocol's description and not with our own codec


class Leg:
    """One connection of an exchange."""

    def __init__(self, port: int, uuid: UUID | None = None):
        self.uuid = uuid or uuid4()
        self._port = port
        self.writer: asyncio.StreamWriter
        self.reader: asyncio.StreamReader

    async def connect(self) -> Leg:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        self.writer.write(b"\x01\x00\x10" + self.uuid.bytes)
        await self.writer.drain()
        return self

    async def play(self, pcm: bytes, pace: float = 0.0) -> Leg:
        """Send sound in frames of 20 ms; ``pace``: seconds between them."""
        for at in range(0, len(pcm), FRAME_BYTES):
            part = pcm[at : at + FRAME_BYTES]
            self.writer.write(b"\x10" + struct.pack(">H", len(part)) + part)
            if pace:
                await self.writer.drain()
                await asyncio.sleep(pace)
        await self.writer.drain()
        return self

    async def send(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    async def hang_up(self) -> None:
        await self.send(b"\x00\x00\x00")
        await self.reader.read()
        self.writer.close()

    async def break_off(self) -> None:
        self.writer.transport.abort()


# the intake


PEOPLE = {
    "li": {"id": "staff:1", "name": "李坐席", "roles": ["operator"], "permissions": ["file", "read_all", "reveal"]},
    "wang": {"id": "staff:2", "name": "王坐席", "roles": ["operator"], "permissions": ["file", "read_all", "reveal"]},
    "zhao": {"id": "staff:3", "name": "赵督办", "roles": ["supervisor"], "permissions": ["read_all"]},
    "sun": {"id": "staff:4", "name": "孙经办", "roles": ["handler"], "permissions": ["read_department"]},
    "qian": {"id": "staff:6", "name": "钱督办", "roles": ["supervisor"], "permissions": ["read_all"]},
    "zhou": {"id": "staff:7", "name": "周派遣", "roles": ["dispatcher"], "permissions": ["read_all"]},
    "pbx": {"id": "token:5", "name": "交换机", "roles": ["channel"], "permissions": ["file"]},
}


class RegistryStandIn(Server):
    """Speaks the part of the intake's interface that the telephone uses. Tokens are the names of PEOPLE."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.parsed: dict[str, Json] = {}
        self.default: Json = {
            "normalized": "", "act": "report", "acts": [{"name": "report", "confidence": 0.9}], "categories": [],
            "locations": [], "place": None, "problems": [],
        }  # fmt: skip
        self.asked: list[str] = []
        self.background: list[bool] = []
        self.filed: dict[str, Json] = {}
        self.bodies: list[Json] = []
        self.lose_answers = 0
        self.heard: list[tuple[str, str]] = []
        self.deeds: list[tuple[str, str, str]] = []
        self.deaf = False  # to deeds only
        self.recorded: list[tuple[str, str, str]] = []
        self.city = {
            "timezone": "Asia/Shanghai",
            "telephone": {"announcement": "本次通话将被录音。", "recordings_days": 30, "personal_days": 60},
        }

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/api/v1/principal", self._principal)
        app.router.add_get("/api/v1/city", self._city)
        app.router.add_get("/api/v1/categories", self._categories)
        app.router.add_post("/api/v1/nlu/parse", self._parse)
        app.router.add_post("/api/v1/places/resolve", self._resolve)
        app.router.add_post("/api/v1/cases/similar", self._similar)
        app.router.add_post("/api/v1/cases/preview", self._preview)
        app.router.add_post("/api/v1/cases", self._file)
        app.router.add_post("/api/v1/calls/{id}/heard", self._heard)
        app.router.add_post("/api/v1/calls/{id}/deeds", self._deed)
        app.router.add_post("/api/v1/console/records", self._record)
        return app

    def _who(self, request: web.Request) -> Json:
        if self.down:
            raise web.HTTPServiceUnavailable
        name = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if name not in PEOPLE:
            problem = {"code": "unauthenticated", "detail": "请先登录。"}
            raise web.HTTPUnauthorized(text=json.dumps(problem), content_type="application/problem+json")
        return PEOPLE[name]

    async def _principal(self, request: web.Request) -> web.Response:
        return web.json_response(self._who(request))

    async def _city(self, _request: web.Request) -> web.Response:
        return web.json_response(self.city)

    async def _categories(self, _request: web.Request) -> web.Response:
        items = [
            {"code": "0201", "name": "路灯", "typical_words": ["路灯", "灯不亮"], "urgency": "normal"},
            {"code": "0101", "name": "井盖", "typical_words": ["井盖"], "urgency": "urgent"},
        ]
        return web.json_response({"items": items})

    async def _parse(self, request: web.Request) -> web.Response:
        self._who(request)
        self.background.append("X-YHT-Background" in request.headers)
        text = (await request.json())["text"]
        self.asked.append(text)
        answer = dict(self.default)
        if "路灯" in text:
            answer["categories"] = [{"code": "0201", "name": "路灯", "confidence": 0.8}]
        if "江川路" in text:
            at = text.index("江川路")
            answer["locations"] = [{"text": "江川路", "start": at, "end": at + 3, "kind": "road"}]
        return web.json_response(self.parsed.get(text, answer))

    async def _resolve(self, request: web.Request) -> web.Response:
        words = (await request.json())["text"]
        place = {"text": words, "name": words, "lat": 31.0, "lng": 121.4, "town": "江川路街道", "precision": "road"}
        return web.json_response({"place": place, "candidates": []})

    async def _similar(self, _request: web.Request) -> web.Response:
        one = {"case_no": "111222333", "is_open": True, "score": 80, "metres": 20}
        return web.json_response(
            {"items": [one, one | {"case_no": "999", "is_open": False}], "metres": 50, "hours": 24}
        )

    async def _preview(self, _request: web.Request) -> web.Response:
        answer = {"department": {"id": "lamp", "name": "市政"}, "due_at": "2026-12-01T12:00:00+08:00", "limit": None}
        return web.json_response(answer)

    async def _file(self, request: web.Request) -> web.Response:
        self._who(request)
        key, body = request.headers["Idempotency-Key"], await request.json()
        self.bodies.append(body)
        if key in self.filed and self.filed[key]["body"] != body:
            return web.json_response({"code": "idempotency_mismatch", "detail": "不一样"}, status=422)
        new = key not in self.filed
        self.filed.setdefault(key, {"case_no": f"48392017{len(self.filed)}", "body": body})
        if self.lose_answers:
            self.lose_answers -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"case_no": self.filed[key]["case_no"]}, status=201 if new else 200)

    async def _heard(self, request: web.Request) -> web.Response:
        self.heard.append((self._who(request)["name"], request.match_info["id"]))
        return web.Response(status=204)

    async def _deed(self, request: web.Request) -> web.Response:
        if self.deaf:
            raise web.HTTPBadGateway
        body = await request.json()
        self.deeds.append((self._who(request)["name"], body["deed"], request.match_info["id"]))
        return web.Response(status=204)

    async def _record(self, request: web.Request) -> web.Response:
        who, body = self._who(request), await request.json()
        self.recorded.append((who["name"], body["action"], body["target"]))
        return web.json_response(who)


@pytest.fixture
async def registry() -> AsyncIterator[RegistryStandIn]:
    server = RegistryStandIn()
    await server.start()
    yield server
    await server.stop()


# the telephone


QUICK = Pauses(pause=0.4, margin=0.1)


@dataclass
class Telephone:
    """A running telephone: where the exchange connects, and where desks ask."""

    url: str
    port: int
    board: Switchboard
    folder: Path
    session: ClientSession
    streams: list[asyncio.Task[None]] = field(default_factory=list)

    def leg(self, uuid: UUID | None = None) -> Leg:
        return Leg(self.port, uuid)

    async def ask(self, who: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {who}"}
        async with self.session.request(
            method, f"{self.url}/channels/hotline{path}", json=body, headers=headers
        ) as answer:
            if answer.content_type in ("audio/wav", "text/csv"):
                return answer.status, await answer.read()
            return answer.status, await answer.json(content_type=None)

    def credential(self, who: str) -> Credential:
        return Credential(authorization=f"Bearer {who}")

    async def get(self, who: str, path: str) -> Any:
        status, answer = await self.ask(who, "GET", path)
        assert status == 200, answer
        return answer

    async def do(self, who: str, method: str, path: str, body: object = None) -> Any:
        status, answer = await self.ask(who, method, path, body)
        assert status in (200, 201), answer
        return answer

    async def announce(self, legs: Sequence[Leg], **data: str) -> str:
        sides = dict(zip(("caller", "operator"), (str(leg.uuid) for leg in legs), strict=False))
        return str((await self.do("pbx", "POST", "/calls", sides | data))["call_id"])

    async def attend(self, who: str, after: int | None = None, watch: str = "") -> list[tuple[str, Json]]:
        """Open a page's stream; what it is told is appended to the list."""
        told: list[tuple[str, Json]] = []
        ready = asyncio.Event()

        async def follow() -> None:
            query = (f"&after={after}" if after is not None else "") + f"&watch={watch}"
            async with self.session.get(
                f"{self.url}/channels/hotline/live?{query}", headers={"Authorization": f"Bearer {who}"}
            ) as answer:
                assert answer.status == 200
                ready.set()
                kind = ""
                async for raw in answer.content:
                    line = raw.decode().rstrip("\n")
                    if line.startswith("event: "):
                        kind = line[7:]
                    elif line.startswith("data: "):
                        told.append((kind, json.loads(line[6:])))

        self.streams.append(asyncio.create_task(follow()))
        await asyncio.wait_for(ready.wait(), 10)
        return told


Start = Callable[..., Any]


@pytest.fixture
async def start(database_url: str, tmp_path: Path, registry: RegistryStandIn, clock: Clock) -> AsyncIterator[Start]:
    """Starts telephones as separate processes have them: side by side on one database and one folder."""

    @asynccontextmanager
    async def begin(recogniser: Recogniser | None = None, **more: Any) -> AsyncIterator[Telephone]:
        port = unused_port()
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            var_dir=tmp_path / "var",
            intake_url=registry.url,
            audiosocket_port=port,
        )
        app = web.Application(middlewares=[process_middleware("front")])
        database = Database(database_url)
        async with ClientSession(cookie_jar=DummyCookieJar()) as session:
            async with running(
                settings, database, session, recogniser or ScriptedRecogniser(), clock,
                new_activity=more.pop("new_activity", LoudnessActivity), pauses=QUICK, **more,
            ) as board:  # fmt: skip
                app[HOTLINE] = board.hotline
                install(app, settings, {})
                add_hotline_routes(app)
                add_quality_routes(app)
                add_microphone_routes(app)
                runner = web.AppRunner(app, shutdown_timeout=0.5)
                await runner.setup()
                web_port = unused_port()
                await web.TCPSite(runner, "127.0.0.1", web_port).start()
                telephone = Telephone(f"http://127.0.0.1:{web_port}", port, board, settings.recordings_dir, session)
                try:
                    yield telephone
                finally:
                    for task in telephone.streams:
                        task.cancel()
                    await asyncio.gather(*telephone.streams, return_exceptions=True)
                    await runner.cleanup()
            await database.close()

    yield begin


@pytest.fixture
async def telephone(start: Start) -> AsyncIterator[Telephone]:
    async with start() as telephone:
        yield telephone


Eventually = Callable[..., Awaitable[None]]
