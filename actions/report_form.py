"""A report as the intake takes it, and the action that files what was confirmed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import english_words, words
from actions.dialogue import Report
from actions.drafts import draft_id
from actions.filing import Filing
from actions.intake import IntakeRefused
from actions.refusals import what_is_wrong
from actions.said import utter
from actions.tracker import OVER, conversation_of, is_english, message_id_of, talk_began, transcript_of

TAKEN_UP = "taken_up"
"""Slot that says why there is nothing new to hear: the report in hand was known before."""
SECOND = "second"
"""It is the second problem of a message."""
REFUSED = "refused"
"""It was confirmed, and the intake did not take it: something of it has to be changed."""
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
    if report.act == "emergency":
        body["urgency"] = "emergency"
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
        over = report.status in ("confirmed", "cancelled", "joined")
        # the talk goes on: what was said so far belongs to what is still to be filed, too
        report = replace(report, since=report.since or talk_began(tracker))
        later = _with_contact(report) if report.later and over else None
        open_again: list[Report] = []
        if report.status == "confirmed":
            told = [(report, "")]
            if report.both and later is not None:
                told.append((later, ":2"))
                later = later.second
            for one, part in told:
                numbers, refused = await self._file(dispatcher, tracker, one, part)
                filed += numbers
                if refused:
                    open_again.append(replace(one, status="open", both=False, later=None))
        if filed != (tracker.get_slot("filed") or []):
            events.append(SlotSet("filed", filed[-MOST_REMEMBERED:]))
        kept = None
        if report.is_begun or report.status == "cancelled":
            kept = report.to_slot()  # what was taken back may be wanted after all with the next message
        if open_again:
            events += [SlotSet(TAKEN_UP, REFUSED), FollowupAction("report_form")]
            kept = _one_behind_another(*open_again, later)
        elif later is not None:
            events += [SlotSet(TAKEN_UP, SECOND), FollowupAction("report_form")]
            kept = later.to_slot()
        cleared = [SlotSet(name, None) for name in ("matter", "place", "confirmed", "requested_slot")]
        return [*events, SlotSet("report", kept), *cleared]

    async def _file(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, report: Report, part: str
    ) -> tuple[list[str], bool]:
        """File one report: its number, if it has one yet, and whether the intake will not take it as it is."""
        english = is_english(tracker)
        body = report_body(report, tracker) | {"transcript": transcript_of(tracker, report.since)}
        try:
            case = await self._filing.file(draft_id(tracker.sender_id, message_id_of(tracker) + part), body)
        except IntakeRefused as refused:
            utter(dispatcher, english, "utter_not_filed", why=what_is_wrong(refused, english=english))
            return [], True
        if case is None:
            utter(dispatcher, english, "utter_kept")
            return [], False
        who = english_words.who_and_when(case) or "as soon as possible" if english else words.who_and_when(case)
        utter(
            dispatcher,
            english,
            "utter_filed",
            case_no=words.spoken_number(case["case_no"]),
            who=who or "工作人员会尽快处理",
            json_message=(english_words if english else words).case_card(case),
        )
        return [str(case["case_no"])], False


def _one_behind_another(first: Report, *others: Report | None) -> dict[str, Any]:
    """Reports as the slot keeps them: each waits behind the one before."""
    waiting = [other for other in others if other is not None]
    return replace(first, later=_one_behind_another(*waiting) if waiting else None).to_slot()


def _end_of(place: str) -> str:
    """A place that the intake takes: of a very long one the end, where the house number is."""
    return place if len(place) <= _LONGEST_PLACE else "…" + place[1 - _LONGEST_PLACE :]


def _with_contact(report: Report) -> Report:
    """The second problem, with what was said of how to reach the resident, and when the talk of both began."""
    contact = {
        name: getattr(report, name) for name in ("phone", "phone_refused", "phone_asked", "confidential", "since")
    }
    return Report.from_slot({**(report.later or {}), **contact})
