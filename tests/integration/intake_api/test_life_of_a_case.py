"""A case from report to rating, through the interface, on a database of each kind."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from intake_api.http.resources import ACTING
from tests.integration.intake_api.conftest import Intake, Json, only_sqlite

HEDONG, GREENING = "handler@hedong", "handler@greening"


async def act(intake: Intake, case: Json, action: str, role: str, **body: object) -> tuple[int, Json]:
    return await intake.call("POST", f"/api/v1/cases/{case['case_no']}/actions/{action}", body, role=role)


async def done(intake: Intake, case: Json, action: str, role: str, **body: object) -> Json:
    status, answer = await act(intake, case, action, role, **body)
    assert status == 200, answer
    return answer


async def seen(intake: Intake, case: Json, role: str = "supervisor") -> Json:
    _, detail = await intake.call("GET", f"/api/v1/cases/{case['case_no']}", role=role)
    return detail


async def told(intake: Intake, user: str = "u1") -> list[str]:
    """What the outbox tells a resident, in order."""
    return (await told_to_all(intake)).get(user, [])


async def told_to_all(intake: Intake) -> dict[str, list[str]]:
    """What the outbox tells each resident, in order."""
    kinds: dict[str, list[str]] = {}
    while True:
        body = {"channels": ["web"], "limit": 50, "lease_seconds": 60}
        _, answer = await intake.call("POST", "/api/v1/outbox/claim", body)
        if not answer["items"]:
            return kinds
        for item in answer["items"]:
            kinds.setdefault(item["channel_user"], []).append(item["kind"])
            await intake.call("POST", f"/api/v1/outbox/{item['id']}/delivered")


async def closed(intake: Intake, **changes: object) -> Json:
    """A case that was handled and verified."""
    _, case = await intake.file(**changes)
    await done(intake, case, "accept", HEDONG)
    await done(intake, case, "report_done", HEDONG, text="清理完毕")
    await done(intake, case, "assist_report", GREENING, text="修剪了树枝")
    return await done(intake, case, "verify", "verifier")


async def test_a_case_passes_its_stages_and_the_reporter_hears_of_it(intake: Intake) -> None:
    _, case = await intake.file()
    assert case["status"] == "dispatched"
    intake.clock.forward(minutes=3)
    await done(intake, case, "accept", HEDONG)
    intake.clock.forward(hours=1)
    await done(intake, case, "contact", HEDONG, text="电话说明了情况")
    await done(intake, case, "report_done", HEDONG, text="清理完毕，联系人13812345678")
    await done(intake, case, "assist_report", GREENING, text="修剪了树枝")
    after = await done(intake, case, "verify", "verifier")
    assert (after["status"], after["closed_at"] is not None) == ("closed", True)
    detail = await seen(intake, case)
    assert [(stage["name"], stage["seconds"]) for stage in detail["stages"]] == [
        ("案卷建立", 0), ("任务派遣", 0), ("任务处理", 3780), ("处理反馈", 0), ("核查结案", 0),
    ]  # fmt: skip
    _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert events["intact"]
    report = next(event for event in events["items"] if event["kind"] == "reported_done")
    assert report["remark"] == "清理完毕，联系人138****5678"
    assert await told(intake) == ["accepted", "closed"]
    await done(intake, case, "rate", "channel", channel_user="u1", grade="satisfied", solved=True)
    assert (await seen(intake, case))["grade"] == "satisfied"


async def test_a_resident_acts_on_their_own_case_only(intake: Intake) -> None:
    _, case = await intake.file()
    for action, body in (
        ("urge", {}),
        ("supplement", {"text": "又多了一堆"}),
        ("withdraw", {}),
        ("rate", {"grade": "satisfied", "solved": True}),
    ):
        status, problem = await act(intake, case, action, "channel", channel_user="stranger", **body)
        assert (status, problem["code"]) == (404, "case_not_found")
    status, problem = await act(intake, case, "accept", "channel", channel_user="u1")
    assert (status, problem["code"]) == (403, "forbidden")
    assert (await done(intake, case, "withdraw", "channel", channel_user="u1"))["status"] == "withdrawn"


async def test_departments_act_on_their_own_cases_only(intake: Intake) -> None:
    _, case = await intake.file()
    status, problem = await act(intake, case, "accept", "handler@lamps")
    assert (status, problem["code"]) == (403, "not_your_department")
    status, problem = await act(intake, case, "accept", GREENING)
    assert (status, problem["code"]) == (403, "forbidden"), "it supports the case and does not lead it"


async def test_two_people_on_one_case_the_second_is_told_what_changed(intake: Intake) -> None:
    _, case = await intake.file()
    version = case["version"]
    await done(intake, case, "accept", HEDONG, version=version)
    status, problem = await act(intake, case, "return", HEDONG, version=version, reason="不在辖区")
    assert (status, problem["code"], problem["version"]) == (409, "case_changed", version + 1)
    assert [change["kind"] for change in problem["changes"]] == ["accepted"]
    assert "签收" in problem["detail"]


async def test_of_many_who_accept_at_once_one_does(intake: Intake) -> None:
    _, case = await intake.file()
    await intake.token(HEDONG)
    answers = await asyncio.gather(*(act(intake, case, "accept", HEDONG) for _ in range(8)))
    assert sorted(status for status, _ in answers) == [200] + [409] * 7
    assert {problem["code"] for status, problem in answers if status == 409} == {"not_in_this_state"}
    _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert events["intact"]


async def test_what_needs_a_decision_waits_for_who_decides(intake: Intake) -> None:
    _, case = await intake.file()
    await done(intake, case, "accept", HEDONG)
    await done(intake, case, "extend", HEDONG, reason="连日下雨")
    _, page = await intake.call("GET", "/api/v1/cases?task=extend", role="dispatcher")
    assert [item["case_no"] for item in page["items"]] == [case["case_no"]]
    assert "extend_decide" in [offer["action"] for offer in (await seen(intake, case, "dispatcher"))["actions"]]
    after = await done(intake, case, "extend_decide", "dispatcher", granted=True)
    assert after["due_at"] == "2026-09-23T10:00:00+08:00"
    _, page = await intake.call("GET", "/api/v1/cases?task=extend", role="dispatcher")
    assert page["items"] == []
    _, clock = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/clock", role="operator")
    assert clock["due_at"] == after["due_at"]
    assert await told(intake) == ["accepted", "extended"]


async def test_a_suspension_ends_by_itself_and_overdue_brings_orders(intake: Intake) -> None:
    keep_time = intake.client.server.app[ACTING].keep_time  # type: ignore[attr-defined]
    _, case = await intake.file()
    await done(intake, case, "follow", "channel", channel_user="u3", channel="web")
    await done(intake, case, "accept", HEDONG)
    until = (intake.clock.now + timedelta(days=2)).isoformat()
    await done(intake, case, "suspend", HEDONG, reason="等待配件", until=until)
    await done(intake, case, "suspend_decide", "supervisor", granted=True)
    intake.clock.forward(days=1)
    assert await keep_time() == 0
    intake.clock.forward(days=1)
    assert await keep_time() == 1
    detail = await seen(intake, case)
    assert (detail["status"], detail["suspended_until"]) == ("accepted", None)
    intake.clock.forward(hours=12)
    counts = await asyncio.gather(keep_time(), keep_time())
    assert max(counts) == 1
    detail = await seen(intake, case)
    assert (detail["orders"], detail["order_level"]) == (1, 1), "two processes issue one order"
    _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert events["items"][-1]["data"]["addressee"] == "经办科室"
    heard = await told_to_all(intake)
    assert heard == {"u1": ["accepted", "suspended", "resumed"], "u3": ["suspended", "resumed"]}


async def test_merged_cases_keep_their_number_and_hear_the_outcome(intake: Intake) -> None:
    _, first = await intake.file()
    _, second = await intake.file(category_confidence=0.2, reporter={"channel_user": "u2"})
    merged = await done(intake, second, "merge", "operator", into=first["case_no"], reason="同一堆垃圾")
    assert (merged["status"], merged["merged_into"]) == ("merged", first["case_no"])
    await done(intake, first, "follow", "channel", channel_user="u3", channel="web")
    assert (await seen(intake, first))["followers"] == 2
    await done(intake, first, "accept", HEDONG)
    await done(intake, first, "report_done", HEDONG, text="清理完毕")
    await done(intake, first, "assist_report", GREENING, text="修剪了树枝")
    await done(intake, first, "verify", "verifier")
    assert await told(intake, "u2") == ["merged", "closed"]


async def test_everybody_along_a_chain_of_mergers_hears_the_outcome_once(intake: Intake) -> None:
    _, last = await intake.file(reporter={"channel_user": "u9"})
    doubtful = [
        (await intake.file(category_confidence=0.2, reporter={"channel_user": user}))[1] for user in ("u2", "u3")
    ]
    first, second = doubtful
    await done(intake, second, "follow", "channel", channel_user="u4", channel="web")
    await done(intake, last, "follow", "channel", channel_user="u2", channel="web")
    await done(intake, first, "merge", "operator", into=second["case_no"], reason="同一堆垃圾")
    await done(intake, second, "merge", "operator", into=last["case_no"], reason="同一堆垃圾")
    assert (await seen(intake, last))["followers"] == 3, "u2 both reported and follows"
    status, _ = await intake.call("GET", f"/api/v1/cases/{last['case_no']}?channel_user=u3")
    assert status == 200, "who reported what goes on here may look how it goes"
    await done(intake, last, "accept", HEDONG)
    await done(intake, last, "report_done", HEDONG, text="清理完毕")
    await done(intake, last, "assist_report", GREENING, text="修剪了树枝")
    await done(intake, last, "verify", "verifier")
    heard = await told_to_all(intake)
    assert heard["u2"] == ["merged", "merged", "closed"], "their own case, and the one it went on in"
    assert (heard["u3"], heard["u4"], heard["u9"]) == (
        ["merged", "closed"], ["merged", "closed"], ["accepted", "closed"],
    )  # fmt: skip


async def test_who_reported_a_merged_case_rates_the_outcome_and_may_bring_it_back(intake: Intake) -> None:
    _, target = await intake.file()
    _, case = await intake.file(category_confidence=0.2, reporter={"channel_user": "u2"})
    await done(intake, case, "merge", "operator", into=target["case_no"], reason="同一堆垃圾")
    rating = {"channel_user": "u2", "grade": "dissatisfied", "solved": False}
    status, problem = await act(intake, case, "rate", "channel", **rating)
    assert (status, problem["code"]) == (409, "not_in_this_state")
    await done(intake, target, "accept", HEDONG)
    await done(intake, target, "report_done", HEDONG, text="清理完毕")
    await done(intake, target, "assist_report", GREENING, text="修剪了树枝")
    await done(intake, target, "verify", "verifier")
    rated = await done(intake, case, "rate", "channel", **rating)
    assert (rated["status"], rated["grade"], rated["solved"]) == ("merged", "dissatisfied", False)
    assert (await act(intake, case, "rate", "channel", **rating))[1]["code"] == "rated"
    _, page = await intake.call("GET", "/api/v1/cases?task=reopen", role="supervisor")
    assert [item["case_no"] for item in page["items"]] == [target["case_no"]]
    after = await done(intake, target, "reopen_decide", "supervisor", granted=True, reason="照片显示没有清完")
    assert after["status"] == "dispatched"
    assert (await told(intake, "u2"))[-1] == "reopened"


async def test_who_reported_a_merged_case_goes_on_with_their_own_number(intake: Intake) -> None:
    _, target = await intake.file()
    _, middle = await intake.file(category_confidence=0.2, reporter={"channel_user": "u4"})
    _, case = await intake.file(category_confidence=0.2, reporter={"channel_user": "u2"})
    await done(intake, case, "merge", "operator", into=middle["case_no"], reason="同一堆垃圾")
    await done(intake, middle, "merge", "operator", into=target["case_no"], reason="同一堆垃圾")
    await done(intake, target, "accept", HEDONG)
    await done(intake, case, "supplement", "channel", channel_user="u2", text="又多了一堆")
    urged = await done(intake, case, "urge", "channel", channel_user="u2", version=1)
    assert (urged["case_no"], urged["status"], urged["merged_into"]) == (case["case_no"], "merged", middle["case_no"])
    assert (urged["outcome"]["case_no"], urged["outcome"]["status"]) == (target["case_no"], "accepted")
    assert (await act(intake, case, "urge", "channel", channel_user="u2"))[1]["code"] == "urged_lately"
    assert (await seen(intake, target))["urges"] == 1
    _, events = await intake.call("GET", f"/api/v1/cases/{target['case_no']}/events", role="operator")
    assert "又多了一堆" in [event["remark"] for event in events["items"]]
    await done(intake, target, "report_done", HEDONG, text="清理完毕")
    await done(intake, target, "assist_report", GREENING, text="修剪了树枝")
    await done(intake, target, "verify", "verifier")
    _, page = await intake.call("GET", "/api/v1/cases?channel_user=u2")
    assert [item["outcome"]["status"] for item in page["items"]] == ["closed"]
    status, problem = await act(intake, case, "urge", "channel", channel_user="u2")
    assert (status, problem["code"], "已结案" in problem["detail"]) == (409, "not_in_this_state", True)


@only_sqlite
async def test_who_asked_for_reopening_hears_that_it_is_refused_and_nobody_else(intake: Intake) -> None:
    _, target = await intake.file()
    _, case = await intake.file(category_confidence=0.2, reporter={"channel_user": "u2"})
    await done(intake, case, "merge", "operator", into=target["case_no"], reason="同一堆垃圾")
    await done(intake, target, "accept", HEDONG)
    await done(intake, target, "report_done", HEDONG, text="清理完毕")
    await done(intake, target, "assist_report", GREENING, text="修剪了树枝")
    await done(intake, target, "verify", "verifier")
    await done(intake, target, "rate", "channel", channel_user="u1", grade="satisfied", solved=True)
    await done(intake, case, "rate", "channel", channel_user="u2", grade="dissatisfied", solved=False)
    await done(intake, target, "reopen_decide", "supervisor", granted=False, reason="现场已看过")
    heard = await told_to_all(intake)
    assert (heard["u1"][-1], heard["u2"][-1]) == ("closed", "reopening_refused")


async def test_everybody_who_waits_for_a_case_has_an_urge_of_their_own(intake: Intake) -> None:
    _, target = await intake.file()
    _, case = await intake.file(category_confidence=0.2, reporter={"channel_user": "u2"})
    await done(intake, case, "merge", "operator", into=target["case_no"], reason="同一堆垃圾")
    await done(intake, target, "urge", "channel", channel_user="u1")
    assert (await done(intake, target, "urge", "channel", channel_user="u2"))["urges"] == 2
    status, problem = await act(intake, target, "urge", "channel", channel_user="u2")
    assert (status, problem["code"]) == (422, "urged_lately")
    assert (await seen(intake, target))["followers"] == 1


async def test_cases_merged_by_an_operator_bring_the_order_for_what_is_repeated(intake: Intake) -> None:
    _, target = await intake.file()
    orders = []
    for number in range(4):
        _, case = await intake.file(category_confidence=0.2, reporter={"channel_user": f"v{number}"})
        await done(intake, case, "merge", "operator", into=target["case_no"], reason="同一堆垃圾")
        orders.append((await seen(intake, target))["orders"])
    assert orders == [0, 0, 0, 1]


async def test_a_case_that_keeps_coming_back_is_supervised_sooner(intake: Intake) -> None:
    for _ in range(3):
        await closed(intake)
        intake.clock.forward(hours=1)
    _, case = await intake.file()
    assert case["repeat_of"] is not None
    assert (await done(intake, case, "urge", "channel", channel_user="u1"))["orders"] == 1


@only_sqlite
async def test_a_duplicate_that_was_dispatched_at_once_is_merged_until_the_department_accepts(intake: Intake) -> None:
    _, first = await intake.file()
    _, second = await intake.file(reporter={"channel_user": "u2"})
    _, third = await intake.file(reporter={"channel_user": "u3"})
    assert "merge" in [offer["action"] for offer in (await seen(intake, second, "dispatcher"))["actions"]]
    await done(intake, second, "merge", "dispatcher", into=first["case_no"], reason="同一堆垃圾")
    await done(intake, third, "accept", HEDONG)
    status, problem = await act(intake, third, "merge", "operator", into=first["case_no"], reason="同一堆垃圾")
    assert (status, problem["code"]) == (409, "not_in_this_state")
    assert await told(intake, "u2") == ["merged"]


@only_sqlite
async def test_an_order_names_no_department_that_the_case_never_reached(intake: Intake) -> None:
    _, case = await intake.file(category_confidence=0.2)
    await done(intake, case, "supervise", "supervisor", level=2, reason="无人受理")
    _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert events["items"][-1]["data"]["department"] is None


@pytest.mark.parametrize(
    ("action", "words"), [("urge", {"reason": "请快一点"}), ("supplement", {"text": "又多了一堆"})]
)
async def test_what_a_reporter_sent_is_done_once_though_the_case_was_merged_before_it_is_sent_again(
    intake: Intake, action: str, words: Json
) -> None:
    _, target = await intake.file()
    _, case = await intake.file(category_confidence=0.2, reporter={"channel_user": "u2"})
    path = f"/api/v1/cases/{case['case_no']}/actions/{action}"
    body = words | {"channel_user": "u2", "version": case["version"]}
    assert (await intake.call("POST", path, body, Idempotency_Key="once"))[0] == 200
    await done(intake, case, "merge", "operator", into=target["case_no"], reason="同一堆垃圾")
    status, again = await intake.call("POST", path, body, Idempotency_Key="once")
    assert (status, again["case_no"]) == (200, case["case_no"])
    for each, times in ((case, 1), (target, 0)):
        _, events = await intake.call("GET", f"/api/v1/cases/{each['case_no']}/events", role="supervisor")
        assert [event["kind"] for event in events["items"]].count(
            {"urge": "urged"}.get(action, "supplemented")
        ) == times


async def test_of_two_cases_merged_into_each_other_at_once_one_goes_on(intake: Intake) -> None:
    one, two = [(await intake.file(category_confidence=0.2))[1] for _ in range(2)]
    await intake.token("operator")
    pairs = [(one, two), (two, one)] * 3
    answers = await asyncio.gather(
        *(act(intake, case, "merge", "operator", into=into["case_no"], reason="同一件事") for case, into in pairs)
    )
    assert sorted(status for status, _ in answers)[0] == 200
    assert {status for status, _ in answers} <= {200, 409, 422}, "nobody waits for somebody who waits for them"
    assert sorted([(await seen(intake, each))["status"] for each in (one, two)]) == ["merged", "received"]


async def test_an_operator_acts_for_who_telephones(intake: Intake) -> None:
    case = await closed(intake, reporter={"name": "张伟"})
    assert (await done(intake, case, "rate", "operator", grade="satisfied", solved=True))["solved"] is True
    _, other = await intake.file(reporter={"name": "张伟"})
    assert (await done(intake, other, "urge", "operator", reason="又来电"))["urges"] == 1
    await done(intake, other, "supplement", "operator", text="又多了一堆")
    assert (await done(intake, other, "withdraw", "operator", reason="来电撤诉"))["status"] == "withdrawn"


async def test_a_case_that_others_wait_for_goes_on_though_its_reporter_withdraws(intake: Intake) -> None:
    _, case = await intake.file()
    await done(intake, case, "follow", "channel", channel_user="u3", channel="web")
    assert (await done(intake, case, "withdraw", "channel", channel_user="u1"))["status"] == "dispatched"
    assert await told(intake) == ["others_kept"]


@only_sqlite
async def test_the_reason_of_a_merger_names_the_reporter_of_neither_case(intake: Intake) -> None:
    _, into = await intake.file(reporter={"name": "李秀英", "channel_user": "u2"})
    _, case = await intake.file(category_confidence=0.2)
    await done(intake, case, "merge", "operator", into=into["case_no"], reason="张伟和李秀英反映的是一件事")
    for each in (case, into):
        _, events = await intake.call("GET", f"/api/v1/cases/{each['case_no']}/events", role="operator")
        assert events["items"][-1]["reason"] == "某和某反映的是一件事"


@pytest.mark.parametrize(
    ("action", "role", "body", "done_once"),
    [
        ("supplement", "channel", {"channel_user": "u1", "text": "又多了一堆"}, ["supplemented"]),
        ("urge", "channel", {"channel_user": "u1"}, ["urged"]),
        ("accept", HEDONG, {}, ["accepted"]),
        ("correct", "operator", {"category": "0103", "reason": "看了照片"}, ["corrected", "dispatched"]),
    ],
)
async def test_who_asks_again_under_the_same_key_is_answered_and_nothing_is_done_twice(
    intake: Intake, action: str, role: str, body: Json, done_once: list[str]
) -> None:
    _, case = await intake.file()
    path = f"/api/v1/cases/{case['case_no']}/actions/{action}"
    answers = [await intake.call("POST", path, body, role=role, Idempotency_Key="k1") for _ in range(3)]
    assert [status for status, _ in answers] == [200, 200, 200]
    assert answers[0] == answers[1]
    status, problem = await intake.call("POST", path, body | {"version": 99}, role=role, Idempotency_Key="k1")
    assert (status, problem["code"]) == (422, "idempotency_mismatch")
    _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert [event["kind"] for event in events["items"]] == ["received", "filed", "dispatched", *done_once]


async def test_what_was_refused_under_a_key_may_be_asked_again(intake: Intake) -> None:
    _, case = await intake.file()
    path = f"/api/v1/cases/{case['case_no']}/actions/report_done"
    body = {"text": "清理完毕"}
    assert (await intake.call("POST", path, body, role=HEDONG, Idempotency_Key="k1"))[0] == 409
    await done(intake, case, "accept", HEDONG)
    assert (await intake.call("POST", path, body, role=HEDONG, Idempotency_Key="k1"))[0] == 200


async def test_of_many_retries_at_once_one_is_done(intake: Intake) -> None:
    _, case = await intake.file()
    path = f"/api/v1/cases/{case['case_no']}/actions/note"
    await intake.token("operator")
    answers = await asyncio.gather(
        *(intake.call("POST", path, {"text": "已联系"}, role="operator", Idempotency_Key="k1") for _ in range(8))
    )
    assert {status for status, _ in answers} == {200}
    assert (await seen(intake, case))["version"] == case["version"] + 1


async def test_in_bulk_each_case_has_its_version_and_a_retry_does_nothing_twice(intake: Intake) -> None:
    _, stale = await intake.file()
    _, fresh = await intake.file()
    await done(intake, stale, "note", "operator", text="已联系")
    body = {
        "action": "note", "text": "同一批", "case_nos": [stale["case_no"], fresh["case_no"]],
        "versions": {each["case_no"]: each["version"] for each in (stale, fresh)},
    }  # fmt: skip
    for _ in range(2):
        _, answer = await intake.call("POST", "/api/v1/cases/bulk", body, role="operator", Idempotency_Key="k1")
        assert [(item["done"], item["code"]) for item in answer["items"]] == [(False, "case_changed"), (True, None)]
    assert (await seen(intake, fresh))["version"] == fresh["version"] + 1


async def test_who_follows_hears_the_outcome_and_may_urge(intake: Intake) -> None:
    _, case = await intake.file()
    for _ in range(2):
        await done(intake, case, "follow", "channel", channel_user="u3", channel="web")
    assert (await seen(intake, case))["followers"] == 1, "joining again is fine"
    await done(intake, case, "urge", "channel", channel_user="u3")
    status, problem = await act(intake, case, "urge", "channel", channel_user="u3")
    assert (status, problem["code"]) == (422, "urged_lately")
    await done(intake, case, "urge", "channel", channel_user="u1")
    status, own = await intake.call("GET", f"/api/v1/cases/{case['case_no']}?channel_user=u3")
    assert (status, own["urges"]) == (200, 2)


async def test_one_id_in_two_channels_is_two_people(intake: Intake) -> None:
    _, case = await intake.file(channel="wechat", reporter={"channel_user": "77", "phone": "13812345678"})
    path = f"/api/v1/cases/{case['case_no']}"
    for way in ("", "/events", "/clock"):
        assert (await intake.call("GET", f"{path}{way}?channel=telegram&channel_user=77"))[0] == 404
        assert (await intake.call("GET", f"{path}{way}?channel=wechat&channel_user=77"))[0] == 200
    other = {"channel": "telegram", "channel_user": "77"}
    assert (await act(intake, case, "withdraw", "channel", **other, reason="不用了"))[0] == 404
    check = {**other, "last_four": "5678"}
    _, checked = await intake.call("POST", f"{path}/phone-check", check, role="channel")
    assert (checked["description"], checked["reporter"]["channel_user"]) == ("", None)
    # joining makes them a follower, with an allowance of their own
    await done(intake, case, "follow", "channel", **other)
    assert (await seen(intake, case))["followers"] == 1
    await done(intake, case, "urge", "channel", **other)
    await done(intake, case, "urge", "channel", channel="wechat", channel_user="77")
    status, detail = await intake.call("GET", f"{path}?channel=telegram&channel_user=77")
    assert (status, detail["urges"], detail["description"]) == (200, 2, "")
    assert {offer["action"] for offer in detail["actions"]} == {"urge", "supplement", "follow"}


async def test_the_reporter_learns_that_others_added_something_and_staff_what(intake: Intake) -> None:
    _, case = await intake.file()
    await done(intake, case, "follow", "channel", channel_user="u3", channel="web")
    await done(intake, case, "supplement", "channel", channel_user="u3", text="我住五号楼，夜里也有人倒")
    await done(intake, case, "urge", "channel", channel_user="u3", reason="五号楼等着出门")
    await done(intake, case, "supplement", "channel", channel_user="u1", text="又多了一堆")
    path = f"/api/v1/cases/{case['case_no']}/events"
    _, own = await intake.call("GET", f"{path}?channel_user=u1")
    assert "五号楼" not in str(own)
    added = [(event["kind_label"], event["remark"]) for event in own["items"] if event["kind"] == "supplemented"]
    assert added == [("其他反映人补充", ""), ("补充", "又多了一堆")]
    _, seen_by_staff = await intake.call("GET", path, role="operator")
    said = [event["remark"] or event["reason"] for event in seen_by_staff["items"]]
    assert {"我住五号楼，夜里也有人倒", "五号楼等着出门", "又多了一堆"} <= set(said)


async def test_who_follows_a_case_learns_how_it_goes_and_nothing_of_who_reported_it(intake: Intake) -> None:
    said = [{"role": "user", "text": "我住三号楼", "at": "2026-09-22T01:59:00Z"}]
    _, case = await intake.file(transcript=said)
    answers = [await done(intake, case, "follow", "channel", channel_user="u3", channel="web")]
    await done(intake, case, "supplement", "channel", channel_user="u1", text="我在三号楼等你们")
    answers.append(await done(intake, case, "urge", "channel", channel_user="u3"))
    path = f"/api/v1/cases/{case['case_no']}"
    status, detail = await intake.call("GET", f"{path}?channel_user=u3")
    assert (status, detail["status"], detail["transcript"]) == (200, "dispatched", [])
    for view in (*answers, detail):
        assert (view["description"], view["reporter"]["channel_user"], view["location"]["lat"]) == ("", None, None)
        assert "张" not in str(view["reporter"])
    _, events = await intake.call("GET", f"{path}/events?channel_user=u3")
    assert "supplemented" not in [event["kind"] for event in events["items"]]
    assert {offer["action"] for offer in detail["actions"]} == {"urge", "supplement", "follow"}


async def test_where_one_who_joined_points_to_is_read_by_staff_and_not_by_who_reported(intake: Intake) -> None:
    _, case = await intake.file()
    await done(intake, case, "follow", "channel", channel_user="u3", channel="web")
    where = {"lat": 31.0211, "lng": 121.0318}
    await done(intake, case, "supplement", "channel", channel_user="u3", text="我住五号楼，从窗口看得到", **where)
    path = f"/api/v1/cases/{case['case_no']}/events"
    for user in ("u1", "u3"):
        _, seen_by_resident = await intake.call("GET", f"{path}?channel_user={user}")
        assert "五号楼" not in str(seen_by_resident), user
        assert not any(event["position"] for event in seen_by_resident["items"]), user
    _, seen_by_staff = await intake.call("GET", path, role="operator")
    assert (seen_by_staff["items"][-1]["remark"], seen_by_staff["items"][-1]["position"]) == (
        "我住五号楼，从窗口看得到",
        where,
    )


async def test_a_position_may_be_added_without_words(intake: Intake) -> None:
    _, case = await intake.file()
    await done(intake, case, "supplement", "channel", channel_user="u1", lat=31.0211, lng=121.0318)
    _, seen_by_staff = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert seen_by_staff["items"][-1]["position"] == {"lat": 31.0211, "lng": 121.0318}
    status, _ = await act(intake, case, "supplement", "channel", channel_user="u1", lat=31.0211)
    assert status == 422


async def test_who_follows_a_case_can_neither_withdraw_nor_rate_it(intake: Intake) -> None:
    case = await closed(intake)
    _, other = await intake.file(key="second", description="路灯下又有一堆垃圾")
    await done(intake, other, "follow", "channel", channel_user="u3", channel="web")
    status, problem = await act(intake, other, "withdraw", "channel", channel_user="u3")
    assert (status, problem["code"]) == (403, "forbidden")
    assert (await seen(intake, other))["status"] == "dispatched"
    assert (await act(intake, case, "rate", "channel", channel_user="u3", grade="satisfied", solved=True))[0] == 404


async def test_residents_are_not_told_who_of_the_staff_acted(intake: Intake) -> None:
    _, case = await intake.file()
    await done(intake, case, "accept", HEDONG)
    _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events?channel_user=u1")
    assert events["items"][-1]["actor"] == {"kind": "staff", "id": "", "name": "工作人员"}


async def test_channels_are_not_told_what_goes_on_among_staff(intake: Intake) -> None:
    _, case = await intake.file()
    await done(intake, case, "note", "operator", text="此人多次反映")
    await done(intake, case, "return", HEDONG, reason="不在辖区")
    path = f"/api/v1/cases/{case['case_no']}"
    _, events = await intake.call("GET", f"{path}/events?channel_user=u1")
    assert [event["kind"] for event in events["items"]] == ["received", "filed", "dispatched"]
    _, detail = await intake.call("GET", f"{path}?channel_user=u1")
    assert detail["tasks"] == []
    assert {offer["action"] for offer in detail["actions"]} == {"withdraw", "urge", "supplement", "follow"}


async def test_a_dissatisfied_reporter_brings_the_case_back(intake: Intake) -> None:
    case = await closed(intake)
    await done(intake, case, "rate", "channel", channel_user="u1", grade="dissatisfied", solved=False, text="还在")
    _, page = await intake.call("GET", "/api/v1/cases?task=reopen", role="supervisor")
    assert [item["case_no"] for item in page["items"]] == [case["case_no"]]
    intake.clock.forward(hours=1)
    after = await done(intake, case, "reopen_decide", "supervisor", granted=True, reason="照片显示没有清完")
    assert (after["status"], after["reopenings"], after["due_at"]) == ("dispatched", 1, "2026-09-22T23:00:00+08:00")


async def test_an_inspector_sees_what_they_are_to_look_at_and_nothing_else(intake: Intake) -> None:
    _, case = await intake.file(category_confidence=0.2)
    _, other = await intake.file()
    await done(intake, case, "check", "operator", reason="看看是否属实")
    _, page = await intake.call("GET", "/api/v1/cases", role="inspector")
    assert [item["case_no"] for item in page["items"]] == [case["case_no"]]
    status, _ = await intake.call("GET", f"/api/v1/cases/{other['case_no']}", role="inspector")
    assert status == 403
    await done(intake, case, "check_report", "inspector", text="属实", confirmed=True)
    assert (await done(intake, case, "file", "operator"))["status"] == "dispatched"


@only_sqlite
async def test_reasons_do_not_carry_personal_data_into_events(intake: Intake) -> None:
    _, case = await intake.file()
    await done(intake, case, "return", HEDONG, reason="张伟13812345678说不在这里")
    _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert events["items"][-1]["reason"] == "某说不在这里"


@only_sqlite
@pytest.mark.parametrize(
    ("action", "role", "body", "pointer"),
    [
        ("return", HEDONG, {"reason": ""}, "/reason"),
        ("assist", HEDONG, {"department": "nobody", "reason": "x"}, "/department"),
        ("supervise", "supervisor", {"level": 9, "reason": "x"}, "/level"),
        ("report_done", HEDONG, {"text": "办好了", "attachments": ["f" * 32]}, "/attachments/0"),
        ("rate", "operator", {"grade": "fine", "solved": True}, "/grade"),
    ],
)
async def test_what_is_wrong_is_said_at_its_place_and_changes_nothing(
    intake: Intake, action: str, role: str, body: Json, pointer: str
) -> None:
    _, case = await intake.file()
    if action == "report_done":
        case = await done(intake, case, "accept", HEDONG)
    status, problem = await act(intake, case, action, role, **body)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
    assert (await seen(intake, case))["version"] == case["version"]


async def test_a_closed_answer_reaches_the_reporter_in_words(intake: Intake) -> None:
    _, case = await intake.file(category_confidence=0.2)
    await done(intake, case, "close", "operator", text="垃圾分类投放时间为早7点到9点")
    _, answer = await intake.call(
        "POST", "/api/v1/outbox/claim", {"channels": ["web"], "limit": 9, "lease_seconds": 60}
    )
    assert answer["items"][0]["payload"]["answer"] == "垃圾分类投放时间为早7点到9点"


async def test_many_who_act_on_one_case_at_once_each_under_a_key_are_all_heard_once(intake: Intake) -> None:
    """A key refers to the case; on PostgreSQL that must not keep others from locking it, or they wait for each other."""
    _, case = await intake.file()
    path = f"/api/v1/cases/{case['case_no']}/actions/note"
    notes = [f"第{number}条" for number in range(20)]
    await intake.token("operator")
    for _ in range(2):
        answers = await asyncio.gather(
            *(intake.call("POST", path, {"text": each}, role="operator", Idempotency_Key=each) for each in notes)
        )
        assert [status for status, _ in answers] == [200] * len(notes)
    _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="supervisor")
    assert sorted(event["remark"] for event in events["items"] if event["remark"]) == sorted(notes)
