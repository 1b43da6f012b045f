"""Who asks: a program by its bearer token, a person by the cookie of a session with a CSRF token for every change."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from groundwork.problem import Problem
from groundwork.web import client_address
from intake_api.domain.access import Permission, Role, permissions
from intake_api.domain.event import Actor, ActorKind
from intake_api.domain.staff import Duty
from intake_api.http.resources import DATABASE, NOW
from intake_api.storage import staff, tokens

COOKIE = "yht_session"
CSRF_HEADER = "X-CSRF-Token"
BACKGROUND_HEADER = "X-YHT-Background"
"""Pages that ask by themselves send it: such requests do not keep an idle session alive."""

_SEEN_STEP = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, with everything that decides what they may do. ``scope`` names them for idempotency keys."""

    actor: Actor
    scope: str
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    department_id: str | None
    address: str
    duties: frozenset[Duty] = frozenset()
    """What a person must do before anything else."""

    @property
    def staff_id(self) -> int | None:
        """The account of a person who is logged in; None for a program."""
        return int(self.actor.id) if self.scope.startswith("staff:") else None

    @property
    def is_channel(self) -> bool:
        """Whether this is a program that speaks for residents."""
        return Role.CHANNEL in self.roles

    def may(self, permission: Permission) -> bool:
        """Whether the permission is theirs."""
        return permission in self.permissions


PRINCIPAL = web.RequestKey("principal", Principal)


def csrf_token(cookie: str) -> str:
    """The CSRF token that belongs to a session's cookie."""
    return hmac.new(cookie.encode(errors="surrogatepass"), b"csrf", hashlib.sha256).hexdigest()


async def authenticate(request: web.Request) -> Principal:
    """Who asks. Raises Problem 401 ``unauthenticated``, 403 ``csrf``."""
    header = request.headers.get("Authorization", "")
    principal = await (_by_token(request, header) if header else _by_cookie(request))
    request[PRINCIPAL] = principal
    return principal


def _unauthenticated(detail: str) -> Problem:
    return Problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})


async def _by_token(request: web.Request, header: str) -> Principal:
    scheme, _, plain = header.partition(" ")
    if scheme.lower() != "bearer" or not plain.strip():
        raise _unauthenticated("请用 Authorization: Bearer 令牌 的形式出示令牌。")
    now = request.app[NOW]()
    database = request.app[DATABASE]
    async with database.read() as session:
        token = await tokens.find(session, plain.strip(), now)
    if token is None:
        raise _unauthenticated("令牌无效或已被撤销。")
    if tokens.is_use_worth_noting(token, now):
        async with database.write() as session:
            await tokens.note_use(session, token.id, now)
    kind = {Role.CHANNEL: ActorKind.CHANNEL, Role.PARTNER: ActorKind.PARTNER, Role.BOARD: ActorKind.PARTNER}.get(
        token.role, ActorKind.STAFF
    )
    return Principal(
        actor=Actor(kind, f"token:{token.id}", token.name),
        scope=f"token:{token.id}",
        roles=frozenset({token.role}),
        permissions=permissions([token.role]),
        department_id=token.department_id,
        address=client_address(request),
    )


async def _by_cookie(request: web.Request) -> Principal:
    cookie = request.cookies.get(COOKIE, "")
    if not cookie:
        raise _unauthenticated("请先登录。")
    now = request.app[NOW]()
    database = request.app[DATABASE]
    async with database.read() as session:
        state = await staff.find_session(session, cookie, now)
    if state is None:
        raise _unauthenticated("登录已过期，请重新登录。")
    if request.method not in ("GET", "HEAD") and not hmac.compare_digest(
        request.headers.get(CSRF_HEADER, "").encode(errors="surrogatepass"), csrf_token(cookie).encode()
    ):
        raise Problem(403, "csrf", "页面已过期，请刷新后再试。")
    if BACKGROUND_HEADER not in request.headers and now - state.last_seen_at > _SEEN_STEP:
        async with database.write() as session:
            await staff.touch_session(session, cookie, now)
    person = state.staff
    roles = frozenset(Role(role) for role in person.roles)
    return Principal(
        actor=Actor(ActorKind.STAFF, str(person.id), person.name),
        scope=f"staff:{person.id}",
        roles=roles,
        permissions=permissions(roles),
        department_id=person.department_id,
        address=client_address(request),
        duties=state.duties,
    )
