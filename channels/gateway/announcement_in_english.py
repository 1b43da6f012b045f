"""News of a case in short English. What staff wrote is passed on as they wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from bot.language.bodies import body_in_english
from channels.gateway.message import Json

_LOCAL = timezone(timedelta(hours=8))
_STATES = {
    "received": "received",
    "filed": "accepted",
    "dispatched": "sent to a department",
    "accepted": "being worked on",
    "returned": "being sent to another department",
    "suspended": "on hold",
    "reported_done": "done, being checked",
    "closed": "closed",
    "rejected": "not accepted",
    "merged": "joined with another case",
    "withdrawn": "withdrawn",
}


def in_english(kind: str, number: str, card: Json, payload: Mapping[str, Any]) -> str:
    """The words for an outbox item; ``number`` as it is shown. As ``announcement`` says it in Chinese."""
    case = f"The case {number} that you follow" if payload.get("followed") else f"Your case {number}"
    by = f", due by {_time(card['due_at'])}" if card["due_at"] else ""
    department = body_in_english(card["department"])
    match kind:
        case "filed" | "received":
            return f"Your report is registered. Case number: {number}{by}."
        case "dispatched":
            return f"{case} has been sent to {department}{by}."
        case "accepted":
            return f"{case}: {department} is working on it{by}."
        case "extended":
            return f"{case} needs more time{by}. We are sorry for the delay."
        case "suspended":
            return f"{case} is on hold for now and will go on later. Reason: {_said(payload, 'reason')}"
        case "resumed":
            return f"{case} is being worked on again{by}."
        case "closed":
            answer = _said(payload, "answer")
            return f"{case} is closed." + (f" What was done: {answer}" if answer else "")
        case "rejected":
            turn = _said(payload, "referral")
            return f"{case} was not accepted: {_said(payload, 'reason')}" + (
                f" You can turn to: {turn}" if turn else ""
            )
        case "merged":
            return (
                f"{case} is about the same thing as another case; they are handled together. Your number stays valid."
            )
        case "reopened":
            return f"{case} will be worked on again{by}."
        case "reopening_refused":
            return f"{case} was checked and will not be reopened: {_said(payload, 'reason')}"
        case "withdrawn":
            return f"{case} is withdrawn, as you wished."
        case "hazard_kept":
            return f"{case}: your withdrawal is noted. As it is a safety hazard, it will still be dealt with."
        case "others_kept":
            return f"{case}: your withdrawal is noted. As others reported it too, it will still be dealt with."
        case _:
            return f"News of your case {number}: {_STATES.get(card['status'], 'updated')}{by}."


def _time(at: str) -> str:
    moment = datetime.fromisoformat(at).astimezone(_LOCAL)
    return f"{moment:%H:%M} on {moment.day} {moment:%b}"


def _said(payload: Mapping[str, Any], name: str) -> str:
    return str(payload.get(name) or "").strip()
