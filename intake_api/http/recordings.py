"""Recordings of calls are kept by the channels; that somebody listened is kept here, in the audit trail."""

from __future__ import annotations

import re

from aiohttp import web

from groundwork.problem import Problem
from intake_api.domain.access import Permission
from intake_api.http.routing import Operation

_CALL_ID = re.compile(r"[0-9a-f]{16}")


async def note_heard(request: web.Request) -> web.Response:
    """Somebody is about to listen to a recording."""
    call_id = request.match_info["call_id"]
    if not _CALL_ID.fullmatch(call_id):
        raise Problem(404, "call_not_found", "没有这通电话。")
    return web.Response(status=204)


OPERATIONS = (
    Operation(
        "POST", "/api/v1/calls/{call_id}/heard", note_heard, "电话", "记下：听取了通话录音",
        "The channels ask this with the listener's own credential before they play a recording; unless it is answered "
        "nothing is played.",
        needs=(Permission.READ_ALL,), action="hear_recording", answers={204: None},
        problems={404: "call_not_found"},
    ),
)  # fmt: skip
