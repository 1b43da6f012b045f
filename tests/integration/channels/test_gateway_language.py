"""A conversation is held in the language that the resident writes, by every process and for what is pushed as well."""

from __future__ import annotations

from datetime import UTC, datetime

from channels.gateway.dialogue import AssistantFailed, MemoryDialogue
from channels.gateway.gateway import Pace
from channels.gateway.language import ENGLISH, TRADITIONAL
from channels.gateway.message import Button, Inbound, Kind, Reply
from channels.gateway.wording import BUSY


def heard(metadata: list) -> list[str | None]:
    return [told.get("language") for _, _, told in metadata]


async def clerk(_sender: str, words: str) -> list[Reply]:
    text = Reply(f"请您核对：\n内容：{words}", (Button("确认", "/affirm"),))
    return [text, Reply("", custom={"kind": "summary", "description": words, "quoted": [words]})]


async def test_who_writes_traditional_characters_is_answered_in_them_until_they_change(
    new_store, new_gateway, opened, text
) -> None:
    stores, dialogue = [new_store(), new_store()], MemoryDialogue(clerk)
    sender = await opened(stores[0])
    first, second = (new_gateway(store, dialogue) for store in stores)
    answer = await first.handle(text("門口的路燈壞了"))
    assert answer.replies[0].text == "請您核對：\n內容：門口的路燈壞了"
    assert answer.replies[0].buttons == (Button("確認", "/affirm"),)
    # another process knows, and a button tells no language
    press = Inbound("web", "c1", "press", Kind.PAYLOAD, datetime.now(UTC), payload="/affirm", shown_at=answer.seqs[0])
    assert (await second.handle(press)).replies[0].text.startswith("請您核對")
    await second.push(sender, "outbox:1", Reply("您反映的问题已经办结。"))
    assert (await stores[0].history(sender, 0, 50))[-1].content["text"] == "您反映的問題已經辦結。"
    # the assistant looks for its own words later
    assert dialogue.events[sender][-1]["text"] == "您反映的问题已经办结。"
    assert (await first.handle(text("门口的路灯还没修"))).replies[0].text.startswith("请您核对")
    await first.push(sender, "outbox:2", Reply("您反映的问题已经办结。"))
    assert (await stores[0].history(sender, 0, 50))[-1].content["text"] == "您反映的问题已经办结。"


async def test_the_assistant_is_told_the_language(store, new_gateway, opened, text) -> None:
    await opened(store)
    dialogue = MemoryDialogue(clerk)
    gateway = new_gateway(store, dialogue)
    for words in ("12345", "There is garbage on the road", "OK", "門口的路燈壞了"):
        await gateway.handle(text(words))
    assert heard(dialogue.asked) == [None, ENGLISH, ENGLISH, TRADITIONAL]


async def test_news_and_our_own_words_are_english_for_who_writes_english(store, new_gateway, opened, text) -> None:
    sender = await opened(store)
    failing = False

    async def respond(_sender: str, words: str) -> list[Reply]:
        if failing:
            raise AssistantFailed("out of order")
        return [Reply(words)]

    gateway = new_gateway(store, MemoryDialogue(respond), Pace(patience=0.3, retry=0.02, poll=0.02))
    await gateway.handle(text("There is garbage on the road"))
    await gateway.push(sender, "outbox:1", Reply("您的案件已经办结。", english="Your case is closed."))
    assert (await store.history(sender, 0, 50))[-1].content["text"] == "Your case is closed."
    failing = True
    assert (await gateway.handle(text("It is still there"))).replies[0].text == BUSY.english
