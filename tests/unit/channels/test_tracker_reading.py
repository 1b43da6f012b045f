"""Whether a message was answered is read from the tracker; which assistant keeps it is fixed by its sender."""

from __future__ import annotations

from collections import Counter
from typing import Any

from channels.gateway.dialogue import home, replies_to


def user(message_id: str) -> dict[str, Any]:
    return {"event": "user", "text": "…", "metadata": {"message_id": message_id}}


def bot(text: str | None, *, pushed: bool = False, **data: object) -> dict[str, Any]:
    return {"event": "bot", "text": text, "data": data, "metadata": {"pushed": True} if pushed else {}}


SLOT = {"event": "slot", "name": "place", "value": "莘庄"}


def texts(message_id: str, *events: dict[str, Any]) -> list[str] | None:
    replies = replies_to(message_id, events)
    return None if replies is None else [reply.text for reply in replies]


def test_the_answer_is_what_was_said_between_the_message_and_the_next() -> None:
    events = (bot("欢迎"), user("1"), SLOT, bot("在哪里？"), bot("请说地点"), user("2"), bot("好的"))
    assert texts("1", *events) == ["在哪里？", "请说地点"]
    assert texts("2", *events) == ["好的"]


def test_a_message_that_was_never_heard_has_no_answer() -> None:
    assert texts("3", user("1"), bot("好的")) is None


def test_a_message_that_was_heard_in_silence_is_known_as_such() -> None:
    assert texts("1", user("1"), SLOT, user("2"), bot("好的")) == []


def test_what_was_pushed_later_is_no_answer() -> None:
    assert texts("1", user("1"), bot("您的案件已经受理", pushed=True)) == []


def test_a_message_asked_twice_counts_with_the_words_that_were_said() -> None:
    assert texts("1", user("1"), user("1"), bot("好的")) == ["好的"]
    assert texts("1", user("1"), bot("好的"), user("1"), bot("再说一遍？")) == ["好的"]


def test_buttons_and_cards_are_part_of_the_answer() -> None:
    card = {"kind": "case", "case_no": "483920175"}
    events = [
        user("1"),
        bot("对吗？", buttons=[{"title": "对", "payload": "/affirm"}], custom=None),
        bot(None, custom=card),
    ]
    replies = replies_to("1", events)
    assert replies is not None
    assert replies[0].buttons[0].payload == "/affirm"
    assert replies[1].custom == card


def test_a_sender_always_goes_to_the_same_assistant_and_the_load_is_shared() -> None:
    urls = ["http://a", "http://b", "http://c"]
    senders = [f"web:{number}" for number in range(3000)]
    homes = {sender: home(sender, urls) for sender in senders}
    assert homes == {sender: home(sender, list(reversed(urls))) for sender in senders}
    assert min(Counter(homes.values()).values()) > 850


def test_adding_an_assistant_moves_only_what_it_takes_over() -> None:
    urls = ["http://a", "http://b"]
    senders = [f"web:{number}" for number in range(1000)]
    moved = {
        home(sender, [*urls, "http://c"])
        for sender in senders
        if home(sender, urls) != home(sender, [*urls, "http://c"])
    }
    assert moved == {"http://c"}
