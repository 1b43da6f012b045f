"""What an operator says on the telephone for a message that a courier would send elsewhere (电话告知)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

BY_PHONE = ("closed", "rejected", "suspended", "extended", "reopened", "merged")
"""Kinds of messages worth a call: what those who follow a case hear as well (``noticing.OUTCOMES``)."""


def words_of(kind: str, payload: Mapping[str, Any]) -> str:
    """The news in Chinese, with the reason, the answer or the date that belongs to it."""
    match kind:
        case "closed":
            return _with("已办结。", payload.get("answer"))
        case "rejected":
            return _with("不予受理。", payload.get("reason"), payload.get("referral"))
        case "suspended":
            return _with(f"暂缓办理，预计 {_day(payload.get('until'))}恢复。", payload.get("reason"))
        case "extended":
            return f"办理期限延长到 {_day(payload.get('due_at'))}。"
        case "reopened":
            return "已重新办理。"
        case "merged":
            return f"已并入案件 {payload.get('into') or ''}一起办理，办结时一并告知。"
        case _:
            return str(payload.get("status_label") or kind)


def _with(first: str, *others: object) -> str:
    return " ".join([first, *(str(each) for each in others if each)])


def _day(moment: object) -> str:
    if not moment:
        return "另行通知后"
    at = datetime.fromisoformat(str(moment))
    return f"{at.month} 月 {at.day} 日"
