"""What the web channel takes as a message."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from channels.webchat.schemas import SentMessage

PIN = {"lat": 31.1, "lng": 121.4}


@pytest.mark.parametrize(
    "body",
    [
        {"text": "路灯不亮"},
        {"text": "灯" * 5000},
        {"location": PIN},
        {"location": PIN | {"label": "莘庄"}},
        {"attachment_id": "a1"},
        {"payload": "/affirm"},
        {"text": "好", "unknown": 1},
    ],
)
def test_one_thing_at_a_time_is_taken(body: dict[str, object]) -> None:
    SentMessage.model_validate({"client_msg_id": "1"} | body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "一次只能发送其中一种"),
        ({"text": "好", "payload": "/affirm"}, "一次只能发送其中一种"),
        ({"text": ""}, "内容是空的"),
        ({"text": " \n　"}, "内容是空的"),
        ({"text": "\x00"}, "内容是空的"),
        ({"text": "\u200b\ufeff\u202e"}, "内容是空的"),
        ({"text": "灯" * 5001}, "最多 5000 个字"),
    ],
)
def test_what_is_not_taken_is_told_in_chinese(body: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as error:
        SentMessage.model_validate({"client_msg_id": "1"} | body)
    assert words in str(error.value)


@pytest.mark.parametrize(
    "body",
    [
        {"text": "好", "client_msg_id": ""},
        {"text": "好", "client_msg_id": None},
        {"location": {"lat": 91, "lng": 0}},
        {"location": {"lat": float("nan"), "lng": 0}},
        {"location": {"lat": 31}},
        {"text": 5},
        {"text": "\ud800"},
        {"payload": "x" * 3000},
    ],
)
def test_nonsense_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SentMessage.model_validate({"client_msg_id": "1"} | body)
