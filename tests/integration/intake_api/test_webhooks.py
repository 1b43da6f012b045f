"""Webhooks: signed, in order, at least once, by one process at a time, and never given up unseen."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select, update

from groundwork.settings import Settings
from intake_api.http.resources import DATABASE
from intake_api.storage.tables import AuditRow
from intake_api.storage.webhook_tables import WebhookRow
from tests.integration.intake_api.conftest import Assistant, Clock, Intake, Json, only_sqlite, running, settings_of

Answer = Callable[[Json], int]


@dataclass
class Receiver:
    """Another system. ``answer`` decides what it says to an event; ``heard`` is what it took."""

    url: str = ""
    answer: Answer = lambda _event: 200
    heard: list[Json] = field(default_factory=list)
    refused: list[Json] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    under_way: int = 0
    at_once: int = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.under_way += 1
        self.at_once = max(self.at_once, self.under_way)
        await asyncio.sleep(0.01)
        self.under_way -= 1
        event = json.loads(body)
        status = self.answer(event)
        self.headers.append(dict(request.headers))
        self.bodies.append(body)
        (self.heard if status < 300 else self.refused).append(event)
        return web.Response(status=status)

    @property
    def positions(self) -> list[int]:
        return [event["position"] for event in self.heard]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/hook"))
        yield receiver


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_of(database_url, tmp_path, webhook_private=(ipaddress.ip_network("127.0.0.0/8"),))


async def until(happened: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def subscribe(intake: Intake, receiver: Receiver, **body: object) -> Json:
    await intake.token("partner")
    sent = {"name": "区平台", "partner": "测试partner", "url": receiver.url} | body
    status, made = await intake.call("POST", "/api/v1/webhooks", sent, role="sysadmin")
    assert status == 201, made
    return made


async def two(intake: Intake) -> Json:
    """Two cases that an operator has to look at: two events, and the first case."""
    (_, first), _ = [await intake.file(category_confidence=0.1) for _ in range(2)]
    return first


async def state(intake: Intake, webhook: Json) -> Json:
    status, found = await intake.call("GET", f"/api/v1/webhooks/{webhook['id']}", role="sysadmin")
    assert status == 200
    return found


async def when(intake: Intake, webhook: Json, check: Callable[[Json], bool]) -> Json:
    async with asyncio.timeout(15):
        while not check(found := await state(intake, webhook)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found


def signed_by(headers: dict[str, str], body: bytes) -> Callable[[str], bool]:
    parts = [part.split("=", 1) for part in headers["X-YHT-Signature"].split(",")]
    signed = parts[0][1].encode() + b"." + body
    codes = {code for name, code in parts if name == "v1"}
    return lambda secret: hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() in codes


async def test_what_happens_is_told_in_order_and_signed(intake: Intake, receiver: Receiver) -> None:
    await two(intake)  # before the subscription: not told
    made = await subscribe(intake, receiver)
    numbers = [(await two(intake))["case_no"] for _ in range(3)]
    await until(lambda: len(receiver.heard) == 6)
    assert receiver.positions == [3, 4, 5, 6, 7, 8]
    assert [event["case_no"] for event in receiver.heard[::2]] == numbers
    for headers, body in zip(receiver.headers, receiver.bodies, strict=True):
        assert signed_by(headers, body)(made["secret"])
    assert receiver.headers[0]["X-YHT-Event"] == "received"
    deliveries = [headers["X-YHT-Delivery"] for headers in receiver.headers]
    assert len(set(deliveries)) == 6
    assert receiver.at_once == 1
    found = await when(intake, made, lambda found: found["behind"] == 0)
    assert (found["state"], found["dead_letters"], found["last_error"]) == ("active", 0, "")


async def test_the_body_is_the_event_as_the_feed_tells_it(intake: Intake, receiver: Receiver) -> None:
    await subscribe(intake, receiver)
    await subscribe(intake, receiver, partner="", department_id="greening", name="绿化")
    await two(intake)
    await until(lambda: len(receiver.heard) == 4)
    for role in ("partner", "handler@greening"):
        _, page = await intake.call("GET", "/api/v1/events", role=role)
        assert all(event in receiver.heard for event in page["items"])


async def test_only_what_was_chosen_is_told(intake: Intake, receiver: Receiver) -> None:
    await subscribe(intake, receiver, kinds=["filed"], categories=["1101"], towns=["990101101"])
    await subscribe(intake, receiver, partner="", department_id="drainage", name="排水")
    await intake.file(category="0115")
    _, wanted = await intake.file()
    await intake.file(location={"lat": 31.02, "lng": 121.01})
    await until(lambda: bool(receiver.heard))
    await asyncio.sleep(0.6)
    assert [(event["case_no"], event["kind"]) for event in receiver.heard] == [(wanted["case_no"], "filed")]


async def test_the_next_waits_until_the_first_is_heard(intake: Intake, receiver: Receiver) -> None:
    made = await subscribe(intake, receiver)
    receiver.answer = lambda event: 503
    await two(intake)
    await two(intake)
    found = await when(intake, made, lambda found: found["attempts"] == 1)
    assert found["last_error"] == "对方回答 HTTP 503"
    assert found["next_attempt_at"]
    receiver.answer = lambda event: 200
    intake.clock.forward(minutes=1)
    await until(lambda: len(receiver.heard) == 4)
    assert receiver.positions == [1, 2, 3, 4]
    assert {event["position"] for event in receiver.refused} == {1}


async def test_an_event_refused_for_a_day_is_a_dead_letter_and_the_next_follow(
    intake: Intake, receiver: Receiver
) -> None:
    made = await subscribe(intake, receiver)
    receiver.answer = lambda event: 422 if event["position"] in (1, 2) else 200
    await two(intake)
    await two(intake)
    for dead in (1, 2):
        await when(intake, made, lambda found: found["attempts"] == 1)
        intake.clock.forward(hours=24, minutes=1)
        await when(intake, made, lambda found, dead=dead: found["dead_letters"] == dead)
    await until(lambda: len(receiver.heard) == 2)
    _, letters = await intake.call("GET", f"/api/v1/webhooks/{made['id']}/dead-letters", role="sysadmin")
    assert [(item["position"], item["kind"], item["attempts"]) for item in letters["items"]] == [
        (1, "received", 2),
        (2, "received", 2),
    ]
    receiver.answer = lambda event: 200
    status, answer = await intake.call("POST", f"/api/v1/webhooks/{made['id']}/dead-letters/replay", role="sysadmin")
    assert (status, answer) == (200, {"replayed": 2})
    await until(lambda: len(receiver.heard) == 4)
    assert receiver.positions == [3, 4, 1, 2]
    assert (await when(intake, made, lambda found: found["dead_letters"] == 0))["state"] == "active"


async def test_a_receiver_silent_for_a_day_pauses_the_subscription_and_replay_keeps_the_order(
    intake: Intake, receiver: Receiver
) -> None:
    made = await subscribe(intake, receiver)
    receiver.answer = lambda event: 500
    await two(intake)
    await two(intake)
    await when(intake, made, lambda found: found["attempts"] == 1)
    intake.clock.forward(hours=25)
    found = await when(intake, made, lambda found: found["state"] == "paused")
    assert (found["state_reason"], found["dead_letters"]) == ("对方一整天没有正常应答", 1)
    receiver.answer = lambda event: 200
    _, letters = await intake.call("GET", f"/api/v1/webhooks/{made['id']}/dead-letters", role="sysadmin")
    body = {"ids": [letters["items"][0]["id"]]}
    await intake.call("POST", f"/api/v1/webhooks/{made['id']}/dead-letters/replay", body, role="sysadmin")
    await until(lambda: len(receiver.heard) == 4)
    assert receiver.positions == [1, 2, 3, 4]


async def test_gone_ends_it_until_somebody_sees_to_it(intake: Intake, receiver: Receiver) -> None:
    made = await subscribe(intake, receiver)
    receiver.answer = lambda event: 410
    await two(intake)
    await when(intake, made, lambda found: found["state"] == "disabled")
    path = f"/api/v1/webhooks/{made['id']}"
    assert (await intake.call("POST", f"{path}/dead-letters/replay", role="sysadmin"))[0] == 409
    receiver.answer = lambda event: 200
    status, _ = await intake.call("PATCH", path, {"state": "active"}, role="sysadmin")
    assert status == 200
    await until(lambda: len(receiver.heard) == 2)
    assert receiver.positions == [1, 2]


async def test_while_paused_nothing_is_told_and_nothing_is_lost(intake: Intake, receiver: Receiver) -> None:
    made = await subscribe(intake, receiver)
    path = f"/api/v1/webhooks/{made['id']}"
    await intake.call("PATCH", path, {"state": "paused"}, role="sysadmin")
    await two(intake)
    await asyncio.sleep(0.8)
    assert receiver.heard == []
    await intake.call("PATCH", path, {"state": "active"}, role="sysadmin")
    await until(lambda: len(receiver.heard) == 2)


async def test_for_a_day_after_a_change_both_secrets_are_right(intake: Intake, receiver: Receiver) -> None:
    old = await subscribe(intake, receiver)
    _, new = await intake.call("POST", f"/api/v1/webhooks/{old['id']}/secret", role="sysadmin")
    assert new["secret"] != old["secret"]
    status, problem = await intake.call("POST", f"/api/v1/webhooks/{old['id']}/secret", role="sysadmin")
    assert (status, problem["code"]) == (409, "secret_just_changed")
    await two(intake)
    await until(lambda: len(receiver.heard) == 2)
    right = signed_by(receiver.headers[0], receiver.bodies[0])
    assert right(old["secret"])
    assert right(new["secret"])
    intake.clock.forward(hours=25)
    await two(intake)
    await until(lambda: len(receiver.heard) == 4)
    right = signed_by(receiver.headers[-1], receiver.bodies[-1])
    assert right(new["secret"])
    assert not right(old["secret"])


async def test_two_processes_tell_each_event_once(intake: Intake, receiver: Receiver) -> None:
    async with running(intake.settings, intake.clock, Assistant()) as other:
        other.tokens = intake.tokens
        await subscribe(intake, receiver)
        for number in range(8):
            await two((intake, other)[number % 2])
        await until(lambda: len(receiver.heard) >= 16)
        await asyncio.sleep(0.6)
    assert receiver.positions == list(range(1, 17))
    assert receiver.at_once == 1


async def test_the_lease_of_a_killed_process_is_taken_over_within_a_minute(intake: Intake, receiver: Receiver) -> None:
    made = await subscribe(intake, receiver)
    database = intake.client.app[DATABASE]  # type: ignore[union-attr]
    lease = intake.clock().replace(microsecond=0)
    async with database.write() as session:
        held = update(WebhookRow).values(leased_by="killed", lease_until=lease.replace(second=30))
        await session.execute(held.where(WebhookRow.id == made["id"]))
    await two(intake)
    await asyncio.sleep(0.8)
    assert receiver.heard == []
    intake.clock.forward(minutes=1)
    await until(lambda: len(receiver.heard) == 2)


@only_sqlite
async def test_subscriptions_are_the_system_administrators_and_their_owners_see_them(
    intake: Intake, receiver: Receiver
) -> None:
    mine = await subscribe(intake, receiver)
    other = await subscribe(intake, receiver, partner="", department_id="greening")
    for role, seen in (
        ("sysadmin", [mine["id"], other["id"]]),
        ("partner", [mine["id"]]),
        ("handler@greening", [other["id"]]),
        ("handler@hedong", []),
    ):
        status, listed = await intake.call("GET", "/api/v1/webhooks", role=role)
        assert (status, [item["id"] for item in listed["items"]]) == (200, seen)
        assert "secret" not in json.dumps(listed).replace("old_secret_until", "")
    path = f"/api/v1/webhooks/{other['id']}"
    assert (await intake.call("GET", path, role="partner"))[0] == 404
    for role in ("partner", "handler@greening", "operator"):
        assert (await intake.call("PATCH", path, {"state": "paused"}, role=role))[0] == 403
    assert (await intake.call("DELETE", path, role="sysadmin"))[0] == 204
    assert (await intake.call("GET", path, role="sysadmin"))[0] == 404
    async with intake.client.app[DATABASE].read() as session:  # type: ignore[union-attr]
        noted = [(row.action, row.target) for row in await session.scalars(select(AuditRow))]
    assert ("add_webhook", "webhook:1") in noted
    assert ("remove_webhook", "webhook:2") in noted


@only_sqlite
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://10.0.0.1/hook"}, "/url"),
        ({"url": "https://169.254.169.254/latest"}, "/url"),
        ({"url": "ftp://example.org"}, "/url"),
        ({"department_id": "greening"}, "/department_id"),
        ({"partner": ""}, "/department_id"),
        ({"partner": "谁也不是"}, "/partner"),
        ({"partner": "", "department_id": "none"}, "/department_id"),
        ({"categories": ["9999"]}, "/categories/0"),
        ({"towns": ["1"]}, "/towns/0"),
        ({"kinds": ["nonsense"]}, "/kinds/0"),
        ({"name": ""}, "/name"),
    ],
)
async def test_a_subscription_that_cannot_be_is_told_why(
    intake: Intake, receiver: Receiver, body: Json, pointer: str
) -> None:
    await intake.token("partner")
    sent = {"name": "区平台", "partner": "测试partner", "url": receiver.url} | body
    status, problem = await intake.call("POST", "/api/v1/webhooks", sent, role="sysadmin")
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (422, "invalid", pointer)


@only_sqlite
async def test_lag_and_dead_letters_are_measured(intake: Intake, receiver: Receiver) -> None:
    made = await subscribe(intake, receiver)
    await two(intake)
    await until(lambda: len(receiver.heard) == 2)
    async with intake.client.get("/metrics") as answer:
        text = await answer.text()
    assert 'yht_webhook_deliveries_total{result="delivered"}' in text
    assert made["id"] == 1


@only_sqlite
async def test_a_process_told_to_stop_leaves_the_rest_to_the_next(intake: Intake, receiver: Receiver) -> None:
    await subscribe(intake, receiver)
    receiver.answer = lambda event: 200
    async with running(intake.settings, Clock(), Assistant()):
        await two(intake)
    await until(lambda: len(receiver.heard) == 2)
    assert receiver.positions == [1, 2]
