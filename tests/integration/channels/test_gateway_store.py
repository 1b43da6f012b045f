"""What the gateway keeps: each message once and in order, and one at work on a conversation at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from channels.gateway.message import Button, Reply
from channels.gateway.offers import Press
from channels.gateway.store import LeaseLost, UnknownConversation


async def test_a_message_is_kept_once_and_its_first_bearer_gets_the_work(store, clock, opened, text) -> None:
    await opened(store)
    first = await store.accept(text("路灯不亮", "1"), "A", clock())
    again = await store.accept(text("路灯不亮", "1"), "B", clock())
    assert first.new and first.work is not None and first.work.message.text == "路灯不亮"
    assert not again.new and again.work is None and again.seq == first.seq


async def test_a_message_to_nobody_is_refused(store, clock, text) -> None:
    with pytest.raises(UnknownConversation):
        await store.accept(text("喂"), "A", clock())


async def test_the_next_message_follows_under_the_same_lease_and_the_last_lets_it_go(
    store, clock, opened, text
) -> None:
    await opened(store)
    first = await store.accept(text("一", "1"), "A", clock())
    second = await store.accept(text("二", "2"), "B", clock())
    assert second.work is None
    answer, following = await store.finish("A", first.work, [Reply("好"), Reply("请说地点")], clock())
    assert [reply.text for reply in answer.replies] == ["好", "请说地点"]
    assert answer.seqs[0] < answer.seqs[1]
    assert following.message.text == "二" and following.attempts == 1
    _, following = await store.finish("A", following, [Reply("好")], clock())
    assert following is None
    third = await store.accept(text("三", "3"), "C", clock())
    assert third.work is not None


async def test_a_repetition_gets_the_stored_answer(store, clock, opened, text) -> None:
    await opened(store)
    accepted = await store.accept(text("一", "1"), "A", clock())
    reply = Reply("对吗？", (Button("对", "/affirm"),), {"kind": "case", "case_no": "7"})
    answer, _ = await store.finish("A", accepted.work, [reply], clock())
    again = await store.accept(text("一", "1"), "B", clock())
    assert again.answer == answer
    assert again.answer.case_nos == ["7"]


async def test_who_lost_the_lease_can_write_nothing(store, clock, opened, text) -> None:
    sender = await opened(store)
    accepted = await store.accept(text("一", "1"), "A", clock())
    clock.forward(31)
    taken = await store.take(sender, "B", clock())
    assert taken.attempts == 2
    with pytest.raises(LeaseLost):
        await store.finish("A", accepted.work, [Reply("旧")], clock())
    with pytest.raises(LeaseLost):
        await store.renew(sender, "A", clock())
    answer, _ = await store.finish("B", taken, [Reply("新")], clock())
    assert [entry.content["text"] for entry in await store.history(sender, 0, 10)] == ["一", "新"]
    assert [reply.text for reply in answer.replies] == ["新"]


async def test_a_renewed_lease_is_not_taken(store, clock, opened, text) -> None:
    sender = await opened(store)
    await store.accept(text("一", "1"), "A", clock())
    clock.forward(20)
    await store.renew(sender, "A", clock())
    clock.forward(20)
    assert await store.take(sender, "B", clock()) is None


async def test_of_many_who_reach_for_a_lease_one_gets_it(new_store, clock, opened, text) -> None:
    stores = [new_store(), new_store()]
    sender = await opened(stores[0])
    held = await asyncio.gather(*(stores[i % 2].hold(sender, f"owner {i}", clock()) for i in range(10)))
    assert sum(held) == 1


async def test_messages_of_two_processes_get_growing_numbers(new_store, clock, opened, text) -> None:
    stores = [new_store(), new_store()]
    sender = await opened(stores[0])
    accepted = await asyncio.gather(*(stores[i % 2].accept(text(str(i), str(i)), str(i), clock()) for i in range(20)))
    assert sum(item.work is not None for item in accepted) == 1
    numbers = [entry.seq for entry in await stores[0].history(sender, 0, 100)]
    assert len(set(numbers)) == 20 and numbers == sorted(numbers)


async def test_a_postponed_message_is_due_when_its_time_has_come(store, clock, opened, text) -> None:
    sender = await opened(store)
    accepted = await store.accept(text("一", "1"), "A", clock())
    assert await store.overdue(clock(), 10) == []  # somebody is at work
    await store.postpone("A", accepted.work, clock() + timedelta(seconds=5), clock(), failed=True)
    assert await store.overdue(clock(), 10) == []
    clock.forward(6)
    assert await store.overdue(clock(), 10) == [sender]
    taken = await store.take(sender, "B", clock())
    assert (taken.attempts, taken.failures) == (2, 1)


async def test_the_word_that_the_answer_comes_later_is_said_once(store, clock, opened, text) -> None:
    sender = await opened(store)
    accepted = await store.accept(text("一", "1"), "A", clock())
    first = await store.apologise(sender, accepted.seq, Reply("稍后"), clock())
    second = await store.apologise(sender, accepted.seq, Reply("稍后"), clock())
    assert first == second and not first.settled
    answer, _ = await store.finish("A", accepted.work, [Reply("好")], clock())
    assert await store.apologise(sender, accepted.seq, Reply("稍后"), clock()) == answer
    assert [entry.content["text"] for entry in await store.history(sender, 0, 10)] == ["一", "稍后", "好"]


async def test_the_buttons_of_an_answer_count_until_others_are_offered(store, clock, opened, text) -> None:
    sender = await opened(store)

    async def answer(number: int, *replies: Reply) -> tuple[int, ...]:
        accepted = await store.accept(text(str(number), str(number)), "A", clock())
        kept, _ = await store.finish("A", accepted.work, replies, clock())
        return kept.seqs

    assert await store.offers(sender) == ()
    await answer(0, Reply("？", (Button("甲", "/same"),)))
    seqs = await answer(1, Reply("？", (Button("甲", "/same"), Button("乙", "/b"))), Reply("？", (Button("丙", "/c"),)))
    for number in range(2, 6):
        await answer(number, Reply("好"))
    shown = [(offer.seq, offer.button.title) for offer in await store.offers(sender)]
    assert shown == [(seqs[0], "甲"), (seqs[0], "乙"), (seqs[1], "丙")]


async def test_a_button_is_found_by_where_it_stood_and_in_no_other_conversation(store, clock, opened, text) -> None:
    sender, other = await opened(store), await opened(store, "c2")
    accepted = await store.accept(text("一", "1"), "A", clock())
    answer, _ = await store.finish("A", accepted.work, [Reply("？", (Button("甲", "/a"),))], clock())
    (seq,) = answer.seqs
    assert await store.button(sender, Press(seq, 0)) == Button("甲", "/a")
    assert await store.button(sender, Press(seq, 1)) is None
    assert await store.button(sender, Press(10**18 - 1, 0)) is None
    assert await store.button(sender, Press(accepted.seq, 0)) is None
    assert await store.button(other, Press(seq, 0)) is None


async def test_history_goes_on_where_the_page_stopped(store, clock, opened, text) -> None:
    sender = await opened(store)
    await opened(store, "c2")
    await store.accept(text("别人的", "x", "c2"), "Z", clock())
    for number in range(5):
        await store.accept(text(str(number), str(number)), "A", clock())
    first = await store.history(sender, 0, 3)
    rest = await store.history(sender, first[-1].seq, 3)
    assert [entry.content["text"] for entry in first + rest] == ["0", "1", "2", "3", "4"]
    assert rest[-1].at.utcoffset() == timedelta(0)


async def test_consent_is_noted_once(store, clock, opened) -> None:
    await store.open_conversation("web:c9", "", False, clock())
    assert (await store.conversation("web:c9")).consented_at is None
    at = await store.consent("web:c9", clock())
    clock.forward(60)
    assert await store.consent("web:c9", clock()) == at


async def test_an_attachment_belongs_to_its_conversation(store, clock, opened) -> None:
    sender, other = await opened(store), await opened(store, "c2")
    await asyncio.gather(*(store.add_attachment(sender, "a1", "image/jpeg", clock()) for _ in range(3)))
    assert await store.attachment(sender, "a1") == "image/jpeg"
    assert await store.attachment(other, "a1") is None


async def test_upgrading_twice_at_once_does_no_harm(new_store) -> None:
    stores = [new_store(), new_store()]
    await asyncio.gather(*(store.upgrade() for store in stores))
    assert await stores[0].ready()
