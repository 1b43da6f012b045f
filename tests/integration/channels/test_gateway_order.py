"""The gateway's promises: in order, once each, nothing lost, whatever dies."""

from __future__ import annotations

import asyncio

import pytest

from channels.gateway.dialogue import AssistantFailed, MemoryDialogue
from channels.gateway.gateway import FAILURES, Pace
from channels.gateway.message import Inbound, Kind, Reply
from channels.gateway.wording import BUSY, GIVEN_UP, STALE_BUTTON


def said(answer) -> list[str]:
    return [reply.text for reply in answer.replies]


async def test_fifty_messages_at_once_are_answered_in_the_order_of_their_arrival(
    store, new_gateway, dialogue, opened, text
) -> None:
    await opened(store)
    gateway = new_gateway(store, dialogue, Pace(patience=20))
    answers = await asyncio.gather(*(gateway.handle(text(f"第{i}句", str(i))) for i in range(50)))
    assert [words for _, words, _ in dialogue.asked] == [f"第{i}句" for i in range(50)]
    assert [said(answer) for answer in answers] == [[f"听到：第{i}句"] for i in range(50)]


async def test_conversations_do_not_wait_for_each_other(store, new_gateway, opened, text) -> None:
    release = asyncio.Event()

    async def respond(sender: str, words: str) -> list[Reply]:
        if sender == "web:slow":
            await release.wait()
        return [Reply(words)]

    gateway = new_gateway(store, MemoryDialogue(respond))
    await opened(store, "slow")
    await opened(store, "quick")
    slow = asyncio.create_task(gateway.handle(text("慢", conversation="slow")))
    assert said(await gateway.handle(text("快", conversation="quick"))) == ["快"]
    release.set()
    assert said(await slow) == ["慢"]


async def test_the_same_message_many_times_at_once_is_handled_once_and_answered_the_same(
    new_store, new_gateway, dialogue, opened, text
) -> None:
    stores = [new_store(), new_store()]
    await opened(stores[0])
    gateways = [new_gateway(store, dialogue) for store in stores]
    answers = await asyncio.gather(*(gateways[i % 2].handle(text("路灯不亮", "same")) for i in range(8)))
    assert len(dialogue.asked) == 1
    assert all(answer == answers[0] for answer in answers)
    assert await gateways[1].handle(text("路灯不亮", "same")) == answers[0]


async def test_two_processes_share_a_conversation_without_mixing_it_up(new_store, new_gateway, opened, text) -> None:
    talking = 0

    async def respond(_sender: str, words: str) -> list[Reply]:
        nonlocal talking
        talking += 1
        assert talking == 1, "two at once would lose events in the tracker"
        await asyncio.sleep(0.01)
        talking -= 1
        return [Reply(words)]

    dialogue = MemoryDialogue(respond)
    stores = [new_store(), new_store()]
    await opened(stores[0])
    gateways = [new_gateway(store, dialogue, Pace(patience=20)) for store in stores]
    answers = await asyncio.gather(*(gateways[i % 2].handle(text(f"{i}", str(i))) for i in range(20)))
    assert [said(answer) for answer in answers] == [[f"{i}"] for i in range(20)]
    assert len(dialogue.asked) == 20


async def test_a_process_that_died_before_asking_is_replaced_and_the_message_asked(
    new_store, new_gateway, dialogue, opened, text, clock
) -> None:
    dead = new_store()
    sender = await opened(dead)
    await dead.accept(text("路灯不亮", "1"), "dead process", clock())
    gateway = new_gateway(new_store(), dialogue)
    assert await gateway.recover() == 0  # it may still live
    clock.forward(31)
    assert await gateway.recover() == 1
    assert len(dialogue.asked) == 1
    assert [e.content["text"] for e in await dead.history(sender, 0, 10)] == ["路灯不亮", "听到：路灯不亮"]


async def test_a_process_that_died_after_the_assistant_answered_is_replaced_without_asking_again(
    new_store, new_gateway, dialogue, opened, text, clock
) -> None:
    dead = new_store()
    sender = await opened(dead)
    message = text("路灯不亮", "1")
    await dead.accept(message, "dead process", clock())
    await dialogue.ask(sender, "路灯不亮", {"message_id": "1"})
    clock.forward(31)
    answer = await new_gateway(new_store(), dialogue).handle(message)
    assert said(answer) == ["听到：路灯不亮"]
    assert len(dialogue.asked) == 1


async def test_a_waiting_request_takes_over_when_the_lease_of_a_dead_process_ends(
    new_store, new_gateway, dialogue, opened, text, clock
) -> None:
    dead = new_store()
    await opened(dead)
    await dead.accept(text("一", "1"), "dead process", clock())
    gateway = new_gateway(new_store(), dialogue)
    waiting = asyncio.create_task(gateway.handle(text("二", "2")))
    await asyncio.sleep(0.1)
    assert not waiting.done() and dialogue.asked == []
    clock.forward(31)
    assert said(await waiting) == ["听到：二"]
    assert [words for _, words, _ in dialogue.asked] == ["一", "二"]


async def test_all_requests_that_wait_for_another_process_ask_the_database_together(
    new_store, new_gateway, dialogue, opened, text, clock, monkeypatch, eventually
) -> None:
    other, store = new_store(), new_store()
    conversations = [f"c{number}" for number in range(30)]
    for conversation in conversations:
        await opened(other, conversation)
        await other.accept(text("一", "1", conversation), "another process", clock())
    asked: list[int] = []
    outcomes = store.outcomes

    async def counted(seqs, now):
        asked.append(len(seqs))
        return await outcomes(seqs, now)

    monkeypatch.setattr(store, "outcomes", counted)
    gateway = new_gateway(store, dialogue, Pace(patience=20))
    waiting = [asyncio.create_task(gateway.handle(text("一", "1", each))) for each in conversations * 2]
    await eventually(lambda: 30 in asked)
    assert not any(task.done() for task in waiting)
    clock.forward(31)  # the other process has died
    assert [said(await task) for task in waiting] == [["听到：一"]] * 60
    assert len(dialogue.asked) == 30


async def test_who_waits_for_several_answers_hears_once_that_they_come_later(
    store, new_gateway, dialogue, opened, text, clock, eventually
) -> None:
    sender = await opened(store)
    gateway = new_gateway(store, dialogue, Pace(patience=0.3, poll=0.02, retry=0.02, postpone=5))
    dialogue.down = True
    for words in ("一", "二", "三"):
        assert said(await gateway.handle(text(words, words))) == [BUSY.text]
    history = [entry.content["text"] for entry in await store.history(sender, 0, 20)]
    assert history.count(BUSY.text) == 1


async def test_work_longer_than_a_lease_keeps_it(new_store, new_gateway, opened, text, clock) -> None:
    done = asyncio.Event()

    async def respond(_sender: str, words: str) -> list[Reply]:
        await done.wait()
        return [Reply(words)]

    gateway = new_gateway(new_store(), MemoryDialogue(respond))
    other = new_store()
    sender = await opened(other)
    handling = asyncio.create_task(gateway.handle(text("一", "1")))
    await asyncio.sleep(0.05)
    for _ in range(2):
        clock.forward(20)
        await asyncio.sleep(0.3)  # renewed meanwhile
        assert await other.take(sender, "thief", clock()) is None
    done.set()
    assert said(await handling) == ["一"]


async def test_an_absent_assistant_gives_an_honest_word_and_later_the_answer(
    store, new_gateway, dialogue, opened, text, clock, eventually
) -> None:
    sender = await opened(store)
    gateway = new_gateway(store, dialogue, Pace(patience=0.3, poll=0.02, retry=0.02, postpone=5))
    dialogue.down = True
    first = await gateway.handle(text("一", "1"))
    second = await gateway.handle(text("二", "2"))
    assert said(first) == said(second) == [BUSY.text]
    assert not first.settled
    assert await store.unanswered() == 2

    dialogue.down = False
    clock.forward(60)
    await eventually(gateway.recover)
    assert await store.unanswered() == 0
    history = [(e.direction, e.content["text"]) for e in await store.history(sender, 0, 20)]
    assert history[-2:] == [("out", "听到：一"), ("out", "听到：二")]
    # asked again by the page: the real answer now
    assert said(await gateway.handle(text("一", "1"))) == ["听到：一"]
    assert len(dialogue.asked) == 2


async def test_behind_a_message_that_was_put_off_nobody_waits_long(store, new_gateway, dialogue, opened, text) -> None:
    await opened(store)
    gateway = new_gateway(store, dialogue, Pace(patience=1.0, retry=0.02))
    dialogue.down = True
    await gateway.handle(text("一", "1"))
    async with asyncio.timeout(0.7):
        assert said(await gateway.handle(text("二", "2"))) == [BUSY.text]


async def test_an_assistant_that_comes_back_in_time_is_asked_again_at_once(
    store, new_gateway, dialogue, opened, text
) -> None:
    await opened(store)
    gateway = new_gateway(store, dialogue)
    dialogue.down = True
    handling = asyncio.create_task(gateway.handle(text("一", "1")))
    await asyncio.sleep(0.2)
    dialogue.down = False
    assert said(await handling) == ["听到：一"]


async def test_silence_is_no_answer(store, new_gateway, opened, text) -> None:
    silences = 1

    async def respond(_sender: str, words: str) -> list[Reply]:
        nonlocal silences
        silences -= 1
        return [] if silences >= 0 else [Reply(words)]

    await opened(store)
    assert said(await new_gateway(store, MemoryDialogue(respond)).handle(text("一"))) == ["一"]


async def test_a_message_that_always_fails_is_given_up_honestly_and_does_not_block_the_next(
    store, new_gateway, opened, text, clock
) -> None:
    async def respond(_sender: str, words: str) -> list[Reply]:
        if words == "坏":
            raise AssistantFailed("status 500")
        return [Reply(words)]

    sender = await opened(store)
    gateway = new_gateway(store, MemoryDialogue(respond))
    assert said(await gateway.handle(text("坏", "1"))) == [BUSY.text]
    for _ in range(FAILURES - 1):
        assert said(await gateway.handle(text("坏", "1"))) in ([BUSY.text], [GIVEN_UP.text])
        clock.forward(300)
    assert [e.content["text"] for e in await store.history(sender, 0, 20)][-1] == GIVEN_UP.text
    assert said(await gateway.handle(text("好", "2"))) == ["好"]


async def test_an_outage_however_long_gives_no_message_up(store, new_gateway, dialogue, opened, text, clock) -> None:
    await opened(store)
    gateway = new_gateway(store, dialogue, Pace(patience=0.1, retry=0.02))
    dialogue.down = True
    await gateway.handle(text("一", "1"))
    for _ in range(2 * FAILURES):
        clock.forward(300)
        assert await gateway.recover() == 1
    dialogue.down = False
    clock.forward(300)
    await gateway.recover()
    assert said(await gateway.handle(text("一", "1"))) == ["听到：一"]


async def test_a_request_broken_off_does_not_break_the_work_off(store, new_gateway, opened, text) -> None:
    go = asyncio.Event()

    async def respond(_sender: str, words: str) -> list[Reply]:
        await go.wait()
        return [Reply(words)]

    dialogue = MemoryDialogue(respond)
    await opened(store)
    gateway = new_gateway(store, dialogue)
    broken = asyncio.create_task(gateway.handle(text("一", "1")))
    await asyncio.sleep(0.1)
    broken.cancel()
    go.set()
    assert said(await gateway.handle(text("一", "1"))) == ["一"]
    assert len(dialogue.asked) == 1


def press(payload: str, clock, shown_at: int = 0) -> Inbound:
    number = f"p{payload}{clock()}"
    return Inbound("web", "c1", number, Kind.PAYLOAD, clock(), payload=payload, shown_at=shown_at)


async def test_a_button_offered_just_now_is_a_command_and_shows_its_title(
    store, new_gateway, dialogue, opened, text, clock
) -> None:
    sender = await opened(store)
    gateway = new_gateway(store, dialogue)
    shown = await gateway.handle(text("路灯不亮"))
    assert said(await gateway.handle(press("/affirm", clock, shown.seqs[0]))) == ["听到：/affirm"]
    assert [e.content["text"] for e in await store.history(sender, 0, 20) if e.direction == "in"] == ["路灯不亮", "对"]


@pytest.mark.parametrize("payload", ["/affirm", '/choose_category{"code":"0101"}', "/restart", ""])
async def test_a_button_that_was_never_shown_is_refused_politely_and_not_heard(
    payload, store, new_gateway, dialogue, opened, text, clock
) -> None:
    await opened(store)
    gateway = new_gateway(store, dialogue)
    await gateway.handle(text("路灯不亮"))
    assert said(await gateway.handle(press(payload, clock))) == [STALE_BUTTON.text]
    assert len(dialogue.asked) == 1


async def test_a_button_does_nothing_once_the_same_was_offered_for_something_newer(
    store, new_gateway, dialogue, opened, text, clock
) -> None:
    """“对” below the first summary must not agree to the second."""
    await opened(store)
    gateway = new_gateway(store, dialogue)
    old = await gateway.handle(text("路灯不亮"))
    new = await gateway.handle(text("不对，是井盖"))
    assert said(await gateway.handle(press("/affirm", clock, old.seqs[0]))) == [STALE_BUTTON.text]
    # the word that it is over offers nothing, so the newer one still counts
    assert said(await gateway.handle(press("/affirm", clock, new.seqs[0]))) == ["听到：/affirm"]


async def test_a_button_pressed_while_a_newer_answer_is_on_its_way_does_nothing(
    store, new_gateway, dialogue, opened, text, clock
) -> None:
    await opened(store)
    gateway = new_gateway(store, dialogue)
    shown = await gateway.handle(text("路灯不亮"))
    _, late = await asyncio.gather(
        gateway.handle(text("不对，是井盖")), gateway.handle(press("/affirm", clock, shown.seqs[0]))
    )
    assert said(late) == [STALE_BUTTON.text]


async def test_typed_commands_stay_words(store, new_gateway, dialogue, opened, text) -> None:
    await opened(store)
    await new_gateway(store, dialogue).handle(text("/restart"))
    assert dialogue.asked[0][1] == "／restart"
