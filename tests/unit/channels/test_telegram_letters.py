"""Replies as Telegram takes them, and what a press of a button tells."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from channels.gateway.message import Button, Json, Reply
from channels.gateway.offers import Press, pressed
from channels.gateway.store import Entry
from channels.telegram.letters import LIMIT, MENU, letters, split

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def said(seq: int, words: str, *buttons: Button, card: Json | None = None) -> Entry:
    return Entry(seq, "out", f"{seq}.0", Reply(words, buttons, card).content(), AT, None)


def summary(precision: str, text: str = "") -> Entry:
    place = {"text": "银都路812弄（莘庄镇）", "lat": 31.1, "lng": 121.4, "precision": precision}
    return said(8, text, card={"kind": "summary", "place": place})


def test_the_place_of_a_summary_is_shown_on_a_map() -> None:
    (letter,) = letters([summary("estate")])
    assert (letter.text, letter.pin, letter.through) == ("银都路812弄（莘庄镇）", (31.1, 121.4), 8)


def test_a_place_that_is_only_roughly_known_is_not() -> None:
    assert [letter.pin for letter in letters([summary("town"), summary("estate", "请您核对：")])] == [None, None]


def rows(entry: Entry) -> list[list[tuple[str, str]]]:
    (letter,) = letters([entry])
    assert letter.keyboard is not None
    return [[(key.text, key.callback_data) for key in row] for row in letter.keyboard.inline_keyboard]


def test_short_buttons_stand_in_pairs_and_long_ones_on_a_line_each() -> None:
    buttons = [Button(title, "/x") for title in ("确认", "改地点", "道路照明设施不亮了", "改描述", "取消")]
    assert rows(said(7, "对吗？", *buttons)) == [
        [("确认", "7.0"), ("改地点", "7.1")],
        [("道路照明设施不亮了", "7.2")],
        [("改描述", "7.3"), ("取消", "7.4")],
    ]


def test_what_a_button_sends_fits_however_long_its_payload_is() -> None:
    ((_, data),) = rows(said(10**15, "？", Button("选", '/choose_category{"code":"' + "9" * 500 + '"}')))[0]
    assert len(data.encode()) <= 64
    assert pressed(data) == Press(10**15, 0)


@pytest.mark.parametrize("data", ["", "-", "7", "7.", ".1", "7.1.2", "x.y", "-7.1", "٧.١", "9" * 30 + ".0"])
def test_what_no_button_of_ours_sends_is_none(data: str) -> None:
    assert pressed(data) is None


def test_a_long_reply_comes_in_parts_and_the_buttons_with_the_last() -> None:
    words = "路灯不亮。" * 900
    found = letters([said(3, words, Button("好", "/affirm"))])
    assert "".join(letter.text for letter in found) == words
    assert all(len(letter.text) <= LIMIT for letter in found)
    assert [letter.keyboard is not None for letter in found] == [False] * (len(found) - 1) + [True]
    assert [letter.through for letter in found] == [None] * (len(found) - 1) + [3]


def test_words_without_a_place_to_break_are_broken_anywhere() -> None:
    assert split("啊" * 25, 10) == ["啊" * 10, "啊" * 10, "啊" * 5]


def test_the_keys_below_the_input_line_come_with_the_welcome() -> None:
    (letter,) = letters([said(1, "您好", card=MENU)])
    assert letter.keyboard is not None
    assert letter.keyboard.to_dict()["is_persistent"] is True
