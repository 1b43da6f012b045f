"""Calls are kept by the channels; what staff do with them is kept here, in the audit trail."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum

from aiohttp import web
from pydantic import AwareDatetime

from groundwork.problem import FieldError, Problem
from intake_api.domain.access import Permission
from intake_api.domain.event import ActorKind
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.resources import DATABASE, NOW
from intake_api.http.routing import Operation, body_of
from intake_api.http.schemas import Body
from intake_api.storage import audit

_CALL_ID = re.compile(r"[0-9a-f]{16}")
_TOLD_WITHIN = timedelta(days=31)
_CLOCKS_DIFFER = timedelta(minutes=5)


class Deed(StrEnum):
    """What an operator did with a call."""

    TAKE = "take"
    CORRECT = "correct"  # wrote what was really said
    FINISH = "finish"  # the work after the call


class DeedBody(Body):
    """Something that the caller did, and when."""

    deed: Deed
    at: AwareDatetime


async def note_heard(request: web.Request) -> web.Response:
    """Somebody is about to listen to a recording."""
    _call_id(request)
    return web.Response(status=204)


async def note_deed(request: web.Request) -> web.Response:
    """The caller did something with a call, maybe a while ago; told again it is written down once."""
    call_id = _call_id(request)
    body = await body_of(request, DeedBody)
    now, principal = request.app[NOW](), request[PRINCIPAL]
    if not now - _TOLD_WITHIN <= body.at <= now + _CLOCKS_DIFFER:
        detail = "时间应在最近 31 天以内。"
        raise Problem(422, "invalid", detail, errors=[FieldError(pointer="/at", detail=detail)])
    if principal.actor.kind is ActorKind.STAFF:
        async with request.app[DATABASE].write() as session:
            await audit.note_once(
                session, principal.actor, f"{body.deed.value}_call", target=f"call:{call_id}", result="ok",
                address=principal.address, at=body.at,
            )  # fmt: skip
    return web.Response(status=204)


def _call_id(request: web.Request) -> str:
    call_id = request.match_info["call_id"]
    if not _CALL_ID.fullmatch(call_id):
        raise Problem(404, "call_not_found", "没有这通电话。")
    return call_id


OPERATIONS = (
    Operation(
        "POST", "/api/v1/calls/{call_id}/heard", note_heard, "电话", "记下：听取了通话录音",
        "The channels ask this with the listener's own credential before they play a recording; unless it is answered "
        "nothing is played.",
        needs=(Permission.READ_ALL,), action="hear_recording", answers={204: None},
        problems={404: "call_not_found"},
    ),
    Operation(
        "POST", "/api/v1/calls/{call_id}/deeds", note_deed, "电话", "记下：接听、更正文字、话后完成",
        "The channels tell this with the operator's own credential after it was done, later when the intake was away; "
        "the same deed of the same moment is written down once.",
        needs=(Permission.SERVE,), body=DeedBody, answers={204: None},
        problems={404: "call_not_found", 422: "invalid"},
    ),
)  # fmt: skip
