"""A report as the intake takes it, and the action that files what was confirmed."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import english_words, words
from actions.dialogue import Report
from actions.drafts import draft_id
from actions.filing import Filing
from actions.said import utter
from actions.tracker import OVER, conversation_of, is_english, message_id_of, transcript_of

TAKEN_UP = "taken_up"
"""Slot that says why there is nothing new to hear: the report in hand was known before."""
SECOND = "second"
"""It is the second problem of a message."""
MOST_REMEMBERED = 20

# the intake takes no more; the resident's words are all in the transcript
_LONGEST_MATTER = 5000
_LONGEST_PLACE = 500
_MOST_ATTACHMENTS = 20


def report_body(report: Report, tracker: Tracker) -> dict[str, Any]:
    """The report as the intake API takes it."""
    channel, user = conversation_of(tracker)
    location: dict[str, Any] = {"text": _end_of(report.place)} if report.place else {}
    if report.position:
        location |= {"lat": report.position[0], "lng": report.position[1]}
    reporter: dict[str, Any] = {"channel_user": user, "confidential": report.confidential}
    if report.phone:
        reporter["phone"] = report.phone
    body: dict[str, Any] = {
        "channel": channel,
        "description": report.matter[:_LONGEST_MATTER],
        "location": location,
        "reporter": reporter,
        "act": report.act,
        "attachments": list(report.attachments)[:_MOST_ATTACHMENTS],
    }
    if report.category:
        body["category"], body["category_confidence"] = report.category[0], round(report.category[1], 4)
    return body


class FileReport(Action):
    """Files what was confirmed: the draft is on disk before anything is promised."""

    def __init__(self, filing: Filing) -> None:
        self._filing = filing

    def name(self) -> str:
        """As Rasa knows it."""
        return OVER

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """File a confirmed report and give its number, or say that it is kept; clear the form."""
        report = Report.from_slot(tracker.get_slot("report"))
        filed = list(tracker.get_slot("filed") or [])
        events: list[EventType] = []
        later = (
            _with_contact(report) if report.later and report.status in ("confirmed", "cancelled", "joined") else None
        )
        if report.status == "confirmed":
            filed += await self._file(dispatcher, tracker, report, "")
            if report.both and later is not None:
                filed += await self._file(dispatcher, tracker, later, ":2")
                later = later.second
        if filed != (tracker.get_slot("filed") or []):
            events.append(SlotSet("filed", filed[-MOST_REMEMBERED:]))
        kept = None
        if report.is_begun:
            kept = report.to_slot()
        if later is not None:
            events += [SlotSet(TAKEN_UP, SECOND), FollowupAction("report_form")]
            kept = later.to_slot()
        cleared = [SlotSet(name, None) for name in ("matter", "place", "confirmed", "requested_slot")]
        return [*events, SlotSet("report", kept), *cleared]

    async def _file(self, dispatcher: CollectingDispatcher, tracker: Tracker, report: Report, part: str) -> list[str]:
        """File one report; its number, if it has one yet."""
        english = is_english(tracker)
        body = report_body(report, tracker) | {"transcript": transcript_of(tracker)}
        case = await self._filing.file(draft_id(tracker.sender_id, message_id_of(tracker) + part), body)
        if case is None:
            utter(dispatcher, english, "utter_kept")
            return []
        who = english_words.who_and_when(case) or "as soon as possible" if english else words.who_and_when(case)
        utter(
            dispatcher,
            english,
            "utter_filed",
            case_no=words.spoken_number(case["case_no"]),
            who=who or "工作人员会尽快处理",
            json_message=words.case_card(case),
        )
        return [str(case["case_no"])]


def _end_of(place: str) -> str:
    """A place that the intake takes: of a very long one the end, where the house number is."""
    return place if len(place) <= _LONGEST_PLACE else "…" + place[1 - _LONGEST_PLACE :]


def _with_contact(report: Report) -> Report:
    """The second problem, with what was said of how to reach the resident."""
    contact = {name: getattr(report, name) for name in ("phone", "phone_refused", "phone_asked", "confidential")}
    return Report.from_slot({**(report.later or {}), **contact})
