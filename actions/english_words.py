"""The English counterpart of ``actions.words``: the same functions, for residents who write English.

A department is told by its Chinese name and what kind of body it is; what staff wrote stays as it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from actions import words
from actions.dialogue import CHOICES, Report
from bot.language.bodies import body_in_english
from bot.language.categories import category_names

_CHINA = timezone(timedelta(hours=8))
_LONGEST_SHOWN = 200

STATES = {
    "received": "received, being checked",
    "filed": "accepted, a department is being chosen",
    "dispatched": "sent to {department}",
    "accepted": "being worked on by {department}",
    "returned": "being sent to another department",
    "suspended": "on hold for now, will go on later",
    "reported_done": "reported as done by {department}, being checked",
    "closed": "closed",
    "rejected": "not accepted, outside of what the city handles",
    "merged": "handled together with other reports of the same thing",
    "withdrawn": "withdrawn as you wished",
}


def category_name(code: str) -> str:
    """The category in English; its Chinese name where there is none."""
    return category_names().get(code) or words.category_names().get(code, code)


def when(iso: str, now: datetime | None = None) -> str:
    """A due time: today 18:00, tomorrow 9:30, 24 Nov."""
    due = datetime.fromisoformat(iso).astimezone(_CHINA)
    days = (due.date() - (now or datetime.now(_CHINA)).astimezone(_CHINA).date()).days
    clock = f"{due.hour}:{due.minute:02d}"
    return {0: f"{clock} today", 1: f"{clock} tomorrow"}.get(days, f"{due.day} {due:%b}")


def who_and_when(preview: dict[str, Any] | None) -> str:
    """Who will handle it and by when, as far as it is known."""
    department = ((preview or {}).get("department") or {}).get("name")
    due = (preview or {}).get("due_at")
    parts = ([f"handled by {body_in_english(department)}"] if department else []) + (
        [f"due by {when(due)}"] if due else []
    )
    return ", ".join(parts)


def summary_text(
    report: Report, preview: dict[str, Any] | None, similar: dict[str, Any] | None = None, *, ask_phone: bool = True
) -> str:
    """The report read back, with how to agree and how to correct."""
    code = report.category[0] if report.category else ((preview or {}).get("category") or {}).get("code")
    lines = ["Please check:"]
    if code:
        lines.append(f"Type: {category_name(code)}")
    lines.append(f"Place: {place_text(report, preview)}")
    matter = report.matter.replace("\n", "; ")
    lines.append(f"Problem: {matter[:_LONGEST_SHOWN]}{'…' if len(matter) > _LONGEST_SHOWN else ''}")
    if report.attachments:
        lines.append(f"Attachments: {len(report.attachments)}")
    if report.phone:
        lines.append(f"Phone: {report.phone[:3]}****{report.phone[-4:]}")
    department = ((preview or {}).get("department") or {}).get("name")
    plan = who_and_when(preview)
    if code in words.referral_codes() and department:
        lines.append(
            f"The city does not handle this itself; it is registered and passed on to {body_in_english(department)}."
        )
    elif plan:
        lines.append(f"It will be {plan}." if department else f"{plan[0].upper()}{plan[1:]}.")
    if similar:
        number, state = words.spoken_number(similar["case_no"]), STATES.get(similar.get("status") or "", "open")
        lines.append(f"Somebody reported something like this nearby: case {number} ({state.split(',')[0]}).".replace(
            "{department}", "a department"))  # fmt: skip
        lines.append("If it is the same, reply “join”; if not, just confirm.")
    second = report.second
    if second and second.is_complete:
        lines.append(f"Also: {place_text(second, None)}; {second.matter}. Reply “both” to report both.")
    lines.append("Reply “yes” to submit, or tell me what to change.")
    if ask_phone and not report.phone and not report.phone_refused:
        lines.append("You may add a phone number so that we can tell you the result; it is not required.")
    return "\n".join(lines)


def place_text(report: Report, preview: dict[str, Any] | None) -> str:
    """The place in the resident's words, and the town when it was found."""
    location = (preview or {}).get("location") or {}
    text = report.place or ("position on the map" if report.position else "not stated")
    town = location.get("town")
    name = town.get("name") if isinstance(town, dict) else town
    return f"{text} ({name})" if name and name not in text else text


def summary_card(
    report: Report, preview: dict[str, Any] | None, similar: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The summary for channels that can draw it."""
    card = words.summary_card(report, preview, similar)
    if card["category"]:
        card["category"] = {**card["category"], "name": category_name(card["category"]["code"])}
    card["place"] = {**card["place"], "text": place_text(report, preview)}
    if card["department"]:
        card["department"] = body_in_english(card["department"])
    return card


def case_card(case: dict[str, Any]) -> dict[str, Any]:
    """A filed case for channels that can draw it."""
    card = words.case_card(case)
    code = (case.get("category") or {}).get("code")
    if code:
        card["category"] = category_name(code)
    if card["department"]:
        card["department"] = body_in_english(card["department"])
    return card


def choice_buttons(report: Report) -> list[dict[str, str]]:
    """A button for each of the likeliest categories."""
    likely = [code for code, _ in report.ranking[:CHOICES]]
    return [
        {**each, "title": category_name(code)} for each, code in zip(words.choice_buttons(report), likely, strict=True)
    ]


def state_words(case: dict[str, Any]) -> str:
    """The state of a case in plain words."""
    outcome = case.get("outcome")
    if outcome:
        return f"{STATES['merged']}, {state_words(outcome)}"
    department = body_in_english((case.get("department") or {}).get("name"))
    return STATES.get(case["status"], str(case["status"])).format(department=department)


def case_words(case: dict[str, Any]) -> str:
    """A case as it is named: number and category."""
    code = (case.get("category") or {}).get("code") or ""
    return f"Case {words.spoken_number(case['case_no'])} ({category_name(code) if code else 'your report'})"


def case_line(case: dict[str, Any]) -> str:
    """A case in a list to choose from."""
    at = datetime.fromisoformat(case["received_at"]).astimezone(_CHINA)
    place = (case.get("location") or {}).get("text") or "no place"
    return f"{at.day} {at:%b}: {case_words(case)}, {place[:30]}"


def case_title(case: dict[str, Any]) -> str:
    """A case on a button."""
    at = datetime.fromisoformat(case["received_at"]).astimezone(_CHINA)
    return f"{at.day} {at:%b} {category_name((case.get('category') or {}).get('code') or '') or 'Report'}"


def progress_text(case: dict[str, Any], note: str = "", now: datetime | None = None) -> str:
    """How a case stands; ``note``: the last words of those who handle it, as they wrote them."""
    standing = case.get("outcome") or case
    due = standing.get("due_at")
    by = ""
    if due and standing["status"] in ("received", "filed", "dispatched", "accepted", "returned"):
        by = ", late; you may urge it" if standing.get("overdue") else f", due by {when(due, now)}"
    text = f"{case_words(case)}: {state_words(case)}{by}."
    return f"{text}\n{note}" if note else text
