"""Who of the staff, or which program, asks: told by the intake, which alone knows sessions, tokens and rights."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from aiohttp import web
from yarl import URL

from channels.gateway.handover import Staff
from channels.gateway.intake import IntakeDown, IntakeRefused
from channels.hotline.call import Operator
from channels.staff.credential import Credential
from channels.staff.registry import Asker, Registry
from groundwork.problem import Problem
from groundwork.web import client_address

_REMEMBERED_SECONDS = 10.0
"""So long an answer of the intake counts."""
_MOST = 1000
_BACKGROUND = "X-YHT-Background"
_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FOR_SUPERVISORS = "通话质量只对督办员开放。"


@dataclass(frozen=True)
class Guest:
    """Who asks, and with what."""

    asker: Asker
    credential: Credential

    @property
    def operator(self) -> Operator:
        """The person or program, as calls name them."""
        return self.asker.operator

    @property
    def staff(self) -> Staff:
        """The same, as conversations name them."""
        return _staff(self.operator)


class Doorkeeper:
    """Lets in. Every method that asks raises Problem: 401, 403, and 503 while the intake is down."""

    def __init__(self, registry: Registry, public_url: str = ""):
        """``public_url``: where our pages are, when a proxy does not tell."""
        self._registry = registry
        self._own_host = URL(public_url).authority if public_url else ""
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

    async def server(self, request: web.Request, *, anew: bool = False) -> Guest:
        """Somebody whose the console is: they serve residents.

        ``anew``: asked by the connection itself, not by a hand: it keeps no idle session alive, and is not remembered.
        """
        return _allowed(await self._guest(request, anew=anew), lambda asker: "serve" in asker.permissions)

    async def record(self, request: web.Request, action: str, target: str, *, csrf: str = "") -> Staff:
        """Who asks, with what they are about to do in the audit trail; the intake refuses whoever may not.

        ``csrf``: the token where it is not in the header.
        """
        credential = _credential(request)
        if csrf:
            credential = replace(credential, csrf=csrf)
        if (csrf or request.method in _CHANGES) and credential.is_forged:
            raise _forged()
        background = bool(csrf) or _BACKGROUND in request.headers
        try:
            return _staff(await self._registry.record(credential, action, target, background=background))
        except (IntakeDown, IntakeRefused) as error:
            raise problem_of(error) from error

    async def still(self, guest: Guest) -> bool:
        """Whether the guest would still be let in; while the intake is down nobody is put out."""
        try:
            asker = await self._registry.asker(guest.credential, background=True)
        except IntakeRefused:
            return False
        except IntakeDown:
            return True
        return asker.operator.id == guest.operator.id and "read_all" in asker.permissions

    def is_own(self, request: web.Request) -> bool:
        """Whether a browser's request comes from a page of ours: other pages may open WebSockets with our cookie."""
        origin = request.headers.get("Origin")
        if origin is None:  # no browser
            return True
        hosts = {request.host, request.headers.get("X-Forwarded-Host", ""), self._own_host} - {""}
        return URL(origin).authority in hosts

    async def _guest(self, request: web.Request, *, anew: bool = False) -> Guest:
        credential = _credential(request)
        if request.method in _CHANGES and credential.is_forged:
            raise _forged()
        name = hashlib.sha256(f"{credential.cookie}\n{credential.authorization}".encode()).hexdigest()
        known = self._known.get(name)
        if not anew and known is not None and known[1] > time.monotonic():
            return Guest(known[0], credential)
        try:
            asker = await self._registry.asker(credential, background=anew or _BACKGROUND in request.headers)
        except (IntakeDown, IntakeRefused) as error:
            raise problem_of(error) from error
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[name] = asker, time.monotonic() + _REMEMBERED_SECONDS
        return Guest(asker, credential)


def problem_of(error: IntakeDown | IntakeRefused) -> Problem:
    """What the intake said, or did not, as our own answer."""
    if isinstance(error, IntakeRefused):
        return Problem(error.status, error.code, error.detail, errors=error.errors)
    detail = "受理系统暂时没有响应，您写的已经保留，请稍后再试。"
    return Problem(503, "intake_down", detail, headers={"Retry-After": "5"})


def _credential(request: web.Request) -> Credential:
    credential = Credential.of(request, client_address(request))
    if not credential:
        raise Problem(401, "unauthenticated", "请先登录。", headers={"WWW-Authenticate": "Bearer"})
    return credential


def _allowed(guest: Guest, rule: Callable[[Asker], bool], refusal: str = "您没有权限进行这项操作。") -> Guest:
    if not rule(guest.asker):
        raise Problem(403, "forbidden", refusal)
    return guest


def _forged() -> Problem:
    return Problem(403, "csrf", "页面已过期，请刷新后再试。")


def _staff(operator: Operator) -> Staff:
    return Staff(operator.id, operator.name)
