"""Replies as WeChat's plain texts, and what users send as what we understand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from channels.gateway.message import Button, Kind, Reply
from channels.gateway.offers import Offer
from channels.gateway.store import Entry
from channels.wechat.incoming import MENU, meaning
from channels.wechat.letters import LIMIT, chosen, letters, split

NOW = datetime(2026, 11, 25, tzinfo=UTC)
YES, NO = Button("确认", "/affirm"), Button("改地点", "/edit")


def said(seq: int, text: str, *buttons: Button, to: int | None = None, busy: bool = False) -> Entry:
    name = f"{to}.busy" if busy else f"m{seq}"
    return Entry(seq, "out", name, Reply(text, buttons).content(), NOW, to)


def test_what_waits_is_said_in_one_message_in_its_order() -> None:
    (letter,) = letters([said(2, "已派遣"), said(5, "好的", to=4), said(6, "还有吗？", YES, NO, to=4)])
    assert letter.text == "已派遣\n\n好的\n\n还有吗？\n\n回复数字选择：1 确认　2 改地点"
    assert letter.through == 6


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        (None, "回复数字选择：1 OK　2 改地點"),
        ("zh-Hans", "回复数字选择：1 OK　2 改地點"),
        ("zh-Hant", "回覆數字選擇：1 OK　2 改地點"),
        ("en", "Reply with a number: 1 OK  2 改地點"),
    ],
)
def test_the_line_with_the_numbers_is_in_the_language_of_the_conversation(language: str | None, asked: str) -> None:
    buttons = (Button("OK", "/affirm"), Button("改地點", "/edit"))
    (letter,) = letters([said(1, "好", *buttons, to=1)], language)
    assert letter.text == f"好\n\n{asked}"


def test_only_the_newest_choices_have_numbers() -> None:
    (letter,) = letters([said(2, "甲？", YES, to=1), said(4, "乙？", NO, to=3), said(6, "丙", to=5)])
    assert letter.text == "甲？\n\n乙？\n\n回复数字选择：1 改地点\n\n丙"


def test_the_word_that_an_answer_comes_later_stands_before_others_that_came_between() -> None:
    (letter,) = letters([said(2, "请稍候", to=1, busy=True), said(3, "已派遣"), said(4, "答复", to=1)])
    assert letter.text == "请稍候\n\n已派遣\n\n答复"


def test_a_message_is_never_longer_than_wechat_takes_and_nothing_is_lost() -> None:
    found = letters([said(2, "短"), said(3, "路灯坏了。" * 400), said(4, "末")])
    assert [letter.through for letter in found] == [2, None, None, 4]
    assert all(len(letter.text.encode()) <= LIMIT for letter in found)
    assert "".join(letter.text for letter in found).replace("\n", "") == "短" + "路灯坏了。" * 400 + "末"


@pytest.mark.parametrize("words", ["字" * 2000, "😀" * 1500, "a\n" * 3000, "。" * 3000])
def test_words_are_split_between_characters(words: str) -> None:
    parts = split(words)
    assert all(len(part.encode()) <= LIMIT for part in parts)
    assert "".join(parts).replace("\n", "") == words.replace("\n", "")


@pytest.mark.parametrize(
    ("typed", "button"),
    [
        ("1", YES),
        (" ２ ", NO),
        ("2.", NO),
        ("①", YES),
        ("3", None),
        ("0", None),
        ("-1", None),
        ("1号楼", None),
        ("12345", None),
        ("确认", None),
        ("", None),
    ],
)
def test_a_number_alone_is_a_choice(typed: str, button: Button | None) -> None:
    offers = (Offer(7, YES), Offer(7, NO))
    assert chosen(typed, offers) == (Offer(7, button) if button else None)


def test_without_choices_a_number_is_a_word() -> None:
    assert chosen("1", ()) is None


@pytest.mark.parametrize(
    ("fields", "meant"),
    [
        ({"MsgType": "text", "Content": "路灯不亮"}, {"text": "路灯不亮"}),
        (
            {"MsgType": "voice", "MediaId": "v", "Recognition": "井盖"},
            {"kind": Kind.MEDIA, "media_id": "v", "media_type": "audio/amr", "hint": "井盖"},
        ),
        ({"MsgType": "voice", "Recognition": "井盖"}, {"text": "井盖"}),
        ({"MsgType": "voice"}, "这种消息暂时看不了，请您打字、发语音、照片或位置。"),
        ({"MsgType": "voice", "MediaId": "v"}, {"kind": Kind.MEDIA, "media_id": "v", "media_type": "audio/amr"}),
        ({"MsgType": "image", "MediaId": "m"}, {"kind": Kind.MEDIA, "media_id": "m", "media_type": "image/jpeg"}),
        ({"MsgType": "event", "Event": "CLICK", "EventKey": "MY_CASES"}, {"text": "查询进度"}),
        ({"MsgType": "event", "Event": "LOCATION", "Latitude": "31"}, ""),
        ({"MsgType": "text", "Content": "  "}, ""),
    ],
)
def test_what_users_send_has_a_meaning(fields: dict[str, str], meant: Any) -> None:
    assert meaning(fields) == meant


@pytest.mark.parametrize(
    "fields",
    [
        {"MsgType": "text", "Content": "【收到不支持的消息类型，暂无法显示】"},
        {"MsgType": "text", "Content": "长" * 5001},
        {"MsgType": "video", "MediaId": "v"},
        {"MsgType": "location", "Location_X": "nan", "Location_Y": "121"},
        {"MsgType": "location", "Location_X": "91", "Location_Y": "121"},
        {"MsgType": "image"},
        {"MsgType": "something new"},
    ],
)
def test_what_cannot_be_taken_is_said(fields: dict[str, str]) -> None:
    words = meaning(fields)
    assert isinstance(words, str)
    assert words


def test_every_press_in_the_menu_says_something() -> None:
    for item in MENU["button"]:
        fields = {"MsgType": "event", "Event": "CLICK", "EventKey": item["key"]}
        assert meaning(fields) not in ("", {"text": item["key"]})
