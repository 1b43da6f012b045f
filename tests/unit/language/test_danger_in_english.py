"""Danger to life is noticed in English, too, when it is there now."""

from __future__ import annotations

import pytest

from bot.language.danger_in_english import danger_in


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Fire!", "fire"),
        ("There is a fire on the third floor", "fire"),
        ("an e-bike is burning in the stairwell", "fire"),
        ("strong smell of gas in our corridor", "gas"),
        ("I think there's a gas leak next door", "gas"),
        ("two people are trapped in the lift", "injury"),
        ("a child is drowning in the river", "injury"),
        ("someone fell into an open manhole", "injury"),
        ("Help!", "injury"),
        ("please help me", "injury"),
        ("a man with a knife is at the gate", "crime"),
        ("the wall collapsed on a worker", "collapse"),
        ("有人掉进没盖的井里", "injury"),
    ],
)
def test_danger_now_is_noticed_in_either_language(text: str, kind: str) -> None:
    assert danger_in(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "Can you help me report a broken street light?",
        "the fire hydrant is broken",
        "cars are parked in the fire lane",
        "there was a fire here last year and the wall is still black",
        "who should I call if there is a gas leak?",
        "I am afraid someone might get injured",
        "the gas station queue blocks the road",
        "a big branch fell into the flower bed",
        "thanks for your help",
        "垃圾没人收",
        "",
    ],
)
def test_what_is_past_feared_or_asked_about_is_no_danger(text: str) -> None:
    assert danger_in(text) is None
