"""The assistant as the gateway sees it: the same promises from Rasa's interface and from the one in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from channels.gateway.dialogue import (
    AssistantFailed,
    AssistantSlow,
    AssistantUnreachable,
    Dialogue,
    MemoryDialogue,
    RasaDialogue,
)
from channels.gateway.message import Button, Reply

CARD = {"kind": "case", "case_no": "483920175"}
META = {"message_id": "m1", "channel": "web", "conversation_id": "c1", "sent_at": "2026-11-22T09:30:00+00:00"}


@dataclass
class Partner:
    dialogue: Dialogue
    disappear: Callable[[], Awaitable[None]]


async def answer(_sender: str, words: str) -> list[Reply]:
    return [Reply(f"听到：{words}", (Button("对", "/affirm"),)), Reply("", custom=CARD)]


@pytest.fixture(params=["rasa", "memory"])
async def partner(request, rasa, session) -> Partner:
    if request.param == "memory":
        memory = MemoryDialogue(answer)

        async def down() -> None:
            memory.down = True

        return Partner(memory, down)
    rasa.replies = lambda words: [
        {"text": f"听到：{words}", "buttons": [{"title": "对", "payload": "/affirm"}]},
        {"custom": CARD},
    ]
    return Partner(RasaDialogue(session, [rasa.url]), rasa.stop)


async def test_what_is_asked_is_answered_with_buttons_and_cards(partner: Partner) -> None:
    assert await partner.dialogue.ask("web:c1", "路灯不亮", META) == await answer("", "路灯不亮")


async def test_an_answer_can_be_looked_up_by_the_messages_number(partner: Partner) -> None:
    assert await partner.dialogue.answered("web:c1", "m1") is None
    replies = await partner.dialogue.ask("web:c1", "路灯不亮", META)
    await partner.dialogue.ask("web:c1", "莘庄", META | {"message_id": "m2"})
    assert await partner.dialogue.answered("web:c1", "m1") == replies
    assert await partner.dialogue.answered("web:c1", "m3") is None
    assert await partner.dialogue.answered("web:c2", "m1") is None


async def test_what_is_remembered_is_no_answer(partner: Partner) -> None:
    replies = await partner.dialogue.ask("web:c1", "路灯不亮", META)
    await partner.dialogue.remember("web:c1", "您的案件已经受理")
    assert await partner.dialogue.answered("web:c1", "m1") == replies


async def test_an_absent_partner_is_told_as_such(partner: Partner) -> None:
    await partner.disappear()
    for call in (
        partner.dialogue.ask("web:c1", "喂", META),
        partner.dialogue.answered("web:c1", "m1"),
        partner.dialogue.remember("web:c1", "喂"),
    ):
        with pytest.raises(AssistantUnreachable):
            await call


async def test_rasa_that_thinks_too_long_is_slow_and_not_gone(rasa, session) -> None:
    rasa.delay = 1.0
    with pytest.raises(AssistantSlow):
        await RasaDialogue(session, [rasa.url], ask_seconds=0.1).ask("web:c1", "喂", META)


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, AssistantFailed), (400, AssistantFailed), (409, AssistantUnreachable), (503, AssistantUnreachable)],
)
async def test_rasas_errors_are_told_apart(rasa, session, status: int, error: type[Exception]) -> None:
    rasa.status = status
    with pytest.raises(error):
        await RasaDialogue(session, [rasa.url]).ask("web:c1", "喂", META)


async def test_rasa_that_breaks_off_may_have_heard(rasa, session, store, new_gateway, opened, text) -> None:
    rasa.drop_after_answer = True
    sender = await opened(store)
    answered = await new_gateway(store, RasaDialogue(session, [rasa.url])).handle(text("路灯不亮"))
    assert [reply.text for reply in answered.replies] == ["听到：路灯不亮"]
    assert rasa.heard == [(sender, "路灯不亮")]


async def test_rasa_that_is_slow_is_not_asked_twice(rasa, session, store, new_gateway, opened, text) -> None:
    rasa.delay = 0.5
    await opened(store)
    dialogue = RasaDialogue(session, [rasa.url], ask_seconds=0.2)
    answered = await new_gateway(store, dialogue).handle(text("路灯不亮"))
    # the stand-in, as Rasa does, goes on thinking although nobody listens any more
    assert [reply.text for reply in answered.replies] == ["听到：路灯不亮"]
    assert len(rasa.heard) == 1


async def test_rasa_is_asked_when_it_is_back(
    rasa, session, store, new_gateway, opened, text, clock, eventually
) -> None:
    await opened(store)
    gateway = new_gateway(store, RasaDialogue(session, [rasa.url]))
    await rasa.stop()
    message = text("路灯不亮")
    assert not (await gateway.handle(message)).settled
    await rasa.start()
    clock.forward(60)
    await eventually(gateway.recover)
    assert [reply.text for reply in (await gateway.handle(message)).replies] == ["听到：路灯不亮"]
