"""Claims: no two people work on the same case."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from intake_api.domain import case_number
from intake_api.domain.event import Actor, ActorKind
from intake_api.storage import claims
from intake_api.storage.database import Database
from tests.integration.intake_api.conftest import Intake, only_sqlite


def person(number: int) -> Actor:
    return Actor(ActorKind.STAFF, str(number), f"操作员{number}")


async def vague(intake: Intake) -> str:
    """A case that waits for an operator."""
    _, case = await intake.file(category=None, description="说不清", location={})
    assert case["status"] == "received"
    number: str = case["case_no"]
    return number


async def test_a_claimed_case_is_shown_with_its_holder_and_refused_to_others(intake: Intake) -> None:
    number = await vague(intake)
    path = f"/api/v1/cases/{number}"
    status, claimed = await intake.call("POST", f"{path}/claim", role="operator")
    assert (status, claimed["claim"]["mine"], claimed["claim"]["holder_name"]) == (200, True, "测试operator")
    status, problem = await intake.call("POST", f"{path}/claim", role="dispatcher")
    assert (status, problem["code"]) == (409, "case_claimed")
    assert "测试operator正在办理" in problem["detail"]
    _, page = await intake.call("GET", "/api/v1/cases", role="dispatcher")
    assert (page["items"][0]["claim"]["holder_name"], page["items"][0]["claim"]["mine"]) == ("测试operator", False)
    for query, role, count in (
        ("claimed=mine", "operator", 1), ("claimed=mine", "dispatcher", 0), ("claimed=free", "dispatcher", 0),
    ):  # fmt: skip
        _, page = await intake.call("GET", f"/api/v1/cases?{query}", role=role)
        assert len(page["items"]) == count
    await intake.call("POST", f"{path}/release-claim", role="dispatcher")
    assert (await intake.call("GET", f"{path}/claim", role="dispatcher"))[1]["claim"] is not None
    await intake.call("POST", f"{path}/release-claim", role="operator")
    assert (await intake.call("POST", f"{path}/claim", role="dispatcher"))[0] == 200


async def test_a_claim_ends_after_ten_minutes_without_work(intake: Intake) -> None:
    path = f"/api/v1/cases/{await vague(intake)}/claim"
    await intake.call("POST", path, role="operator")
    intake.clock.forward(minutes=9)
    await intake.call("POST", path, role="operator")
    intake.clock.forward(minutes=9)
    assert (await intake.call("POST", path, role="dispatcher"))[0] == 409
    intake.clock.forward(minutes=1)
    assert (await intake.call("GET", path, role="operator"))[1]["claim"] is None
    assert (await intake.call("POST", path, role="dispatcher"))[0] == 200


@only_sqlite
async def test_a_resident_does_not_learn_who_works_on_a_case(intake: Intake) -> None:
    number = await vague(intake)
    await intake.call("POST", f"/api/v1/cases/{number}/claim", role="operator")
    _, page = await intake.call("GET", "/api/v1/cases?channel_user=u1")
    assert page["items"][0]["claim"] is None


async def test_the_next_case_is_the_first_by_priority_of_what_waits_for_the_role(intake: Intake) -> None:
    first, second = await vague(intake), await vague(intake)
    _, sent = await intake.file()
    await intake.call(
        "POST", f"/api/v1/cases/{sent['case_no']}/actions/return", {"reason": "不在辖区"}, role="handler@hedong"
    )
    taken = []
    for _ in range(3):
        status, answer = await intake.call("POST", "/api/v1/cases/claim-next", role="operator")
        assert status == 200
        taken.append(answer["case"] and answer["case"]["case_no"])
        intake.tokens.pop("operator")  # another operator
    assert taken == [first, second, None]
    _, answer = await intake.call("POST", "/api/v1/cases/claim-next", role="dispatcher")
    assert answer["case"]["status"] == "returned"


async def test_who_did_not_hear_which_case_is_theirs_asks_again_under_the_same_key(intake: Intake) -> None:
    async def take(key: str, role: str = "operator") -> str | None:
        status, answer = await intake.call("POST", "/api/v1/cases/claim-next", role=role, Idempotency_Key=key)
        assert status == 200, answer
        return answer["case"] and str(answer["case"]["case_no"])

    assert await take("early") is None, "nothing waits yet"
    first, second = await vague(intake), await vague(intake)
    at_once = await asyncio.gather(take("k1"), take("k1"))
    assert at_once == [first, first]
    assert await take("k1") == first
    assert await take("early") == second, "a key that brought nothing is good for another attempt"
    intake.tokens.pop("operator")
    assert await take("k1") is None, "the keys of another person are others"


@only_sqlite
async def test_a_key_that_stands_for_something_else_brings_no_case(intake: Intake) -> None:
    number = await vague(intake)
    await intake.call(
        "POST", f"/api/v1/cases/{number}/actions/note", {"text": "记下"}, role="operator", Idempotency_Key="k"
    )
    status, problem = await intake.call("POST", "/api/v1/cases/claim-next", role="operator", Idempotency_Key="k")
    assert (status, problem["code"]) == (422, "idempotency_mismatch")


@only_sqlite
async def test_a_handler_gets_cases_of_their_department_only(intake: Intake) -> None:
    _, case = await intake.file()
    assert (await intake.call("POST", "/api/v1/cases/claim-next", role="handler@drainage"))[1]["case"] is None
    _, answer = await intake.call("POST", "/api/v1/cases/claim-next", role="handler@hedong")
    assert answer["case"]["case_no"] == case["case_no"]


@only_sqlite
@pytest.mark.parametrize(
    ("role", "code"), [("supervisor", "nothing_waits_for_role"), ("channel", "forbidden"), ("auditor", "forbidden")]
)
async def test_for_whom_nothing_waits_is_told(intake: Intake, role: str, code: str) -> None:
    status, problem = await intake.call("POST", "/api/v1/cases/claim-next", role=role)
    assert (status, problem["code"]) == (403, code)


async def test_of_many_who_ask_at_once_no_two_get_the_same_case(intake: Intake) -> None:
    numbers = [await vague(intake) for _ in range(30)]
    databases = [Database(intake.settings.cases_database) for _ in range(3)]  # as three processes would

    async def work(number: int) -> list[int]:
        database, taken = databases[number % 3], []
        while True:
            async with database.write() as session:
                chosen = await claims.take_next(session, ["received"], None, person(number), intake.clock.now)
            if chosen is None:
                return taken
            taken.append(chosen)

    taken = [case_id for part in await asyncio.gather(*(work(number) for number in range(12))) for case_id in part]
    for database in databases:
        await database.close()
    assert sorted(taken) == sorted(case_number.parse(number) for number in numbers)


async def test_of_many_who_claim_one_case_at_once_one_gets_it(intake: Intake) -> None:
    case_id = case_number.parse(await vague(intake))
    databases = [Database(intake.settings.cases_database) for _ in range(3)]

    async def claim(number: int) -> bool:
        async with databases[number % 3].write() as session:
            return await claims.take(session, case_id, person(number), intake.clock.now)

    got = await asyncio.gather(*(claim(number) for number in range(20)))
    for database in databases:
        await database.close()
    assert sum(got) == 1


async def test_nobody_else_moves_a_case_that_somebody_has_claimed(intake: Intake) -> None:
    number = await vague(intake)
    await intake.call("POST", f"/api/v1/cases/{number}/claim", role="operator")
    intake.tokens.pop("operator")  # another operator
    path = f"/api/v1/cases/{number}/actions"
    status, problem = await intake.call("POST", f"{path}/close", {"text": "答复如下"}, role="operator")
    assert (status, problem["code"]) == (409, "case_claimed")
    assert "测试operator正在办理" in problem["detail"]
    assert (await intake.call("POST", f"{path}/note", {"text": "记一笔"}, role="operator"))[0] == 200
    intake.clock.forward(minutes=11)
    assert (await intake.call("POST", f"{path}/close", {"text": "答复如下"}, role="operator"))[0] == 200


@only_sqlite
async def test_who_asked_holds_the_case_and_who_is_asked_answers_all_the_same(intake: Intake) -> None:
    number = await vague(intake)
    path = f"/api/v1/cases/{number}/actions"
    await intake.call("POST", "/api/v1/cases/claim-next", role="operator")
    assert (await intake.call("POST", f"{path}/check", {"reason": "核实是否存在"}, role="operator"))[0] == 200
    seen = {"text": "现场属实", "confirmed": True}
    assert (await intake.call("POST", f"{path}/check_report", seen, role="inspector"))[0] == 200
    _, case = await intake.file()
    path = f"/api/v1/cases/{case['case_no']}/actions"
    await intake.call("POST", f"/api/v1/cases/{case['case_no']}/claim", role="handler@hedong")
    await intake.call("POST", f"{path}/accept", role="handler@hedong")
    await intake.call("POST", f"/api/v1/cases/{case['case_no']}/claim", role="handler@hedong")
    until = (intake.clock.now + timedelta(days=2)).isoformat()
    for asked, body, decided, role in (
        ("extend", {"reason": "连日下雨"}, "extend_decide", "dispatcher"),
        ("suspend", {"reason": "等待配件", "until": until}, "suspend_decide", "supervisor"),
    ):
        assert (await intake.call("POST", f"{path}/{asked}", body, role="handler@hedong"))[0] == 200
        refusal = {"granted": False, "reason": "理由不充分"}
        assert (await intake.call("POST", f"{path}/{decided}", refusal, role=role))[0] == 200, decided
    helped = {"text": "修剪了树枝"}
    assert (await intake.call("POST", f"{path}/assist_report", helped, role="handler@greening"))[0] == 200
    done = {"text": "清理完毕"}
    assert (await intake.call("POST", f"{path}/report_done", done, role="handler@hedong"))[0] == 200


@only_sqlite
async def test_nobody_else_corrects_a_case_that_somebody_has_claimed(intake: Intake) -> None:
    number = await vague(intake)
    await intake.call("POST", f"/api/v1/cases/{number}/claim", role="operator")
    path, right = f"/api/v1/cases/{number}/actions/correct", {"category": "1101", "reason": "是垃圾"}
    status, problem = await intake.call("POST", path, right, role="supervisor")
    assert (status, problem["code"]) == (409, "case_claimed")
    assert "测试operator正在办理" in problem["detail"]
    assert (await intake.call("POST", path, right, role="operator"))[0] == 200
