"""What the operators' console asks of the intake: who may, that it is recorded, and when people are at work."""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest

from tests.integration.intake_api.conftest import Intake
from tests.integration.intake_api.desk import account, enter

RECORDS = "/api/v1/console/records"


async def test_everything_done_at_the_console_stands_in_the_trail(intake: Intake) -> None:
    await account(intake, "顾晓芸", "operator")
    person = await enter(intake, "顾晓芸")
    for action in ("take", "reveal", "reply", "close"):
        status, who = await person.call("POST", "/console/records", {"action": action, "target": "handover:7"})
        assert (status, who["name"], who["roles"]) == (200, "顾晓芸", ["operator"])
    assert who["id"].startswith("staff:")
    _, trail = await intake.call("GET", "/api/v1/audit?target=handover:7", role="auditor")
    assert [one["action"] for one in reversed(trail["items"])] == [
        "console_take",
        "console_reveal",
        "console_reply",
        "console_close",
    ]
    assert all(one["action_label"] != one["action"] for one in trail["items"])


async def test_a_page_without_the_token_of_its_session_can_do_nothing(intake: Intake) -> None:
    await account(intake, "顾晓芸", "operator")
    person = await enter(intake, "顾晓芸")
    person.csrf = "guessed"
    status, problem = await person.call("POST", "/console/records", {"action": "take", "target": "handover:7"})
    assert (status, problem["code"]) == (403, "csrf")
    assert (await person.call("GET", "/console/operator"))[0] == 200


@pytest.mark.parametrize("action", ["reveal", "file"])
async def test_a_supervisor_serves_residents_but_neither_sees_numbers_nor_files(intake: Intake, action: str) -> None:
    body = {"action": "reply", "target": "handover:7"}
    assert (await intake.call("POST", RECORDS, body, role="supervisor"))[0] == 200
    status, problem = await intake.call("POST", RECORDS, body | {"action": action}, role="supervisor")
    assert (status, problem["code"]) == (403, "forbidden")


@pytest.mark.parametrize("target", ["", "张伟", "handover:7 13812345678", "handover:"])
async def test_nothing_but_the_name_of_a_conversation_gets_into_the_trail(intake: Intake, target: str) -> None:
    status, _ = await intake.call("POST", RECORDS, {"action": "take", "target": target}, role="operator")
    assert status == 422


async def test_office_hours_follow_the_calendar_of_the_city(intake: Intake) -> None:
    status, answer = await intake.call("GET", "/api/v1/office-hours")
    assert status == 200
    periods = [(datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])) for one in answer["periods"]]
    # the test begins on a Tuesday at ten: people are at work, and the stretches come in order without overlap
    now = intake.clock.now
    assert periods[0][0] <= now < periods[0][1]
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(periods))
    assert not {start.date().isoformat() for start, _ in periods} & {"2026-10-01", "2026-10-02", "2026-10-03"}
    intake.clock.forward(hours=12)
    _, evening = await intake.call("GET", "/api/v1/office-hours")
    assert datetime.fromisoformat(evening["periods"][0]["start"]) > intake.clock.now
