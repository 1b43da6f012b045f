"""Filing a report through the HTTP interface."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from groundwork.settings import Settings
from intake_api.domain import case_number
from intake_api.filing import Understood
from tests.integration.intake_api.conftest import Assistant, Clock, Intake, only_sqlite, report, running, settings_of


async def test_a_sure_report_is_filed_with_department_and_due_time(intake: Intake) -> None:
    status, case = await intake.file()
    assert status == 201
    assert (case["status"], case["status_label"]) == ("dispatched", "已派遣")
    assert case["category"] == {"code": "1101", "name": "暴露垃圾", "division": "市容环境"}
    assert case["department"] == {"id": "hedong", "name": "禾东镇城市运行管理中心"}
    assert (case["basis"], [unit["id"] for unit in case["supporting"]]) == ("商定", ["greening"])
    assert case["due_at"] == "2026-09-22T22:00:00+08:00"
    place = case["location"]
    assert (place["text"], place["precision"], place["town"]) == ("稻香新苑门口", "estate", "禾东镇")
    assert place["grid_cell"]
    assert case_number.parse(case["case_no"]) >= 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"category_confidence": 0.3}, "received"),
        ({"location": {"text": "禾东镇"}}, "received"),
        ({"location": {"text": "不认识的地方"}}, "received"),
        ({"location": None}, "received"),
        ({"location": {"lat": 31.2, "lng": 121.5}}, "received"),
        ({"location": {"pole_no": "QH0712-08"}}, "dispatched"),
        ({"location": {"lat": 31.0211, "lng": 121.0318}}, "dispatched"),
    ],
)
async def test_an_unsure_report_waits_for_an_operator_and_has_a_number_all_the_same(
    intake: Intake, changes: dict[str, object], status: str
) -> None:
    code, case = await intake.file(**changes)
    assert (code, case["status"]) == (201, status)
    _, page = await intake.call("GET", "/api/v1/cases", role="operator")
    assert [item["case_no"] for item in page["items"]] == [case["case_no"]]


async def test_danger_to_life_makes_any_category_an_emergency(intake: Intake) -> None:
    manhole = {"description": "有人掉进没盖的井里", "category": "0101", "condition": ""}
    _, plain = await intake.file(**manhole)
    _, case = await intake.file(**manhole, urgency="emergency")
    assert (plain["urgency"], case["urgency"]) == ("urgent", "emergency")
    _, clock = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/clock", role="operator")
    assert (clock["limit"]["words"], clock["rule"]) == ("2 小时", "urgency:emergency")
    _, seen = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert seen["items"][0]["data"]["urgency"] == "emergency"
    status, _ = await intake.file(**manhole, urgency="grave")
    assert status == 422


async def test_the_danger_stays_when_an_operator_puts_the_category_right(intake: Intake) -> None:
    intake.assistant.down = True
    _, case = await intake.file(category=None, urgency="emergency")
    assert (case["category"], case["urgency"]) == (None, "emergency")
    path = f"/api/v1/cases/{case['case_no']}/actions/correct"
    for code in ("0115", "1101"):
        _, after = await intake.call("POST", path, {"reason": "听了录音", "category": code}, role="operator")
        assert (after["urgency"], after["due_at"]) == ("emergency", "2026-09-22T12:00:00+08:00"), code


async def test_without_a_category_the_assistant_is_asked(intake: Intake) -> None:
    text = "路口的井盖没了"
    intake.assistant.known[text] = Understood(text, "report", (), (("9999", 0.9), ("0103", 0.8)), ())
    _, case = await intake.file(description=text, category=None)
    assert (case["category"]["code"], case["category_confidence"], case["status"]) == ("0103", 0.8, "dispatched")


@only_sqlite
async def test_when_the_assistant_is_down_the_report_is_kept_all_the_same(intake: Intake) -> None:
    intake.assistant.down = True
    status, case = await intake.file(category=None)
    assert (status, case["status"], case["category"], case["department"], case["due_at"]) == (
        201, "received", None, None, None,
    )  # fmt: skip


async def test_the_assistant_is_not_asked_again_for_a_repetition(intake: Intake) -> None:
    await intake.file("k", category=None)
    await intake.file("k", category=None)
    assert len(intake.assistant.asked) == 1


async def test_the_same_key_and_body_is_the_same_case(intake: Intake) -> None:
    first = await intake.file("k")
    intake.clock.forward(hours=3)
    again = await intake.file("k")
    assert (first[0], again[0]) == (201, 200)
    assert first[1] == again[1]


async def test_the_order_of_fields_is_no_difference(intake: Intake) -> None:
    first = await intake.file("k")
    body = dict(reversed(list(report().items())))
    status, case = await intake.call("POST", "/api/v1/cases", body, Idempotency_Key="k")
    assert (status, case["case_no"]) == (200, first[1]["case_no"])


async def test_the_same_key_and_another_body_is_refused(intake: Intake) -> None:
    await intake.file("k")
    status, problem = await intake.file("k", description="另一件事")
    assert (status, problem["code"]) == (422, "idempotency_mismatch")


async def test_another_caller_may_use_the_same_key(intake: Intake) -> None:
    _, first = await intake.file("k")
    status, second = await intake.file("k", role="operator")
    assert status == 201
    assert first["case_no"] != second["case_no"]


async def test_twenty_at_the_same_moment_make_one_case(intake: Intake) -> None:
    await intake.token("channel")
    answers = await asyncio.gather(*(intake.file("k") for _ in range(20)))
    assert sorted(status for status, _ in answers) == [200] * 19 + [201]
    assert len({case["case_no"] for _, case in answers}) == 1


async def test_two_processes_at_the_same_moment_make_one_case(settings: Settings, intake: Intake) -> None:
    token = await intake.token("channel")
    async with running(settings, Clock(), Assistant()) as other:
        other.tokens["channel"] = token
        for key in ("a", "b", "c"):
            answers = await asyncio.gather(*(process.file(key) for process in (intake, other) * 3))
            assert sorted(status for status, _ in answers) == [200] * 5 + [201]
    _, page = await intake.call("GET", "/api/v1/cases", role="operator")
    assert len(page["items"]) == 3


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_connections_that_the_server_has_ended_are_not_used_again(intake: Intake) -> None:
    await intake.file()
    connection = await asyncpg.connect(intake.settings.database_url.replace("+asyncpg", ""))
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    await connection.execute(others + "pg_backend_pid()")
    await connection.close()
    status, _ = await intake.file()
    assert status == 201


@only_sqlite
async def test_without_a_key_nothing_is_filed(intake: Intake) -> None:
    status, problem = await intake.call("POST", "/api/v1/cases", report())
    assert (status, problem["code"]) == (400, "idempotency_key_missing")


@only_sqlite
@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"category": "0000"}, "unknown_category", "/category"),
        ({"description": None}, "invalid", "/description"),
        ({"description": "   "}, "invalid", "/description"),
        ({"description": "垃" * 5001}, "invalid", "/description"),
        ({"channel": "pigeon"}, "invalid", "/channel"),
        ({"location": {"lat": 31.0}}, "invalid", "/location"),
        ({"location": {"lat": 131.0, "lng": 121.0}}, "invalid", "/location/lat"),
        ({"category_confidence": 1.5}, "invalid", "/category_confidence"),
        ({"occurred_at": "2026-09-22 10:00"}, "invalid", "/occurred_at"),
        ({"attachments": ["nothing"]}, "unknown_attachment", "/attachments/0"),
    ],
)
async def test_bad_input_is_pointed_at(intake: Intake, changes: dict[str, object], code: str, pointer: str) -> None:
    body = report() | changes
    body = {name: value for name, value in body.items() if value is not None}
    status, problem = await intake.call("POST", "/api/v1/cases", body, Idempotency_Key="k")
    assert (status, problem["status"], problem["code"]) == (422, 422, code)
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert all(error["detail"] for error in problem["errors"])


@only_sqlite
@pytest.mark.parametrize(
    "sent",
    ["{", "", "\xff", "[" * 100_000, "1" * 5000, '{"channel": NaN}', '{"channel":"web","description":"\\ud800"}'],
)
async def test_what_is_no_json_is_refused_as_a_problem(intake: Intake, sent: str) -> None:
    headers = {"Authorization": f"Bearer {await intake.token('channel')}", "Idempotency-Key": "k"}
    data = sent.encode("latin-1")
    async with intake.client.post("/api/v1/cases", data=data, headers=headers) as answer:
        assert answer.status == 400
        assert answer.content_type == "application/problem+json"
        assert (await answer.json(content_type=None))["code"] == "bad_json"


@only_sqlite
async def test_fields_we_do_not_know_are_no_fault(intake: Intake) -> None:
    status, _ = await intake.file(weather="雨", reporter={"phone": "110", "shoe_size": 42})
    assert status == 201


async def test_a_nul_character_is_no_fault(intake: Intake) -> None:
    status, case = await intake.file(description="垃圾\x00很多")
    assert (status, case["description"]) == (201, "垃圾很多")


async def test_a_preview_says_who_and_by_when_and_keeps_nothing(intake: Intake) -> None:
    status, seen = await intake.call("POST", "/api/v1/cases/preview", report())
    assert status == 200
    assert seen["department"]["id"] == "hedong"
    assert seen["limit"] == {"value": 12, "unit": "calendar_hour", "words": "12 小时"}
    assert seen["location"]["precision"] == "estate"
    _, page = await intake.call("GET", "/api/v1/cases", role="operator")
    assert page["items"] == []


async def test_events_are_stored_with_the_case_and_their_chain_holds(intake: Intake) -> None:
    _, case = await intake.file()
    status, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert status == 200
    assert [event["kind"] for event in events["items"]] == ["received", "filed", "dispatched"]
    assert [event["actor"]["kind"] for event in events["items"]] == ["channel", "system", "system"]
    assert events["intact"] is True
    assert events["items"][0]["data"]["due"]["calendar_version"]


async def test_the_clock_shows_its_arithmetic(intake: Intake) -> None:
    _, case = await intake.file(category="1111")
    intake.clock.forward(hours=1)
    _, clock = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/clock", role="operator")
    assert clock["limit"]["words"] == "5 个工作日"
    assert clock["due_at"] == "2026-09-30T10:00:00+08:00"  # over Mid-Autumn, a Friday
    assert "周五（中秋节）不计" in [step["words"] for step in clock["steps"]]
    assert clock["overdue"] is False
    intake.clock.forward(days=30)
    _, clock = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/clock", role="operator")
    assert clock["overdue"] is True
    assert clock["remaining_seconds"] < 0


@only_sqlite
async def test_before_a_city_is_loaded_filing_is_refused_honestly(database_url: str, tmp_path: Path) -> None:
    empty = settings_of(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}", tmp_path)
    async with running(empty, Clock(), Assistant()) as intake:
        async with intake.client.get("/readyz") as answer:
            assert answer.status == 503
            assert (await answer.json())["checks"] == {"database": True, "city": False}
        status, problem = await intake.file()
        assert (status, problem["code"]) == (503, "city_not_loaded")
