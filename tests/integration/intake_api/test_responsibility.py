"""The responsibility matrix: read, tried out, changed by people and by rulings, and everything told."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from intake_api import administration
from intake_api.domain.event import Actor, ActorKind
from intake_api.domain.responsibility import Basis, Rule, Source
from intake_api.http.resources import CITY
from intake_api.storage import responsibility
from intake_api.storage.database import Database
from tests.integration.intake_api.conftest import QINGHE, Intake, Json, only_sqlite

EAST, WEST = "990101101", "990101001"
JUDGE = Actor(ActorKind.STAFF, "9", "督办甲")
RULE: Json = {"category": "1101", "area": "*", "lead": "enforcement", "basis": "商定", "reason": "联席会议纪要第 3 号"}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def rule(database: Database, intake: Intake, **changes: object) -> int:
    """A ruling remembered by another process."""
    given: Json = {
        "category": "1101", "area": EAST, "lead": "enforcement", "supporting": ["greening"], "case_no": "20260922000017",
        "by": JUDGE, "reason": "现场会商", "now": intake.clock.now, "on": date(2026, 9, 22),
    }  # fmt: skip
    async with database.write() as session:
        return await responsibility.remember_ruling(session, **(given | changes))


async def lead(intake: Intake, query: str = f"category=1101&town={EAST}") -> str:
    status, answer = await intake.call("GET", f"/api/v1/responsibility/dry-run?{query}", role="dispatcher")
    assert status == 200, answer
    return str(answer["lead"]["id"])


async def upload(intake: Intake, table: str | bytes, query: str, role: str = "supervisor") -> tuple[int, Json]:
    headers = {"Authorization": f"Bearer {await intake.token(role)}", "Content-Type": "text/csv"}
    body = table.encode() if isinstance(table, str) else table
    async with intake.client.post(f"/api/v1/responsibility/import?{query}", data=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def exported(intake: Intake) -> str:
    headers = {"Authorization": f"Bearer {await intake.token('supervisor')}"}
    async with intake.client.get("/api/v1/responsibility/export.csv", headers=headers) as answer:
        assert answer.content_type == "text/csv"
        return await answer.text(encoding="utf-8-sig")


async def test_the_matrix_is_listed_and_filtered(intake: Intake) -> None:
    _, everything = await intake.call("GET", "/api/v1/responsibility", role="handler@greening")
    assert [(one["category"], one["area"]) for one in everything["items"]] == [
        ("0103", "*"), ("11*", "*"), ("1101", EAST),
    ]  # fmt: skip
    first = everything["items"][1]
    assert (first["category_name"], first["area_name"], first["lead"]["name"]) == (
        "市容环境", "全区", "青禾区绿化和市容管理局",
    )  # fmt: skip
    assert (first["source_label"], first["state"]) == ("城市数据", "in_force")
    for query, wanted in (
        ("category=1102", ["11*"]),
        ("category=11*", ["11*"]),
        (f"category=1101&area={EAST}", ["11*", "1101"]),
        ("department=greening", ["11*", "1101"]),
        ("basis=商定", ["1101"]),
        ("source=ruling", []),
        ("state=over", []),
    ):
        _, found = await intake.call("GET", f"/api/v1/responsibility?{query}", role="operator")
        assert [one["category"] for one in found["items"]] == wanted, query


async def test_a_trial_tells_who_would_get_it_why_and_by_when(intake: Intake) -> None:
    query = f"category=0103&town={WEST}&words=井盖不见了"
    _, trial = await intake.call("GET", f"/api/v1/responsibility/dry-run?{query}", role="dispatcher")
    assert trial["words"] == (
        "雨水井盖，柳溪路街道，2026-09-22：由青禾区排水管理所主办（法定）。"
        "写明这个分类，适用全区，法定：适用的规则里最具体的一条。"
    )
    assert [one["wins"] for one in trial["candidates"]] == [True, False, False, False]
    assert (trial["term"]["condition"], trial["term"]["rule"]) == ("missing", "condition:0103:missing")
    assert trial["term"]["due_at"] == "2026-09-22T12:00:00+08:00"


@pytest.mark.parametrize(
    ("query", "town"),
    [
        ("category=1101&text=稻香新苑", EAST),
        ("category=1101&lat=31.0195&lng=121.0105", WEST),
        ("category=1101", None),
    ],
)
@only_sqlite
async def test_a_trial_takes_words_of_a_place_or_a_pin(intake: Intake, query: str, town: str | None) -> None:
    _, trial = await intake.call("GET", f"/api/v1/responsibility/dry-run?{query}", role="verifier")
    assert trial["town_code"] == town
    assert trial["lead"]["id"] == ("hedong" if town == EAST else "greening")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("category=7777", "/category"), ("category=1101&town=1", "?town"), ("town=1", "?category")],
)
@only_sqlite
async def test_a_trial_of_what_does_not_exist_is_refused(intake: Intake, query: str, pointer: str) -> None:
    status, problem = await intake.call("GET", f"/api/v1/responsibility/dry-run?{query}", role="operator")
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


async def test_a_rule_added_at_the_desk_decides_the_next_case(intake: Intake) -> None:
    assert await lead(intake) == "hedong"
    status, added = await intake.call("POST", "/api/v1/responsibility", RULE | {"area": EAST}, role="supervisor")
    assert status == 201
    # the agreement of the desk is as specific as that of the folder, and newer
    assert await lead(intake) == "enforcement"
    _, case = await intake.file()
    assert case["department"]["id"] == "enforcement"
    _, listed = await intake.call("GET", "/api/v1/responsibility?source=desk", role="operator")
    (shown,) = listed["items"]
    assert (shown["id"], shown["added_by"], shown["reason"]) == (added["id"], "测试supervisor", RULE["reason"])
    status, problem = await intake.call("POST", "/api/v1/responsibility", RULE | {"area": EAST}, role="supervisor")
    assert (status, problem["code"], problem["rule_id"]) == (409, "rule_known", added["id"])


async def test_a_rule_is_ended_with_a_reason_and_stays_readable(intake: Intake) -> None:
    _, listed = await intake.call("GET", f"/api/v1/responsibility?category=1101&area={EAST}", role="supervisor")
    own = next(one for one in listed["items"] if one["category"] == "1101")
    path = f"/api/v1/responsibility/{own['id']}/end"
    status, _ = await intake.call("POST", path, {"reason": "改由全区统一负责"}, role="supervisor")
    assert status == 200
    assert await lead(intake) == "greening"
    _, over = await intake.call("GET", "/api/v1/responsibility?state=over", role="supervisor")
    assert [(one["id"], one["valid_to"]) for one in over["items"]] == [(own["id"], "2026-09-21")]
    status, problem = await intake.call("POST", path, {"reason": "再来一次"}, role="supervisor")
    assert (status, problem["code"]) == (409, "rule_over")


async def test_a_rule_can_be_let_run_out_later(intake: Intake) -> None:
    _, listed = await intake.call("GET", "/api/v1/responsibility?category=11*", role="supervisor")
    path = f"/api/v1/responsibility/{listed['items'][0]['id']}/end"
    body = {"reason": "机构改革", "last_day": "2026-09-30"}
    assert (await intake.call("POST", path, body, role="supervisor"))[0] == 200
    assert await lead(intake, "category=1102&on=2026-09-30") == "greening"
    assert await lead(intake, "category=1102&on=2026-10-01") != "greening"
    status, problem = await intake.call("POST", path, body | {"last_day": "2026-08-01"}, role="supervisor")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/last_day")


async def test_a_ruling_is_remembered_and_taken_up_by_every_process(intake: Intake, database: Database) -> None:
    await rule(database, intake)
    cities = intake.client.server.app[CITY]  # type: ignore[union-attr]
    assert await lead(intake) == "hedong"  # not yet looked for
    await cities.refresh()
    assert await lead(intake) == "enforcement"
    _, case = await intake.file()
    assert (case["department"]["id"], case["basis"]) == ("enforcement", "指定")
    _, listed = await intake.call("GET", "/api/v1/responsibility?source=ruling", role="dispatcher")
    (shown,) = listed["items"]
    assert (shown["case_no"], shown["added_by"], shown["valid_from"]) == ("20260922000017", "督办甲", "2026-09-22")


async def test_a_later_ruling_on_the_same_takes_the_place_of_the_earlier(intake: Intake, database: Database) -> None:
    first = await rule(database, intake)
    assert await rule(database, intake) == first  # the same again is no other ruling
    second = await rule(database, intake, lead="greening", supporting=[])
    async with database.read() as session:
        rulings = [
            one for one in await responsibility.rules_in_force(session) if one.origin and one.origin.source == "ruling"
        ]
    assert [(one.origin.id, one.valid_to) for one in rulings if one.origin] == [
        (first, date(2026, 9, 21)), (second, None),
    ]  # fmt: skip


async def test_the_next_city_folder_leaves_rulings_and_the_desk_alone(
    intake: Intake, database: Database, tmp_path: Path
) -> None:
    await rule(database, intake)
    await intake.call("POST", "/api/v1/responsibility", RULE, role="supervisor")
    _, listed = await intake.call("GET", "/api/v1/responsibility?category=0103", role="supervisor")
    ended = listed["items"][0]["id"]
    await intake.call("POST", f"/api/v1/responsibility/{ended}/end", {"reason": "不再负责"}, role="supervisor")
    folder = Path(shutil.copytree(QINGHE, tmp_path / "next"))
    rules = folder / "responsibility.csv"
    rules.write_text(rules.read_text(encoding="utf-8") + "12*,*,enforcement,,法定,,\n", encoding="utf-8")
    try:
        await administration.load_city(intake.settings, folder)
        async with database.read() as session:
            now = await responsibility.rules_in_force(session)
    finally:
        await administration.load_city(intake.settings, QINGHE)
    open_ended = {(one.category, one.origin.source) for one in now if one.origin and one.valid_to is None}
    assert open_ended == {
        ("11*", Source.CITY), ("1101", Source.CITY), ("12*", Source.CITY), ("1101", Source.RULING), ("1101", Source.DESK),
    }  # fmt: skip
    _, told = await intake.call("GET", "/api/v1/responsibility/history?limit=2", role="auditor")
    assert told["code"] == "forbidden"
    _, told = await intake.call("GET", "/api/v1/responsibility/history?limit=2", role="supervisor")
    assert [(one["kind_label"], one["added"], one["ended"]) for one in told["items"]] == [
        ("载入城市数据", 0, 1), ("载入城市数据", 1, 0),
    ]  # fmt: skip


async def test_the_exported_table_can_be_taken_back_unchanged(intake: Intake) -> None:
    table = await exported(intake)
    assert table.splitlines()[0].startswith("category,area,lead,supporting,basis,valid_from,valid_to,category_name")
    _, change = await upload(intake, table, "dry_run=true")
    assert (change["added"], change["ended"], change["kept"], change["applied"]) == ([], [], 3, False)


async def test_a_table_is_tried_and_then_taken_in_as_a_whole(intake: Intake) -> None:
    table = (await exported(intake)).replace(f"1101,{EAST},hedong,greening", f"1101,{EAST},greening,")
    _, trial = await upload(intake, table, "dry_run=true")
    assert [(one["lead"]["id"]) for one in trial["added"]] == ["greening"]
    assert [(one["lead"]["id"]) for one in trial["ended"]] == ["hedong"]
    assert await lead(intake) == "hedong"  # nothing was changed yet
    query = f"reason=年度调整&version={trial['version']}"
    status, done = await upload(intake, table, query)
    assert (status, done["applied"], done["kept"]) == (200, True, 2)
    assert await lead(intake) == "greening"
    # another one had it open as well
    status, problem = await upload(intake, table, query)
    assert (status, problem["code"]) == (409, "matrix_changed")


async def test_a_table_as_spreadsheets_save_it_in_china_is_understood(intake: Intake) -> None:
    table = (await exported(intake)).encode("gb18030")
    status, change = await upload(intake, table, "dry_run=true")
    assert (status, change["kept"]) == (200, 3)


@only_sqlite
async def test_a_table_with_faults_names_every_line_and_changes_nothing(intake: Intake) -> None:
    table = "category,area,lead,supporting,basis,valid_from,valid_to\n7777,*,greening,,法定,,\n11*,1,nobody,,口头,,\n"
    status, problem = await upload(intake, table, "reason=试试")
    assert (status, problem["code"]) == (422, "bad_table")
    assert [error["pointer"] for error in problem["errors"]] == ["/lines/2", "/lines/3", "/lines/3", "/lines/3"]
    assert problem["errors"][0]["detail"] == "第 2 行：分类目录里没有 7777"
    status, problem = await upload(intake, "", "reason=试试")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/lines/1")
    status, problem = await upload(intake, "category\n", "")
    assert (status, problem["errors"][0]["pointer"]) == (422, "?reason")
    assert len((await exported(intake)).splitlines()) == 4


@only_sqlite
async def test_a_rule_must_name_what_exists(intake: Intake) -> None:
    body = RULE | {"category": "77*", "area": "1", "lead": "x", "supporting": ["y"]}
    status, problem = await intake.call("POST", "/api/v1/responsibility", body, role="supervisor")
    assert status == 422
    assert [error["pointer"] for error in problem["errors"]] == ["/category", "/area", "/lead", "/supporting/0"]


@only_sqlite
@pytest.mark.parametrize("role", ["operator", "dispatcher", "verifier", "handler@greening", "sysadmin"])
async def test_only_supervisors_change_the_matrix(intake: Intake, role: str) -> None:
    assert (await intake.call("POST", "/api/v1/responsibility", RULE, role=role))[0] == 403
    assert (await intake.call("POST", "/api/v1/responsibility/1/end", {"reason": "试试"}, role=role))[0] == 403
    assert (await upload(intake, "", "dry_run=true", role))[0] == 403


@only_sqlite
async def test_residents_programs_do_not_read_the_matrix(intake: Intake) -> None:
    assert (await intake.call("GET", "/api/v1/responsibility", role="channel"))[0] == 403


async def test_the_history_tells_who_changed_what_and_cannot_be_altered(intake: Intake, database: Database) -> None:
    body = RULE | {"reason": "电话 13812345678 协商"}
    _, added = await intake.call("POST", "/api/v1/responsibility", body, role="supervisor")
    path = f"/api/v1/responsibility/{added['id']}/end"
    await intake.call("POST", path, {"reason": "写错了"}, role="supervisor")
    _, page = await intake.call("GET", "/api/v1/responsibility/history?limit=1", role="dispatcher")
    (ended,) = page["items"]
    assert (ended["kind"], ended["by"]["name"], ended["reason"]) == ("ended", "测试supervisor", "写错了")
    assert (ended["before"][0]["valid_to"], ended["after"][0]["valid_to"]) == (None, "2026-09-21")
    _, page = await intake.call(
        "GET", f"/api/v1/responsibility/history?limit=1&cursor={page['next']}", role="dispatcher"
    )
    assert page["items"][0]["kind"] == "added"
    assert "13812345678" not in page["items"][0]["reason"]
    for statement in ("UPDATE responsibility_changes SET reason = 'x'", "DELETE FROM responsibility_changes"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.engine.begin() as connection:
                await connection.execute(text(statement))


async def test_two_who_write_at_once_both_come_into_force(intake: Intake, database: Database) -> None:
    async def write(area: str) -> None:
        async with database.write() as session:
            await responsibility.add_rule(
                session,
                Rule("12*", area, "greening", (), Basis.AGREEMENT),
                by=JUDGE,
                reason="并行",
                now=intake.clock.now,
            )

    await asyncio.gather(write(EAST), write(WEST))
    await intake.client.server.app[CITY].refresh()  # type: ignore[union-attr]
    assert [await lead(intake, f"category=1201&town={town}") for town in (EAST, WEST)] == ["greening", "greening"]
