"""Those with whom the channels talk, on loopback: an assistant with a tracker, an intake, WeChat, the Bot API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from yht.ports import LOOPBACK, free_ports

Json = dict[str, Any]

TELEGRAM_TOKEN = "7654321098:AAF-stand_in_token_of_thirty_five_c"
_PIN = "/share_location"


def echo(words: str) -> str:
    """What the assistant answers to ``words``."""
    return f"听到：{words}"


class Assistant:
    """Speaks Rasa's REST channel and its tracker; repeats what it hears, after a while.

    ``heard`` are the words of each sender in their order; ``overlaps`` counts messages of a sender that came while it
    was still at work on another of the same: a real tracker would lose events.
    """

    def __init__(self, *, slowest: float = 0.03) -> None:
        """``slowest``: seconds."""
        self.heard: dict[str, list[str]] = {}
        self.overlaps = 0
        self._slowest = slowest
        self._events: dict[str, list[Json]] = {}
        self._at_work: set[str] = set()

    def application(self) -> web.Application:
        """To be served."""
        app = web.Application()
        app.router.add_post("/webhooks/rest/webhook", self._hear)
        app.router.add_get("/conversations/{sender}/tracker", self._tracker)
        app.router.add_post("/conversations/{sender}/tracker/events", self._append)
        app.router.add_get("/status", self._state)
        app.router.add_post("/model/parse", self._state)
        return app

    async def _state(self, _request: web.Request) -> web.Response:
        return web.json_response({"model_file": "stand-in.tar.gz"})

    async def _hear(self, request: web.Request) -> web.Response:
        body = await request.json()
        sender, words = body["sender"], body["message"]
        if words.startswith(_PIN):
            words = json.loads(words.removeprefix(_PIN))["label"]
        self.overlaps += sender in self._at_work
        self._at_work.add(sender)
        self.heard.setdefault(sender, []).append(words)
        await asyncio.sleep(random.random() * self._slowest)
        events = self._events.setdefault(sender, [])
        events.append({"event": "user", "text": words, "metadata": body["metadata"]})
        events.append({"event": "bot", "text": echo(words), "data": {}, "metadata": {}})
        self._at_work.discard(sender)
        return web.json_response([{"recipient_id": sender, "text": echo(words)}])

    async def _tracker(self, request: web.Request) -> web.Response:
        sender = request.match_info["sender"]
        return web.json_response({"sender_id": sender, "active_loop": {}, "events": self._events.get(sender, [])})

    async def _append(self, request: web.Request) -> web.Response:
        sender, body = request.match_info["sender"], await request.json()
        self._events.setdefault(sender, []).extend(body if isinstance(body, list) else [body])
        return web.json_response({"sender_id": sender})


class Intake:
    """Is there, and has nothing to say."""

    def application(self) -> web.Application:
        """To be served."""
        app = web.Application()
        app.router.add_get("/readyz", self._ready)
        return app

    async def _ready(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ready"})


class Messengers:
    """WeChat's interface and the Bot API. ``told``: what each user was written, in order, by conversation."""

    def __init__(self) -> None:
        self.told: dict[str, list[str]] = {}

    def application(self) -> web.Application:
        """To be served."""
        app = web.Application()
        app.router.add_get("/cgi-bin/token", self._token)
        app.router.add_post("/cgi-bin/message/custom/send", self._send)
        app.router.add_post(f"/bot{TELEGRAM_TOKEN}/{{method}}", self._method)
        return app

    def tell(self, conversation: str, words: str) -> None:
        """The user reads ``words``."""
        self.told.setdefault(conversation, []).append(words)

    async def _token(self, _request: web.Request) -> web.Response:
        return web.json_response({"access_token": "stand-in", "expires_in": 7200})

    async def _send(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.tell(f"wechat:{body['touser']}", body["text"]["content"])
        return web.json_response({"errcode": 0, "errmsg": "ok"})

    async def _method(self, request: web.Request) -> web.Response:
        body = await request.post()
        result: object = True
        if request.match_info["method"] == "sendMessage":
            chat = int(str(body["chat_id"]))
            self.tell(f"telegram:{chat}", str(body["text"]))
            result = {"message_id": 1, "date": 1764000000, "chat": {"id": chat, "type": "private"}, "text": "-"}
        return web.json_response({"ok": True, "result": result})


@contextlib.asynccontextmanager
async def served(part: Assistant | Intake | Messengers) -> AsyncIterator[str]:
    """Its address, while the block lasts."""
    runner = web.AppRunner(part.application(), shutdown_timeout=0.5, access_log=None)
    await runner.setup()
    port = free_ports(1)[0]
    await web.TCPSite(runner, LOOPBACK, port).start()
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        await runner.cleanup()
