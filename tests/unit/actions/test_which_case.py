"""Which of their cases residents mean."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from actions import english_words
from actions.errand import RATE, STATUS, URGE, WITHDRAW
from actions.heard import Heard
from actions.which_case import fitting, meant
from actions.words import progress_text

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=timezone.utc)  # noon in China


def case(number: str, day: int, name: str, code: str, status: str = "accepted", **more):
    return {
        "case_no": number,
        "received_at": f"2026-11-{day:02d}T09:00:00+08:00",
        "category": {"code": code, "name": name},
        "description": more.pop("description", name),
        "location": {"text": more.pop("place", "银都路812弄")},
        "status": status,
        **more,
    }


LIGHT = case("1", 24, "路灯", "0115", description="门口路灯不亮")
COVER = case("2", 20, "污水井盖", "0102", description="井盖裂开了", place="莲花南路1500弄")
NOISE = case("3", 25, "社会生活噪声", "1508", description="广场舞太吵")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("那个井盖怎么样了", ["2"]),
        ("我昨天报的那个怎么样了", ["1"]),
        ("我今天报的呢", ["3"]),
        ("5天前报的那个", ["2"]),
        ("广场舞那件办得怎么样", ["3"]),
        ("莲花南路那个有消息吗", ["2"]),
        ("刚才报的那个", ["3"]),
        ("第二件到哪一步了", ["1"]),
        ("我报的办得怎么样了", ["3", "1", "2"]),
        ("进度", ["3", "1", "2"]),
    ],
)
def test_the_case_is_found_by_what_is_said_of_it(text, numbers):
    found = meant([LIGHT, COVER, NOISE], Heard(text, "ask_status"), NOW)
    assert [one["case_no"] for one in found] == numbers


def test_the_category_that_was_understood_decides():
    heard = Heard("乌漆嘛黑的那个", "ask_status", categories=(("0115", 0.7),))
    assert [one["case_no"] for one in meant([LIGHT, COVER, NOISE], heard, NOW)] == ["1"]


def test_a_single_case_needs_no_words():
    assert meant([LIGHT], Heard("怎么样了", "ask_status"), NOW) == [LIGHT]


def test_only_closed_cases_are_judged_and_only_open_ones_urged():
    closed = case("4", 1, "路灯", "0115", "closed")
    judged = case("5", 1, "路灯", "0115", "closed", grade="satisfied")
    every = [LIGHT, closed, judged]
    assert fitting(RATE, every) == [closed]
    assert fitting(URGE, every) == [LIGHT]
    assert fitting(STATUS, every) == every
    assert fitting(URGE, [closed]) == [closed], "so that it is told why not"


def joined(state: str) -> dict:
    """A case that goes on within another, which stands in ``state``."""
    outcome = {"case_no": "9", "status": state, "department": {"id": "x", "name": "禾东镇"}, "due_at": None}
    return case("4", 22, "路灯", "0115", status="merged", outcome=outcome)


def test_a_case_that_goes_on_within_another_can_be_urged_and_is_judged_when_that_is_closed():
    going, settled = joined("accepted"), joined("closed")
    assert fitting(URGE, [going, settled]) == [going]
    assert fitting(RATE, [going, settled]) == [settled]
    assert fitting(WITHDRAW, [going, COVER]) == [COVER]


def test_the_progress_of_a_merged_case_is_that_of_the_one_in_which_it_goes_on():
    assert "并在一起处理，禾东镇正在处理" in progress_text(joined("accepted"))
    assert "并在一起处理，已经办结" in progress_text(joined("closed"))
    assert english_words.progress_text(joined("closed")).rstrip(".").endswith(english_words.STATES["closed"])
