"""The assistant asked over HTTP, and the table of operations."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from intake_api.http.app import OPERATIONS
from intake_api.http.assistant import RasaUnderstanding


async def test_the_assistant_is_asked_over_http_and_failures_are_no_answer() -> None:
    answers: list[Any] = [
        {
            "intent": {"name": "report", "confidence": 0.9},
            "intent_ranking": [{"name": "report", "confidence": 0.9}],
            "categories": [{"code": "0115", "confidence": 1.2}],
            "locations": [{"text": "x", "start": 0, "end": 2, "kind": "road"}],
            "normalized": "柳溪",
        },
        {"locations": [{"start": 0}]},
        ["nonsense"],
        None,
    ]

    async def parse(_request: web.Request) -> web.Response:
        answer = answers.pop(0)
        return web.json_response(answer) if answer is not None else web.Response(status=500)

    app = web.Application()
    app.router.add_post("/model/parse", parse)
    async with TestServer(app) as server, ClientSession() as session:
        dead = "http://127.0.0.1:1"
        assistant = RasaUnderstanding(session, [dead, str(server.make_url("")).rstrip("/")])
        understood = await assistant.parse("柳溪路灯")
        assert understood is not None
        assert (understood.act, understood.categories) == ("report", (("0115", 1.0),))
        assert understood.locations[0]["text"] == "柳溪"
        assert [await assistant.parse("柳溪路灯") for _ in range(3)] == [None, None, None]


async def test_the_assistant_tells_which_model_it_loaded() -> None:
    answers: list[Any] = [{"model_file": "models/0123456789abcdef.tar.gz"}, {}, None]

    async def status(_request: web.Request) -> web.Response:
        answer = answers.pop(0)
        return web.json_response(answer) if answer is not None else web.Response(status=409)

    app = web.Application()
    app.router.add_get("/status", status)
    async with TestServer(app) as server, ClientSession() as session:
        assistant = RasaUnderstanding(session, ["http://127.0.0.1:1", str(server.make_url("")).rstrip("/")])
        assert [await assistant.model() for _ in range(3)] == ["0123456789abcdef", None, None]


def test_every_operation_is_described() -> None:
    for operation in OPERATIONS:
        assert operation.summary
        assert operation.answers
        assert operation.handler.__doc__
