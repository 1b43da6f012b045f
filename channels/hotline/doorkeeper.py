"""Who may do what with calls: asked of the intake, remembered for some seconds; errors said as people read them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps

from aiohttp import web

from channels.gateway.intake import IntakeDown, IntakeRefused
from channels.hotline.call import NotNow, NotYours, Operator
from channels.hotline.call_store import AlreadyFiled, LegTaken, UnknownCall
from channels.hotline.credential import Credential
from channels.hotline.leg_store import LineBusy
from channels.hotline.recording import RecordingUnreadable
from channels.hotline.registry import Asker, Registry
from groundwork.problem import Problem
from groundwork.web import client_address

_REMEMBERED_SECONDS = 10.0
_MOST = 1000
_BACKGROUND = "X-YHT-Background"
_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Guest:
    """Who asks, and with what."""

    asker: Asker
    credential: Credential

    @property
    def operator(self) -> Operator:
        """The person or program."""
        return self.asker.operator


class Doorkeeper:
    """Lets in. Every method raises Problem 401 or 403, and 503 while the intake is down."""

    def __init__(self, registry: Registry):
        self._registry = registry
        self._known: dict[str, tuple[Asker, float]] = {}

    async def program(self, request: web.Request) -> Guest:
        """The exchange's token (role ``channel`` or ``partner``)."""
        return _allowed(await self._guest(request), lambda asker: asker.is_program)

    async def operator(self, request: web.Request) -> Guest:
        """Somebody who takes calls."""
        return _allowed(await self._guest(request), lambda asker: asker.may_operate)

    async def reader(self, request: web.Request) -> Guest:
        """Somebody who takes calls or supervises those who do, or may read every case."""
        return _allowed(await self._guest(request), lambda asker: "read_all" in asker.permissions)

    async def supervisor(self, request: web.Request) -> Guest:
        """Somebody who supervises those who take calls."""
        return _allowed(await self._guest(request), lambda asker: asker.may_supervise, _FOR_SUPERVISORS)

    async def assessor(self, request: web.Request) -> Guest:
        """A supervisor, or an operator, who then sees their own calls only (``Asker.confined_to``)."""
        return _allowed(
            await self._guest(request), lambda asker: asker.may_supervise or asker.may_operate, _FOR_SUPERVISORS
        )

    async def still(self, guest: Guest) -> bool:
        """Whether the guest would still be let in; while the intake is down nobody is put out."""
        try:
            asker = await self._registry.asker(guest.credential, background=True)
        except IntakeRefused:
            return False
        except IntakeDown:
            return True
        return asker.operator.id == guest.operator.id and "read_all" in asker.permissions

    async def _guest(self, request: web.Request) -> Guest:
        credential = Credential.of(request, client_address(request))
        if not credential:
            raise Problem(401, "unauthenticated", "请先登录。", headers={"WWW-Authenticate": "Bearer"})
        if request.method in _CHANGES and credential.is_forged:
            raise Problem(403, "csrf", "页面已过期，请刷新后再试。")
        name = hashlib.sha256(f"{credential.cookie}\n{credential.authorization}".encode()).hexdigest()
        known = self._known.get(name)
        if known is not None and known[1] > time.monotonic():
            return Guest(known[0], credential)
        asker = await self._registry.asker(credential, background=_BACKGROUND in request.headers)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[name] = asker, time.monotonic() + _REMEMBERED_SECONDS
        return Guest(asker, credential)


_FOR_SUPERVISORS = "通话质量只对督办员开放。"


def _allowed(guest: Guest, rule: Callable[[Asker], bool], refusal: str = "您没有权限进行这项操作。") -> Guest:
    if not rule(guest.asker):
        raise Problem(403, "forbidden", refusal)
    return guest


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
    if isinstance(error, IntakeRefused):
        return Problem(error.status, error.code, error.detail)
    return Problem(503, "intake_down", "受理系统暂时没有响应，内容已经保存，请稍后再试。", headers={"Retry-After": "5"})
