"""Who of the staff asks, by asking the intake: it alone knows sessions, tokens and rights, and keeps the trail."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from channels.gateway.handover import Staff
from channels.gateway.message import Json
from groundwork.problem import FieldError, Problem
from groundwork.settings import Settings
from groundwork.web import REQUEST_ID

_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=2)
_KNOWN_SECONDS = 10.0
"""So long an answer of the intake counts for reading. Every change asks anew."""

_COOKIE = "yht_session"
_FORWARDED = ("Authorization", "X-CSRF-Token", "X-YHT-Background")


class Doorkeeper:
    """Asks the intake at ``YHT_INTAKE_URL`` in the name of the caller, with the caller's own cookie or token."""

    def __init__(self, session: aiohttp.ClientSession, settings: Settings):
        self._session = session
        self._url = settings.intake_url
        self._own_host = URL(settings.public_url).authority if settings.public_url else ""
        self._known: dict[str, tuple[float, Staff]] = {}

    async def who(self, request: web.Request, *, anew: bool = False) -> Staff:
        """Who asks, if the console is theirs. Raises Problem.

        ``anew``: by the connection itself, not by a hand: it keeps no idle session alive.
        """
        key = hashlib.sha256(
            f"{request.cookies.get(_COOKIE)}|{request.headers.get('Authorization')}".encode()
        ).hexdigest()
        at, staff = self._known.get(key, (0.0, Staff("", "")))
        now = time.monotonic()
        if not anew and now - at < _KNOWN_SECONDS:
            return staff
        self._known = {name: one for name, one in self._known.items() if now - one[0] < _KNOWN_SECONDS}
        headers = {"X-YHT-Background": "1"} if anew else {}
        staff = _staff(await self.ask(request, "GET", "/api/v1/console/operator", headers=headers))
        self._known[key] = (now, staff)
        return staff

    async def record(self, request: web.Request, action: str, target: str, *, csrf: str = "") -> Staff:
        """Who asks, with what they are about to do in the audit trail. Raises Problem when they may not.

        ``csrf``: the token where it is not in the header.
        """
        headers = {"X-CSRF-Token": csrf, "X-YHT-Background": "1"} if csrf else {}
        body = {"action": action, "target": target}
        return _staff(await self.ask(request, "POST", "/api/v1/console/records", body, headers))

    async def ask(
        self,
        request: web.Request,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """What the intake answers to the caller. Its problems are raised as ours; 503 when it does not answer."""
        sent = {name: request.headers[name] for name in _FORWARDED if name in request.headers} | dict(headers or {})
        if cookie := request.cookies.get(_COOKIE):
            sent["Cookie"] = f"{_COOKIE}={cookie}"
        peer = request.remote or "127.0.0.1"
        sent["X-Forwarded-For"] = ", ".join(filter(None, (request.headers.get("X-Forwarded-For", ""), peer)))
        sent["X-Request-Id"] = request[REQUEST_ID]
        try:
            async with self._session.request(
                method, self._url + path, json=body, headers=sent, timeout=_TIMEOUT
            ) as response:
                answer = await response.json(content_type=None)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise _down() from error
        if status >= 500 or not isinstance(answer, dict):
            raise _down()
        if status >= 400:
            errors = [FieldError.model_validate(one) for one in answer.get("errors") or ()]
            raise Problem(status, str(answer.get("code")), str(answer.get("detail")), errors=errors)
        return answer

    def is_own(self, request: web.Request) -> bool:
        """Whether a browser's request comes from a page of ours: other pages may open WebSockets with our cookie."""
        origin = request.headers.get("Origin")
        if origin is None:  # no browser
            return True
        hosts = {request.host, request.headers.get("X-Forwarded-Host", ""), self._own_host} - {""}
        return URL(origin).authority in hosts


def _staff(answer: Mapping[str, Any]) -> Staff:
    return Staff(str(answer["id"]), str(answer["name"]))


def _down() -> Problem:
    return Problem(
        503, "intake_down", "受理系统暂时没有响应，您写的已经保留，请稍后再试。", headers={"Retry-After": "5"}
    )
