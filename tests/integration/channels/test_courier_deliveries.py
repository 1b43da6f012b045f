"""The intake's words reach the resident once, in the channel he used, and the assistant knows of them."""

from __future__ import annotations

import asyncio

import pytest

from channels.gateway.courier import Courier
from channels.gateway.intake import Intake, IntakeDown

WORDS = "您之前反映的问题已经受理，案件编号 483 920 175。"


@pytest.fixture
def desk(session, intake) -> Intake:
    return Intake(session, intake.url, intake.token)


async def test_a_delivery_is_said_remembered_and_marked(store, new_gateway, dialogue, opened, desk, intake) -> None:
    sender = await opened(store)
    intake.say("17", "c1")
    courier = Courier(desk, new_gateway(store, dialogue))
    assert await courier.round() == 1
    (entry,) = await store.history(sender, 0, 10)
    assert (entry.direction, entry.content["text"]) == ("out", WORDS)
    assert entry.content["custom"]["case_no"] == "483920175"
    assert [event["text"] for event in dialogue.events[sender]] == [WORDS]
    assert intake.delivered == ["17"]


async def test_a_courier_killed_before_marking_says_nothing_twice(
    new_store, new_gateway, dialogue, opened, desk, intake
) -> None:
    first, second = new_store(), new_store()
    sender = await opened(first)
    intake.say("17", "c1")
    intake.lose_marks = 1
    await Courier(desk, new_gateway(first, dialogue)).round()
    assert intake.delivered == []
    await Courier(desk, new_gateway(second, dialogue)).round()
    assert intake.delivered == ["17"]
    assert len(await first.history(sender, 0, 10)) == 1
    assert len(dialogue.events[sender]) == 1


async def test_two_couriers_at_once_say_it_once(new_store, new_gateway, dialogue, opened, desk, intake) -> None:
    stores = [new_store(), new_store()]
    sender = await opened(stores[0])
    intake.say("17", "c1")
    await asyncio.gather(*(Courier(desk, new_gateway(store, dialogue)).round() for store in stores))
    assert len(await stores[0].history(sender, 0, 10)) == 1
    assert len(dialogue.events[sender]) == 1


async def test_the_resident_has_the_words_even_while_the_assistant_is_away(
    store, new_gateway, dialogue, opened, desk, intake
) -> None:
    sender = await opened(store)
    intake.say("17", "c1")
    dialogue.down = True
    courier = Courier(desk, new_gateway(store, dialogue))
    await courier.round()
    assert len(await store.history(sender, 0, 10)) == 1
    assert intake.failed == [("17", 10)]
    dialogue.down = False
    await courier.round()
    assert len(await store.history(sender, 0, 10)) == 1
    assert len(dialogue.events[sender]) == 1
    assert intake.delivered == ["17"]


async def test_an_assistant_that_stays_away_does_not_hold_the_outbox_up_for_ever(
    store, new_gateway, dialogue, opened, desk, intake
) -> None:
    await opened(store)
    intake.say("17", "c1")
    intake.outbox[0]["attempts"] = 5
    dialogue.down = True
    await Courier(desk, new_gateway(store, dialogue)).round()
    assert intake.delivered == ["17"]


async def test_a_delivery_waits_for_the_answer_that_is_being_made(
    store, new_gateway, dialogue, opened, desk, intake, text, clock
) -> None:
    sender = await opened(store)
    accepted = await store.accept(text("路灯不亮"), "at work", clock())
    intake.say("17", "c1")
    delivering = asyncio.create_task(Courier(desk, new_gateway(store, dialogue)).round())
    await asyncio.sleep(0.2)
    assert dialogue.events == {}
    from channels.gateway.message import Reply

    await store.finish("at work", accepted.work, [Reply("好的")], clock())
    await delivering
    assert [entry.content["text"] for entry in await store.history(sender, 0, 10)] == ["路灯不亮", "好的", WORDS]


async def test_words_for_nobody_are_kept_by_the_intake_and_hold_nobody_up(
    store, new_gateway, dialogue, opened, desk, intake
) -> None:
    await opened(store)
    intake.say("16", "nobody")
    intake.say("17", "web:c1")  # some name the conversation in full
    await Courier(desk, new_gateway(store, dialogue)).round()
    assert intake.failed == [("16", 3600)]
    assert intake.delivered == ["17"]


async def test_an_intake_that_is_down_is_told_as_such(store, new_gateway, dialogue, desk, intake) -> None:
    await intake.stop()
    with pytest.raises(IntakeDown):
        await Courier(desk, new_gateway(store, dialogue)).round()
