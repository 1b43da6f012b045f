"""What residents must hear, handed to the gateway."""

from __future__ import annotations

import asyncio

from tests.integration.intake_api.conftest import Intake, Json


async def announce(intake: Intake, user: str, channel: str = "web") -> str:
    _, case = await intake.file(announce=True, channel=channel, reporter={"channel_user": user})
    return str(case["case_no"])


async def claim(intake: Intake, **changes: object) -> list[Json]:
    body = {"channels": ["web"], "limit": 50, "lease_seconds": 60} | changes
    status, answer = await intake.call("POST", "/api/v1/outbox/claim", body)
    assert status == 200, answer
    return list(answer["items"])


async def test_a_report_filed_later_is_announced_by_its_channel(intake: Intake) -> None:
    number = await announce(intake, "u1")
    (item,) = await claim(intake)
    assert (item["channel"], item["channel_user"], item["kind"], item["case_no"]) == ("web", "u1", "filed", number)
    assert item["payload"] == {
        "case_no": number,
        "status": "dispatched",
        "status_label": "已派遣",
        "category": {"code": "1101", "name": "暴露垃圾", "division": "市容环境"},
        "department": {"id": "hedong", "name": "禾东镇城市运行管理中心"},
        "due_at": "2026-09-22T22:00:00+08:00",
    }
    assert item["attempts"] == 1


async def test_who_has_been_told_is_not_told_again(intake: Intake) -> None:
    await intake.file("k")
    assert await claim(intake) == []
    await announce(intake, "u1")
    (item,) = await claim(intake)
    for _ in range(2):
        status, _ = await intake.call("POST", f"/api/v1/outbox/{item['id']}/delivered")
        assert status == 200
    intake.clock.forward(hours=1)
    assert await claim(intake) == []


async def test_a_repetition_announces_once(intake: Intake) -> None:
    for _ in range(3):
        await intake.file("k", announce=True)
    assert len(await claim(intake)) == 1


async def test_an_attempt_that_got_through_unheard_is_announced_when_it_is_repeated(intake: Intake) -> None:
    status, _ = await intake.file("k", announce=False)
    again, _ = await intake.file("k", announce=True)
    assert (status, again) == (201, 200)
    await intake.file("k", announce=True)
    assert len(await claim(intake)) == 1


async def test_each_resident_hears_in_order_and_does_not_wait_for_others(intake: Intake) -> None:
    first, second, other = [await announce(intake, user) for user in ("u1", "u1", "u2")]
    items = await claim(intake)
    assert [item["case_no"] for item in items] == [first, other]
    assert await claim(intake) == []  # the second of u1 waits
    await intake.call("POST", f"/api/v1/outbox/{items[0]['id']}/delivered")
    assert [item["case_no"] for item in await claim(intake)] == [second]


async def test_a_gateway_that_dies_gives_its_messages_back_when_the_lease_ends(intake: Intake) -> None:
    await announce(intake, "u1")
    await claim(intake, lease_seconds=60)
    intake.clock.forward(seconds=59)
    assert await claim(intake) == []
    intake.clock.forward(seconds=2)
    (item,) = await claim(intake)
    assert item["attempts"] == 2


async def test_what_could_not_be_delivered_comes_again_at_its_time(intake: Intake) -> None:
    await announce(intake, "u1")
    (item,) = await claim(intake)
    status, _ = await intake.call("POST", f"/api/v1/outbox/{item['id']}/failed", {"retry_in_seconds": 300})
    assert status == 200
    intake.clock.forward(seconds=299)
    assert await claim(intake) == []
    intake.clock.forward(seconds=2)
    assert len(await claim(intake)) == 1


async def test_a_gateway_gets_only_its_channels(intake: Intake) -> None:
    await announce(intake, "u1", channel="wechat")
    assert await claim(intake) == []
    assert len(await claim(intake, channels=["wechat", "telegram"])) == 1


async def test_two_gateways_at_once_never_get_the_same_message(intake: Intake) -> None:
    for n in range(10):
        await announce(intake, f"u{n}")
    answers = await asyncio.gather(*(claim(intake, limit=4) for _ in range(5)))
    ids = [item["id"] for items in answers for item in items]
    assert len(ids) == len(set(ids))
    ids += [item["id"] for item in await claim(intake)]
    assert len(ids) == len(set(ids)) == 10


async def night(intake: Intake) -> None:
    """Eleven at night in the district, whose quiet hours are 21:00 to 8:00."""
    intake.clock.forward(hours=13)


async def accept(intake: Intake, number: str) -> None:
    status, answer = await intake.call("POST", f"/api/v1/cases/{number}/actions/accept", {}, role="handler@hedong")
    assert status == 200, answer


async def test_news_at_night_say_until_when_they_may_wait(intake: Intake) -> None:
    await night(intake)
    _, case = await intake.file(reporter={"channel_user": "u1"})
    await accept(intake, case["case_no"])
    (item,) = await claim(intake)
    assert (item["kind"], item["quiet_until"]) == ("accepted", "2026-09-23T08:00:00+08:00")
    await intake.call("POST", f"/api/v1/outbox/{item['id']}/failed", {"retry_in_seconds": 600})
    intake.clock.forward(hours=10)
    (item,) = await claim(intake)
    assert item["quiet_until"] is None


async def test_an_answer_and_an_emergency_do_not_wait_for_the_morning(intake: Intake) -> None:
    await night(intake)
    await announce(intake, "u2")
    (item,) = await claim(intake)
    assert (item["kind"], item["quiet_until"]) == ("filed", None)
    _, ordinary = await intake.file(reporter={"channel_user": "u1"})
    await accept(intake, ordinary["case_no"])
    (item,) = await claim(intake)
    assert item["quiet_until"]
    await intake.call("POST", f"/api/v1/outbox/{item['id']}/failed", {"retry_in_seconds": 600})
    _, urgent = await intake.file(
        reporter={"channel_user": "u1"}, category="1401", announce=True, description="路面塌了个大坑"
    )
    # what was put off until later goes before it, so that all is heard in order
    (item,) = await claim(intake)
    assert (item["case_no"], item["quiet_until"]) == (ordinary["case_no"], None)
    await intake.call("POST", f"/api/v1/outbox/{item['id']}/delivered")
    (item,) = await claim(intake)
    assert (item["case_no"], item["quiet_until"]) == (urgent["case_no"], None)


async def test_only_channels_take_messages(intake: Intake) -> None:
    status, _ = await intake.call("POST", "/api/v1/outbox/claim", {"channels": ["web"]}, role="operator")
    assert status == 403


async def test_a_message_that_does_not_exist_is_not_found(intake: Intake) -> None:
    for path in ("/api/v1/outbox/99/delivered", "/api/v1/outbox/x/delivered"):
        assert (await intake.call("POST", path))[0] == 404
    assert (await intake.call("POST", "/api/v1/outbox/99/failed", {}))[0] == 404
