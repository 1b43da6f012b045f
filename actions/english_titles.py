"""What stands on buttons, in English."""

from __future__ import annotations

TITLES = {
    "确认": "Confirm",
    "都报": "Report both",
    "加入": "Join",
    "改地点": "Change place",
    "改类别": "Change type",
    "改描述": "Change text",
    "取消": "Cancel",
    "就是这里": "Yes, here",
    "不是这里": "No",
    "补充刚才那件": "Add to my case",
    "是新的事": "Something new",
    "结果也告诉我": "Tell me the outcome",
    "确定撤销": "Withdraw",
    "不撤，继续办": "Keep it",
    "解决了": "Solved",
    "没解决": "Not solved",
    "非常满意": "Very satisfied",
    "满意": "Satisfied",
    "基本满意": "Fairly satisfied",
    "不满意": "Dissatisfied",
    "非常不满意": "Very dissatisfied",
    "继续": "Continue",
    "不要了": "Drop it",
    "继续报": "Continue",
    "没有解决，登记咨询": "Not solved, register",
    "都不是，登记咨询": "None, register",
}
"""What stands on buttons."""


def title(chinese: str) -> str:
    """A button's title; what has none (a name, a date) stays as it is."""
    return TITLES.get(chinese) or chinese
