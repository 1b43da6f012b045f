"""The queue: searching, ordering, paging, saved views, acting on many."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, update

from intake_api.domain import case_number
from intake_api.storage import text_index, upkeep
from intake_api.storage.database import Database
from intake_api.storage.queue_tables import CaseTextRow
from intake_api.storage.tables import CaseRow
from tests.integration.intake_api.conftest import Intake, only_sqlite

Json = dict[str, Any]


async def numbers(intake: Intake, query: str, role: str = "operator") -> list[str]:
    status, page = await intake.call("GET", f"/api/v1/cases?{query}", role=role)
    assert status == 200, page
    return [item["case_no"] for item in page["items"]]


async def filed(intake: Intake, **changes: object) -> str:
    status, case = await intake.file(**changes)
    assert status == 201, case
    number: str = case["case_no"]
    return number


async def put(intake: Intake, number: str, **columns: object) -> None:
    """Give a case other columns, as a later step of its life would."""
    database = Database(intake.settings.cases_database)
    async with database.write() as session:
        row = await session.get(CaseRow, case_number.parse(number))
        for name, value in columns.items():
            setattr(row, name, value)
    await database.close()


async def test_cases_are_found_by_words_in_any_order_and_writing(intake: Intake) -> None:
    garbage = await filed(intake, description="菜场后门的垃圾桶满了三天")
    lamp = await filed(intake, description="路灯不亮，菜场门口很黑")
    assert await numbers(intake, "q=菜场") == [lamp, garbage]
    assert await numbers(intake, "q=垃圾桶 菜场") == [garbage]
    assert await numbers(intake, "q=菜場垃圾") == [garbage]
    assert await numbers(intake, "q=“菜场门口”") == [lamp]
    assert await numbers(intake, "q=灯") == [lamp]
    assert await numbers(intake, "q=稻香") == [lamp, garbage]
    assert await numbers(intake, "q=公园") == []
    assert await numbers(intake, f"q={garbage}") == [garbage]


async def test_what_could_not_be_dispatched_is_found_as_of_no_department(intake: Intake) -> None:
    with_one = await filed(intake, description="垃圾满了")
    nowhere = await filed(intake, description="垃圾满了")
    await put(intake, nowhere, department_id=None)
    assert await numbers(intake, "department=none") == [nowhere]
    assert await numbers(intake, "department=none&q=垃圾&order=due") == [nowhere]
    assert await numbers(intake, "department=none&status=closed") == []
    assert await numbers(intake, "department=none,hedong") == [nowhere, with_one]
    assert await numbers(intake, "department=hedong") == [with_one]
    view = {"name": "没派出去的", "filters": {"department": "none"}, "shared_with": []}
    assert (await intake.call("POST", "/api/v1/views", view, role="operator"))[0] == 201
    _, views = await intake.call("GET", "/api/v1/views?counts=true", role="operator")
    assert [each["count"] for each in views["items"]] == [1]


async def test_words_and_filters_go_together(intake: Intake) -> None:
    one = await filed(intake, description="垃圾满了")
    two = await filed(intake, description="垃圾满了", channel="wechat")
    await filed(intake, description="路灯不亮", channel="wechat")
    assert await numbers(intake, "q=垃圾&channel=wechat") == [two]
    assert await numbers(intake, "q=垃圾&category=1101&status=dispatched&urgency=normal,urgent,emergency") == [two, one]
    assert await numbers(intake, "q=垃圾&status=closed") == []
    assert await numbers(intake, "q=垃圾&bbox=120,30,122,32") == [two, one]


async def test_a_changed_case_is_found_by_what_it_has_become(intake: Intake) -> None:
    number = await filed(intake, description="垃圾满了")
    await put(intake, number, status="returned")
    assert await numbers(intake, "q=垃圾&status=dispatched") == []
    assert await numbers(intake, "q=垃圾&status=returned") == [number]
    body = {"category": "0103", "reason": "看了照片"}
    await intake.call("POST", f"/api/v1/cases/{number}/actions/correct", body, role="operator")
    assert await numbers(intake, "q=垃圾&category=0103") == [number]
    assert await numbers(intake, "q=垃圾&category=1101") == []


async def test_a_grid_cell_or_a_box_shows_the_cases_within(intake: Intake) -> None:
    _, case = await intake.file()
    await filed(intake, location={"text": "青禾广场"})
    where = case["location"]
    assert await numbers(intake, f"grid_cell={where['grid_cell']}&status=dispatched") == [case["case_no"]]
    box = f"{where['lng'] - 0.001},{where['lat'] - 0.001},{where['lng'] + 0.001},{where['lat'] + 0.001}"
    assert await numbers(intake, f"bbox={box}&channel=web") == [case["case_no"]]


@pytest.mark.parametrize(
    "many", ["status=dispatched", "status=dispatched,received", "q=垃圾", "status=dispatched&channel=web"]
)
async def test_pages_of_every_way_through_follow_each_other(intake: Intake, many: str) -> None:
    sent = [await filed(intake, description="垃圾满了") for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        _, page = await intake.call("GET", f"/api/v1/cases?{many}&limit=2&cursor={cursor}", role="operator")
        seen += [item["case_no"] for item in page["items"]]
        cursor = page["next"]
        await intake.file(description="垃圾满了")
    assert seen == sent[::-1]


@pytest.mark.parametrize(
    "query",
    ["", "department=hedong", "q=垃圾", "status=dispatched,received", "town=禾东镇", "town=禾东镇&channel=web"],
)
async def test_the_open_cases_that_are_due_first_come_first_page_by_page(intake: Intake, query: str) -> None:
    slow = await filed(intake, category="0115", description="垃圾")
    quick = await filed(intake, description="垃圾")
    intake.clock.forward(hours=1)
    later = await filed(intake, description="垃圾")
    over = await filed(intake, description="垃圾")
    await put(intake, over, status="closed")
    _, everything = await intake.call("GET", "/api/v1/cases?order=due", role="operator")
    expected = [item["case_no"] for item in sorted(everything["items"], key=lambda item: item["due_at"])]
    assert set(expected) == {slow, quick, later}
    shown = [number for number in expected if query != "department=hedong" or number != slow]
    _, slow_case = await intake.call("GET", f"/api/v1/cases/{slow}", role="operator")
    if slow_case["department"]["id"] == "hedong":
        shown = expected
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        _, page = await intake.call("GET", f"/api/v1/cases?{query}&order=due&limit=1&cursor={cursor}", role="operator")
        seen += [item["case_no"] for item in page["items"]]
        cursor = page["next"]
    assert seen == shown


async def test_cases_without_a_clock_come_last_by_due_time(intake: Intake) -> None:
    vague = [await filed(intake, description="说不清", category=None) for _ in range(2)]
    clear = await filed(intake)
    assert await numbers(intake, "order=due") == [clear, *vague]
    _, page = await intake.call("GET", "/api/v1/cases?order=due&limit=2", role="operator")
    assert await numbers(intake, f"order=due&cursor={page['next']}") == [vague[1]]


async def test_an_urged_case_moves_ahead_and_says_why(intake: Intake) -> None:
    first = await filed(intake)
    intake.clock.forward(minutes=5)
    second = await filed(intake)
    assert await numbers(intake, "order=priority") == [first, second]
    await intake.call("POST", f"/api/v1/cases/{second}/actions/urge", {"channel_user": "u1"})
    assert await numbers(intake, "order=priority") == [second, first]
    status, shown = await intake.call("GET", f"/api/v1/cases/{second}/priority", role="operator")
    assert status == 200
    assert [(part["name"], part["hours"]) for part in shown["parts"] if part["name"] == "urges"] == [("urges", 4)]
    assert "催办 1 次" in shown["words"]


@only_sqlite
async def test_priority_is_for_staff(intake: Intake) -> None:
    number = await filed(intake)
    path = f"/api/v1/cases/{number}/priority?channel_user=u1"
    assert (await intake.call("GET", path, role="channel"))[0] == 403


@only_sqlite
@pytest.mark.parametrize("query", ["q=%25", "q=。", "order=best", "claimed=all", "urgency=high"])
async def test_a_question_that_makes_no_sense_is_pointed_at(intake: Intake, query: str) -> None:
    status, problem = await intake.call("GET", f"/api/v1/cases?{query}", role="operator")
    assert status == 422
    assert problem["errors"][0]["pointer"].startswith("?" + query.split("=", maxsplit=1)[0])


async def test_a_cursor_of_another_order_is_refused(intake: Intake) -> None:
    for _ in range(2):
        await intake.file()
    _, page = await intake.call("GET", "/api/v1/cases?limit=1", role="operator")
    status, _ = await intake.call("GET", f"/api/v1/cases?order=due&cursor={page['next']}", role="operator")
    assert status == 422


async def test_an_index_that_was_lost_is_built_anew(intake: Intake) -> None:
    one, two = await filed(intake, description="垃圾满了"), await filed(intake, description="路灯不亮")
    database = Database(intake.settings.cases_database)
    async with database.write() as session:
        await session.execute(delete(CaseTextRow).where(CaseTextRow.case_id == case_number.parse(one)))
        await session.execute(update(CaseTextRow).values(digest="old"))
    assert await numbers(intake, "q=垃圾") == []
    assert await upkeep.reindex(database, missing_only=True) == 1
    assert await numbers(intake, "q=垃圾") == [one]
    assert await upkeep.reindex(database) == 2
    assert await numbers(intake, "q=路灯") == [two]
    await database.close()


async def test_cases_of_many_blocks_are_found_newest_first(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_index, "BLOCK", 4)
    monkeypatch.setattr("intake_api.storage.queue.BLOCK", 4)
    monkeypatch.setattr("intake_api.storage.queue._NEWEST", 3)
    monkeypatch.setattr("intake_api.storage.queue._STRIDE", 1)
    rare = [await filed(intake, description="路灯不亮" if i % 9 == 0 else "垃圾满了") for i in range(30)][::9]
    assert await numbers(intake, "q=路灯") == rare[::-1]
    assert await numbers(intake, "q=路灯&limit=1") == rare[-1:]


# saved views


VIEW = {"name": "垃圾待办", "filters": {"q": "垃圾", "order": "due"}, "shared_with": ["dispatcher"]}


async def test_a_view_is_kept_shared_and_counted(intake: Intake) -> None:
    await intake.file(description="垃圾满了")
    await intake.file(description="路灯不亮")
    status, view = await intake.call("POST", "/api/v1/views", VIEW, role="operator")
    assert (status, view["mine"], view["name"]) == (201, True, "垃圾待办")
    for role, mine in (("operator", True), ("dispatcher", False)):
        _, listed = await intake.call("GET", "/api/v1/views?counts=true", role=role)
        assert [(item["mine"], item["count"], item["more"]) for item in listed["items"]] == [(mine, 1, False)]
    _, listed = await intake.call("GET", "/api/v1/views", role="verifier")
    assert listed["items"] == []
    path = f"/api/v1/views/{view['id']}"
    assert (await intake.call("DELETE", path, role="dispatcher"))[0] == 404
    assert (await intake.call("PUT", path, VIEW | {"name": "x"}, role="dispatcher"))[0] == 404
    assert (await intake.call("PUT", path, VIEW | {"name": "改名"}, role="operator"))[1]["name"] == "改名"
    assert (await intake.call("DELETE", path, role="operator"))[0] == 204
    assert (await intake.call("GET", "/api/v1/views", role="operator"))[1]["items"] == []


@only_sqlite
@pytest.mark.parametrize(
    ("filters", "pointer"), [({"colour": "red"}, "/filters/colour"), ({"status": "lost"}, "/filters/status/0")]
)
async def test_a_view_that_cannot_be_shown_is_not_kept(intake: Intake, filters: Json, pointer: str) -> None:
    status, problem = await intake.call("POST", "/api/v1/views", VIEW | {"filters": filters}, role="operator")
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


@only_sqlite
async def test_a_handlers_view_counts_their_department_only(intake: Intake) -> None:
    await intake.file()
    await intake.call("POST", "/api/v1/views", VIEW | {"filters": {}, "shared_with": ["handler"]}, role="operator")
    for role, count in (("handler@hedong", 1), ("handler@drainage", 0)):
        _, listed = await intake.call("GET", "/api/v1/views?counts=true", role=role)
        assert listed["items"][0]["count"] == count


# many at once


async def test_many_cases_are_corrected_at_once_and_each_is_answered_for(intake: Intake) -> None:
    good = [await filed(intake) for _ in range(3)]
    over = await filed(intake)
    await put(intake, over, status="closed")
    body = {"action": "correct", "case_nos": [*good, over, "123"], "category": "0103", "reason": "现场看过"}
    status, result = await intake.call("POST", "/api/v1/cases/bulk", body, role="operator")
    assert status == 200
    assert (result["done"], result["failed"]) == (3, 2)
    assert [(item["done"], item["code"]) for item in result["items"]] == [
        (True, None), (True, None), (True, None), (False, "case_over"), (False, "case_not_found"),
    ]  # fmt: skip
    assert sorted(await numbers(intake, "category=0103")) == sorted(good)


@only_sqlite
@pytest.mark.parametrize(
    ("role", "changes", "status", "code"),
    [
        ("operator", {"action": "explode"}, 422, "unknown_action"),
        ("operator", {"case_nos": []}, 422, "invalid"),
        ("operator", {"case_nos": ["1"] * 201}, 422, "invalid"),
        ("verifier", {}, 403, "forbidden"),
    ],
)
async def test_what_cannot_be_done_to_many_is_refused(
    intake: Intake, role: str, changes: Json, status: int, code: str
) -> None:
    body = {"action": "correct", "case_nos": ["123456789"], "reason": "x", "category": "0103"} | changes
    answered, problem = await intake.call("POST", "/api/v1/cases/bulk", body, role=role)
    assert (answered, problem["code"]) == (status, code)


@only_sqlite
async def test_bad_fields_of_an_action_are_told_for_each_case(intake: Intake) -> None:
    number = await filed(intake)
    body = {"action": "correct", "case_nos": [number], "category": "0103"}
    _, result = await intake.call("POST", "/api/v1/cases/bulk", body, role="operator")
    assert (result["items"][0]["done"], result["items"][0]["code"]) == (False, "invalid")
