"""The figures: counted right, explained, followed to the cases behind them, and taken away as a table."""

from __future__ import annotations

import csv
import io

from alembic import command
from openpyxl import load_workbook
from sqlalchemy import Connection

from intake_api.domain.figures import Measure, percent
from intake_api.storage.database import Database, _config
from tests.integration.intake_api.conftest import Intake, Json
from tests.integration.intake_api.test_life_of_a_case import GREENING, HEDONG, closed, done


async def figures(intake: Intake, query: str = "", role: str = "supervisor") -> Json:
    status, view = await intake.call("GET", f"/api/v1/figures?{query}", role=role)
    assert status == 200, view
    return view


def rates(row: Json) -> dict[str, str]:
    return {rate["code"]: rate["text"] for rate in row["rates"]}


async def a_week_of_work(intake: Intake) -> list[Json]:
    """Four cases: closed in time and praised, closed late, still open and overdue, still open and returned."""
    good = await closed(intake)
    await done(intake, good, "rate", "operator", grade="very_satisfied", solved=True)
    _, late = await intake.file(channel="hotline")
    await done(intake, late, "accept", HEDONG)
    intake.clock.forward(hours=15)
    await done(intake, late, "report_done", HEDONG, text="清理完毕")
    await done(intake, late, "assist_report", GREENING, text="修剪了")
    await done(intake, late, "verify", "verifier")
    await done(intake, late, "rate", "operator", grade="dissatisfied", solved=False)
    _, open_case = await intake.file()
    _, returned = await intake.file(category="0103", description="井盖没了")
    await done(intake, returned, "return", "handler@drainage", reason="不在辖区")
    intake.clock.forward(hours=13)
    return [good, late, open_case, returned]


async def test_the_figures_of_a_week(intake: Intake) -> None:
    await a_week_of_work(intake)
    total = (await figures(intake))["total"]
    assert {name: total["counts"][name] for name in ("received", "filed", "due", "due_closed", "due_in_time", "closed")} == {
        "received": 4, "filed": 4, "due": 4, "due_closed": 2, "due_in_time": 1, "closed": 2,
    }  # fmt: skip
    assert rates(total) == {
        "handled": "50.00 %", "closed": "50.00 %", "on_time": "25.00 %", "responded": "0.00 %",
        "solved": "50.00 %", "satisfied": "50.00 %", "dispatch_accuracy": "75.00 %", "returned": "25.00 %",
        "reworked": "0.00 %", "extended": "0.00 %", "repeated": "50.00 %",
    }  # fmt: skip
    assert all(rate["definition"] for rate in total["rates"])


def test_the_known_figures_of_a_real_city() -> None:
    assert (percent(911 / 972), percent(737 / 972)) == ("93.72 %", "75.82 %")
    assert percent(526909 / 529911) == "99.43 %"


async def test_the_figures_are_broken_down_and_add_up(intake: Intake) -> None:
    await a_week_of_work(intake)
    for by, keys in (
        ("channel", ["hotline", "web"]),
        ("department", ["drainage", "hedong"]),
        ("category", ["0103", "1101"]),
        ("town", ["990101101"]),
        ("day", ["2026-09-22", "2026-09-23"]),
    ):
        view = await figures(intake, f"by={by}")
        assert [row["key"] for row in view["rows"]] == keys
        for measure in Measure:
            assert sum(row["counts"][measure] for row in view["rows"]) == view["total"]["counts"][measure]


async def test_behind_every_number_stand_its_cases(intake: Intake) -> None:
    await a_week_of_work(intake)
    counts = (await figures(intake))["total"]["counts"]
    for measure in Measure:
        _, page = await intake.call("GET", f"/api/v1/figures/cases?measure={measure.value}", role="supervisor")
        assert len(page["items"]) == counts[measure], measure


async def test_the_numbers_follow_from_the_events(intake: Intake) -> None:
    cases = await a_week_of_work(intake)
    counts = (await figures(intake))["total"]["counts"]
    told = []
    for case in cases:
        _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
        told.append([event["kind"] for event in events["items"]])
    for measure, kind in (("filed", "filed"), ("dispatched", "dispatched"), ("returned", "returned"), ("answered", "rated"), ("closed", "verified")):  # fmt: skip
        assert counts[measure] == sum(kind in kinds for kinds in told), measure


async def test_what_falls_due_after_its_month_counts_in_the_month_in_which_it_was_filed(intake: Intake) -> None:
    intake.clock.forward(days=8, hours=8)  # 30 September, 18:00; due on 1 October, 06:00
    for _ in range(3):
        await closed(intake)
    _, left = await intake.file()
    assert left["due_at"].startswith("2026-10-01")
    intake.clock.forward(days=26)
    view = await figures(intake, "from=2026-09-01&to=2026-09-30")
    counts = view["total"]["counts"]
    assert {name: counts[name] for name in ("filed", "due", "due_closed", "due_in_time", "overdue")} == {
        "filed": 4, "due": 4, "due_closed": 3, "due_in_time": 3, "overdue": 1,
    }  # fmt: skip
    assert (rates(view["total"])["closed"], rates(view["total"])["on_time"]) == ("75.00 %", "75.00 %")
    assert "截至查询时" in view["basis"]


async def test_reopening_undoes_nothing_that_the_figures_count(intake: Intake) -> None:
    """One case: extended to 24 h, done after 25 h, supervised, 不满意; brought back, done in an hour, 满意."""
    _, case = await intake.file()
    await done(intake, case, "accept", HEDONG)
    await done(intake, case, "extend", HEDONG, reason="连日下雨")
    await done(intake, case, "extend_decide", "dispatcher", granted=True)
    await done(intake, case, "supervise", "supervisor", level=1, reason="群众关注")
    intake.clock.forward(hours=25)
    await done(intake, case, "report_done", HEDONG, text="清理完毕")
    await done(intake, case, "assist_report", GREENING, text="修剪了树枝")
    await done(intake, case, "verify", "verifier")
    await done(intake, case, "rate", "operator", grade="dissatisfied", solved=False)
    await done(intake, case, "reopen_decide", "supervisor", granted=True, reason="没有清完")
    asked = ("due", "due_in_time", "reported", "extended", "supervised", "answered", "solved", "satisfied")
    assert [(await figures(intake))["total"]["counts"][name] for name in asked] == [0, 0, 1, 1, 1, 1, 0, 0]
    await done(intake, case, "accept", HEDONG)
    intake.clock.forward(hours=1)
    await done(intake, case, "report_done", HEDONG, text="这次清完了")
    await done(intake, case, "assist_report", GREENING, text="修剪了树枝")
    await done(intake, case, "verify", "verifier")
    await done(intake, case, "rate", "operator", grade="satisfied", solved=True)
    assert [(await figures(intake))["total"]["counts"][name] for name in asked] == [1, 0, 1, 1, 1, 1, 0, 0]
    await forget_and_read_the_events_again(intake, "0014")
    assert [(await figures(intake))["total"]["counts"][name] for name in asked] == [1, 0, 1, 1, 1, 1, 0, 0]


async def test_a_department_answers_for_what_it_returned_and_for_what_no_other_has_accepted(intake: Intake) -> None:
    """Two cases of 禾东镇: one it returns, goes to greening, which accepts; one it returns, and greening lets it lie."""
    _, taken = await intake.file()
    _, lying = await intake.file()
    for case in (taken, lying):
        await done(intake, case, "return", HEDONG, reason="不在辖区")
        await done(intake, case, "adjudicate", "dispatcher", department="greening", reason="归绿化")
    await done(intake, taken, "accept", GREENING)
    intake.clock.forward(hours=13)
    for _ in range(2):
        view = await figures(intake, "by=department")
        rows = {row["key"]: row["counts"] for row in view["rows"]} | {"": view["total"]["counts"]}
        asked = ("filed", "overdue", "dispatched", "assigned", "returned", "not_returned")
        assert {key: [counts[name] for name in asked] for key, counts in rows.items()} == {
            "hedong": [1, 1, 1, 2, 2, 0],
            "greening": [1, 1, 1, 2, 0, 2],
            "": [2, 2, 2, 2, 2, 0],
        }
        for department in ("hedong", "greening"):
            scope = f"department={department}"
            alone = (await figures(intake, scope))["total"]["counts"]
            assert [alone[name] for name in asked] == [rows[department][name] for name in asked]
            for measure in ("overdue", "assigned", "returned", "not_returned"):
                _, page = await intake.call(
                    "GET", f"/api/v1/figures/cases?measure={measure}&{scope}", role="supervisor"
                )
                assert len(page["items"]) == alone[measure], (department, measure)
        await forget_and_read_the_events_again(intake, "0014")


async def forget_and_read_the_events_again(intake: Intake, revision: str) -> None:
    """Take the database back to an earlier shape and forward again: what the figures ask is filled from the events."""

    def down_and_up(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        command.upgrade(config, "head")

    database = Database(intake.settings.database_url)
    async with database.engine.execution_options(intake_writes=True).connect() as connection:
        await connection.run_sync(down_and_up)
    await database.close()


async def test_a_department_sees_its_own_figures(intake: Intake) -> None:
    await a_week_of_work(intake)
    own = await figures(intake, "by=department&department=hedong", role="handler@drainage")
    assert [row["key"] for row in own["rows"]] == ["drainage"]
    status, _ = await intake.call("GET", "/api/v1/figures", role="channel")
    assert status == 403


async def test_the_scorecard_weighs_what_the_city_says(intake: Intake) -> None:
    await a_week_of_work(intake)
    _, card = await intake.call("GET", "/api/v1/figures/scorecard", role="supervisor")
    assert {row["department"]["id"] for row in card["rows"]} == {"hedong", "drainage"}
    assert "按期结案率 30 分" in card["formula"]
    hedong = next(row for row in card["rows"] if row["department"]["id"] == "hedong")
    given = [part for part in hedong["parts"] if part["points"] is not None]
    weights = sum(part["weight"] for part in given)
    assert hedong["score"] == round(100 * sum(part["points"] for part in given) / weights, 2)


async def test_the_table_is_taken_away_as_csv_and_xlsx(intake: Intake) -> None:
    await a_week_of_work(intake)
    headers = {"Authorization": f"Bearer {await intake.token('supervisor')}"}
    async with intake.client.get("/api/v1/figures/export?by=department&format=csv", headers=headers) as answer:
        rows = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert (rows[0][:3], [row[0] for row in rows[1:4]]) == (
        ["负责部门", "受理", "立案"],
        ["青禾区排水管理所", "禾东镇城市运行管理中心", "合计"],
    )
    notes = dict(rows[5:])
    assert notes["统计期"] == "2026-09-01 至 2026-09-23，截至 2026-09-23 14:00"
    assert notes["退单率"].startswith("被退单的案件数 ÷ 派遣数")
    assert "截至查询时" in notes["口径"]
    async with intake.client.get("/api/v1/figures/export?by=department", headers=headers) as answer:
        book = load_workbook(io.BytesIO(await answer.read()))
    assert book.sheetnames == ["指标", "定义"]
    assert [cell.value for cell in book["指标"][3]][:3] == ["青禾区排水管理所", 1, 1]


async def test_the_scores_are_taken_away_with_what_they_are_made_of(intake: Intake) -> None:
    await a_week_of_work(intake)
    _, card = await intake.call("GET", "/api/v1/figures/scorecard", role="supervisor")
    headers = {"Authorization": f"Bearer {await intake.token('supervisor')}"}
    path = "/api/v1/figures/export?table=scorecard"
    async with intake.client.get(path + "&format=csv", headers=headers) as answer:
        rows = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert rows[0][:5] == ["部门", "立案", "得分", "按期结案率", "按期结案率得分（满 30）"]
    assert [(row[0], float(row[2])) for row in rows[1:3]] == [
        (row["department"]["name"], row["score"]) for row in card["rows"]
    ]
    assert dict(rows[4:])["计分"] == card["formula"]
    async with intake.client.get(path, headers=headers) as answer:
        book = load_workbook(io.BytesIO(await answer.read()))
    assert book.sheetnames == ["部门计分", "定义"]


async def test_a_period_is_a_range_of_days(intake: Intake) -> None:
    await intake.file()
    for query, filed in (("from=2026-09-22&to=2026-09-22", 1), ("from=2026-09-23&to=2026-09-30", 0)):
        assert (await figures(intake, query))["total"]["counts"]["filed"] == filed
    for query in ("from=2026-09-23&to=2026-09-22", "from=2020-01-01&to=2026-01-01", "from=gestern", "by=moon"):
        status, problem = await intake.call("GET", f"/api/v1/figures?{query}", role="supervisor")
        assert (status, problem["code"]) == (422, "invalid")
