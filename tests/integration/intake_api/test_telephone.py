"""The telephone on a real intake: an operator who is logged in takes, understands and files a call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import TestServer, unused_port

from channels.gateway.database import Database
from channels.hotline.microphone import add_microphone_routes
from channels.hotline.segmenter import Pauses
from channels.hotline.switchboard import running
from channels.hotline.views import HOTLINE, add_hotline_routes
from channels.hotline.voice import LoudnessActivity
from channels.speech.scripted import ScriptedRecogniser
from groundwork.web import install, process_middleware
from intake_api.filing import Understood
from intake_api.http.authentication import COOKIE
from tests.integration.channels.hotline.conftest import Leg, silence, tone
from tests.integration.intake_api.conftest import Intake, only_sqlite
from tests.integration.intake_api.desk import Person, account, enter, found

WORDS = "稻香新苑门口垃圾堆了三天没人清。"


class Room:
    """The telephone beside the intake."""

    def __init__(self, url: str, port: int, session: ClientSession):
        self.url = url
        self.port = port
        self._session = session

    async def ask(self, person: Person, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        sent = {"Cookie": f"{COOKIE}={person.cookie}", "X-CSRF-Token": person.csrf} | headers
        url = f"{self.url}/channels/hotline{path}"
        async with self._session.request(method, url, json=body, headers=sent) as answer:
            if not answer.content_type.endswith("json"):
                return answer.status, await answer.read()
            return answer.status, await answer.json(content_type=None)

    async def attend(self, person: Person) -> None:
        async with self._session.get(
            f"{self.url}/channels/hotline/live", headers={"Cookie": f"{COOKIE}={person.cookie}"}
        ) as answer:
            async for _ in answer.content:
                pass


@pytest.fixture
async def room(intake: Intake, tmp_path: Path) -> AsyncIterator[Room]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'calls.db'}")
    await database.upgrade()
    port = unused_port()
    settings = intake.settings.model_copy(
        update={"intake_url": str(intake.client.make_url("")).rstrip("/"), "audiosocket_port": port}
    )
    app = web.Application(middlewares=[process_middleware("front")])
    begun = datetime.now(UTC)

    def clock() -> datetime:
        """The intake's, and it goes on."""
        return intake.clock() + (datetime.now(UTC) - begun)

    async with (
        ClientSession(cookie_jar=DummyCookieJar()) as session,
        running(
            settings, database, session, ScriptedRecogniser([WORDS]), clock,
            new_activity=LoudnessActivity, pauses=Pauses(pause=0.4),
        ) as board,
    ):  # fmt: skip
        app[HOTLINE] = board.hotline
        install(app, settings, {})
        add_hotline_routes(app)
        add_microphone_routes(app)
        async with TestServer(app) as server:
            yield Room(str(server.make_url("")).rstrip("/"), port, session)
    await database.close()


@only_sqlite
async def test_an_operator_takes_understands_and_files_a_call(intake: Intake, room: Room) -> None:
    await found(intake)
    await account(intake, "李坐席", "operator")
    li = await enter(intake, "李坐席")
    intake.assistant.known[WORDS] = Understood(
        WORDS,
        "report",
        (("report", 0.95),),
        (("1101", 0.9),),
        ({"text": "稻香新苑", "start": 0, "end": 4, "kind": "estate"},),
    )
    attending = asyncio.create_task(room.attend(li))
    leg = Leg(room.port, uuid4())
    token = await intake.token("channel")
    status, announced = await room.ask(
        li, "POST", "/calls", {"caller": str(leg.uuid), "number": "13812345678"}, Authorization=f"Bearer {token}"
    )
    assert status == 201, announced
    call = announced["call_id"]
    status, refused = await room.ask(li, "POST", f"/calls/{call}/steps/take", **{"X-CSRF-Token": "forged"})
    assert (status, refused["code"]) == (403, "csrf")
    status, taken = await room.ask(li, "POST", f"/calls/{call}/steps/take")
    assert (status, taken["operator"]["name"]) == (200, "李坐席")
    await leg.connect()
    await leg.play(tone(1.0) + silence(0.8))

    fields: dict[str, Any] = {}
    async with asyncio.timeout(60):
        while "category" not in fields:
            await asyncio.sleep(0.1)
            _, shown = await room.ask(li, "GET", f"/calls/{call}")
            fields = shown["forms"][0]["fields"] if shown["forms"] else {}
    form = shown["forms"][0]
    assert fields["category"]["value"]["code"] == "1101"
    assert fields["place"]["value"]["name"] == "稻香新苑"
    assert form["handler"]["department"]["name"]
    assert fields["description"]["value"] == WORDS
    await leg.hang_up()

    status, filed = await room.ask(li, "POST", f"/calls/{call}/forms/1/file")
    assert status == 200, filed
    status, case = await intake.call("GET", f"/api/v1/cases/{filed['case_no'].replace(' ', '')}", role="operator")
    assert status == 200
    assert (case["channel"], case["category"]["code"], case["status"]) == ("hotline", "1101", "dispatched")
    assert case["reporter"]["phone"] == "138****5678"
    assert [line["text"] for line in case["transcript"]] == [WORDS]
    status, again = await room.ask(li, "POST", f"/calls/{call}/forms/1/file")
    assert again["case_no"] == filed["case_no"]

    status, heard = await room.ask(li, "GET", f"/calls/{call}/recording")
    assert (status, heard[:4]) == (200, b"RIFF")
    auditor = await enter(intake, "郑审计")
    status, trail = await auditor.call("GET", "/audit?action=hear_recording")
    assert [(row["actor"]["name"], row["target"]) for row in trail["items"]] == [("李坐席", f"call:{call}")], (
        json.dumps(trail, ensure_ascii=False)
    )
    for action in ("take_call", "finish_call"):
        if action == "finish_call":
            status, _ = await room.ask(li, "POST", f"/calls/{call}/steps/finish")
            assert status == 200
        rows: list[dict[str, Any]] = []
        async with asyncio.timeout(20):  # told after it was done
            while not rows:
                await asyncio.sleep(0.1)
                rows = (await auditor.call("GET", f"/audit?action={action}"))[1]["items"]
        assert [(row["actor"]["name"], row["target"]) for row in rows] == [("李坐席", f"call:{call}")]
    attending.cancel()


async def test_a_deed_told_again_is_written_down_once(intake: Intake) -> None:
    await found(intake)
    await account(intake, "李坐席", "operator")
    li, auditor = await enter(intake, "李坐席"), await enter(intake, "郑审计")
    done = {"deed": "correct", "at": (intake.clock() - timedelta(hours=3)).isoformat()}
    for _ in range(2):
        assert (await li.call("POST", "/calls/5f2c9e0a71b3d846/deeds", done))[0] == 204
    other = {"deed": "correct", "at": (intake.clock() - timedelta(hours=2)).isoformat()}
    assert (await li.call("POST", "/calls/5f2c9e0a71b3d846/deeds", other))[0] == 204
    _, trail = await auditor.call("GET", "/audit?action=correct_call")
    assert [row["actor"]["name"] for row in trail["items"]] == ["李坐席", "李坐席"]
    moments = [datetime.fromisoformat(row["at"]) for row in trail["items"]]
    assert moments == [datetime.fromisoformat(other["at"]), datetime.fromisoformat(done["at"])]  # when it was done
    for days in (32, -1):
        wrong = {"deed": "take", "at": (intake.clock() - timedelta(days=days)).isoformat()}
        status, problem = await li.call("POST", "/calls/5f2c9e0a71b3d846/deeds", wrong)
        assert (status, problem["code"]) == (422, "invalid")
