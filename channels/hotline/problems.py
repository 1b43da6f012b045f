"""The telephone's errors as people read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from aiohttp import web

from channels.gateway.intake import IntakeDown, IntakeRefused
from channels.hotline.call import NotNow, NotYours
from channels.hotline.call_store import AlreadyFiled, LegTaken, UnknownCall
from channels.hotline.leg_store import LineBusy
from channels.hotline.recording import RecordingUnreadable
from channels.staff.doorkeeper import problem_of
from groundwork.problem import Problem

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def in_words(view: Handler) -> Handler:
    """``view`` with the telephone's errors said as problems."""

    @wraps(view)
    async def said(request: web.Request) -> web.StreamResponse:
        try:
            return await view(request)
        except _ERRORS as error:
            raise _problem(error) from error

    return said


_ERRORS = (
    UnknownCall,
    NotNow,
    NotYours,
    AlreadyFiled,
    LegTaken,
    LineBusy,
    RecordingUnreadable,
    IntakeRefused,
    IntakeDown,
)


def _problem(error: Exception) -> Problem:
    if isinstance(error, UnknownCall):
        return Problem(404, "not_found", "没有这通电话。")
    if isinstance(error, NotNow):
        detail = f"电话现在是“{error.state.label}”，不能{error.step.label}。"
        return Problem(409, "not_now", detail, extra={"state": error.state.value})
    if isinstance(error, NotYours):
        detail = f"这通电话由{error.holder}接听。" if error.holder else "请先接听这通电话。"
        return Problem(409, "not_yours", detail, extra={"holder": error.holder})
    if isinstance(error, AlreadyFiled):
        detail = f"已经立案，案件号 {error.case_no}；请在案件里更正。"
        return Problem(409, "already_filed", detail, extra={"case_no": error.case_no})
    if isinstance(error, LegTaken):
        return Problem(409, "leg_taken", "其中一路声音已经属于另一通电话。")
    if isinstance(error, LineBusy):
        return Problem(409, "line_busy", "这一路声音正在录，或者已经结束。")
    if isinstance(error, RecordingUnreadable):
        return Problem(410, "recording_unreadable", "录音不能播放，请联系系统管理员。")
    if isinstance(error, IntakeDown | IntakeRefused):
        return problem_of(error)
    raise error
