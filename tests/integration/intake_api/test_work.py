"""My work: each role finds what waits for it, and nobody else's."""

from __future__ import annotations

import io

import pytest
from aiohttp import FormData
from PIL import Image

from intake_api.http.resources import ACTING
from tests.integration.intake_api.conftest import Intake, Json
from tests.integration.intake_api.test_life_of_a_case import closed


def photo() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(content, "JPEG")
    return content.getvalue()


async def counts(intake: Intake, role: str) -> dict[str, int]:
    status, answer = await intake.call("GET", "/api/v1/work", role=role)
    assert status == 200
    return {item["work"]: item["count"] for item in answer["items"]}


async def listed(intake: Intake, role: str, work: str) -> list[str]:
    status, answer = await intake.call("GET", f"/api/v1/cases?work={work}", role=role)
    assert status == 200
    return [item["case_no"] for item in answer["items"]]


async def act(intake: Intake, case: Json, action: str, role: str, **body: object) -> None:
    path = f"/api/v1/cases/{case['case_no']}/actions/{action}"
    status, answer = await intake.call("POST", path, body, role=role)
    assert status == 200, answer


async def test_a_case_wanders_from_list_to_list(intake: Intake) -> None:
    _, case = await intake.file()
    own = f"handler@{case['department']['id']}"
    assert (await counts(intake, own))["to_accept"] == 1
    assert (await counts(intake, "handler@lamps"))["to_accept"] == 0
    assert await listed(intake, "handler@lamps", "to_accept") == []
    await act(intake, case, "accept", own)
    assert (await counts(intake, own)) == {"pressed": 0, "to_accept": 0, "in_hand": 1, "to_support": 0, "suspended": 0}
    await act(intake, case, "extend", own, reason="等待配件")
    await act(intake, case, "assist", own, department="lamps", reason="需要断电")
    assert (await counts(intake, "dispatcher")) == {
        "to_dispatch": 0, "to_adjudicate": 0, "extensions": 1, "assistance": 1,
    }  # fmt: skip
    assert await listed(intake, "dispatcher", "assistance") == [case["case_no"]]
    _, detail = await intake.call("GET", f"/api/v1/cases/{case['case_no']}", role="dispatcher")
    [asked] = [task for task in detail["tasks"] if task["kind"] == "assist" and task["state"] == "asked"]
    await act(intake, case, "assist_decide", "dispatcher", task=asked["id"], granted=True)
    assert (await counts(intake, "dispatcher"))["assistance"] == 0
    assert await listed(intake, "handler@lamps", "to_support") == [case["case_no"]]
    assert case["case_no"] not in await listed(intake, own, "to_support"), "the lead does not report its own support"


async def test_what_is_late_is_counted_and_is_the_supervisors(intake: Intake) -> None:
    await intake.file()
    assert (await counts(intake, "supervisor"))["overdue"] == 0
    intake.clock.forward(days=60)
    _, answer = await intake.call("GET", "/api/v1/work", role="supervisor")
    overdue = next(item for item in answer["items"] if item["work"] == "overdue")
    assert (overdue["count"], overdue["late"], overdue["more"]) == (1, 1, False)


async def test_what_waits_to_be_filed_is_late_by_the_internal_limit_and_unknown_kinds_come_in_turn(
    intake: Intake,
) -> None:
    """A report without a category has no clock; it came first, so it is first, and late after 15 minutes."""
    _, unknown = await intake.file(description="看不懂的一件", category=None)
    intake.clock.forward(minutes=10)
    _, doubtful = await intake.file(category_confidence=0.2)
    intake.clock.forward(minutes=6)
    _, answer = await intake.call("GET", "/api/v1/work", role="operator")
    to_file = next(item for item in answer["items"] if item["work"] == "to_file")
    assert (to_file["count"], to_file["late"]) == (2, 1)
    _, page = await intake.call("GET", "/api/v1/cases?work=to_file&order=stage&limit=1", role="operator")
    assert [item["case_no"] for item in page["items"]] == [unknown["case_no"]]
    assert page["items"][0]["stage_due_at"] == "2026-09-22T10:15:00+08:00"
    path = f"/api/v1/cases?work=to_file&order=stage&limit=1&cursor={page['next']}"
    _, page = await intake.call("GET", path, role="operator")
    assert [item["case_no"] for item in page["items"]] == [doubtful["case_no"]]
    await act(intake, doubtful, "file", "operator")
    _, page = await intake.call("GET", "/api/v1/cases", role="operator")
    assert page["items"][0]["stage_due_at"] is None, "with the department its own limit runs"


async def test_what_a_resident_urged_or_a_supervisor_pressed_is_first_with_the_department(intake: Intake) -> None:
    """Three cases in the order of their due times; the second is urged (4 h ahead), the third supervised (24 h)."""
    cases = []
    for _ in range(3):
        cases.append((await intake.file())[1])
        intake.clock.forward(minutes=10)
    await act(intake, cases[1], "urge", "channel", channel_user="u1")
    await act(intake, cases[2], "supervise", "supervisor", level=1, reason="群众反映强烈")
    own = f"handler@{cases[0]['department']['id']}"
    assert (await counts(intake, own))["pressed"] == 2
    assert (await counts(intake, "handler@lamps"))["pressed"] == 0
    numbers = [case["case_no"] for case in reversed(cases)]
    for work, expected in (("pressed", numbers[:2]), ("to_accept", numbers)):
        _, page = await intake.call("GET", f"/api/v1/cases?work={work}&order=priority", role=own)
        assert [item["case_no"] for item in page["items"]] == expected
    assert page["items"][1]["urges"] == 1


async def test_call_backs_come_in_turn_become_late_and_are_given_up_with_an_event(intake: Intake) -> None:
    """Closed a day apart; to be called back within 3 days, given up 7 days later."""
    cases = []
    for _ in range(2):
        cases.append(await closed(intake))
        intake.clock.forward(days=1)
    numbers = [case["case_no"] for case in cases]
    _, page = await intake.call("GET", "/api/v1/cases?work=call_back&order=stage", role="operator")
    assert [item["case_no"] for item in page["items"]] == numbers

    async def waiting() -> tuple[int, int]:
        _, answer = await intake.call("GET", "/api/v1/work", role="operator")
        return next((item["count"], item["late"]) for item in answer["items"] if item["work"] == "call_back")

    assert await waiting() == (2, 0)
    intake.clock.forward(days=1, minutes=1)
    assert await waiting() == (2, 1)
    intake.clock.forward(days=7)
    assert await intake.client.server.app[ACTING].keep_time() == 1  # type: ignore[attr-defined]
    assert await waiting() == (1, 1)
    _, events = await intake.call("GET", f"/api/v1/cases/{numbers[0]}/events", role="operator")
    assert events["items"][-1]["kind"] == "call_back_lapsed"
    body = {"grade": "satisfied", "solved": True}
    await act(intake, cases[0], "rate", "operator", **body)  # who calls in later is heard all the same


async def test_an_inspector_sees_the_photos_of_what_is_to_be_looked_at(intake: Intake) -> None:
    form = FormData()
    form.add_field("file", photo(), filename="pit.jpg", content_type="image/jpeg")
    headers = {"Authorization": f"Bearer {await intake.token('channel')}"}
    async with intake.client.post("/api/v1/attachments", data=form, headers=headers) as answer:
        attachment = (await answer.json())["attachment_id"]
    _, case = await intake.file(description="看不懂的一件", category=None, attachments=[attachment])
    seen = f"/api/v1/attachments/{attachment}"
    inspector = {"Authorization": f"Bearer {await intake.token('inspector')}"}
    assert (await intake.client.get(seen, headers=inspector)).status == 404
    assert (await counts(intake, "inspector")) == {"to_check": 0}
    await act(intake, case, "check", "operator", reason="地点说不清")
    assert (await counts(intake, "inspector")) == {"to_check": 1}
    assert await listed(intake, "inspector", "to_check") == [case["case_no"]]
    assert (await intake.client.get(seen, headers=inspector)).status == 200


@pytest.mark.parametrize("role", ["channel", "partner", "sysadmin"])
async def test_my_work_is_for_those_who_handle_cases(intake: Intake, role: str) -> None:
    assert (await intake.call("GET", "/api/v1/work", role=role))[0] == 403


async def test_departments_are_found_by_their_initials(intake: Intake) -> None:
    _, answer = await intake.call("GET", "/api/v1/departments", role="dispatcher")
    assert next(unit for unit in answer["items"] if unit["id"] == "drainage")["initials"] == "qhqpsgls"
