"""Calls as they are answered: to whoever has the call as they are, to all others with numbers masked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from channels.hotline.call import Call, Operator, State
from channels.hotline.call_store import CallEvent, FormRow
from channels.hotline.form import Field, FieldName, Json
from channels.hotline.leg_store import Leg, Utterance
from channels.hotline.quality import ServiceLevel

_NUMERALS = "0-9零〇一二三四五六七八九幺"
_NUMBER = re.compile(rf"[{_NUMERALS}](?:[-\s，,、]?[{_NUMERALS}]){{6,}}")
_SHOWN = 3


def masked_number(number: str) -> str:
    """A telephone number of which only the ends can be read."""
    return number[:_SHOWN] + "*" * max(0, len(number) - _SHOWN - 2) + number[-2:] if len(number) > _SHOWN else number


def masked(text: str) -> str:
    """``text`` with long numbers masked, as long as before, so that offsets still fit."""
    return _NUMBER.sub(lambda match: masked_number(match.group()), text)


class Showing:
    """Answers for one asker. ``now`` is the time of asking."""

    def __init__(self, asker: Operator, now: datetime):
        self._asker = asker
        self._now = now

    def sees_all(self, call: Call) -> bool:
        """Whether the asker has the call and is at work on it."""
        return call.operator is not None and call.operator.id == self._asker.id and call.state is not State.ENDED

    def call(self, call: Call, legs: Sequence[Leg], forms: Sequence[FormRow]) -> Json:
        """A call in a list."""
        until = call.answered_at or call.hung_up_at or self._now
        return {
            "call_id": call.id,
            "state": call.state.value,
            "state_label": call.state.label,
            "queue": call.queue,
            "called": call.called,
            "number": call.number if self.sees_all(call) else masked_number(call.number),
            "agent": call.agent,
            "operator": who(call.operator),
            "mine": call.operator is not None and call.operator.id == self._asker.id,
            "transfer_to": call.transfer_to,
            "rang_at": _time(call.rang_at),
            "answered_at": _time(call.answered_at),
            "hung_up_at": _time(call.hung_up_at),
            "finished_at": _time(call.finished_at),
            "waited_seconds": round((until - call.rang_at).total_seconds(), 1),
            "held_seconds": round(call.held_seconds, 1),
            "held_since": _time(call.held_since),
            "steps": [step.value for step in call.allowed(self._asker)],
            "lag_seconds": round(max((leg.lag_seconds for leg in legs), default=0.0), 1),
            "legs": [self.leg(leg, call) for leg in legs],
            "case_nos": [form.case_no for form in forms if form.case_no],
        }

    def leg(self, leg: Leg, call: Call) -> Json:
        """One leg, and what is being said on it."""
        rate = leg.rate or 1
        partial = leg.partial if self.sees_all(call) else masked(leg.partial)
        return {
            "uuid": leg.uuid,
            "side": leg.side.value,
            "connected": leg.connected,
            "closed": leg.closed_at is not None,
            "started_at": _time(leg.started_at),
            "seconds": round(leg.samples / rate, 2),
            "lag_seconds": round(leg.lag_seconds, 1),
            "recorded": bool(leg.path),
            "keys": leg.dtmf,
            "partial": {"text": partial, "start": round(leg.partial_start / rate, 2)} if leg.partial else None,
        }

    def utterance(self, utterance: Utterance, call: Call, legs: Mapping[str, Leg]) -> Json:
        """What was said. ``start`` and ``end`` are seconds of the leg; ``offset`` is where the recording has it."""
        rate = legs[utterance.leg].rate or 1
        start = utterance.start / rate
        sees = self.sees_all(call)
        return {
            "id": utterance.id,
            "call_id": call.id,
            "leg": utterance.leg,
            "side": utterance.side.value,
            "start": round(start, 2),
            "end": round(utterance.end / rate, 2),
            "offset": round(start + offset_of(legs[utterance.leg], legs.values()), 2),
            "at": _time(utterance.at),
            "text": utterance.text if sees else masked(utterance.text),
            "recognised": utterance.recognised if sees else masked(utterance.recognised),
            "corrected": utterance.corrected_by is not None,
            "segments": utterance.segments if sees else [],
        }

    def form(self, row: FormRow, call: Call) -> Json:
        """A form with where each field comes from."""
        sees = self.sees_all(call)
        return {
            "call_id": call.id,
            "number": row.number,
            "version": row.version,
            "fields": {name.value: _field(name, field, sees) for name, field in row.form.fields.items()},
            **row.beside,
            "case_no": row.case_no,
            "filed_at": _time(row.filed_at),
        }

    def event(self, event: CallEvent) -> Json:
        """Something that happened."""
        return {"at": _time(event.at), "kind": event.kind, "by": who(event.by), "detail": event.detail}


def offset_of(leg: Leg, legs: Any) -> float:
    """Seconds from the beginning of the call's recording to the beginning of a leg's."""
    begun = [each.started_at for each in legs if each.started_at is not None]
    return (leg.started_at - min(begun)).total_seconds() if leg.started_at is not None else 0.0


def level(figures: ServiceLevel) -> Json:
    """How calls are answered."""
    tally = figures.tally
    return {
        "waiting": figures.waiting,
        "longest_wait_seconds": round(figures.longest_wait_seconds, 1),
        "offered": tally.calls,
        "answered": tally.answered,
        "answered_in_time": tally.in_time,
        "abandoned": tally.abandoned,
        "in_time_share": tally.in_time_share,
        "connected_share": tally.connected_share,
    }


def report(call: Call, row: FormRow, said: Sequence[Utterance]) -> Json:
    """The form as the intake takes it."""
    value = row.form.value
    category, place, wish = value(FieldName.CATEGORY), value(FieldName.PLACE), value(FieldName.WISH)
    words = str(value(FieldName.DESCRIPTION) or "").strip()
    if wish and str(wish) not in words:
        words = f"{words.rstrip('。')}。诉求人要求：{wish}" if words else str(wish)
    located: Json = {"text": str((place or {}).get("text") or "")}
    if place and place.get("pinned") and place.get("lat") is not None:
        # the operator put the pin there: it counts more than the words
        located |= {"lat": place["lat"], "lng": place["lng"]}
    return {
        "channel": "hotline",
        "description": words,
        "category": str((category or {}).get("code") or ""),
        "location": located,
        "reporter": {
            "name": str(value(FieldName.NAME) or ""),
            "phone": str(value(FieldName.PHONE) or call.number),
            "confidential": bool(value(FieldName.CONFIDENTIAL)),
        },
        "transcript": [
            {"role": line.side.role, "text": line.text, "at": line.at.isoformat()} for line in said if line.text
        ][:500],
        "act": str(value(FieldName.ACT) or ""),
        "urgency": _urgency(row),
    }


def _urgency(row: FormRow) -> str:
    """What the operator chose, else that somebody was heard to be in danger; that of the category is the intake's."""
    chosen = row.form.fields.get(FieldName.URGENCY)
    if chosen is not None and chosen.is_typed:
        return str(chosen.value)
    return "emergency" if row.beside.get("danger") else "normal"


def _field(name: FieldName, field: Field, sees: bool) -> Json:
    value, seen = field.value, field.understood
    if not sees and isinstance(value, str):
        value = masked(value) if name is not FieldName.NAME else value[:1] + "*" * (len(value) - 1)
        seen = None
    return {
        "label": name.label,
        "value": value,
        "by": field.by.value,
        "confidence": field.confidence,
        "words": [{"utterance": one.utterance, "start": one.start, "end": one.end} for one in field.words],
        "understood": seen,
    }


def who(operator: Operator | None) -> Json | None:
    """A person, or nobody."""
    return {"id": operator.id, "name": operator.name} if operator else None


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
