"""The actions that Rasa calls: take a message into the report, file it, tell how a case stands."""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime, timezone
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import words
from actions.dialogue import Heard, Place, Problem, Report, Turn, hear, take_up
from actions.drafts import draft_id
from actions.filing import Filing
from actions.intake import Intake, IntakeDown, IntakeRefused
from bot.language.normalise import normalise

log = logging.getLogger(__name__)

_CASE_NO = re.compile(r"(?<!\d)\d{3}[\s-]?\d{3}[\s-]?\d{3,4}(?!\d)")
LONGEST_TRANSCRIPT = 200
TAKEN_UP = "taken_up"
"""Slot that says: the report in hand was known before, there is nothing new to hear."""
# the form asks by these slots; the report's own question is finer
_ASKED_SLOT = {"matter": "matter", "new_matter": "matter", "place": "place", "new_place": "place"}


def heard_of(message: dict[str, Any]) -> Heard:
    """The tracker's latest message as the dialogue understands it."""
    text = message.get("text") or ""
    act = (message.get("intent") or {}).get("name") or "other"
    entities = {entity["entity"]: entity.get("value") for entity in message.get("entities") or []}
    position = None
    if act == "share_location" and {"lat", "lng"} <= entities.keys():
        position = (float(entities["lat"]), float(entities["lng"]), str(entities.get("label") or ""))
    attachment = None
    if act == "share_attachment" and entities.get("id"):
        attachment = (str(entities["id"]), str(entities.get("media_type") or ""))
    said_with = message.get("metadata") or {}
    if said_with.get("attachment_id"):  # a voice message: its words are the text
        attachment = (str(said_with["attachment_id"]), str(said_with.get("media_type") or ""))
    return Heard(
        text=text,
        act=act,
        confidence=float((message.get("intent") or {}).get("confidence") or 1.0),
        categories=_categories(message),
        places=_places(message),
        position=position,
        attachment=attachment,
        chosen_code=str(entities["code"]) if act == "choose_category" and entities.get("code") else None,
        edit=str(entities["what"]) if act == "edit" and entities.get("what") else None,
        button=text.startswith("/"),
        problems=tuple(
            Problem(part["text"], _categories(part), _places(part)) for part in message.get("problems") or []
        ),
    )


def _categories(parsed: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    return tuple((item["code"], item["confidence"]) for item in parsed.get("categories") or [])


def _places(parsed: dict[str, Any]) -> tuple[Place, ...]:
    return tuple(Place(item["text"], item["kind"]) for item in parsed.get("locations") or [])


def conversation_of(tracker: Tracker) -> tuple[str, str]:
    """Channel and the resident's id in it."""
    channel, _, user = tracker.sender_id.partition(":")
    return (channel, user) if user else ("web", tracker.sender_id)


def message_id_of(tracker: Tracker) -> str:
    """The channel's id of the latest message; Rasa's own where there is none."""
    message = tracker.latest_message
    return str((message.get("metadata") or {}).get("message_id") or message.get("message_id") or len(tracker.events))


def report_body(report: Report, tracker: Tracker) -> dict[str, Any]:
    """The report as the intake API takes it."""
    channel, user = conversation_of(tracker)
    location: dict[str, Any] = {"text": report.place} if report.place else {}
    if report.position:
        location |= {"lat": report.position[0], "lng": report.position[1]}
    reporter: dict[str, Any] = {"channel_user": user, "confidential": report.confidential}
    if report.phone:
        reporter["phone"] = report.phone
    body: dict[str, Any] = {
        "channel": channel,
        "description": report.matter,
        "location": location,
        "reporter": reporter,
        "act": report.act,
        "attachments": list(report.attachments),
    }
    if report.category:
        body["category"], body["category_confidence"] = report.category[0], round(report.category[1], 4)
    return body


def transcript_of(tracker: Tracker) -> list[dict[str, str]]:
    """What was said since the last report was over, as people read it; positions and files by what they were."""
    lines: list[dict[str, str]] = []
    for event in tracker.events:
        if event.get("event") == "action" and event.get("name") == FileReport.NAME:
            lines.clear()
            continue
        if event.get("event") not in ("user", "bot"):
            continue
        text = event.get("text") or ""
        if event["event"] == "user" and text.startswith("/"):
            text = _payload_words(text)
        elif text and (event.get("metadata") or {}).get("attachment_id"):
            text = f"［语音］{text}"
        if text:
            at = datetime.fromtimestamp(event["timestamp"], timezone.utc).isoformat(timespec="seconds")
            lines.append({"role": "resident" if event["event"] == "user" else "assistant", "text": text, "at": at})
    return lines[-LONGEST_TRANSCRIPT:]


def _payload_words(payload: str) -> str:
    name, _, rest = payload[1:].partition("{")
    try:
        values = json.loads("{" + rest) if rest else {}
    except json.JSONDecodeError:
        values = {}
    if name == "share_location":
        return f"［位置］{values.get('label') or ''}".strip()
    if name == "share_attachment":
        return "［语音］" if str(values.get("media_type", "")).startswith("audio") else "［照片］"
    if name == "choose_category":
        return f"［选择］{words.category_names().get(str(values.get('code')), '')}"
    if name == "edit":
        return {"place": "［改地点］", "category": "［改类别］"}.get(str(values.get("what")), "［改描述］")
    return {"affirm": "［对，报上去］", "deny": "［有不对的］", "withdraw": "［取消］"}.get(name, "［按钮］")


class TakeReport(Action):
    """Validates the report form: takes the latest message into the report and puts the next question."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def name(self) -> str:
        """As Rasa knows it."""
        return "validate_report_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Decide, say, and set the slots; the form ends when the report is confirmed, dropped or handed over."""
        report = Report.from_slot(tracker.get_slot("report"))
        turn = take_up(report) if tracker.get_slot(TAKEN_UP) else hear(report, heard_of(tracker.latest_message))
        for name, values in turn.says:
            if name == "utter_summary":
                await self._read_back(dispatcher, turn, tracker)
            elif name == "utter_which":
                buttons = words.choice_buttons(turn.report)
                dispatcher.utter_message(response=name, buttons=buttons)
            else:
                dispatcher.utter_message(response=name, **values)
        report = turn.report
        events: list[EventType] = [
            SlotSet("report", report.to_slot()),
            SlotSet("matter", report.matter or None),
            SlotSet("place", report.place or ("unknown" if report.has_place else None)),
            SlotSet("confirmed", report.status == "confirmed" or None),
            SlotSet(TAKEN_UP, None),
        ]
        asked = _ASKED_SLOT.get(report.asked or "", "confirmed") if report.asked else None
        return [*events, SlotSet("requested_slot", asked)]

    async def _read_back(self, dispatcher: CollectingDispatcher, turn: Turn, tracker: Tracker) -> None:
        preview = None
        try:
            preview = await self._intake.preview(report_body(turn.report, tracker))
        except (IntakeDown, IntakeRefused) as error:
            log.warning("no preview: %s", error)
        dispatcher.utter_message(
            response="utter_summary",
            summary=words.summary_text(turn.report, preview),
            json_message=words.summary_card(turn.report, preview),
        )


class FileReport(Action):
    """Files what was confirmed: the draft is on disk before anything is promised."""

    def __init__(self, filing: Filing) -> None:
        self._filing = filing

    NAME = "action_file_report"

    def name(self) -> str:
        """As Rasa knows it."""
        return self.NAME

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """File a confirmed report and give its number, or say that it is kept; clear the form."""
        report = Report.from_slot(tracker.get_slot("report"))
        events: list[EventType] = []
        if report.status == "confirmed":
            body = report_body(report, tracker) | {"transcript": transcript_of(tracker)}
            case = await self._filing.file(draft_id(tracker.sender_id, message_id_of(tracker)), body)
            if case is None:
                dispatcher.utter_message(response="utter_kept")
            else:
                plan = words.who_and_when(case) or "工作人员会尽快处理"
                dispatcher.utter_message(
                    response="utter_filed",
                    case_no=words.spoken_number(case["case_no"]),
                    who=plan,
                    json_message=words.case_card(case),
                )
                events.append(SlotSet("filed", [*(tracker.get_slot("filed") or []), case["case_no"]][-20:]))
        kept = None
        if report.status == "handed_over":
            kept = Report.from_slot({**report.to_slot(), "status": "open", "asked": None}).to_slot()
        if report.later and report.status == "confirmed":
            later = Report.from_slot({**report.later, "phone": report.phone, "phone_refused": report.phone_refused,
                                      "confidential": report.confidential})  # fmt: skip
            events += [SlotSet(TAKEN_UP, True), FollowupAction("report_form")]
            kept = later.to_slot()
        cleared = [SlotSet(name, None) for name in ("matter", "place", "confirmed", "requested_slot")]
        return [*events, SlotSet("report", kept), *cleared]


class CaseStatus(Action):
    """Tells how a case stands: the one whose number is given, else the last one filed in this conversation."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def name(self) -> str:
        """As Rasa knows it."""
        return "action_case_status"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Look the case up and say how it stands."""
        match = _CASE_NO.search(normalise(tracker.latest_message.get("text") or "").text)
        filed = tracker.get_slot("filed") or []
        number = re.sub(r"\D", "", match.group()) if match else filed[-1] if filed else None
        if number is None:
            dispatcher.utter_message(response="utter_no_case_yet")
            return []
        try:
            case = await self._intake.case(number, conversation_of(tracker)[1])
        except (IntakeDown, IntakeRefused):
            dispatcher.utter_message(response="utter_status_unreachable")
            return []
        if case is None:
            dispatcher.utter_message(response="utter_status_unknown")
        else:
            dispatcher.utter_message(
                response="utter_status",
                status=words.progress_text(case),
                json_message=words.case_card(case) | {"kind": "progress"},
            )
        return []
