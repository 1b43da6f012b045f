"""What Rasa's tracker tells: the message just heard, who speaks, what was said before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from rasa_sdk import Tracker

from actions import words
from actions.english import LANGUAGE
from actions.heard import Heard, Place, Problem
from bot.language.normalise import without_markup

LONGEST_TRANSCRIPT = 200
OVER = "action_file_report"
"""The action that ends a report: what was said before it belongs to another."""

_PUSHED_NUMBER = re.compile(r"案件 (\d{3}(?: \d{1,3}){2,3})")


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
    # photos or a voice message that came with words, or several photos, travel beside the text
    sent = (message.get("metadata") or {}).get("attachments") or []
    files = [(str(each["id"]), str(each.get("media_type") or "")) for each in sent if each.get("id")]
    if files and attachment is None:
        attachment = files[0]
    choice = None
    if act == "choose" and entities.get("what"):
        choice = (str(entities["what"]), str(entities.get("value") or ""))
    return Heard(
        text=text,
        act=act,
        confidence=float((message.get("intent") or {}).get("confidence") or 1.0),
        categories=_categories(message),
        places=_places(message),
        position=position,
        attachment=attachment,
        album=tuple(each for each in files if each != attachment),
        chosen_code=str(entities["code"]) if act == "choose_category" and entities.get("code") else None,
        edit=str(entities["what"]) if act == "edit" and entities.get("what") else None,
        choice=choice,
        button=text.startswith("/"),
        problems=tuple(
            Problem(part["text"], _categories(part), _places(part)) for part in message.get("problems") or []
        ),
    )


def _categories(parsed: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    return tuple((item["code"], item["confidence"]) for item in parsed.get("categories") or [])


def _places(parsed: dict[str, Any]) -> tuple[Place, ...]:
    return tuple(Place(without_markup(item["text"]), item["kind"]) for item in parsed.get("locations") or [])


def conversation_of(tracker: Tracker) -> tuple[str, str]:
    """Channel and the resident's id in it."""
    channel, _, user = tracker.sender_id.partition(":")
    return (channel, user) if user else ("web", tracker.sender_id)


def message_id_of(tracker: Tracker) -> str:
    """The channel's id of the latest message; Rasa's own where there is none."""
    message = tracker.latest_message
    return str((message.get("metadata") or {}).get("message_id") or message.get("message_id") or len(tracker.events))


def is_english(tracker: Tracker) -> bool:
    """Whether the resident writes English, as the gateway decided (``channels/gateway/language.py``)."""
    return metadata_of(tracker).get("language") == LANGUAGE


def metadata_of(tracker: Tracker) -> dict[str, Any]:
    """What the gateway sent along with the latest message."""
    return dict(tracker.latest_message.get("metadata") or {})


def silence_before(tracker: Tracker) -> float | None:
    """Seconds between the latest message and what was said before it; None when nothing was, in this session.

    What was pushed unasked is no talk.
    """
    spoken = [event for event in _newest_first(tracker.events) if event.get("event") in ("user", "bot")]
    latest = next((event for event in spoken if event["event"] == "user"), None)
    if latest is None:
        return None
    at = float(latest["timestamp"])
    for event in spoken:
        pushed = bool((event.get("metadata") or {}).get("pushed"))
        if event is not latest and not pushed and float(event["timestamp"]) <= at:
            return at - float(event["timestamp"])
    return None


def pushed_case(tracker: Tracker) -> str | None:
    """The number of the case of which the resident was told last without asking."""
    for event in _newest_first(tracker.events):
        if event.get("event") == "bot" and (event.get("metadata") or {}).get("pushed"):
            number = _PUSHED_NUMBER.search(event.get("text") or "")
            if number:
                return number.group(1).replace(" ", "")
    return None


def _newest_first(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return iter(events[::-1])


def talk_began(tracker: Tracker) -> float | None:
    """When the resident spoke first since the last report was over, in seconds since 1970."""
    began: float | None = None
    for event in tracker.events:
        if event.get("event") == "action" and event.get("name") == OVER:
            began = None
        elif event.get("event") == "user" and began is None:
            began = float(event["timestamp"])
    return began


def transcript_of(tracker: Tracker, since: float | None = None) -> list[dict[str, str]]:
    """What was said since the last report was over, as people read it; positions and files by what they were.

    ``since``: of a report that was told before that, the time from which on what was said belongs to it.
    """
    lines: list[dict[str, str]] = []
    for event in tracker.events:
        if event.get("event") == "action" and event.get("name") == OVER:
            if since is None or float(event["timestamp"]) < since:
                lines.clear()
            continue
        if event.get("event") not in ("user", "bot"):
            continue
        text = event.get("text") or ""
        if event["event"] == "user" and text.startswith("/"):
            text = _payload_words(text)
        elif text and _is_spoken(event):
            text = f"［语音］{text}"
        if text:
            at = datetime.fromtimestamp(event["timestamp"], timezone.utc).isoformat(timespec="seconds")
            lines.append({"role": "resident" if event["event"] == "user" else "assistant", "text": text, "at": at})
    return lines[-LONGEST_TRANSCRIPT:]


def _is_spoken(event: dict[str, Any]) -> bool:
    """Whether a message was said in a recording that goes along with its words."""
    sent = (event.get("metadata") or {}).get("attachments") or []
    return any(str(each.get("media_type") or "").startswith("audio/") for each in sent)


_CHOICES = {
    ("similar", "join"): "［加入］", ("both", "yes"): "［都报］", ("photo_place", "yes"): "［就是这里］",
    ("photo_place", "no"): "［不是这里］", ("resume", "yes"): "［继续］", ("resume", "no"): "［不要了］",
}  # fmt: skip


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
        return {"place": "［改地点］", "category": "［改类别］", "phone": "［改电话］"}.get(
            str(values.get("what")), "［改描述］"
        )
    if name == "choose":
        return _CHOICES.get((str(values.get("what")), str(values.get("value"))), "［按钮］")
    return {"affirm": "［确认］", "deny": "［有不对的］", "withdraw": "［取消］"}.get(name, "［按钮］")


def told_of_outcome(tracker: Tracker) -> bool:
    """Whether the last that was said to the resident is, unasked, that a case is closed."""
    spoken = [event for event in _newest_first(tracker.events) if event.get("event") in ("user", "bot")]
    before = next((event for event in spoken[1:]), None) if spoken and spoken[0]["event"] == "user" else None
    if before is None or not (before.get("metadata") or {}).get("pushed"):
        return False
    return any(said in (before.get("text") or "") for said in ("办结", "评价", "满意"))
