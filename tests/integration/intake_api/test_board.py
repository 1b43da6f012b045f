"""The supervision board: counted right, and behind every number the list of its cases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.integration.intake_api.conftest import Intake, Json
from tests.integration.intake_api.test_life_of_a_case import closed, done


async def board(intake: Intake) -> Json:
    status, view = await intake.call("GET", "/api/v1/board", role="supervisor")
    assert status == 200, view
    return view


async def listed(intake: Intake, query: str) -> set[str]:
    status, page = await intake.call("GET", f"/api/v1/cases?{query}", role="supervisor")
    assert status == 200, page
    return {item["case_no"] for item in page["items"]}


async def a_day(intake: Intake) -> dict[str, Json]:
    """A case closed, one overdue since, one due within the day, and one with time left that is supervised."""
    done_with = await closed(intake)
    _, late = await intake.file(category="0103", description="井盖没了")
    intake.clock.forward(hours=20)
    _, soon = await intake.file(channel="hotline")
    _, ordered = await intake.file(category="0115", location={"text": "QH0712-08灯杆"})
    await done(intake, ordered, "supervise", "supervisor", level=3, reason="市民多次反映")
    return {"closed": done_with, "late": late, "soon": soon, "ordered": ordered}


async def test_every_number_of_the_board_leads_to_its_cases(intake: Intake) -> None:
    cases = await a_day(intake)
    view = await board(intake)
    total = view["total"]
    assert (total["open"], total["overdue"], total["supervised"]) == (3, 1, 1)
    assert await listed(intake, "overdue=true") == {cases["late"]["case_no"]}
    near = await listed(intake, f"due_within={view['soon_hours']}")
    assert len(near) == total["soon"] and cases["soon"]["case_no"] in near
    assert cases["late"]["case_no"] not in near
    assert await listed(intake, f"overdue=true&due_within={view['soon_hours']}") == near | {cases["late"]["case_no"]}
    for load in view["departments"]:
        assert len(await listed(intake, f"department={load['key']}&overdue=true")) == load["overdue"]
        assert len(await listed(intake, f"department={load['key']}&due_within=24")) == load["soon"]
    for load in view["towns"]:
        assert len(await listed(intake, f"town={load['key']}&order=due")) == load["open"]
    for state in view["states"]:
        assert len(await listed(intake, f"status={state['status']}")) == state["count"]
    assert sum(load["open"] for load in view["departments"]) == sum(load["open"] for load in view["towns"]) == 3
    assert view["departments"][0]["key"] == "drainage", "the most overdue stands first"
    [order] = view["orders"]
    assert (order["case_no"], order["level"], order["level_name"]) == (cases["ordered"]["case_no"], 3, "三级督办")
    assert await listed(intake, "work=supervised") == {order["case_no"]}


async def test_what_came_and_went_is_counted_by_the_citys_day(intake: Intake) -> None:
    intake.clock.forward(hours=13)  # 23:00 in the city
    first = await closed(intake)
    today = (await board(intake))["channels"]
    [web] = [each for each in today if each["channel"] == "web"]
    received = await listed(intake, "from=2026-09-22&to=2026-09-22&channel=web")
    assert web["received"] == len(received)
    assert web["closed"] == len(await listed(intake, "closed_from=2026-09-22&closed_to=2026-09-22&channel=web"))
    intake.clock.forward(hours=2)
    assert (await board(intake))["channels"] == []
    assert await listed(intake, "closed_from=2026-09-24") == set()
    assert first["case_no"] in await listed(intake, "closed_to=2026-09-23")


async def test_the_months_figures_stand_beside_the_citys_targets(intake: Intake) -> None:
    case = await closed(intake)
    await done(intake, case, "rate", "operator", grade="dissatisfied", solved=False)
    rates = {rate["code"]: rate for rate in (await board(intake))["rates"]}
    assert (rates["handled"]["text"], rates["handled"]["target"], rates["handled"]["met"]) == ("100.00 %", 0.99, True)
    assert (rates["satisfied"]["value"], rates["satisfied"]["met"]) == (0.0, False)
    assert rates["responded"]["target"] is None and rates["responded"]["met"] is None
    assert all(rate["definition"] for rate in rates.values())


async def test_an_empty_board_says_nought(intake: Intake) -> None:
    view = await board(intake)
    assert view["total"] == {"open": 0, "overdue": 0, "soon": 0, "supervised": 0}
    assert view["departments"] == view["towns"] == view["orders"] == view["channels"] == []
    assert all(rate["value"] is None and rate["met"] is None for rate in view["rates"])


async def test_a_suspended_case_is_not_about_to_be_late(intake: Intake) -> None:
    _, case = await intake.file()
    own = f"handler@{case['department']['id']}"
    await done(intake, case, "accept", own)
    soon = (await board(intake))["total"]["soon"]
    until = intake.clock.now.replace(month=12).isoformat()
    await done(intake, case, "suspend", own, until=until, reason="列入改造计划")
    await done(intake, case, "suspend_decide", "supervisor", granted=True)
    assert (await board(intake))["total"]["soon"] == soon - 1
    assert case["case_no"] not in await listed(intake, "due_within=24")


async def test_a_suspended_case_is_nowhere_overdue_until_its_clock_runs_again(intake: Intake) -> None:
    _, case = await intake.file()
    number, own = case["case_no"], f"handler@{case['department']['id']}"
    await done(intake, case, "accept", own)
    until = (intake.clock.now + timedelta(days=20)).isoformat()
    await done(intake, case, "suspend", own, until=until, reason="等待配件")
    await done(intake, case, "suspend_decide", "supervisor", granted=True)
    intake.clock.forward(days=10)

    async def everywhere() -> tuple[object, ...]:
        _, detail = await intake.call("GET", f"/api/v1/cases/{number}", role="supervisor")
        _, clock = await intake.call("GET", f"/api/v1/cases/{number}/clock", role="supervisor")
        _, work = await intake.call("GET", "/api/v1/work", role="supervisor")
        _, figures = await intake.call("GET", "/api/v1/figures?from=2026-09-01&to=2026-10-31", role="supervisor")
        counts = figures["total"]["counts"]
        behind = "/api/v1/figures/cases?measure={}&from=2026-09-01&to=2026-10-31"
        lists = [await intake.call("GET", behind.format(each), role="supervisor") for each in ("overdue", "due")]
        assert [len(page["items"]) for _, page in lists] == [counts["overdue"], counts["due"]]
        view = await board(intake)
        return (
            detail["overdue"], clock["overdue"], view["total"]["overdue"], counts["overdue"], counts["due"],
            number in await listed(intake, "overdue=true"),
            next(each["count"] for each in work["items"] if each["work"] == "overdue"),
            sum(load["overdue"] for load in view["departments"]),
        )  # fmt: skip

    assert await everywhere() == (False, False, 0, 0, 0, False, 0, 0)
    await done(intake, case, "resume", own)
    intake.clock.forward(days=30)
    assert await everywhere() == (True, True, 1, 1, 1, True, 1, 1)


async def with_token(intake: Intake, token: str, path: str) -> tuple[int, Json]:
    headers = {"Authorization": f"Bearer {token}"}
    async with intake.client.get(f"/api/v1{path}", headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_screen_on_a_wall_reads_the_board_and_nothing_else(intake: Intake) -> None:
    _, case = await intake.file()
    for _ in range(5):
        await intake.file()
    intake.clock.forward(minutes=1)
    status, made = await intake.call("POST", "/api/v1/board/screens", {"name": "指挥大厅左屏"}, role="supervisor")
    assert status == 201
    token = made["link"].partition("#screen=")[2]
    intake.clock.forward(hours=30)  # nobody touches a wall
    status, view = await with_token(intake, token, "/board")
    assert (status, view["total"]["open"]) == (200, 6)
    status, spots = await with_token(intake, token, "/hotspots")
    assert status == 200
    assert [(spot["properties"]["words"], spot["properties"]["case_nos"]) for spot in spots["features"]] == [([], [])]
    for path in ("/cases", f"/cases/{case['case_no']}", "/figures", "/departments", "/board/screens", "/tokens"):
        status, problem = await with_token(intake, token, path)
        assert (status, problem["code"]) == (403, "forbidden"), path


async def test_a_screen_taken_down_or_a_year_old_sees_nothing_more(intake: Intake) -> None:
    links = []
    for name in ("左屏", "右屏"):
        _, made = await intake.call("POST", "/api/v1/board/screens", {"name": name}, role="supervisor")
        links.append(made)
    left, right = (made["link"].partition("#screen=")[2] for made in links)
    _, listed = await intake.call("GET", "/api/v1/board/screens", role="supervisor")
    assert [screen["name"] for screen in listed["items"]] == ["右屏", "左屏"]
    path = f"/api/v1/board/screens/{links[0]['id']}"
    assert (await intake.call("DELETE", path, role="operator"))[0] == 403
    assert (await intake.call("DELETE", path, role="supervisor"))[0] == 204
    assert (await intake.call("DELETE", path, role="supervisor"))[0] == 404
    assert (await with_token(intake, left, "/board"))[0] == 401
    assert (await with_token(intake, right, "/board"))[0] == 200
    _, trail = await intake.call("GET", "/api/v1/audit", role="auditor")
    assert [row["action"] for row in trail["items"] if "screen" in row["action"]] == [
        "take_screen_down",
        *["hang_screen"] * 2,
    ]
    intake.clock.forward(days=366)
    assert (await with_token(intake, right, "/board"))[0] == 401
    _, listed = await intake.call("GET", "/api/v1/board/screens", role="supervisor")
    assert listed["items"] == []


async def test_no_other_token_is_taken_down_as_a_screen(intake: Intake) -> None:
    await intake.token("partner")
    for number in range(1, 6):
        path = f"/api/v1/board/screens/{number}"
        assert (await intake.call("DELETE", path, role="supervisor"))[0] == 404


@pytest.mark.parametrize("query", ["due_within=0", "due_within=abc", "closed_from=yesterday"])
async def test_filters_that_mean_nothing_are_told(intake: Intake, query: str) -> None:
    status, problem = await intake.call("GET", f"/api/v1/cases?{query}", role="supervisor")
    assert (status, problem["code"]) == (422, "invalid")
