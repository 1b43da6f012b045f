"""Staff: log in and out, set passwords by one-time links, found the first administrators."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum

from aiohttp import web
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.ext.asyncio import AsyncSession

from groundwork.keys import KeyRing
from groundwork.problem import FieldError, Problem
from groundwork.web import client_address
from intake_api.domain.access import ADMINISTRATORS, Role
from intake_api.domain.event import Actor, ActorKind
from intake_api.domain.staff import (
    ANY_DUTY,
    FAILURES_PER_ADDRESS,
    LOCK,
    PASSWORDS_REMEMBERED,
    Duty,
    password_objections,
)
from intake_api.http import schemas
from intake_api.http.authentication import COOKIE, PRINCIPAL, csrf_token
from intake_api.http.resources import CITY, DATABASE, NOW, SECOND_FACTOR_KEYS, SETTINGS
from intake_api.http.routing import Operation, body_of, json_answer
from intake_api.storage import audit, second_factors, staff
from intake_api.storage.tables import StaffRow


class Passwords:
    """argon2id in threads, two at a time: each takes 64 MB."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(2)
        # names without an account are checked against it, so that they take as long as those with one
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """The hash to store."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def check(self, password: str, stored: str) -> bool:
        """Whether the password is right; ``stored`` empty: there is none, which takes the same time to find out."""
        async with self._turn:
            return await asyncio.to_thread(self._check, password, stored)

    def _check(self, password: str, stored: str) -> bool:
        self._nobody = self._nobody or self._hasher.hash("nobody has this password")
        try:
            return self._hasher.verify(stored or self._nobody, password) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False


PASSWORDS = web.AppKey("passwords", Passwords)


async def log_in(request: web.Request) -> web.Response:
    """Start a session. Unknown names are answered, locked and timed like known ones.

    With a second factor, the right password without a code is answered 401 ``code_required`` and asked again with one.
    """
    body = await body_of(request, schemas.LoginBody)
    database, now, address = request.app[DATABASE], request.app[NOW](), client_address(request)
    waiting = {"Retry-After": str(int(LOCK.total_seconds()))}
    locked = Problem(423, "account_locked", "连续多次登录失败，账号已锁定，请 15 分钟后再试。", headers=waiting)
    async with database.read() as session:
        if await staff.failures_from(session, address, now) >= FAILURES_PER_ADDRESS:
            raise Problem(429, "too_many_attempts", "登录失败次数过多，请 15 分钟后再试。", headers=waiting)
        if (await staff.lock_state(session, body.name)).locked(now):
            raise locked
        person = await staff.by_name(session, body.name)
    alive = person is not None and person.disabled_at is None
    right = await request.app[PASSWORDS].check(body.password, person.password if person and alive else "")
    now = request.app[NOW]()
    async with database.write() as session:
        # guesses made at the same moment were all let in above: the lock counts again here
        shut = (await staff.lock_state(session, body.name)).locked(now)
        proof = _Proof.WRONG
        if person is not None and right and not shut:
            proof = await _second_proof(session, request.app[SECOND_FACTOR_KEYS], person.id, body.code, now)
        actor = Actor(ActorKind.STAFF, str(person.id) if person else "unknown", person.name if person else "")
        cookie, result = "", "failed"
        if proof is _Proof.WRONG:
            await staff.note_failure(session, body.name, address, now)
        elif proof is _Proof.MISSING:
            result = "code_required"
        elif person is not None:
            agent = request.headers.get("User-Agent", "")
            cookie = await staff.open_session(session, person.id, body.name, now, address=address, agent=agent)
            result = "ok"
        action = "use_recovery_code" if proof is _Proof.PAPER else "log_in"
        await audit.note(session, actor, action, target="session", result=result, address=address, now=now)
    if not cookie or person is None:
        if shut:
            raise locked
        if proof is _Proof.MISSING:
            raise Problem(401, "code_required", "请输入验证器上的 6 位验证码，或一个恢复码。")
        wrong = "姓名、密码或验证码不对。" if body.code else "姓名或密码不对。"
        raise Problem(401, "login_failed", wrong)
    async with database.read() as session:
        state = await staff.find_session(session, cookie, now)
    answer = json_answer(_session_view(request, person, cookie, state.duties if state else ()))
    secure = request.app[SETTINGS].public_url.startswith("https://")
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="Lax", secure=secure, path="/")
    return answer


class _Proof(Enum):
    """What came of the second factor at a log-in."""

    WRONG = "wrong"
    MISSING = "missing"  # there is a second factor, and no code was sent
    NOT_NEEDED = "not_needed"
    APP = "app"
    PAPER = "paper"


async def _second_proof(session: AsyncSession, keys: KeyRing, staff_id: int, code: str, now: datetime) -> _Proof:
    if not await second_factors.enrolled(session, staff_id):
        return _Proof.NOT_NEEDED
    if not code:
        return _Proof.MISSING
    if await second_factors.use_code(session, keys, staff_id, code, now):
        return _Proof.APP
    return _Proof.PAPER if await second_factors.use_recovery_code(session, staff_id, code, now) else _Proof.WRONG


def _session_view(request: web.Request, person: StaffRow, cookie: str, duties: Iterable[Duty]) -> schemas.SessionView:
    return schemas.SessionView(staff=staff_view(request, person), csrf_token=csrf_token(cookie), duties=sorted(duties))


async def show_session(request: web.Request) -> web.Response:
    """Who is logged in."""
    principal = request[PRINCIPAL]
    if not principal.scope.startswith("staff:"):
        raise Problem(401, "unauthenticated", "请先登录。")
    async with request.app[DATABASE].read() as session:
        person = await session.get(StaffRow, int(principal.actor.id))
    assert person is not None
    return json_answer(_session_view(request, person, request.cookies.get(COOKIE, ""), principal.duties))


async def show_principal(request: web.Request) -> web.Response:
    """Who asks, and what they may do."""
    principal = request[PRINCIPAL]
    return json_answer(
        schemas.PrincipalView(
            id=principal.scope,
            name=principal.actor.name,
            roles=sorted(principal.roles),
            permissions=sorted(principal.permissions),
            department_id=principal.department_id,
        )
    )


async def log_out(request: web.Request) -> web.Response:
    """End the session."""
    principal = request[PRINCIPAL]
    async with request.app[DATABASE].write() as session:
        await staff.close_session(session, request.cookies.get(COOKIE, ""))
        await audit.note(
            session, principal.actor, "log_out", target="session", result="ok", address=principal.address,
            now=request.app[NOW](),
        )  # fmt: skip
    answer = web.Response(status=204)
    answer.del_cookie(COOKIE, path="/")
    return answer


def invitation_link(base_url: str, token: str) -> str:
    """Where a one-time link leads."""
    return f"{base_url}/desk/invitation/{token}"


def _link_problem(error: staff.InvitationUsed | None) -> Problem:
    if error is None:
        return Problem(404, "invitation_not_found", "没有这个链接，请核对后再试。")
    return Problem(410, "invitation_used", "这个链接已经用过或已过期，请向系统管理员要一个新的。")


async def show_invitation(request: web.Request) -> web.Response:
    """Who a link is for."""
    try:
        async with request.app[DATABASE].read() as session:
            row = await staff.invitation(session, request.match_info["token"], request.app[NOW]())
            if row is None:
                raise _link_problem(None)
            person = await session.get(StaffRow, row.staff_id) if row.staff_id is not None else None
    except staff.InvitationUsed as error:
        raise _link_problem(error) from error
    return json_answer(
        schemas.InvitationView(
            kind="founding" if row.kind == staff.FOUNDING else "password",
            name=person.name if person else None,
            roles=[Role(role) for role in person.roles] if person else list(ADMINISTRATORS),
            expires_at=row.expires_at,
        )
    )


async def use_invitation(request: web.Request) -> web.Response:
    """Set a password, or found the first three administrators."""
    body = await body_of(request, schemas.InvitationBody)
    token = request.match_info["token"]
    try:
        async with request.app[DATABASE].read() as session:
            row = await staff.invitation(session, token, request.app[NOW]())
            if row is None:
                raise _link_problem(None)
            person = await session.get(StaffRow, row.staff_id) if row.staff_id is not None else None
        if row.kind == staff.FOUNDING:
            names = await _found(request, token, body.administrators)
        else:
            assert person is not None
            names = [await _set_password(request, token, person, body.password)]
    except staff.InvitationUsed as error:
        raise _link_problem(error) from error
    return json_answer(schemas.InvitationDone(names=names))


async def _set_password(request: web.Request, token: str, person: StaffRow, password: str | None) -> str:
    wrong = ["请设置密码。"] if password is None else password_objections(password, person.name)
    if password is None or wrong:
        faults = [FieldError(pointer="/password", detail=detail) for detail in wrong]
        raise Problem(422, "weak_password", " ".join(wrong), errors=faults)
    await check_not_reused(request, person.id, password, "/password")
    hashed = await request.app[PASSWORDS].hash(password)
    now = request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        row = await staff.invitation(session, token, now)
        assert row is not None
        await staff.use_invitation(session, row, now)
        await staff.set_password(session, person.id, hashed, now)
        await audit.note(
            session, Actor(ActorKind.STAFF, str(person.id), person.name), "set_password", target=f"staff:{person.id}",
            result="ok", address=client_address(request), now=now,
        )  # fmt: skip
    return person.name


async def check_not_reused(request: web.Request, staff_id: int, password: str, pointer: str) -> None:
    """That a password is none of the last ones. Raises Problem 422 ``password_reused``."""
    async with request.app[DATABASE].read() as session:
        before = await staff.passwords_before(session, staff_id)
    for hashed in before:
        if await request.app[PASSWORDS].check(password, hashed):
            detail = f"最近 {PASSWORDS_REMEMBERED} 次用过的密码不能再用，请换一个。"
            raise Problem(422, "password_reused", detail, errors=[FieldError(pointer=pointer, detail=detail)])


async def _found(
    request: web.Request, token: str, administrators: Sequence[schemas.AdministratorBody] | None
) -> list[str]:
    faults = []
    people = list(administrators or ())
    if {person.role for person in people} != set(ADMINISTRATORS) or len(people) != len(ADMINISTRATORS):
        detail = "请同时设立系统管理员、安全管理员、审计员各一名。"
        faults.append(FieldError(pointer="/administrators", detail=detail))
    if len({staff.login_of(person.name) for person in people}) != len(people):
        faults.append(FieldError(pointer="/administrators", detail="三名管理员必须是不同的人，姓名不能相同。"))
    for index, person in enumerate(people):
        for detail in password_objections(person.password, person.name):
            faults.append(FieldError(pointer=f"/administrators/{index}/password", detail=detail))
    if faults:
        raise Problem(422, "invalid", "提交的内容有误，请按提示修改。", errors=faults)
    hashed = [await request.app[PASSWORDS].hash(person.password) for person in people]
    now = request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        row = await staff.invitation(session, token, now)
        assert row is not None
        await staff.use_invitation(session, row, now)
        if await staff.any_staff(session):
            raise staff.InvitationUsed
        for person, password in zip(people, hashed, strict=True):
            created = await staff.add(
                session, person.name, roles=[person.role], department_id=None, now=now, password=password
            )
            await audit.note(
                session, Actor(ActorKind.STAFF, str(created.id), created.name), "found_administrator",
                target=f"staff:{created.id}", result="ok", address=client_address(request), now=now,
            )  # fmt: skip
    return [person.name for person in people]


def staff_view(request: web.Request, person: StaffRow) -> schemas.StaffView:
    """An account as it is answered."""
    department = None
    if person.department_id:
        city = request.app[CITY]
        name = city.current.department_name(person.department_id) if city.is_loaded else person.department_id
        department = schemas.DepartmentRef(id=person.department_id, name=name)
    return schemas.StaffView(
        id=person.id, name=person.name, roles=[Role(role) for role in person.roles], department=department
    )


OPERATIONS = (
    Operation(
        "POST", "/api/v1/session", log_in, "登录", "登录",
        "Sets the cookie `yht_session`; ends after 15 minutes without use or 12 hours. Five failures in a row lock the "
        "name for 15 minutes. Accounts with a second factor send `code` too; `code_required` asks for it. `duties` "
        "tells what must be done before anything else.",
        needs=None, body=schemas.LoginBody, answers={200: schemas.SessionView},
        answer_headers={"Set-Cookie": "`yht_session`, for this host only."},
        problems={401: "login_failed, code_required", 423: "account_locked", 429: "too_many_attempts"},
    ),
    Operation(
        "GET", "/api/v1/session", show_session, "登录", "当前登录", "Who is logged in, with the CSRF token. Requests "
        "that pages send by themselves carry `X-YHT-Background` and do not keep an idle session alive.",
        answers={200: schemas.SessionView}, problems={401: "unauthenticated"}, despite=ANY_DUTY,
    ),
    Operation(
        "GET", "/api/v1/principal", show_principal, "登录", "出示的凭证是谁的",
        "Of a session or a token: name, roles and permissions. Parts of the system that serve people by themselves ask "
        "here what their credential allows; they send `X-YHT-Background` when nobody is at the page.",
        answers={200: schemas.PrincipalView},
    ),
    Operation(
        "DELETE", "/api/v1/session", log_out, "登录", "退出", "Ends the session.", answers={204: None},
        despite=ANY_DUTY,
    ),
    Operation(
        "GET", "/api/v1/invitations/{token}", show_invitation, "人员", "一次性链接是给谁的", "",
        needs=None, answers={200: schemas.InvitationView},
        problems={404: "invitation_not_found", 410: "invitation_used"},
    ),
    Operation(
        "POST", "/api/v1/invitations/{token}", use_invitation, "人员", "设置密码，或设立首批三名管理员",
        "`password` for an account; `administrators` (three, of distinct names) for the founding link. Works once.",
        needs=None, body=schemas.InvitationBody, answers={200: schemas.InvitationDone},
        problems={404: "invitation_not_found", 410: "invitation_used", 422: "invalid, weak_password, password_reused"},
    ),
)  # fmt: skip
