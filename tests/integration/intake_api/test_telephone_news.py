"""Who reported or follows by telephone is called: no message reaches them."""

from __future__ import annotations

from tests.integration.intake_api.conftest import Intake, Json
from tests.integration.intake_api.test_life_of_a_case import GREENING, HEDONG, done
from tests.integration.intake_api.test_work import counts, listed


async def to_call(intake: Intake, case: Json, query: str = "") -> list[Json]:
    path = f"/api/v1/cases/{case['case_no']}/telephone-news{query}"
    status, answer = await intake.call("GET", path, role="operator")
    assert status == 200, answer
    return list(answer["items"])


async def called(intake: Intake, case: Json, person: Json, **body: object) -> int:
    path = f"/api/v1/cases/{case['case_no']}/telephone-news/{person['id']}"
    return (await intake.call("POST", path, body, role="operator"))[0]


async def close(intake: Intake, case: Json) -> None:
    await done(intake, case, "accept", HEDONG)
    await done(intake, case, "report_done", HEDONG, text="垃圾已清走")
    await done(intake, case, "assist_report", GREENING, text="修剪了")
    await done(intake, case, "verify", "verifier")


async def test_who_follows_by_telephone_is_called_when_the_case_is_closed(intake: Intake) -> None:
    _, case = await intake.file()
    phone = "13900001234"
    await done(intake, case, "follow", "operator", channel="hotline", channel_user=phone, phone=phone)
    assert (await counts(intake, "operator"))["to_tell"] == 0, "that it is being done is not worth a call"
    await close(intake, case)
    assert (await counts(intake, "operator"))["to_tell"] == 1
    assert await listed(intake, "operator", "to_tell") == [case["case_no"]]
    [person] = await to_call(intake, case)
    assert (person["who"], person["phone"]) == ("follower", "139****1234")
    assert [each["words"] for each in person["news"]] == ["已办结。 垃圾已清走"]
    [shown] = await to_call(intake, case, "?reveal=true")
    assert shown["phone"] == phone
    _, trail = await intake.call("GET", "/api/v1/audit?action=reveal_reporter", role="auditor")
    assert [entry["target"] for entry in trail["items"]] == [f"case:{case['case_no']}"]


async def test_who_is_not_reached_is_called_again_and_who_was_told_is_not(intake: Intake) -> None:
    caller = {"name": "李芳", "phone": "13700005678", "channel_user": "13700005678"}
    _, case = await intake.file(channel="hotline", reporter=caller)
    await close(intake, case)
    [person] = await to_call(intake, case)
    assert person["who"] == "reporter"
    assert await called(intake, case, person, result="not_reached", again_in_minutes=60) == 204
    assert (await counts(intake, "operator"))["to_tell"] == 0
    intake.clock.forward(minutes=61)
    assert (await counts(intake, "operator"))["to_tell"] == 1
    [again] = await to_call(intake, case)
    assert again["attempts"] == 1
    assert await called(intake, case, again, result="told") == 204
    assert (await counts(intake, "operator"))["to_tell"] == 0
    assert await to_call(intake, case) == []
    assert await called(intake, case, again, result="told") == 404, "somebody was faster"


async def test_who_reported_a_merged_case_by_telephone_is_called_about_the_outcome(intake: Intake) -> None:
    _, lead = await intake.file()
    caller = {"name": "李芳", "phone": "13700005678", "channel_user": "13700005678"}
    _, joined = await intake.file(channel="hotline", category=None, description="说不清的一件", reporter=caller)
    await done(intake, joined, "merge", "operator", into=lead["case_no"], reason="同一件事")
    await close(intake, lead)
    assert await listed(intake, "operator", "to_tell") == [joined["case_no"]]
    [person] = await to_call(intake, joined)
    assert [each["kind"] for each in person["news"]] == ["merged", "closed"]


async def test_only_operators_call(intake: Intake) -> None:
    _, case = await intake.file()
    for role in (HEDONG, "verifier", "channel"):
        path = f"/api/v1/cases/{case['case_no']}/telephone-news"
        assert (await intake.call("GET", path, role=role))[0] == 403
