"""News of a case do not come into the middle of a report, and not at night."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.gateway.courier import Courier
from channels.gateway.dialogue import RasaDialogue
from channels.gateway.intake import Intake
from channels.gateway.tact import AWAKE, FORGOTTEN, NotNow, Tact


@pytest.fixture
def desk(session, intake) -> Intake:
    return Intake(session, intake.url, intake.token)


@pytest.fixture
def courier(store, new_gateway, dialogue, desk, clock) -> Courier:
    return Courier(desk, new_gateway(store, dialogue), tact=Tact(store, dialogue, clock))


async def told(store, sender: str) -> int:
    return len([entry for entry in await store.history(sender, 0, 50) if entry.direction == "out"])


async def test_an_open_question_of_a_report_is_not_talked_over(
    store, opened, dialogue, courier: Courier, intake
) -> None:
    sender = await opened(store)
    dialogue.asking = {sender}
    intake.say("17", "c1")
    await courier.round()
    assert await told(store, sender) == 0
    assert intake.failed == [("17", 60)]
    dialogue.asking = set()
    await courier.round()
    assert await told(store, sender) == 1
    assert intake.delivered == ["17"]


async def test_a_question_left_alone_for_minutes_holds_nothing_up(
    store, opened, dialogue, courier: Courier, intake, clock
) -> None:
    sender = await opened(store)
    dialogue.asking = {sender}
    intake.say("17", "c1")
    clock.forward(FORGOTTEN.total_seconds() - 30)
    await courier.round()
    ((_, retry_in),) = intake.failed
    assert (await told(store, sender), 0 < retry_in <= 31) == (0, True)
    clock.forward(retry_in)
    await courier.round()
    assert await told(store, sender) == 1


async def test_while_the_assistant_is_away_who_has_just_spoken_is_not_interrupted(
    store, opened, dialogue, courier: Courier, intake, clock
) -> None:
    sender = await opened(store)
    dialogue.down = True
    intake.say("17", "c1")
    await courier.round()
    assert await told(store, sender) == 0
    clock.forward(FORGOTTEN.total_seconds() + 1)
    await courier.round()
    assert await told(store, sender) == 1


async def test_the_night_is_kept_unless_the_resident_is_awake(store, opened, courier: Courier, intake, clock) -> None:
    sender = await opened(store)
    clock.forward(AWAKE.total_seconds() + 1)
    intake.say("17", "c1")
    intake.outbox[0]["quiet_until"] = (clock() + timedelta(hours=5)).isoformat()
    await courier.round()
    assert intake.failed == [("17", 600)]
    await store.consent(sender, clock())
    assert await told(store, sender) == 0
    clock.forward(5 * 3600)
    await courier.round()
    assert await told(store, sender) == 1


async def test_who_writes_at_night_hears_it_at_night(
    store, opened, new_gateway, dialogue, courier: Courier, intake, clock, text
) -> None:
    sender = await opened(store)
    clock.forward(3600)
    await new_gateway(store, dialogue).handle(text("怎么样了"))
    intake.say("17", "c1")
    intake.outbox[0]["quiet_until"] = (clock() + timedelta(hours=5)).isoformat()
    await courier.round()
    assert await told(store, sender) == 2


async def test_the_end_of_the_night_is_not_slept_through(store, opened, dialogue, clock) -> None:
    sender = await opened(store)
    tact = Tact(store, dialogue, clock)
    clock.forward(3600)
    with pytest.raises(NotNow) as not_now:
        await tact.moment(sender, clock() + timedelta(minutes=3))
    assert (not_now.value.reason, not_now.value.retry_in) == ("quiet", 179)
    await tact.moment(sender, clock() - timedelta(seconds=1))


async def test_rasa_says_whether_its_form_is_open(rasa, session) -> None:
    dialogue = RasaDialogue(session, [rasa.url])
    rasa.active_loop = {"name": "report_form", "is_interrupted": False}
    assert await dialogue.asks("web:c1") is True
    rasa.active_loop = {}
    assert await dialogue.asks("web:c1") is False
