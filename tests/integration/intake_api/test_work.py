"""My work: each role finds what waits for it, and nobody else's."""

from __future__ import annotations

import io

import pytest
from aiohttp import FormData
from PIL import Image

from tests.integration.intake_api.conftest import Intake, Json


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
    assert (await counts(intake, own)) == {"to_accept": 0, "in_hand": 1, "to_support": 0, "suspended": 0}
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
