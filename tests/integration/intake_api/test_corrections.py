"""Staff put category and place of a case right; the assistant learns from it once a supervisor agrees."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text

from intake_api import administration
from intake_api.http.resources import ACTING
from intake_api.storage.database import Database
from tests.integration.intake_api.conftest import ROLES, Intake, only_sqlite
from tests.integration.intake_api.test_life_of_a_case import told

Json = dict[str, Any]


async def filed(intake: Intake, **changes: object) -> Json:
    _, case = await intake.file(**changes)
    return case


async def correct(intake: Intake, case: Json, role: str = "operator", **body: object) -> tuple[int, Json]:
    sent = {"reason": "看了照片"} | body
    return await intake.call("POST", f"/api/v1/cases/{case['case_no']}/actions/correct", sent, role=role)


async def examples(intake: Intake, state: str = "") -> list[Json]:
    status, page = await intake.call("GET", f"/api/v1/training-examples?state={state}", role="supervisor")
    assert status == 200
    items: list[Json] = page["items"]
    return items


async def review(intake: Intake, example: Json, accept: bool) -> tuple[int, Json]:
    path = f"/api/v1/training-examples/{example['id']}/review"
    return await intake.call("POST", path, {"accept": accept}, role="supervisor")


async def exported(intake: Intake) -> list[Json]:
    headers = {"Authorization": f"Bearer {await intake.token('supervisor')}"}
    async with intake.client.get("/api/v1/training-examples/export", headers=headers) as answer:
        assert answer.content_type == "application/x-ndjson"
        return [json.loads(line) for line in (await answer.text()).splitlines()]


async def test_another_category_changes_department_and_due_time_from_the_same_beginning(intake: Intake) -> None:
    case = await filed(intake)
    assert (case["department"]["id"], case["due_at"]) == ("hedong", "2026-09-22T22:00:00+08:00")
    intake.clock.forward(hours=3)
    status, after = await correct(intake, case, category="0103", version=case["version"])
    assert status == 200
    assert (after["category"]["code"], after["category_confidence"]) == ("0103", 1.0)
    assert (after["department"]["id"], after["supporting"], after["basis"]) == ("drainage", [], "法定")
    assert (after["due_at"], after["urgency"]) == ("2026-09-23T10:00:00+08:00", "urgent")
    assert (after["status"], after["version"]) == ("dispatched", case["version"] + 2)
    _, seen = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    event, moved = seen["items"][-2:]
    assert (moved["kind"], moved["data"]["department"], moved["actor"]["kind"]) == ("dispatched", "drainage", "system")
    assert seen["intact"]
    assert (event["kind"], event["kind_label"], event["reason"]) == ("corrected", "更正", "看了照片")
    assert event["data"]["changed"] == ["category"]
    assert (event["data"]["before"]["category"], event["data"]["after"]["category"]) == ("1101", "0103")
    assert event["data"]["due"]["rule"] == "taxonomy:0103"
    _, clock = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/clock", role="operator")
    assert clock["started_at"] == "2026-09-22T10:00:00+08:00"


async def test_the_reporter_hears_of_the_department_to_which_a_correction_moves_the_case(intake: Intake) -> None:
    case = await filed(intake)
    await told(intake)
    await correct(intake, case, category="0103")
    assert await told(intake) == ["dispatched"]
    await correct(intake, case, location={"text": "稻香新苑南门"})
    assert await told(intake) == []


async def test_another_place_changes_cell_town_and_department(intake: Intake) -> None:
    case = await filed(intake, description="青禾广场门口垃圾堆了三天没人清")
    status, after = await correct(intake, case, location={"text": "青禾广场"})
    assert status == 200
    assert (after["location"]["name"], after["location"]["town"]) == ("青禾广场", "柳溪路街道")
    assert after["location"]["grid_cell"] != case["location"]["grid_cell"]
    assert after["department"]["id"] != case["department"]["id"]
    assert after["due_at"] == case["due_at"]
    _, seen = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    data = seen["items"][-2]["data"]
    assert data["changed"] == ["location"]
    assert "青禾广场" not in json.dumps(data, ensure_ascii=False)
    assert data["after"]["grid_cell"] == after["location"]["grid_cell"]


@only_sqlite
async def test_a_pin_keeps_the_words_of_the_report(intake: Intake) -> None:
    case = await filed(intake, location={"text": "说不清的地方"})
    _, after = await correct(intake, case, location={"lat": 31.0211, "lng": 121.0318})
    assert (after["location"]["text"], after["location"]["precision"]) == ("说不清的地方", "point")


async def test_a_case_without_a_category_gets_one_and_its_clock_begins(intake: Intake) -> None:
    intake.assistant.down = True
    case = await filed(intake, category=None)
    assert (case["category"], case["due_at"], case["department"]) == (None, None, None)
    intake.clock.forward(hours=1)
    _, after = await correct(intake, case, category="1101")
    assert (after["due_at"], after["department"]["id"]) == ("2026-09-22T23:00:00+08:00", "hedong")
    assert after["status"] == "received"


async def test_who_looked_at_an_older_state_is_told_what_changed(intake: Intake) -> None:
    case = await filed(intake)
    await correct(intake, case, category="0103", role="dispatcher")
    status, problem = await correct(intake, case, category="0104", version=case["version"])
    assert (status, problem["code"], problem["version"]) == (409, "case_changed", case["version"] + 2)
    assert problem["changes"][0]["changed"] == ["category"]
    assert "测试dispatcher更正" in problem["detail"]
    assert (await correct(intake, case, category="0104", version=99))[0] == 409
    assert (await correct(intake, case, category="0104", version=problem["version"]))[0] == 200


async def test_of_two_corrections_at_once_one_is_made(intake: Intake) -> None:
    case = await filed(intake)
    answers = await asyncio.gather(
        *(correct(intake, case, category=code, version=case["version"]) for code in ("0103", "0104", "0115"))
    )
    assert sorted(status for status, _ in answers) == [200, 409, 409]
    _, seen = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert seen["intact"]
    assert len(await examples(intake)) == 1


@only_sqlite
@pytest.mark.parametrize("role", ROLES)
async def test_operators_dispatchers_and_supervisors_correct_and_only_supervisors_review(
    intake: Intake, role: str
) -> None:
    case = await filed(intake)
    holder = f"{role}@hedong" if role == "handler" else role
    allowed = role in ("operator", "dispatcher", "supervisor")
    assert (await correct(intake, case, holder, category="0103"))[0] == (200 if allowed else 403)
    expected = 200 if role == "supervisor" else 403
    assert (await intake.call("GET", "/api/v1/training-examples", role=holder))[0] == expected
    staff = role not in ("channel", "partner", "board", "secadmin", "auditor")
    assert (await intake.call("GET", "/api/v1/model", role=holder))[0] == (200 if staff else 403)


@only_sqlite
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"category": "7777"}, 422, "unknown_category"),
        ({"category": "1101"}, 422, "nothing_to_correct"),
        ({"location": {"text": "稻香新苑门口"}}, 422, "nothing_to_correct"),
        ({"location": {}}, 422, "nothing_to_correct"),
        ({}, 422, "nothing_to_correct"),
        ({"category": "0103", "reason": " "}, 422, "invalid"),
        ({"category": "0103", "reason": None}, 422, "invalid"),
        ({"location": {"lat": 31.0}}, 422, "invalid"),
        ({"category": "0103", "version": "one"}, 422, "invalid"),
    ],
)
async def test_what_is_no_correction_is_refused_in_words(intake: Intake, body: Json, status: int, code: str) -> None:
    case = await filed(intake)
    answered, problem = await correct(intake, case, **body)
    assert (answered, problem["code"]) == (status, code)
    assert await examples(intake) == []


async def test_a_case_that_is_over_is_not_corrected(intake: Intake) -> None:
    case = await filed(intake)
    await execute(intake, "UPDATE cases SET status = 'closed'")
    status, problem = await correct(intake, case, category="0103")
    assert (status, problem["code"]) == (409, "case_over")


async def test_once_a_department_has_the_case_a_correction_leaves_it_there(intake: Intake) -> None:
    case = await filed(intake)
    await execute(intake, "UPDATE cases SET status = 'accepted'")
    _, after = await correct(intake, case, category="0103")
    assert (after["category"]["code"], after["department"]["id"]) == ("0103", "hedong")


async def act(intake: Intake, case: Json, action: str, role: str, **body: object) -> Json:
    status, answer = await intake.call("POST", f"/api/v1/cases/{case['case_no']}/actions/{action}", body, role=role)
    assert status == 200, answer
    return answer


async def test_a_better_pin_does_not_undo_a_ruling(intake: Intake) -> None:
    case = await filed(intake)
    await act(intake, case, "return", "handler@hedong", reason="不在辖区")
    ruled = {"department": "lamps", "reason": "按会议纪要", "remember": False}
    await act(intake, case, "adjudicate", "dispatcher", **ruled)
    status, after = await correct(intake, case, location={"text": "稻香新苑南门"})
    assert (status, after["department"]["id"], after["status"]) == (200, "lamps", "dispatched")


async def test_other_helpers_are_asked_when_a_correction_brings_them(intake: Intake) -> None:
    case = await filed(intake)
    await correct(intake, case, category="0103")
    _, back = await correct(intake, case, category="1101")
    assert [unit["id"] for unit in back["supporting"]] == ["greening"]
    await act(intake, case, "accept", "handler@hedong")
    await act(intake, case, "assist_report", "handler@greening", text="修剪了树枝")


@only_sqlite
async def test_a_shorter_limit_brings_the_supervision_order_forward(intake: Intake) -> None:
    case = await filed(intake, category="0103")
    keep_time = intake.client.server.app[ACTING].keep_time  # type: ignore[attr-defined]
    await correct(intake, case, category="1101")
    intake.clock.forward(hours=13)
    assert await keep_time() == 1
    _, seen = await intake.call("GET", f"/api/v1/cases/{case['case_no']}", role="supervisor")
    assert (seen["due_at"], seen["orders"]) == ("2026-09-22T22:00:00+08:00", 1)


@only_sqlite
async def test_a_moment_noted_under_other_rules_is_looked_at_once(intake: Intake) -> None:
    case = await filed(intake)
    keep_time = intake.client.server.app[ACTING].keep_time  # type: ignore[attr-defined]
    await execute(intake, "UPDATE cases SET next_order_at = received_at")
    assert (await keep_time(), await keep_time()) == (1, 0)
    _, seen = await intake.call("GET", f"/api/v1/cases/{case['case_no']}", role="supervisor")
    assert seen["orders"] == 0


async def test_an_example_is_kept_without_personal_data(intake: Intake) -> None:
    words = "我叫张伟，电话13812345678，稻香小区西门口垃圾成堆，张伟等回复"
    case = await filed(intake, description=words)
    await correct(intake, case, category="0103", location={"text": "稻香小區西门口"}, reason="张伟来电13812345678说明")
    [example] = await examples(intake, "new")
    assert example["text"] == "我叫某，电话，稻香小区西门口垃圾成堆，某等回复"
    assert [example["text"][start:end] for start, end in example["places"]] == ["稻香小区西门口"]
    assert (example["category_before"]["code"], example["category_after"]["code"]) == ("1101", "0103")
    assert (example["case_no"], example["state_label"]) == (case["case_no"], "待审核")
    assert example["corrected_by"]["name"] == "测试operator"
    _, seen = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert seen["items"][-2]["reason"] == "某来电说明"


async def test_accepted_examples_are_exported_as_training_reads_them(intake: Intake) -> None:
    first = await filed(intake, description="稻香新苑门口的井盖没了", location={"text": "禾东镇"})
    second = await filed(intake, description="路灯不亮")
    await correct(intake, first, category="0103", location={"text": "稻香新苑门口"})
    await correct(intake, second, category="0115")
    newer, older = await examples(intake)
    assert await exported(intake) == []
    status, answered = await review(intake, older, True)
    assert (status, answered["state"], answered["reviewed_by"]["name"]) == (200, "accepted", "测试supervisor")
    await review(intake, newer, False)
    line = {"text": "稻香新苑门口的井盖没了", "code": "0103", "places": [[0, 6]]}
    assert await exported(intake) == [line] == await administration.accepted_examples(intake.settings)
    assert [item["id"] for item in await examples(intake, "rejected")] == [newer["id"]]
    await review(intake, newer, True)
    assert len(await exported(intake)) == 2
    rows = await fetched(intake, "SELECT action, target FROM audit WHERE action LIKE '%example' ORDER BY id")
    assert rows[0] == ("accept_example", f"example:{older['id']}")


async def test_a_newer_correction_takes_the_place_of_an_older_one(intake: Intake) -> None:
    case = await filed(intake, description="稻香新苑门口的井盖没了", location={"text": "禾东镇"})
    await correct(intake, case, category="0104", location={"text": "稻香新苑门口"})
    [first] = await examples(intake)
    await review(intake, first, True)
    await correct(intake, case, category="0103", role="dispatcher")
    second, first = await examples(intake)
    assert (first["state"], first["reviewed_by"]["kind"], second["state"]) == ("rejected", "system", "new")
    assert second["places"] == first["places"] == [[0, 6]]
    status, problem = await review(intake, first, True)
    assert (status, problem["code"]) == (409, "superseded")
    await review(intake, second, True)
    assert [line["code"] for line in await exported(intake)] == ["0103"]


@only_sqlite
async def test_examples_come_in_pages(intake: Intake) -> None:
    for _ in range(3):
        await correct(intake, await filed(intake), category="0103")
    _, page = await intake.call("GET", "/api/v1/training-examples?limit=2", role="supervisor")
    _, rest = await intake.call("GET", f"/api/v1/training-examples?cursor={page['next']}", role="supervisor")
    assert ([len(p["items"]) for p in (page, rest)], rest["next"]) == ([2, 1], None)


@only_sqlite
@pytest.mark.parametrize("number", ["999", "x", "²", "9" * 30])
async def test_an_example_that_does_not_exist_is_not_there(intake: Intake, number: str) -> None:
    path = f"/api/v1/training-examples/{number}/review"
    status, problem = await intake.call("POST", path, {"accept": True}, role="supervisor")
    assert (status, problem["code"]) == (404, "example_not_found")


@only_sqlite
async def test_the_model_in_use_is_shown_with_what_came_before(intake: Intake) -> None:
    folder = intake.settings.var_dir / "models"
    folder.mkdir(parents=True)
    figures = {"n": 150, "act_accuracy": 0.9, "category_top1": 0.8, "category_top3": 0.9, "location_f1": 0.7}
    record = {
        "trained_at": "2026-09-20T03:00:00+00:00",
        "seconds": 160.2,
        "counts": {"utterances": 9000, "tickets": 0, "corrections": 0},
        "heldout": "abc",
        "figures": figures,
        "previous": None,
    }
    older = {**record, "trained_at": "2026-09-19T03:00:00+00:00", "figures": None, "heldout": None}
    (folder / "0123456789abcdef.json").write_text(json.dumps(record))
    (folder / "ffff456789abcdef.json").write_text(json.dumps(older))
    (folder / "broken.json").write_text("{")
    (folder / "foreign.json").write_text('{"trained_at": "today"}')
    _, shown = await intake.call("GET", "/api/v1/model", role="verifier")
    assert [item["fingerprint"] for item in shown["history"]] == ["0123456789abcdef", "ffff456789abcdef"]
    assert shown["in_use"]["record"]["figures"] == figures
    intake.assistant.trained = "elsewhere"
    _, shown = await intake.call("GET", "/api/v1/model", role="operator")
    assert shown["in_use"] == {"fingerprint": "elsewhere", "record": None}
    intake.assistant.down = True
    _, shown = await intake.call("GET", "/api/v1/model", role="operator")
    assert (shown["in_use"], len(shown["history"])) == (None, 2)


async def execute(intake: Intake, statement: str) -> None:
    database = Database(intake.settings.cases_database)
    async with database.write() as session:
        await session.execute(text(statement))
    await database.close()


async def fetched(intake: Intake, statement: str) -> list[tuple[Any, ...]]:
    database = Database(intake.settings.cases_database)
    async with database.read() as session:
        rows = [tuple(row) for row in await session.execute(text(statement))]
    await database.close()
    return rows
