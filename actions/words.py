"""How what is known is put into words: the summary that is read back, due times, case numbers, progress."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from actions.dialogue import CHOICES, Report

_TAXONOMY = Path(__file__).resolve().parent.parent / "nlu_data" / "taxonomy.csv"
_WEEKDAYS = "一二三四五六日"
_CHINA = timezone(timedelta(hours=8))
_LONGEST_SHOWN = 120

STATUS_WORDS = {
    "received": "已收到，正在由受理人员核对",
    "filed": "已经立案，正在安排承办单位",
    "dispatched": "已经派给{department}，等待签收",
    "accepted": "{department}正在处理",
    "returned": "正在重新确定由哪个单位处理",
    "suspended": "因客观原因暂缓处理，到期会继续",
    "reported_done": "{department}已反馈处理结果，正在核实",
    "closed": "已经办结",
    "rejected": "不属于受理范围，没有立案",
    "merged": "和同一件事的其他反映并在一起处理",
    "withdrawn": "已经按您的要求撤销",
}


@cache
def category_names() -> dict[str, str]:
    """Code → name of each category."""
    with _TAXONOMY.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


def spoken_number(case_no: str) -> str:
    """A case number in groups of three, as it is shown and read out."""
    return " ".join(case_no[i : i + 3] for i in range(0, len(case_no), 3))


def when(iso: str, now: datetime | None = None) -> str:
    """A due time as people say it: 今天 18:00, 明天 9:30; only the date when it is further off, 11月24日（周二）."""
    due = datetime.fromisoformat(iso).astimezone(_CHINA)
    today = (now or datetime.now(_CHINA)).astimezone(_CHINA).date()
    days = (due.date() - today).days
    clock = f"{due.hour}:{due.minute:02d}"
    if days == 0:
        return f"今天 {clock}"
    if days == 1:
        return f"明天 {clock}"
    return f"{due.month}月{due.day}日（周{_WEEKDAYS[due.weekday()]}）"


def who_and_when(preview: dict[str, Any] | None) -> str:
    """Who will handle it and by when, as far as it is known; an empty text when nothing is."""
    if not preview:
        return ""
    department = (preview.get("department") or {}).get("name")
    due = preview.get("due_at")
    if department and due:
        return f"由{department}处理，预计{when(due)}前办结"
    if department:
        return f"由{department}处理"
    return f"预计{when(due)}前办结" if due else ""


def summary_text(report: Report, preview: dict[str, Any] | None) -> str:
    """The report read back, with how to agree and how to correct."""
    code = report.category[0] if report.category else None
    lines = ["请您核对："]
    if code:
        lines.append(f"类别：{category_names().get(code, code)}")
    lines.append(f"地点：{place_text(report, preview)}")
    matter = report.matter.replace("\n", "；")
    lines.append(f"内容：{matter[:_LONGEST_SHOWN]}{'……' if len(matter) > _LONGEST_SHOWN else ''}")
    if report.attachments:
        lines.append(f"附件：{len(report.attachments)} 个")
    if report.phone:
        lines.append(f"电话：{report.phone[:3]}****{report.phone[-4:]}")
    plan = who_and_when(preview)
    if plan:
        lines.append(plan[0].replace("由", "将由") + plan[1:] + "。")
    lines.append("对的话回“对”，马上报上去；不对请直接说。")
    if not report.phone and not report.phone_refused:
        lines.append("愿意留电话的话一起发来，方便告诉您结果；不留也可以。")
    return "\n".join(lines)


def place_text(report: Report, preview: dict[str, Any] | None) -> str:
    """The place in the resident's words, and the town when it was found."""
    location = (preview or {}).get("location") or {}
    text = report.place or ("地图上的定位" if report.position else "没有说明")
    if report.position and not report.place and location.get("text"):
        text = f"地图上的定位（{location['text'].removesuffix('附近')}附近）"
    town = location.get("town")
    name = town.get("name") if isinstance(town, dict) else town
    return f"{text}（{name}）" if name and name not in text else text


def summary_card(report: Report, preview: dict[str, Any] | None) -> dict[str, Any]:
    """The summary for channels that can draw it."""
    code = report.category[0] if report.category else None
    location = dict((preview or {}).get("location") or {})
    if report.position:
        location.setdefault("lat", report.position[0])
        location.setdefault("lng", report.position[1])
    return {
        "kind": "summary",
        "category": {"code": code, "name": category_names().get(code, code)} if code else None,
        "place": {
            "text": place_text(report, preview),
            "lat": location.get("lat"),
            "lng": location.get("lng"),
            "precision": location.get("precision"),
        },
        "description": report.matter,
        "department": ((preview or {}).get("department") or {}).get("name"),
        "due_at": (preview or {}).get("due_at"),
        "phone": f"{report.phone[:3]}****{report.phone[-4:]}" if report.phone else None,
        "attachments": len(report.attachments),
    }


def choice_buttons(report: Report) -> list[dict[str, str]]:
    """A button for each of the likeliest categories."""
    return [
        {"title": category_names().get(code, code), "payload": f'/choose_category{{"code":"{code}"}}'}
        for code, _ in report.ranking[:CHOICES]
    ]


def case_card(case: dict[str, Any]) -> dict[str, Any]:
    """A filed case for channels that can draw it; ``kind`` "case" is what the gateway takes the number from."""
    return {
        "kind": "case",
        "case_no": case["case_no"],
        "status": case["status"],
        "category": (case.get("category") or {}).get("name"),
        "department": (case.get("department") or {}).get("name"),
        "due_at": case.get("due_at"),
    }


def progress_text(case: dict[str, Any]) -> str:
    """How a case stands, in words that a resident understands."""
    department = (case.get("department") or {}).get("name") or "承办单位"
    state = STATUS_WORDS.get(case["status"], case["status"]).format(department=department)
    category = (case.get("category") or {}).get("name") or "您反映的问题"
    due = case.get("due_at")
    open_states = ("received", "filed", "dispatched", "accepted", "returned")
    by = f"，预计{when(due)}前办结" if due and case["status"] in open_states else ""
    return f"案件 {spoken_number(case['case_no'])}（{category}）：{state}{by}。"
