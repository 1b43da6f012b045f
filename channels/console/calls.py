"""Calls as the console shows them: in the list beside the conversations, with the transcript that grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from channels.console.sources import Item, Page
from channels.gateway.message import Json
from channels.hotline.call import ANSWER_WITHIN, Call, Operator, Side, State, Step
from channels.hotline.call_store import CallEvent, CallStore, UnknownCall
from channels.hotline.leg_store import Leg, LegStore, Utterance
from channels.hotline.showing import Showing, masked, masked_number
from channels.hotline.transactions import Change

KIND = "call"

_LATELY = timedelta(minutes=30)
_ROLES = {Side.CALLER: "resident", Side.OPERATOR: "staff"}


class Calls:
    """Reads calls with what was said in them. Names and numbers are for whoever has the call, masked for all others."""

    kind = KIND

    def __init__(self, calls: CallStore, legs: LegStore, clock: Callable[[], datetime]):
        self._calls = calls
        self._legs = legs
        self._clock = clock

    async def items(self, now: datetime) -> list[Item]:
        """All that are not ended, the longest waiting first, and those that ended a short while ago."""
        calls = [*await self._calls.open(), *await self._calls.ended_since(now - _LATELY)]
        ids = [call.id for call in calls]
        newest, forms = await self._legs.newest(ids), await self._calls.forms_of(ids)
        return [
            _item(call, newest.get(call.id), [row.case_no for row in forms[call.id] if row.case_no]) for call in calls
        ]

    async def page(self, number: str, after: str, *, revealed: bool = False, reader: str = "") -> Page | None:
        """What was said or corrected behind ``after``, and with it the call with its forms as they are now."""
        cursor = await self._calls.cursor()  # before the call is read: what changes meanwhile comes again
        try:
            call = await self._calls.call(number)
        except UnknownCall:
            return None
        known = int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else None
        changed = None if known is None else await self._calls.changes_of(number, known)
        if changed is not None and not changed:
            return Page([], after)
        showing = Showing(Operator(reader, ""), self._clock())
        legs = (await self._legs.of_calls([number], self._clock()))[number]
        forms = (await self._calls.forms_of([number]))[number]
        # with the holder changes who sees what
        whole = changed is None or any(change.kind is Change.CALL for change in changed)
        fresh = {int(change.subject) for change in changed or () if change.kind is Change.UTTERANCE}
        said = await self._legs.said(number) if whole or fresh else []
        by_uuid = {leg.uuid: leg for leg in legs}
        entries = [
            _entry(line, showing, call, by_uuid) for line in said if line.leg in by_uuid and (whole or line.id in fresh)
        ]
        history = await self._calls.history(number) if whole else []
        entries += [mark for place, event in enumerate(history) if (mark := _mark(place, event))]
        shown = showing.call(call, legs, forms) | {"forms": [showing.form(row, call) for row in forms]}
        return Page(entries, str(cursor), {"call": shown})


def _item(call: Call, newest: Utterance | None, case_nos: Sequence[str]) -> Item:
    since = {
        State.TALKING: call.answered_at,
        State.HOLD: call.held_since,
        State.TRANSFERRED: call.answered_at,
        State.AFTER_CALL: call.hung_up_at,
        State.ENDED: call.finished_at,
    }.get(call.state)
    return Item(
        id=f"{KIND}:{call.id}",
        state=_state(call),
        reason="call",
        channel="hotline",
        asked_at=call.rang_at,
        due_at=call.rang_at + ANSWER_WITHIN if call.state is State.RINGING else None,
        staff=call.operator.id if call.operator else "",
        staff_name=call.operator.name if call.operator else call.agent,
        replied_at=call.answered_at,
        newest=masked(newest.text)[:80] if newest else "",
        newest_by=_ROLES[newest.side] if newest else "",
        newest_at=newest.at if newest else None,
        phone=masked_number(call.number),
        case_nos=case_nos,
        outcome="abandoned" if call.is_abandoned else "closed" if call.state is State.ENDED else "",
        more={
            "call": {
                "state": call.state.value,
                "state_label": call.state.label,
                "since": (since or call.rang_at).isoformat(),
                "queue": call.queue,
                "transfer_to": call.transfer_to,
            }
        },
    )


def _state(call: Call) -> str:
    if call.state is State.ENDED:
        return "ended"
    # put through by the exchange, and nobody has claimed it yet: it is not known whose it is
    return "held" if call.operator else "waiting"


def _entry(line: Utterance, showing: Showing, call: Call, legs: dict[str, Leg]) -> Json:
    shown = showing.utterance(line, call, legs)
    return {
        "id": f"u{line.id}",
        "seq": line.id,
        "role": _ROLES[line.side],
        "name": "",
        "text": shown["text"],
        "at": shown["at"],
        "offset": shown["offset"],
        "seconds": round(shown["end"] - shown["start"], 2),
        "corrected": shown["corrected"],
        "recognised": shown["recognised"],
    }


def _mark(place: int, event: CallEvent) -> Json | None:
    words = _MARKS.get(event.kind)
    if words is None:
        return None
    to = str(event.detail.get("to") or "")
    return {
        "id": f"e{place}",
        "role": "mark",
        "name": event.by.name if event.by else "",
        "text": f"{words}给{to}" if to else words,
        "at": event.at.isoformat(),
    }


_MARKS = {step.value: step.label for step in Step} | {"file": "登记案件", "play": "听录音"}
