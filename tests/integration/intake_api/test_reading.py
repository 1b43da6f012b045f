"""Who sees which cases, and what of them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from intake_api.storage.database import Database
from tests.integration.intake_api.conftest import ROLES, Intake, only_sqlite
from tests.integration.intake_api.desk import account, enter, found

ALL, DEPARTMENT, NOTHING = "all", "department", "nothing"
READING = {
    "operator": ALL,
    "dispatcher": ALL,
    "verifier": ALL,
    "supervisor": ALL,
    "handler": DEPARTMENT,
    "channel": "reporter",
    "inspector": "inspection",
    "partner": NOTHING,
    "board": NOTHING,
    "sysadmin": NOTHING,
    "secadmin": NOTHING,
    "auditor": NOTHING,
}


@only_sqlite
@pytest.mark.parametrize("role", ROLES)
async def test_each_role_reads_what_it_needs_and_no_more(intake: Intake, role: str) -> None:
    _, case = await intake.file()
    holder = f"{role}@drainage" if role == "handler" else role
    paths = [f"/api/v1/cases/{case['case_no']}{part}" for part in ("", "/events", "/clock")]
    answers = [(await intake.call("GET", path, role=holder))[0] for path in paths]
    listed, page = await intake.call("GET", "/api/v1/cases", role=holder)
    match READING[role]:
        case "all":
            assert answers == [200, 200, 200]
            assert len(page["items"]) == 1
        case "department":
            assert answers == [403, 403, 403]
            assert page["items"] == []
        case "reporter":
            assert answers == [404, 404, 404]
            assert listed == 422
        case "inspection":
            assert answers == [403, 403, 403]
            assert page["items"] == []
        case _:
            assert [*answers, listed] == [403, 403, 403, 403]


@pytest.mark.parametrize("department", ["hedong", "greening"])
async def test_lead_and_supporting_departments_see_their_case(intake: Intake, department: str) -> None:
    _, case = await intake.file()
    role = f"handler@{department}"
    status, _ = await intake.call("GET", f"/api/v1/cases/{case['case_no']}", role=role)
    _, page = await intake.call("GET", "/api/v1/cases", role=role)
    assert (status, len(page["items"])) == (200, 1)


async def test_a_channel_sees_the_cases_of_the_reporter_it_speaks_for(intake: Intake) -> None:
    _, case = await intake.file()
    await intake.file(reporter={"channel_user": "u2"})
    path = f"/api/v1/cases/{case['case_no']}"
    assert (await intake.call("GET", f"{path}?channel_user=u1"))[0] == 200
    assert (await intake.call("GET", f"{path}?channel_user=u2"))[0] == 404
    _, page = await intake.call("GET", "/api/v1/cases?channel_user=u1")
    assert [item["case_no"] for item in page["items"]] == [case["case_no"]]


async def test_a_report_without_a_reporter_is_nobodys(intake: Intake) -> None:
    _, case = await intake.file(reporter={})
    assert (await intake.call("GET", f"/api/v1/cases/{case['case_no']}?channel_user="))[0] == 404


@only_sqlite
async def test_name_phone_and_numbers_in_texts_are_masked(intake: Intake) -> None:
    words = "我是13812345678"
    _, case = await intake.file(
        description=words, transcript=[{"role": "user", "text": words, "at": "2026-09-22T10:00:00+08:00"}]
    )
    _, seen = await intake.call("GET", f"/api/v1/cases/{case['case_no']}", role="operator")
    assert (seen["reporter"]["name"], seen["reporter"]["phone"]) == ("张**", "138****5678")
    assert seen["description"] == seen["transcript"][0]["text"] == "我是138****5678"
    assert seen["reporter"]["channel_user"] is None


async def test_revealing_the_reporter_is_recorded(intake: Intake) -> None:
    _, case = await intake.file()
    path = f"/api/v1/cases/{case['case_no']}?reveal=reporter"
    _, seen = await intake.call("GET", path, role="operator")
    assert (seen["reporter"]["name"], seen["reporter"]["phone"]) == ("张伟", "13812345678")
    rows = await intake_rows(intake, "SELECT action, target, result FROM audit")
    assert ("reveal_reporter", f"case:{case['case_no']}", "ok") in rows


@only_sqlite
async def test_a_supervisor_may_read_but_not_reveal(intake: Intake) -> None:
    _, case = await intake.file()
    path = f"/api/v1/cases/{case['case_no']}?reveal=reporter"
    assert (await intake.call("GET", path, role="supervisor"))[0] == 403


@only_sqlite
async def test_a_confidential_reporter_is_hidden_from_departments(intake: Intake) -> None:
    _, case = await intake.file(reporter={"name": "张伟", "phone": "13812345678", "confidential": True})
    path = f"/api/v1/cases/{case['case_no']}"
    _, seen = await intake.call("GET", path, role="handler@hedong")
    assert (seen["reporter"]["name"], seen["reporter"]["phone"]) == ("", "")
    status, problem = await intake.call("GET", f"{path}?reveal=reporter", role="handler@hedong")
    assert (status, problem["code"]) == (403, "confidential")


@only_sqlite
async def test_who_handles_and_inspects_reads_the_cases_of_both(intake: Intake) -> None:
    await found(intake)
    await account(intake, "王两岗", "handler", "inspector", department="lamps")
    _, case = await intake.file(category_confidence=0.2)
    _, other = await intake.file()
    await intake.call("POST", f"/api/v1/cases/{case['case_no']}/actions/check", {}, role="operator")
    both = await enter(intake, "王两岗")
    assert (await both.call("GET", f"/cases/{case['case_no']}"))[0] == 200
    assert (await both.call("GET", f"/cases/{other['case_no']}"))[0] == 403
    for query, numbers in (("work=to_check", [case["case_no"]]), ("task=check", [case["case_no"]]), ("", [])):
        _, page = await both.call("GET", f"/cases?{query}")
        assert [item["case_no"] for item in page["items"]] == numbers


@only_sqlite
@pytest.mark.parametrize(
    ("role", "confidential", "heard"),
    [
        ("operator", False, "我叫张**，电话138****5678"),
        ("handler@hedong", False, "我叫张**，电话138****5678"),
        ("operator", True, "我叫张**，电话138****5678"),
        ("handler@hedong", True, "我叫某，电话"),
    ],
)
async def test_what_was_said_does_not_give_away_who_said_it(
    intake: Intake, role: str, confidential: bool, heard: str
) -> None:
    said = "我叫张伟，电话13812345678"
    reporter = {"name": "张伟", "phone": "13812345678", "channel_user": "u1", "confidential": confidential}
    _, case = await intake.file(
        description=said, transcript=[{"role": "user", "text": said, "at": None}], reporter=reporter
    )
    path = f"/api/v1/cases/{case['case_no']}"
    body = {"text": said, "channel_user": "u1"}
    await intake.call("POST", f"{path}/actions/supplement", body)
    _, seen = await intake.call("GET", path, role=role)
    _, events = await intake.call("GET", f"{path}/events", role=role)
    _, page = await intake.call("GET", "/api/v1/cases", role=role)
    assert (seen["description"], seen["transcript"][0]["text"]) == (heard, heard)
    assert (events["items"][-1]["remark"], page["items"][0]["description"]) == (heard, heard)


async def test_the_queue_is_filtered(intake: Intake) -> None:
    _, garbage = await intake.file(description="垃圾 100%满了")
    intake.clock.forward(days=1)
    _, cover = await intake.file(category="0103", channel="wechat", location={"text": "青禾广场"})
    _, vague = await intake.file(description="说不清", category=None, location={})

    async def found(query: str) -> set[str]:
        status, page = await intake.call("GET", f"/api/v1/cases?{query}", role="operator")
        assert status == 200, page
        return {item["case_no"] for item in page["items"]}

    one, two, three = garbage["case_no"], cover["case_no"], vague["case_no"]
    assert await found("") == {one, two, three}
    assert await found("status=received") == {three}
    assert await found("status=received,dispatched") == {one, two, three}
    assert await found("category=0103") == {two}
    assert await found("department=drainage,hedong") == {one, two}
    assert await found("channel=wechat") == {two}
    assert await found("town=990101101") == await found("town=禾东镇") == {one}
    assert await found(f"q={two}") == {two}
    assert await found("q=垃圾") == {one, two}
    assert await found("q=100%25") == {one}
    assert await found("q=100_") == set()
    assert await found("q=青禾") == {two}
    assert await found("from=2026-09-23") == {two, three}
    assert await found("to=2026-09-22") == {one}
    assert await found("from=2026-09-22T10:00:00%2B08:00&to=2026-09-23T10:00:00%2B08:00") == {one}
    assert await found("overdue=true") == {one}
    assert await found("bbox=121.0,31.0,121.02,31.04") == {two}
    assert await found("status=&q=") == {one, two, three}


@only_sqlite
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("status=lost", "?status/0"),
        ("limit=0", "?limit"),
        ("limit=1000", "?limit"),
        ("bbox=1,2,3", "?bbox"),
        ("from=gestern", "?from"),
        ("cursor=***", "?cursor"),
        ("cursor=Y2FiYw", "?cursor"),
    ],
)
async def test_a_bad_filter_is_pointed_at(intake: Intake, query: str, pointer: str) -> None:
    status, problem = await intake.call("GET", f"/api/v1/cases?{query}", role="operator")
    assert status == 422
    assert any(error["pointer"].startswith(pointer) for error in problem["errors"])


async def test_pages_follow_each_other_newest_first_while_new_cases_come_in(intake: Intake) -> None:
    numbers = [(await intake.file())[1]["case_no"] for _ in range(5)]
    seen: list[str] = []
    cursor = ""
    while True:
        _, page = await intake.call("GET", f"/api/v1/cases?limit=2&cursor={cursor}", role="operator")
        seen += [item["case_no"] for item in page["items"]]
        await intake.file()
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == list(reversed(numbers))


@only_sqlite
@pytest.mark.parametrize("number", ["1", "abc", "483920175483920175483920175"])
async def test_an_unknown_number_is_not_found(intake: Intake, number: str) -> None:
    status, problem = await intake.call("GET", f"/api/v1/cases/{number}", role="operator")
    assert (status, problem["code"]) == (404, "case_not_found")


@only_sqlite
async def test_a_misread_number_is_said_to_be_misread(intake: Intake) -> None:
    _, case = await intake.file()
    number = case["case_no"]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    _, problem = await intake.call("GET", f"/api/v1/cases/{wrong}", role="operator")
    assert problem["code"] == "case_number_misread"


@only_sqlite
async def test_a_handler_without_a_department_reads_nothing(intake: Intake) -> None:
    _, case = await intake.file(category=None)
    assert (await intake.call("GET", f"/api/v1/cases/{case['case_no']}", role="handler"))[0] == 403
    _, page = await intake.call("GET", "/api/v1/cases", role="handler")
    assert page["items"] == []


@only_sqlite
async def test_without_a_valid_token_nobody_reads(intake: Intake) -> None:
    assert (await intake.call("GET", "/api/v1/cases", role=None))[0] == 401
    status, problem = await intake.call("GET", "/api/v1/cases", role=None, Authorization="Bearer yht_wrong")
    assert (status, problem["code"]) == (401, "unauthenticated")


async def test_events_and_audit_cannot_be_changed(intake: Intake) -> None:
    _, case = await intake.file()
    await intake.call("GET", f"/api/v1/cases/{case['case_no']}", role="operator")
    database = Database(intake.settings.cases_database)
    for statement in ("UPDATE events SET reason = 'x'", "DELETE FROM events", "DELETE FROM audit"):
        with pytest.raises(Exception, match="append-only"):
            async with database.write() as session:
                await session.execute(text(statement))
    await database.close()


async def intake_rows(intake: Intake, query: str) -> list[tuple[object, ...]]:
    database = Database(intake.settings.cases_database)
    async with database.read() as session:
        rows = [tuple(row) for row in await session.execute(text(query))]
    await database.close()
    return rows
