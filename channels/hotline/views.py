"""The telephone's HTTP interface for the exchange and for operators: ``/channels/hotline/…``. See docs/hotline.md."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from channels.hotline import metrics
from channels.hotline.attendance import Attendance
from channels.hotline.call import Call, Operator, Side, Step
from channels.hotline.call_store import Announced, CallStore, Changed, FormRow
from channels.hotline.city_rules import CityRules
from channels.hotline.doorkeeper import Doorkeeper, Guest, in_words
from channels.hotline.form import FieldName, Json
from channels.hotline.leg_store import Leg, LegStore
from channels.hotline.line import Lines
from channels.hotline.live import Live
from channels.hotline.playing import Playing
from channels.hotline.quality import service_level
from channels.hotline.registry import Registry
from channels.hotline.schemas import Announcement, CorrectionBody, Period, StepBody, between, field_value
from channels.hotline.showing import Showing, level, report
from channels.hotline.transactions import Change
from groundwork.keys import KeyRing
from groundwork.problem import FieldError, Problem
from groundwork.web import read_json

log = logging.getLogger(__name__)

BASE = "/channels/hotline"
_BEAT_SECONDS = 15.0
_TRUST_SECONDS = 60.0
_WATCHED = 5
_FORMS = ("1", "2")
_LISTED = 200


@dataclass(frozen=True)
class Hotline:
    """What the views work with."""

    calls: CallStore
    legs: LegStore
    lines: Lines
    live: Live
    attendance: Attendance
    registry: Registry
    door: Doorkeeper
    city: CityRules
    keys: KeyRing
    folder: Path
    clock: Callable[[], datetime]
    upload_limit: int  # bytes


HOTLINE = web.AppKey("hotline", Hotline)


def add_hotline_routes(app: web.Application) -> None:
    """Give ``app`` the telephone. ``app[HOTLINE]`` must be there when it starts."""
    one = f"{BASE}/calls/{{call_id}}"
    for method, path, view in (
        ("POST", f"{BASE}/calls", announce),
        ("GET", f"{BASE}/calls", list_calls),
        ("GET", one, show_call),
        ("POST", f"{one}/hung-up", hung_up),
        ("POST", f"{one}/steps/{{step}}", take_step),
        ("PUT", f"{one}/forms/{{number}}/fields/{{field}}", write_field),
        ("POST", f"{one}/forms/{{number}}/file", file_form),
        ("GET", f"{one}/recording", play),
        ("PUT", f"{BASE}/utterances/{{utterance_id}}", correct),
        ("GET", f"{BASE}/live", live),
        ("GET", f"{BASE}/announcement", announcement),
        ("GET", f"{BASE}/service-level", show_service_level),
        ("GET", f"{BASE}/quality", show_quality),
    ):
        app.router.add_route(method, path, in_words(view))
    app.on_shutdown.append(_let_pages_go)


async def _let_pages_go(app: web.Application) -> None:
    if HOTLINE in app:  # not there when the start failed
        app[HOTLINE].live.stop()


# the exchange


async def announce(request: web.Request) -> web.Response:
    """The exchange tells of a call, before its legs connect or after."""
    hotline = request.app[HOTLINE]
    await hotline.door.program(request)
    body = Announcement.model_validate(await read_json(request))
    announced = Announced(body.legs, body.number, body.queue, body.called, body.agent)
    call, new = await hotline.calls.announce(announced, hotline.clock())
    answer = {"call_id": call.id, "state": call.state.value, "legs": {s.value: u for s, u in body.legs.items()}}
    return _json(answer, 201 if new else 200)


async def hung_up(request: web.Request) -> web.Response:
    """The exchange tells that the caller is gone, also one who never was put through."""
    hotline = request.app[HOTLINE]
    await hotline.door.program(request)
    call = await hotline.calls.exchange_says(request.match_info["call_id"], Step.HANG_UP, hotline.clock())
    return _json({"call_id": call.id, "state": call.state.value})


# reading


async def list_calls(request: web.Request) -> web.Response:
    """Open calls, the longest waiting first; with ``case_no`` those of a case; with ``from``/``to`` those of a time."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.reader(request)
    cursor = await hotline.calls.cursor()  # before the calls are read: what changes meanwhile is told again
    if request.query.get("case_no"):
        calls = await hotline.calls.of_case(request.query["case_no"])
    elif "from" in request.query or "to" in request.query or "before" in request.query:
        period = Period.model_validate(dict(request.query))
        since, until = between(period, await _midnight(hotline), hotline.clock())
        operator = period.operator if guest.asker.may_supervise else guest.operator.id
        calls = await hotline.calls.between(
            since, until, operator=operator, before=period.before, limit=min(period.limit, _LISTED)
        )
    else:
        calls = await hotline.calls.open()
    return _json({"items": await _summaries(hotline, guest.operator, calls), "cursor": cursor})


async def show_call(request: web.Request) -> web.Response:
    """A call with all that was said, its forms and its history."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.reader(request)
    cursor = await hotline.calls.cursor()
    call = await hotline.calls.call(request.match_info["call_id"])
    showing = Showing(guest.operator, hotline.clock())
    legs, forms = await _parts(hotline, [call])
    said = await hotline.legs.said(call.id)
    by_uuid = {leg.uuid: leg for leg in legs[call.id]}
    return _json(
        showing.call(call, legs[call.id], forms[call.id])
        | {
            "utterances": [showing.utterance(line, call, by_uuid) for line in said],
            "forms": [showing.form(row, call) for row in forms[call.id]],
            "history": [showing.event(event) for event in await hotline.calls.history(call.id)],
            "cursor": cursor,
        }
    )


async def live(request: web.Request) -> web.StreamResponse:
    """Server-sent events: what changes after ``Last-Event-ID`` (or ``?after=``), each as it then is.

    Everybody hears of ``call``; of ``utterance``, ``partial`` and ``form`` whoever has the call, or watches it
    (``?watch=`` call ids). ``reset``: too long ago, read all anew. ``signed_out``: log in again.
    """
    hotline = request.app[HOTLINE]
    guest = await hotline.door.reader(request)
    cursor = _cursor(request.headers.get("Last-Event-ID") or request.query.get("after"))
    watched = set(request.query.get("watch", "").split(",")[:_WATCHED]) - {""}
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    await response.prepare(request)
    stream = _Stream(hotline, guest, response, watched)
    with contextlib.suppress(ConnectionError), hotline.attendance.attending(guest.operator.id, guest.credential):
        await stream.run(cursor)
    return response


class _Stream:
    """One page's stream."""

    def __init__(self, hotline: Hotline, guest: Guest, response: web.StreamResponse, watched: set[str]):
        self._hotline = hotline
        self._guest = guest
        self._response = response
        self._watched = watched

    async def run(self, cursor: int | None) -> None:
        if cursor is None:
            cursor = await self._hotline.calls.cursor()
            await self._send("hello", cursor, {"cursor": cursor})
        loop = asyncio.get_running_loop()
        trusted_until = loop.time() + _TRUST_SECONDS
        with self._hotline.live.watch() as news:
            while not self._hotline.live.closing:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_BEAT_SECONDS):
                        await news.wait()
                if not news.is_set():
                    await self._response.write(b": beat\n\n")
                news.clear()
                if loop.time() > trusted_until:
                    if not await self._hotline.door.still(self._guest):
                        await self._send("signed_out", None, {})
                        return
                    trusted_until = loop.time() + _TRUST_SECONDS
                found = await self._hotline.live.after(cursor)
                if found is None:
                    cursor = await self._hotline.calls.cursor()
                    await self._send("reset", cursor, {"cursor": cursor})
                elif found:
                    await self._tell(found)
                    cursor = found[-1].id

    async def _tell(self, found: list[Changed]) -> None:
        """Each thing once, as it is now, under the number of its last change."""
        newest = {(change.call, change.kind, change.subject): change for change in found}
        changes = sorted(newest.values(), key=lambda change: change.id)
        calls = {call.id: call for call in await self._hotline.calls.several([change.call for change in changes])}
        legs, forms = await _parts(self._hotline, list(calls.values()))
        showing = Showing(self._guest.operator, self._hotline.clock())
        for change in changes:
            call = calls.get(change.call)
            if call is None:
                await self._send("gone", change.id, {"call_id": change.call})
            elif change.kind is Change.CALL:
                await self._send("call", change.id, showing.call(call, legs[call.id], forms[call.id]))
            elif self._concerns(call):
                await self._tell_part(change, call, legs[call.id], forms[call.id], showing)

    async def _tell_part(
        self, change: Changed, call: Call, legs: list[Leg], forms: list[FormRow], showing: Showing
    ) -> None:
        by_uuid = {leg.uuid: leg for leg in legs}
        body: Json | None = None
        if change.kind is Change.UTTERANCE:
            found = await self._hotline.legs.utterance(int(change.subject))
            body = showing.utterance(found[1], call, by_uuid) if found and found[1].leg in by_uuid else None
        elif change.kind is Change.PARTIAL:
            leg = by_uuid.get(change.subject)
            body = {"call_id": call.id} | showing.leg(leg, call) if leg else None
        elif change.kind is Change.FORM:
            row = next((row for row in forms if str(row.number) == change.subject), None)
            body = showing.form(row, call) if row else {"call_id": call.id, "number": int(change.subject), "gone": True}
        if body is not None:
            await self._send(change.kind.value, change.id, body)

    def _concerns(self, call: Call) -> bool:
        return call.id in self._watched or (call.operator is not None and call.operator.id == self._guest.operator.id)

    async def _send(self, kind: str, number: int | None, body: Json) -> None:
        head = f"id: {number}\n" if number is not None else ""
        await self._response.write(f"event: {kind}\n{head}data: {_dumps(body)}\n\n".encode())


# the operator's work


async def take_step(request: web.Request) -> web.Response:
    """Take, hold, resume, transfer, hang up, finish. The same again is fine where it changes nothing."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.operator(request)
    try:
        step = Step(request.match_info["step"])
    except ValueError as error:
        raise Problem(404, "not_found", "没有这个操作。") from error
    if step is Step.ANSWER:
        raise Problem(404, "not_found", "没有这个操作。")
    body = StepBody.model_validate(await read_json(request) if request.can_read_body else {})
    if step is Step.TRANSFER and not body.to:
        fault = FieldError(pointer="/to", detail="请写明转给谁。")
        raise Problem(422, "invalid", "请写明转给谁。", errors=[fault])
    call = await hotline.calls.step(
        request.match_info["call_id"], step, operator=guest.operator, now=hotline.clock(), to=body.to
    )
    return _json((await _summaries(hotline, guest.operator, [call]))[0])


async def correct(request: web.Request) -> web.Response:
    """The operator writes what was really said."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.operator(request)
    body = CorrectionBody.model_validate(await read_json(request))
    number = _number(request.match_info["utterance_id"])
    await hotline.calls.correct(number, body.text, guest.operator, hotline.clock())
    found = await hotline.legs.utterance(number)
    assert found is not None
    call = await hotline.calls.call(found[0])
    legs = (await hotline.legs.of_calls([call.id], hotline.clock()))[call.id]
    showing = Showing(guest.operator, hotline.clock())
    return _json(showing.utterance(found[1], call, {leg.uuid: leg for leg in legs}))


async def write_field(request: web.Request) -> web.Response:
    """The operator fills a field; nothing but the operator changes it then."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.operator(request)
    number = _form_number(request)
    try:
        name = FieldName(request.match_info["field"])
    except ValueError as error:
        raise Problem(404, "not_found", "没有这一栏。") from error
    value = field_value(name.value, await read_json(request))
    row = await hotline.calls.write_field(
        request.match_info["call_id"], number, name, value, operator=guest.operator, now=hotline.clock()
    )
    call = await hotline.calls.call(request.match_info["call_id"])
    return _json(Showing(guest.operator, hotline.clock()).form(row, call))


async def file_form(request: web.Request) -> web.Response:
    """File the case. Asked again it is the same case; what is said of it is said after it is stored."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.operator(request)
    call_id, number = request.match_info["call_id"], _form_number(request)
    call = await hotline.calls.call(call_id)
    call.check_holder(guest.operator)
    row = next((row for row in (await hotline.calls.forms_of([call_id]))[call_id] if row.number == number), None)
    if row is None:
        raise Problem(404, "not_found", "没有这张单子。")
    if row.case_no is None:
        wanted = report(call, row, await hotline.legs.said(call_id))
        if row.report is None and not wanted["description"]:
            fault = FieldError(pointer="/description", detail="请填写诉求内容。")
            raise Problem(422, "invalid", "请先填写诉求内容。", errors=[fault])
        row = await hotline.calls.freeze(call_id, number, wanted, operator=guest.operator, now=hotline.clock())
        assert row.report is not None
        case = await hotline.registry.file(guest.credential, row.report, row.key)
        row = await hotline.calls.filed(
            call_id, number, str(case["case_no"]), operator=guest.operator, now=hotline.clock()
        )
        metrics.FILED.inc()
    spoken = " ".join(str(row.case_no))
    return _json(Showing(guest.operator, hotline.clock()).form(row, call) | {"case_no_spoken": spoken})


async def play(request: web.Request) -> web.StreamResponse:
    """The recording as WAV: ``?side=`` caller, operator or both (left: caller). Ranges are answered.

    The first range of a playing is noted in the audit trail before anything is sent.
    """
    hotline = request.app[HOTLINE]
    guest = await hotline.door.reader(request)
    call = await hotline.calls.call(request.match_info["call_id"])
    side = request.query.get("side", "both")
    if side not in ("both", *Side):
        raise Problem(422, "invalid", "查询参数有误。", errors=[FieldError(pointer="?side", detail="没有这一路。")])
    legs = (await hotline.legs.of_calls([call.id], hotline.clock()))[call.id]
    wanted = [leg for leg in legs if leg.path and side in ("both", leg.side.value)]
    if not wanted:
        raise Problem(404, "not_found", "没有录音，或者录音已经到期删除。")
    playing = await asyncio.to_thread(Playing, wanted, hotline.folder, hotline.keys)
    start, end, partly = _range(request, playing.size)
    if start == 0 or request.method == "HEAD":
        await hotline.registry.note_playing(guest.credential, call.id)
        await hotline.calls.note(call.id, "play", operator=guest.operator, detail={"side": side}, now=hotline.clock())
    response = web.StreamResponse(status=206 if partly else 200)
    response.content_type = "audio/wav"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, no-store"
    response.content_length = end - start
    if partly:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{playing.size}"
    await response.prepare(request)
    pieces = playing.pieces(start, end)
    with contextlib.suppress(ConnectionError):
        while (piece := await asyncio.to_thread(next, pieces, b"")) != b"":
            await response.write(piece)
    return response


# figures and city rules


async def announcement(request: web.Request) -> web.Response:
    """What callers are told before they are recorded, and how long recordings are kept."""
    hotline = request.app[HOTLINE]
    await hotline.door.reader(request)
    rules = await hotline.city.rules()
    return _json({"announcement": rules.announcement, "recordings_days": rules.recordings_days})


async def show_service_level(request: web.Request) -> web.Response:
    """Waiting, longest wait, answered within 15 s, abandoned: now, and of today or the time asked for."""
    hotline = request.app[HOTLINE]
    await hotline.door.reader(request)
    period = Period.model_validate(dict(request.query))
    now = hotline.clock()
    since, until = between(period, await _midnight(hotline), now)
    figures = service_level(await hotline.calls.between(since, until), now)
    return _json(level(figures) | {"from": since.isoformat(), "to": until.isoformat()})


async def show_quality(request: web.Request) -> web.Response:
    """Figures of each call, newest first, and of all of them: a supervisor's of everybody, an operator's own."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.reader(request)
    period = Period.model_validate(dict(request.query))
    since, until = between(period, await _midnight(hotline), hotline.clock())
    operator = period.operator if guest.asker.may_supervise else guest.operator.id
    calls = await hotline.calls.between(since, until, operator=operator, before=period.before, limit=period.limit)
    ids = [call.id for call in calls]
    forms, corrections = await hotline.calls.forms_of(ids), await hotline.calls.corrections(ids)
    showing = Showing(guest.operator, hotline.clock())
    items = [showing.quality(call, forms[call.id], corrections[call.id]) for call in calls]
    return _json({"items": items, "all": _together(items), "from": since.isoformat(), "to": until.isoformat()})


def _together(items: list[Json]) -> Json:
    characters = sum(item["characters"] for item in items)
    corrected = sum(item["corrected"] for item in items)
    return {
        "calls": len(items),
        "characters": characters,
        "corrected": corrected,
        "correction_rate": corrected / characters if characters else None,
        "category_changed_share": _share([item["category_changed"] for item in items]),
        "place_changed_share": _share([item["place_changed"] for item in items]),
        "seconds_to_file_mean": _mean([item["seconds_to_file"] for item in items]),
        "after_call_seconds_mean": _mean([item["after_call_seconds"] for item in items]),
    }


def _share(verdicts: list[bool | None]) -> float | None:
    known = [verdict for verdict in verdicts if verdict is not None]
    return sum(known) / len(known) if known else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


# parts


async def _parts(hotline: Hotline, calls: list[Call]) -> tuple[dict[str, list[Leg]], dict[str, list[FormRow]]]:
    ids = [call.id for call in calls]
    return await hotline.legs.of_calls(ids, hotline.clock()), await hotline.calls.forms_of(ids)


async def _summaries(hotline: Hotline, operator: Operator, calls: list[Call]) -> list[Json]:
    legs, forms = await _parts(hotline, calls)
    showing = Showing(operator, hotline.clock())
    return [showing.call(call, legs[call.id], forms[call.id]) for call in calls]


async def _midnight(hotline: Hotline) -> datetime:
    return (await hotline.city.rules()).midnight(hotline.clock())


def _range(request: web.Request, size: int) -> tuple[int, int, bool]:
    """From which byte up to which, and whether that is a part. Raises Problem 416."""
    try:
        wanted = request.http_range
    except ValueError as error:
        raise _not_satisfiable(size) from error
    if wanted.start is None and wanted.stop is None:
        return 0, size, False
    start = size + wanted.start if wanted.start is not None and wanted.start < 0 else wanted.start or 0
    end = min(size, wanted.stop if wanted.stop is not None else size)
    if not 0 <= max(0, start) < end:
        raise _not_satisfiable(size)
    return max(0, start), end, True


def _not_satisfiable(size: int) -> Problem:
    return Problem(416, "range", "没有这一段录音。", headers={"Content-Range": f"bytes */{size}"})


def _form_number(request: web.Request) -> int:
    if request.match_info["number"] not in _FORMS:
        raise Problem(404, "not_found", "没有这张单子。")
    return int(request.match_info["number"])


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise Problem(404, "not_found", "没有这句话。")
    return int(text)


def _cursor(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        detail = "应当是上次收到的序号。"
        raise Problem(422, "invalid", "查询参数有误。", errors=[FieldError(pointer="?after", detail=detail)])
    return int(text)


def _dumps(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False)


def _json(body: Json, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, dumps=_dumps)
