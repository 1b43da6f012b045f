"""A person takes over when one is wanted or needed."""

from __future__ import annotations

import pytest

from actions.hand_over import People, is_small_talk, marker, opening_words, people_of, wants_a_person
from actions.heard import Heard


@pytest.mark.parametrize(
    ("text", "act", "confidence", "wanted"),
    [
        ("转人工", "handoff", 0.9, True),
        ("人工", "other", 0.4, True),
        ("我要人工客服", "handoff", 0.4, True),
        ("不跟机器说", "handoff", 0.8, True),
        ("不用转人工，你帮我报就行", "handoff", 0.8, False),
        ("电话13900001234 修好了跟我讲一声", "handoff", 0.6, False),
        ("路灯坏了", "report", 0.9, False),
    ],
)
def test_a_wish_for_a_person(text, act, confidence, wanted):
    assert wants_a_person(Heard(text, act, confidence)) is wanted


def test_without_word_of_the_gateway_people_are_there():
    assert people_of(None).staffed
    assert people_of({"message_id": "m1"}).staffed
    away = people_of({"people": {"staffed": False, "opens_at": "2026-11-26T00:30:00+00:00"}})
    assert (away.staffed, opening_words(away)) == (False, "11月26日 8:30")
    assert opening_words(People(False, "nonsense")) == ""


def test_the_gateway_is_told_why_and_how_to_reach_the_resident():
    assert marker("asked") == {"handover": {"reason": "asked", "callback": False}}
    told = marker("not_understood", phone="13812345678", call_back=True)
    assert told == {"handover": {"reason": "not_understood", "callback": True, "phone": "13812345678"}}


def test_talk_among_people_is_not_a_failure():
    assert is_small_talk("今天天气真好")
    assert is_small_talk("你是机器人吗")
    assert not is_small_talk("asdfgh")
    assert not is_small_talk("😀😀😀")
