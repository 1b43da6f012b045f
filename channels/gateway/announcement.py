"""The words by which residents hear what happened to their case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from channels.gateway.announcement_in_english import in_english
from channels.gateway.language import CATEGORY_CODE
from channels.gateway.message import Button, Json, Reply

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

GRADE_BUTTONS = tuple(
    Button(title, f'/choose{{"what":"grade","value":"{grade}"}}')
    for grade, title in (
        ("very_satisfied", "非常满意"),
        ("satisfied", "满意"),
        ("fairly_satisfied", "基本满意"),
        ("dissatisfied", "不满意"),
        ("very_dissatisfied", "非常不满意"),
    )
)
"""The five grades of a call-back, best first, as the assistant takes them."""


def announcement(kind: str, case_no: str, payload: Mapping[str, Any]) -> Reply:
    """The words and the card for an outbox item. A kind that has no words of its own is told by the case's state."""
    card = case_card(case_no, payload)
    words = _words(kind, grouped(case_no), card, payload)
    english = in_english(kind, grouped(case_no), card, payload)
    if payload.get("within"):
        # the reporter knows their own number only
        words += f"（您的反映已并入案件 {grouped(str(payload['within']))} 一起办理）"
        english += f" (It is handled together with case {grouped(str(payload['within']))}.)"
    if kind != "closed" or payload.get("followed"):
        return Reply(words, custom=card, english=english)
    # who reported it may judge it (lifecycle: 回访)
    return Reply(
        f"{words}\n您对办理结果满意吗？", GRADE_BUTTONS, card, f"{english}\nAre you satisfied with the result?"
    )


def _words(kind: str, number: str, card: Json, payload: Mapping[str, Any]) -> str:
    case = f"您关注的案件 {number}" if payload.get("followed") else f"您反映的问题（案件 {number}）"
    match kind:
        case "filed" | "received":
            return f"您之前反映的问题已经受理，案件编号 {number}{_who_and_when(card)}。"
        case "dispatched":
            return f"{case}已交给{card['department'] or '承办部门'}{_by(card)}。"
        case "accepted":
            return f"{case}，{card['department'] or '承办部门'}已经接手办理{_by(card)}。"
        case "extended":
            return f"{case}办理时间延长了{_by(card)}，请您谅解。"
        case "suspended":
            until = payload.get("until")
            by = f"，最晚到{local_day(str(until))}" if until else ""
            return f"{case}暂时不具备办理条件，先挂起{by}，到期会继续办。原因：{_said(payload, 'reason')}"
        case "resumed":
            return f"{case}恢复办理{_by(card)}。"
        case "closed":
            answer = _said(payload, "answer")
            return f"{case}已经办结。" + (f"办理情况：{answer}" if answer else "")
        case "rejected":
            turn = _said(payload, "referral")
            return f"{case}不属于受理范围：{_said(payload, 'reason')}" + (f" 您可以这样办：{turn}" if turn else "")
        case "merged":
            into = payload.get("into")
            what = f"与案件 {grouped(str(into))} 是同一件事" if into else "与另一件是同一件事"
            return f"{case}{what}，已并在一起办理；您的编号仍可查询，办理结果会告诉您。"
        case "reopened":
            return f"{case}已安排重新办理{_by(card)}。"
        case "reopening_refused":
            return f"{case}经复核不再重新办理：{_said(payload, 'reason')}"
        case "withdrawn":
            return f"{case}已按您的意思撤销。"
        case "hazard_kept":
            return f"{case}：您的撤诉已记下。因为涉及安全隐患，承办部门仍会处理好。"
        case "others_kept":
            return f"{case}：您的撤诉已记下。因为还有其他市民反映同一个问题，仍会继续办理。"
        case _:
            return f"您的案件 {number} 有新进展：{card['status_label'] or '已更新'}{_who_and_when(card)}。"


def filed_by_staff(case_no: str, case: Mapping[str, Any]) -> str:
    """What a resident hears whose case a person has filed for them."""
    return f"您反映的问题已经登记，案件编号 {grouped(case_no)}{_who_and_when(case_card(case_no, case))}。"


def case_card(case_no: str, case: Mapping[str, Any]) -> Json:
    """What is shown of a case: its number, state, category, department and due time."""
    status = str(case.get("status") or "")
    return {
        "kind": "case",
        "case_no": case_no,
        "status": status,
        "status_label": STATUS_LABELS.get(status, ""),
        "category": _name(case.get("category")),
        CATEGORY_CODE: _code(case.get("category")),
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


def local_day(at: str) -> str:
    """The day of an RFC 3339 time: 2027年3月1日."""
    moment = datetime.fromisoformat(at).astimezone(_LOCAL)
    return f"{moment.year}年{moment.month}月{moment.day}日"


def _by(card: Json) -> str:
    return f"，预计{local_time(card['due_at'])}前办结" if card["due_at"] else ""


def _said(payload: Mapping[str, Any], name: str) -> str:
    return str(payload.get(name) or "").strip()


def _who_and_when(card: Json) -> str:
    if card["status"] in ("closed", "rejected", "withdrawn", "merged", "reported_done"):
        return ""
    words = f"，由{card['department']}负责" if card["department"] else ""
    return words + (f"，预计{local_time(card['due_at'])}前办结" if card["due_at"] else "")


def _code(category: object) -> str | None:
    """The code of a category that came as an object."""
    return str(category["code"]) if isinstance(category, Mapping) and category.get("code") else None


def _name(value: object) -> str | None:
    """A category or department as a word, whether it came as one or as an object with a name."""
    if isinstance(value, Mapping):
        value = value.get("name")
    return str(value) if value else None
