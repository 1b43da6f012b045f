"""The words by which residents hear of their case."""

from __future__ import annotations

import pytest

from channels.gateway.announcement import STATUS_LABELS, announcement, grouped, local_time

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


@pytest.mark.parametrize(("number", "read"), [("483920175", "483 920 175"), ("1234567890", "123 456 789 0")])
def test_numbers_are_read_in_threes(number: str, read: str) -> None:
    assert grouped(number) == read


def test_times_are_told_by_the_clock_on_the_wall_in_china() -> None:
    assert local_time("2026-12-31T23:00:00Z") == "1月1日（周五）07:00"
