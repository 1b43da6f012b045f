"""What everybody sees of the cases: no person, no home, and words only as staff released them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.intake_api.conftest import Intake, only_sqlite

SECRETS = ("张伟", "13812345678", "310112199003074512", "zhang@example.com", "502", "沪A12345", "u-secret")
DESCRIPTION = "气得不行！我叫张伟，电话13812345678，身份证310112199003074512，邮箱zhang@example.com，住502室，车沪A12345，垃圾没人收"
BY_CHANCE = ("Content-Length", "Date", "ETag", "Last-Modified")
"""Headers of digits that mean nothing: any short secret turns up in them one day."""
PLACES: list[dict[str, Any]] = [
    {"text": "稻香新苑3号楼502室"},
    {"text": "柳溪路320弄12号502", "lat": 31.02137, "lng": 121.03219},
    {"lat": 31.02137, "lng": 121.03219},
    {"text": "张伟家502"},
    {"text": "南塘村502号", "lat": 31.00519, "lng": 121.03523},
]


async def public_answers(intake: Intake, numbers: list[str]) -> str:
    """Everything that can be read without a key, as one text."""
    paths = ["/api/v1/public/cases", "/api/v1/public/cases?bbox=120,30,122,32", "/open"]
    for suffix in ("json", "xml"):
        paths += [f"/open311/v2/{path}.{suffix}" for path in ("requests", "servicerequestupdates")]
        paths.append(f"/open311/v2/requests.{suffix}?service_request_id={','.join(numbers)}")
    for number in numbers:
        paths += [f"/api/v1/public/cases/{number}", f"/open311/v2/requests/{number}.json"]
        paths += [f"/open311/v2/tokens/{number}.xml"]
    read = []
    for path in paths:
        async with intake.client.get(path) as answer:
            read.append(await answer.text())
            read.append(str({name: told for name, told in answer.headers.items() if name not in BY_CHANCE}))
    return "\n".join(read)


async def test_nothing_personal_is_in_any_public_answer(intake: Intake) -> None:
    numbers = []
    reporter = {"name": "张伟", "phone": "13812345678", "channel_user": "u-secret"}
    for place in PLACES:
        _, case = await intake.file(
            description=DESCRIPTION, location=place, reporter=reporter,
            transcript=[{"role": "user", "text": DESCRIPTION}],
        )  # fmt: skip
        numbers.append(case["case_no"])
    body = {"api_key": await intake.token("partner"), "service_code": "1101", "lat": "31.02137", "long": "121.03219",
            "description": DESCRIPTION, "first_name": "伟", "last_name": "张", "phone": "13812345678",
            "email": "zhang@example.com", "device_id": "u-secret", "account_id": "u-secret",
            "address_string": "张伟家502", "media_url": "https://u-secret.example.com/13812345678.jpg"}  # fmt: skip
    async with intake.client.post("/open311/v2/requests.json", data=body) as answer:
        numbers.append((await answer.json())[0]["service_request_id"])
    for number in numbers:
        reason = {"category": "1102", "reason": "张伟电话说是渣土"}
        await intake.call("POST", f"/api/v1/cases/{number}/actions/correct", reason, role="operator")
        await intake.call("POST", f"/api/v1/cases/{number}/actions/release", {}, role="operator")
        update = {"api_key": body["api_key"], "service_request_id": number, "update_id": "1", "status": "OPEN",
                  "updated_datetime": "2026-09-22T10:00:00Z", "description": DESCRIPTION}  # fmt: skip
        async with intake.client.post("/open311/v2/servicerequestupdates.json", data=update) as answer:
            assert answer.status == 201
    told = await public_answers(intake, numbers)
    assert all(number in told for number in numbers)
    assert "垃圾没人收" in told  # the released words are there, cleaned
    for secret in SECRETS:
        assert secret not in told
    assert "31.0213" not in told and "121.0321" not in told  # nor where a phone stood
    assert "31.0051" not in told


async def test_the_list_has_pages_filters_and_a_box(intake: Intake) -> None:
    numbers = []
    for category, place in (("1101", "稻香新苑"), ("0115", "QH0712-08灯杆"), ("1101", "青禾广场")):
        numbers.append((await intake.file(category=category, location={"text": place}))[1]["case_no"])
        intake.clock.forward(days=1)

    async def listed(query: str) -> tuple[list[str], str | None]:
        status, page = await intake.call("GET", f"/api/v1/public/cases?{query}", role=None)
        assert status == 200, page
        return [item["case_no"] for item in page["items"]], page["next"]

    first, cursor = await listed("limit=2")
    assert first == [numbers[2], numbers[1]] and cursor
    assert await listed(f"limit=2&cursor={cursor}") == ([numbers[0]], None)
    assert (await listed("category=1101"))[0] == [numbers[2], numbers[0]]
    assert (await listed("town=禾东镇"))[0] == [numbers[1], numbers[0]]
    assert (await listed("from=2026-09-23&to=2026-09-23"))[0] == [numbers[1]]
    assert (await listed("state=closed"))[0] == []
    assert (await listed("bbox=121.031,31.02,121.033,31.022"))[0] == [numbers[0]]
    assert (await listed("bbox=121.0300,31.0215,121.0315,31.0225"))[0] == []  # the true pin would not tell either
    assert (await intake.call("GET", "/api/v1/public/cases?state=done", role=None))[0] == 422


async def test_one_case_is_told_with_its_stages(intake: Intake) -> None:
    _, case = await intake.file()
    status, told = await intake.call("GET", f"/api/v1/public/cases/{case['case_no']}", role=None)
    assert status == 200
    assert (told["open"], told["stage"], told["state"]) == (True, "dispatched", "已派给承办单位，等待签收")
    assert [stage["label"] for stage in told["stages"] if stage["at"]] == ["收到", "立案", "派给承办单位"]
    assert told["place"]["address"] == "禾东镇稻香新苑" and told["text"] == ""


@only_sqlite
async def test_an_unchanged_list_is_not_sent_again(intake: Intake) -> None:
    await intake.file()
    async with intake.client.get("/api/v1/public/cases") as answer:
        etag = answer.headers["ETag"]
        assert "max-age" in answer.headers["Cache-Control"]
    async with intake.client.get("/api/v1/public/cases", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304


HIDDEN: list[dict[str, Any]] = [
    {"category": "9005"},
    {"category": "1511"},
    {"reporter": {"confidential": True}},
    {"description": "楼上家暴，听见哭声"},
    {"act": "praise"},
    {"category": "1101", "category_confidence": 0.2},
]


@pytest.mark.parametrize("changes", HIDDEN)
async def test_what_is_not_public_is_nowhere_and_not_told_from_what_does_not_exist(
    intake: Intake, changes: dict[str, Any]
) -> None:
    _, case = await intake.file(**changes)
    number = case["case_no"]
    told = await public_answers(intake, [number])
    assert number not in told.replace(f"没有查到 {number}", "")  # what was asked for is said again
    hidden = await intake.call("GET", f"/api/v1/public/cases/{number}", role=None)
    missing = await intake.call("GET", "/api/v1/public/cases/999999999", role=None)
    assert hidden[0] == 404
    assert missing[0] == 404
    status, seen = await intake.call("GET", f"/api/v1/cases/{number}/public", role="operator")
    assert status == 200 and seen["public"] is False and seen["why_hidden"]
    status, problem = await intake.call("POST", f"/api/v1/cases/{number}/actions/release", {}, role="operator")
    assert (status, problem["code"]) == (409, "not_public")


async def test_staff_release_words_and_take_them_back(intake: Intake) -> None:
    _, case = await intake.file(description="垃圾三天没人清，我叫张伟13812345678")
    number = case["case_no"]

    async def said() -> str | None:
        async with intake.client.get(f"/open311/v2/requests/{number}.json") as answer:
            text: str | None = (await answer.json())[0]["description"]
            return text

    path = f"/api/v1/cases/{number}/actions"
    _, seen = await intake.call("GET", f"/api/v1/cases/{number}/public", role="supervisor")
    assert seen["proposed_text"] == "垃圾三天没人清" and seen["text"] == "" and seen["public"]
    assert await said() is None
    text = {"text": "垃圾堆放三天", "version": case["version"]}
    status, seen = await intake.call("POST", f"{path}/release", text, role="operator")
    assert status == 200 and seen["text"] == "垃圾堆放三天"
    assert await said() == "垃圾堆放三天"
    status, problem = await intake.call("POST", f"{path}/release", text, role="operator")
    assert (status, problem["code"]) == (409, "case_changed")
    status, problem = await intake.call("POST", f"{path}/release", {"text": "找13812345678"}, role="operator")
    assert (status, problem["code"]) == (422, "still_personal") and "电话" in problem["detail"]
    status, seen = await intake.call("POST", f"{path}/unrelease", {"reason": "张伟要求撤下"}, role="supervisor")
    assert status == 200 and seen["text"] == ""
    assert await said() is None
    status, problem = await intake.call("POST", f"{path}/unrelease", {}, role="supervisor")
    assert (status, problem["code"]) == (409, "nothing_released")
    _, events = await intake.call("GET", f"/api/v1/cases/{number}/events", role="operator")
    assert [event["kind"] for event in events["items"]][-2:] == ["released", "unreleased"] and events["intact"]
    told = json.dumps(events, ensure_ascii=False)
    assert "垃圾堆放" not in told and "张伟" not in told


@only_sqlite
@pytest.mark.parametrize("role", ["channel", "dispatcher", "handler@greening", "verifier", "partner", "auditor"])
async def test_others_release_nothing(intake: Intake, role: str) -> None:
    _, case = await intake.file()
    status, _ = await intake.call("POST", f"/api/v1/cases/{case['case_no']}/actions/release", {}, role=role)
    assert status == 403


@only_sqlite
async def test_who_asks_too_often_waits_and_others_do_not(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    from intake_api.http.allowance import ALLOWANCE, Allowance

    monkeypatch.setitem(intake.client.app._state, ALLOWANCE, Allowance(1, 0.001))  # type: ignore[union-attr]
    one, other = {"X-Forwarded-For": "198.51.100.7"}, {"X-Forwarded-For": "198.51.100.8"}
    statuses = []
    for headers in (one, one, other):
        async with intake.client.get("/open311/v2/services.json", headers=headers) as answer:
            statuses.append(answer.status)
            if answer.status == 429:
                assert answer.headers["Retry-After"] and (await answer.json())[0]["code"] == "429"
    assert statuses == [200, 429, 200]


@only_sqlite
async def test_the_page_needs_no_log_in(intake: Intake) -> None:
    async with intake.client.get("/open") as answer:
        assert answer.status == 200 and "诉求公开" in await answer.text()
    async with intake.client.get("/assets/pages/open/main.js") as answer:
        assert answer.status == 200
