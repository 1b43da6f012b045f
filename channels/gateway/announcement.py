"""The words by which residents hear what happened to their case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from channels.gateway.message import Json, Reply

# China has one clock for all its cities
_LOCAL = timezone(timedelta(hours=8))
_WEEKDAYS = "一二三四五六日"

STATUS_LABELS = {
    "received": "待受理",
    "filed": "已立案",
    "dispatched": "已派遣",
    "accepted": "处置中",
    "returned": "重新派遣中",
    "suspended": "挂账",
    "reported_done": "已反馈",
    "closed": "已结案",
    "rejected": "不予受理",
    "merged": "已并案",
    "withdrawn": "已撤诉",
}


def announcement(kind: str, case_no: str, payload: Mapping[str, Any]) -> Reply:
    """The words and the card for an outbox item. A kind that has no words of its own is told by the case's state."""
    card = case_card(case_no, payload)
    number = grouped(case_no)
    if kind in ("filed", "received"):
        words = f"您之前反映的问题已经受理，案件编号 {number}{_who_and_when(card)}。"
    else:
        words = f"您的案件 {number} 有新进展：{card['status_label'] or '已更新'}{_who_and_when(card)}。"
    return Reply(words, custom=card)


def case_card(case_no: str, case: Mapping[str, Any]) -> Json:
    """What is shown of a case: its number, state, category, department and due time."""
    status = str(case.get("status") or "")
    return {
        "kind": "case",
        "case_no": case_no,
        "status": status,
        "status_label": STATUS_LABELS.get(status, ""),
        "category": _name(case.get("category")),
        "department": _name(case.get("department")),
        "due_at": case.get("due_at"),
    }


def grouped(case_no: str) -> str:
    """A case number as it is read: in groups of three."""
    return " ".join(case_no[start : start + 3] for start in range(0, len(case_no), 3))


def local_time(at: str) -> str:
    """An RFC 3339 time as residents say it: 11月25日（周三）17:30."""
    moment = datetime.fromisoformat(at).astimezone(_LOCAL)
    return f"{moment.month}月{moment.day}日（周{_WEEKDAYS[moment.weekday()]}）{moment:%H:%M}"


def _who_and_when(card: Json) -> str:
    if card["status"] in ("closed", "rejected", "withdrawn", "merged", "reported_done"):
        return ""
    words = f"，由{card['department']}负责" if card["department"] else ""
    return words + (f"，预计{local_time(card['due_at'])}前办结" if card["due_at"] else "")


def _name(value: object) -> str | None:
    """A category or department as a word, whether it came as one or as an object with a name."""
    if isinstance(value, Mapping):
        value = value.get("name")
    return str(value) if value else None
