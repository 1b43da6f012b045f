"""The words by which residents hear of their case."""

from __future__ import annotations

import pytest

from actions.opinion import GRADES
from channels.gateway.announcement import STATUS_LABELS, announcement, grouped, local_time
from channels.gateway.language import put

PAYLOAD = {
    "case_no": "483920175",
    "status": "filed",
    "category": {"code": "0115", "name": "路灯", "division": "公用设施"},
    "department": {"id": "d1", "name": "区路灯管理所"},
    "due_at": "2026-11-25T09:30:00+00:00",
}


def test_a_filed_case_is_told_with_number_department_and_due_time() -> None:
    reply = announcement("filed", "483920175", PAYLOAD)
    assert reply.text == (
        "您之前反映的问题已经受理，案件编号 483 920 175，由区路灯管理所负责，预计11月25日（周三）17:30前办结。"
    )
    assert reply.custom == {
        "kind": "case",
        "case_no": "483920175",
        "status": "filed",
        "status_label": "已立案",
        "category": "路灯",
        "category_code": "0115",
        "department": "区路灯管理所",
        "due_at": "2026-11-25T09:30:00+00:00",
    }


def test_what_is_not_known_yet_is_left_out() -> None:
    reply = announcement("filed", "483920175", {"status": "received", "department": None, "due_at": None})
    assert reply.text == "您之前反映的问题已经受理，案件编号 483 920 175。"


@pytest.mark.parametrize("status", list(STATUS_LABELS))
def test_other_news_are_told_by_the_state(status: str) -> None:
    reply = announcement("moved", "483920175", PAYLOAD | {"status": status})
    assert f"有新进展：{STATUS_LABELS[status]}" in reply.text


def test_a_closed_case_promises_no_due_time() -> None:
    assert "预计" not in announcement("moved", "483920175", PAYLOAD | {"status": "closed"}).text


TOLD = {
    "dispatched": ({}, "已交给区路灯管理所，预计11月25日（周三）17:30前办结。"),
    "accepted": ({}, "区路灯管理所已经接手办理，预计11月25日（周三）17:30前办结。"),
    "extended": ({}, "办理时间延长了，预计11月25日（周三）17:30前办结，请您谅解。"),
    "suspended": (
        {"reason": "等待配件", "until": "2027-02-28T16:00:00+00:00"},
        "暂时不具备办理条件，先挂起，最晚到2027年3月1日，到期会继续办。原因：等待配件",
    ),
    "resumed": ({}, "恢复办理，预计11月25日（周三）17:30前办结。"),
    "closed": ({"answer": "灯已换好"}, "已经办结。办理情况：灯已换好"),
    "rejected": (
        {"reason": "属于劳动争议", "referral": "请拨打12333"},
        "不属于受理范围：属于劳动争议 您可以这样办：请拨打12333",
    ),
    "merged": ({"into": "123456789"}, "与案件 123 456 789 是同一件事，已并在一起办理"),
    "reopened": ({}, "已安排重新办理，预计11月25日（周三）17:30前办结。"),
    "reopening_refused": ({"reason": "现场已修好"}, "经复核不再重新办理：现场已修好"),
    "withdrawn": ({}, "已按您的意思撤销。"),
    "hazard_kept": ({}, "您的撤诉已记下。因为涉及安全隐患，承办部门仍会处理好。"),
    "others_kept": ({}, "您的撤诉已记下。因为还有其他市民反映同一个问题，仍会继续办理。"),
}


@pytest.mark.parametrize("kind", list(TOLD))
def test_each_kind_of_news_is_told_in_words_a_resident_understands(kind: str) -> None:
    extra, words = TOLD[kind]
    reply = announcement(kind, "483920175", {**PAYLOAD, **extra})
    assert reply.text.startswith("您反映的问题（案件 483 920 175）")
    assert words in reply.text


def test_closing_asks_the_reporter_for_a_grade() -> None:
    reply = announcement("closed", "483920175", PAYLOAD | {"status": "closed", "answer": "灯已换好"})
    assert reply.text.endswith("办理情况：灯已换好\n您对办理结果满意吗？")
    assert [button.title for button in reply.buttons] == ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]
    assert {button.payload for button in reply.buttons} == {
        f'/choose{{"what":"grade","value":"{grade}"}}' for grade in GRADES
    }
    english = put(reply, "en")
    assert english.text.endswith("Are you satisfied with the result?")
    assert english.buttons[0].title == "Very satisfied"
    assert all(button.title.isascii() for button in english.buttons)


def test_who_only_follows_a_case_is_not_asked_to_judge_it() -> None:
    reply = announcement("closed", "483920175", PAYLOAD | {"status": "closed", "followed": True})
    assert (reply.buttons, "满意" in reply.text) == ((), False)


def test_who_follows_or_was_merged_is_told_so() -> None:
    assert announcement("closed", "483920175", PAYLOAD | {"followed": True}).text.startswith("您关注的案件")
    merged = announcement("closed", "483920175", PAYLOAD | {"within": "123456789"})
    assert "已经办结。（您的反映已并入案件 123 456 789 一起办理）" in merged.text


@pytest.mark.parametrize(("number", "read"), [("483920175", "483 920 175"), ("1234567890", "123 456 789 0")])
def test_numbers_are_read_in_threes(number: str, read: str) -> None:
    assert grouped(number) == read


def test_times_are_told_by_the_clock_on_the_wall_in_china() -> None:
    assert local_time("2026-12-31T23:00:00Z") == "1月1日（周五）07:00"


def test_the_card_beside_english_words_names_category_and_department_in_english() -> None:
    card = put(announcement("accepted", "483920175", PAYLOAD), "en").custom
    assert card is not None
    assert card["category"] == "Street light"
    assert card["department"] == "区路灯管理所 (street lighting service)"
    assert card["language"] == "en"
