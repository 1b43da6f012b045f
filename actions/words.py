"""How what is known is put into words: the summary that is read back, due times, case numbers, progress."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from actions.dialogue import CHOICES, Report
from actions.said import button

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


@cache
def referral_codes() -> frozenset[str]:
    """Categories of matters that are not the city management's own: registered, and passed on to the right body."""
    with _TAXONOMY.open(encoding="utf-8", newline="") as file:
        return frozenset(row["code"] for row in csv.DictReader(file) if row["kind"] == "referral")


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


def summary_text(
    report: Report, preview: dict[str, Any] | None, similar: dict[str, Any] | None = None, *, ask_phone: bool = True
) -> str:
    """The report read back, with how to agree and how to correct; ``similar``: a case that may be the same."""
    code = report.category[0] if report.category else ((preview or {}).get("category") or {}).get("code")
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
    department = ((preview or {}).get("department") or {}).get("name")
    if code in referral_codes() and department:
        lines.append(f"这件事不归城市管理，登记后转给{department}{plan.removeprefix(f'由{department}处理')}。")
    elif plan:
        lines.append(plan[0].replace("由", "将由") + plan[1:] + "。")
    if similar:
        lines.append(similar_text(similar))
    second = report.second
    if second and second.is_complete:
        lines += second_lines(second)
    lines.append("对的话回“对”，马上报上去；不对请直接说。")
    if ask_phone and not report.phone and not report.phone_refused:
        lines.append("愿意留电话的话一起发来，方便告诉您结果；不留也可以。")
    return "\n".join(lines)


def similar_text(similar: dict[str, Any]) -> str:
    """That somebody has reported something near already, and how to join."""
    category = (similar.get("category") or {}).get("name") or "类似问题"
    metres = similar.get("metres")
    near = f"，离这里约 {max(10, round(metres, -1))} 米" if metres is not None else ""
    number, state = spoken_number(similar["case_no"]), similar.get("status_label") or ""
    return (
        f"附近已有人反映过类似的问题：案件 {number}（{category}{near}，{state}）。"
        "是同一件事就回“加入”，有结果一起告诉您；不是的话照常确认，单独登记。"
    )


def second_lines(second: Report) -> list[str]:
    """The second problem of a message, read back under the first."""
    code = second.category[0] if second.category else None
    matter = second.matter.replace("\n", "；")[:_LONGEST_SHOWN]
    kind = f"{category_names().get(code, code)}；" if code else ""
    return [f"另一件：{kind}{place_text(second, None)}；{matter}", "两件都对，回“都报”，一起报上去。"]


def place_text(report: Report, preview: dict[str, Any] | None) -> str:
    """The place in the resident's words, and the town when it was found."""
    location = (preview or {}).get("location") or {}
    text = report.place or ("地图上的定位" if report.position else "没有说明")
    if report.position and not report.place and location.get("text"):
        text = f"地图上的定位（{location['text'].removesuffix('附近')}附近）"
    town = location.get("town")
    name = town.get("name") if isinstance(town, dict) else town
    return f"{text}（{name}）" if name and name not in text else text


def summary_card(
    report: Report, preview: dict[str, Any] | None, similar: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The summary for channels that can draw it."""
    code = report.category[0] if report.category else ((preview or {}).get("category") or {}).get("code")
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
        "similar": similar["case_no"] if similar else None,
        "quoted": _quoted(report),
    }


def _quoted(report: Report) -> list[str]:
    """The resident's own words in the summary: they are read back in the script in which they were written."""
    told = [report, *([report.second] if report.second else [])]
    matters = [each.matter.replace("\n", "；")[:_LONGEST_SHOWN] for each in told]
    return [words for words in (*matters, *(each.place for each in told)) if words]


def summary_buttons(report: Report, similar: dict[str, Any] | None = None) -> list[dict[str, str]]:
    """What can be done with the report read back."""
    buttons = [{"title": "确认", "payload": "/affirm"}]
    second = report.second
    if second and second.is_complete:
        buttons.append(button("都报", "both", "yes"))
    if similar:
        buttons.append(button("加入", "similar", "join"))
    buttons += [
        {"title": title, "payload": f'/edit{{"what":"{what}"}}'}
        for title, what in (("改地点", "place"), ("改类别", "category"), ("改描述", "matter"))
    ]
    return [*buttons, {"title": "取消", "payload": "/withdraw"}]


def choice_buttons(report: Report) -> list[dict[str, str]]:
    """A button for each of the likeliest categories."""
    return [
        {"title": category_names().get(code, code), "payload": f'/choose_category{{"code":"{code}"}}'}
        for code, _ in report.ranking[:CHOICES]
    ]


def case_card(case: dict[str, Any]) -> dict[str, Any]:
    """A filed case for channels that can draw it; ``kind`` "case" is what the gateway takes the number from.

    Of a merged case the card shows how the one stands in which it goes on.
    """
    standing = case.get("outcome") or case
    return {
        "kind": "case",
        "case_no": case["case_no"],
        "status": standing["status"],
        "category": (case.get("category") or {}).get("name"),
        "department": (standing.get("department") or {}).get("name"),
        "due_at": standing.get("due_at"),
    }


def state_words(case: dict[str, Any]) -> str:
    """The state of a case in words that a resident understands."""
    outcome = case.get("outcome")
    if outcome:
        return f"{STATUS_WORDS['merged']}，{state_words(outcome)}"
    department = (case.get("department") or {}).get("name") or "承办单位"
    return str(STATUS_WORDS.get(case["status"], case["status"])).format(department=department)


def case_words(case: dict[str, Any]) -> str:
    """A case as it is named: number and category."""
    category = (case.get("category") or {}).get("name") or "您反映的问题"
    return f"案件 {spoken_number(case['case_no'])}（{category}）"


def case_line(case: dict[str, Any]) -> str:
    """A case in a list to choose from: day, category, place, state."""
    at = datetime.fromisoformat(case["received_at"]).astimezone(_CHINA)
    category = (case.get("category") or {}).get("name") or "未分类"
    place = (case.get("location") or {}).get("text") or "地点不详"
    state = case.get("status_label") or ""
    return f"{at.month}月{at.day}日 {category}，{place[:20]}（{spoken_number(case['case_no'])}，{state}）"


def case_title(case: dict[str, Any]) -> str:
    """A case on a button."""
    at = datetime.fromisoformat(case["received_at"]).astimezone(_CHINA)
    return f"{at.month}月{at.day}日 {(case.get('category') or {}).get('name') or '未分类'}"


def progress_text(case: dict[str, Any], note: str = "", now: datetime | None = None) -> str:
    """How a case stands: state, who, by when, and the last note of those who handle it."""
    standing = case.get("outcome") or case
    due = standing.get("due_at")
    open_states = ("received", "filed", "dispatched", "accepted", "returned")
    by = ""
    if due and standing["status"] in open_states:
        late = bool(standing.get("overdue"))
        by = f"，原定{when(due, now)}前办结，已经超过时限，您可以催办" if late else f"，预计{when(due, now)}前办结"
    text = f"{case_words(case)}：{state_words(case)}{by}。"
    return f"{text}\n{note}" if note else text


def last_note(events: list[dict[str, Any]]) -> str:
    """The last thing that happened which the resident should read in full; nothing that is not confirmed yet."""
    verified = any(event["kind"] == "verified" for event in events)
    for event in reversed(events):
        kind, remark, reason = event["kind"], event.get("remark") or "", event.get("reason") or ""
        if kind == "reopened":
            return "已经安排重新办理。"
        if kind == "answered" and remark:
            return f"答复：{remark}"
        if kind == "reported_done" and remark and verified:
            return f"办理情况：{remark}"
        if kind == "suspended":
            until = (event.get("data") or {}).get("until")
            return f"暂缓的原因：{reason}" + (f"，最晚到{_day(str(until))}恢复办理" if until else "")
        if kind == "rejected":
            referral = (event.get("data") or {}).get("referral")
            return f"不受理的原因：{reason}" + (f"。您可以这样办：{referral}" if referral else "")
        if kind == "reopening_refused":
            return f"经复核不再重新办理：{reason}"
        if kind == "extension_decided" and (event.get("data") or {}).get("granted"):
            return "办理时间经批准延长。"
    return ""


def _day(iso: str) -> str:
    day = datetime.fromisoformat(iso).astimezone(_CHINA)
    return f"{day.year}年{day.month}月{day.day}日"
