"""What the assistant does about filed cases, done at a real intake: each once, with its limits explained."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from actions.afterwards import Afterwards, Speaker
from actions.dialogue import Report
from actions.errand import RATE, STATUS, SUPPLEMENT, URGE, WITHDRAW, Errand, begin
from actions.heard import Heard
from actions.intake import Intake as Client
from tests.integration.intake_api.conftest import Intake, Json


@pytest.fixture
async def client(intake: Intake) -> AsyncIterator[Client]:
    made = Client(str(intake.client.make_url("")), await intake.token("channel"))
    yield made
    await made.close()


def speaker(intake: Intake, user: str = "u1", key: str = "m1", pushed: str | None = None) -> Speaker:
    return Speaker("web", user, key, intake.clock.now, pushed)


async def said(client: Client, errand: Errand, who: Speaker, text: str = "") -> tuple[Errand | None, list[str], str]:
    """The errand as it goes on, the names of what is said, and the words in it."""
    after, says = await Afterwards(client).run(errand, Heard(text, "other"), who)
    words = " ".join(str(value) for _, values in says for value in values.values())
    return after, [name for name, _ in says], words


async def events(intake: Intake, case: Json) -> list[str]:
    _, answer = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    return [event["kind"] for event in answer["items"]]


async def closed(intake: Intake) -> Json:
    _, case = await intake.file()
    lead = f"handler@{case['department']['id']}"
    for action, role, body in (
        ("accept", lead, {}),
        ("report_done", lead, {"text": "垃圾已经清走", "attachments": []}),
        *(("assist_report", f"handler@{unit['id']}", {"text": "已经协助"}) for unit in case["supporting"]),
        ("verify", "verifier", {}),
    ):
        path = f"/api/v1/cases/{case['case_no']}/actions/{action}"
        status, answer = await intake.call("POST", path, body, role=role)
        assert status == 200, answer
    return case


async def test_progress_names_state_department_and_what_was_done(intake: Intake, client: Client) -> None:
    case = await closed(intake)
    _, names, words = await said(client, Errand(STATUS), speaker(intake))
    assert names == ["utter_status"]
    assert case["case_no"][:3] in words
    assert "已经办结" in words
    assert "办理情况：垃圾已经清走" in words


async def test_a_report_of_the_department_is_not_told_before_it_is_verified(intake: Intake, client: Client) -> None:
    _, case = await intake.file()
    lead = f"handler@{case['department']['id']}"
    for action, body in (("accept", {}), ("report_done", {"text": "垃圾已经清走", "attachments": []})):
        await intake.call("POST", f"/api/v1/cases/{case['case_no']}/actions/{action}", body, role=lead)
    _, _, words = await said(client, Errand(STATUS), speaker(intake))
    assert "正在核实" in words
    assert "清走" not in words


async def test_urging_twice_by_one_message_urges_once_and_again_too_soon_is_explained(
    intake: Intake, client: Client
) -> None:
    _, case = await intake.file()
    for _ in range(2):
        _, names, _ = await said(client, begin(URGE, Heard("快点啊", "urge")), speaker(intake))
        assert names == ["utter_urged"]
    assert (await events(intake, case)).count("urged") == 1
    _, names, words = await said(client, Errand(URGE), speaker(intake, key="m2"))
    assert names == ["utter_not_urged"]
    assert "催办过" in words


async def test_what_is_added_reaches_the_case_once(intake: Intake, client: Client) -> None:
    _, case = await intake.file()
    errand = begin(SUPPLEMENT, Heard("刚才那个地址写错了，是稻香新苑东门", "supplement"))
    for _ in range(2):
        _, names, _ = await said(client, errand, speaker(intake))
        assert names == ["utter_supplemented"]
    assert (await events(intake, case)).count("supplemented") == 1


async def test_a_withdrawal_is_done_when_sure(intake: Intake, client: Client) -> None:
    _, case = await intake.file()
    errand, names, _ = await said(client, Errand(WITHDRAW), speaker(intake))
    assert (names, errand and errand.asked) == (["utter_withdraw_why"], "sure")
    assert errand is not None
    _, names, _ = await said(client, replace(errand, sure=True, words="已经清走了"), speaker(intake, key="m2"))
    assert names == ["utter_withdrawn"]
    assert "withdrawn" in await events(intake, case)
    _, names, _ = await said(client, Errand(URGE, case_no=case["case_no"]), speaker(intake, key="m3"))
    assert names == ["utter_over"]


async def test_dissatisfaction_is_put_to_a_supervisor(intake: Intake, client: Client) -> None:
    case = await closed(intake)
    errand = Errand(RATE, grade="dissatisfied", solved=False, words="又堆上了")
    _, names, _ = await said(client, errand, speaker(intake, pushed=case["case_no"]))
    assert names == ["utter_rated_reopening"]
    _, listed = await intake.call("GET", "/api/v1/cases?task=reopen", role="supervisor")
    assert [item["case_no"] for item in listed["items"]] == [case["case_no"]]
    _, names, words = await said(client, errand, speaker(intake, key="m2"))
    assert names == ["utter_no_case_yet"] or "评价过" in words


async def test_satisfaction_is_noted(intake: Intake, client: Client) -> None:
    case = await closed(intake)
    _, names, _ = await said(client, Errand(RATE, grade="satisfied", solved=True), speaker(intake))
    assert names == ["utter_rated"]
    _, shown = await intake.call("GET", f"/api/v1/cases/{case['case_no']}", role="operator")
    assert (shown["grade"], shown["solved"]) == ("satisfied", True)


async def test_who_opens_a_case_by_the_phone_may_urge_it_and_hears_the_outcome(intake: Intake, client: Client) -> None:
    _, case = await intake.file()
    stranger = speaker(intake, user="u9")
    errand, names, _ = await said(client, Errand(URGE, case_no=case["case_no"]), stranger)
    assert names == ["utter_ask_last_four"]
    assert errand is not None
    errand, names, _ = await said(client, replace(errand, last_four="1111"), stranger)
    assert names == ["utter_ask_last_four_again"]
    assert errand is not None
    _, names, _ = await said(client, replace(errand, last_four="5678"), stranger)
    assert names == ["utter_urged"]
    assert {"followed", "urged"} <= set(await events(intake, case))


async def test_nobody_withdraws_or_judges_anothers_case(intake: Intake, client: Client) -> None:
    _, case = await intake.file()
    for kind in (WITHDRAW, RATE):
        _, names, _ = await said(client, Errand(kind, case_no=case["case_no"]), speaker(intake, user="u9"))
        assert names == ["utter_only_reporter"]


async def test_a_misread_number_is_told_from_an_unknown_one(intake: Intake, client: Client) -> None:
    _, case = await intake.file()
    misread = case["case_no"][:-1] + str((int(case["case_no"][-1]) + 1) % 10)
    errand, names, _ = await said(client, Errand(STATUS, case_no=misread), speaker(intake))
    assert names == ["utter_number_misread"]
    assert errand is not None
    assert errand.asked == "number"


async def test_joining_follows_once(intake: Intake, client: Client) -> None:
    _, case = await intake.file()
    afterwards = Afterwards(client)
    for _ in range(2):
        report = Report(phone="13900001111")
        name, _ = await afterwards.join(case["case_no"], report, speaker(intake, user="u5"))
        assert name == "utter_joined"
    assert (await events(intake, case)).count("followed") == 1


async def test_the_place_of_a_photo_is_told_with_the_preview(intake: Intake, client: Client) -> None:
    from aiohttp import FormData

    from tests.integration.intake_api.test_attachments import photo_with_position

    form = FormData()
    form.add_field("file", photo_with_position(), filename="photo.jpg", content_type="image/jpeg")
    headers = {"Authorization": f"Bearer {await intake.token('channel')}"}
    async with intake.client.post("/api/v1/attachments", data=form, headers=headers) as answer:
        uploaded = await answer.json()
    body = {"channel": "web", "description": "路灯坏了", "attachments": [uploaded["attachment_id"]]}
    place = (await client.preview(body))["photo_place"]
    assert (place["lat"], place["lng"]) == (uploaded["position"]["lat"], uploaded["position"]["lng"])
    assert (await client.preview({"channel": "web", "description": "路灯坏了"}))["photo_place"] is None


async def test_who_reported_a_merged_case_hears_how_the_other_stands_and_urges_it(
    intake: Intake, client: Client
) -> None:
    _, target = await intake.file(reporter={"channel_user": "u8"})
    _, case = await intake.file(category_confidence=0.2)
    merger = {"into": target["case_no"], "reason": "同一堆垃圾"}
    await intake.call("POST", f"/api/v1/cases/{case['case_no']}/actions/merge", merger, role="operator")
    await intake.call("POST", f"/api/v1/cases/{target['case_no']}/actions/accept", role="handler@hedong")
    _, names, words = await said(client, Errand(STATUS), speaker(intake))
    assert names == ["utter_status"] and "正在处理" in words
    _, names, _ = await said(client, Errand(URGE), speaker(intake, key="m2"))
    assert names == ["utter_urged"]
    assert "urged" in await events(intake, target)
