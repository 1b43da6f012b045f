"""Accounts of staff, in the hands of two administrators.

The system administrator opens, invites, disables and enables; the security administrator says which roles an account
has, unlocks, asks for new passwords, voids forgotten ones, resets second factors and ends sessions. Neither can do the
other's part, nor change their own account.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from groundwork.problem import FieldError, Problem
from intake_api.domain.access import Permission, Role, objection
from intake_api.domain.staff import needs_second_factor
from intake_api.http import schemas, staff_schemas
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.resources import CITY, DATABASE, NOW, SETTINGS
from intake_api.http.routing import Operation, body_of, json_answer, number_of
from intake_api.http.staff import invitation_link, staff_view
from intake_api.storage import audit, second_factors, staff
from intake_api.storage.database import Conflict
from intake_api.storage.tables import StaffRow, StaffSessionRow


async def list_staff(request: web.Request) -> web.Response:
    """All accounts."""
    now = request.app[NOW]()
    async with request.app[DATABASE].read() as session:
        people = await staff.everybody(session)
        enrolled = await second_factors.enrolled_since(session, [person.id for person in people])
        locks = await staff.locks(session, [person.name for person in people], now)
    items = [
        staff_schemas.AccountItem(
            **staff_view(request, person).model_dump(),
            role_labels=[Role(role).label for role in person.roles],
            created_at=person.created_at,
            has_password=bool(person.password),
            disabled=person.disabled_at is not None,
            requested_roles=[Role(role) for role in person.requested_roles],
            second_factor=person.id in enrolled,
            second_factor_compulsory=needs_second_factor(person.roles),
            must_change_password=person.must_change_password,
            password_set_at=person.password_set_at,
            locked_until=locks.get(person.name),
            disabled_at=person.disabled_at,
        )
        for person in people
    ]
    return json_answer(staff_schemas.AccountList(items=items))


async def add_staff(request: web.Request) -> web.Response:
    """Add an account; answers with the one-time link for its owner. Its roles wait for the security administrator."""
    body = await body_of(request, schemas.StaffBody)
    now = request.app[NOW]()
    _check_roles(request, body.roles, body.department_id)
    try:
        async with request.app[DATABASE].write() as session:
            person = await staff.add(
                session, body.name, roles=(), requested=body.roles, department_id=body.department_id or None, now=now
            )
            token = await staff.invite(session, staff.PASSWORD, person.id, now)
            await _note(request, session, "add_staff", person.id, _words(body.roles))
    except Conflict as error:
        fault = FieldError(pointer="/name", detail="这个姓名已有账号，请加以区别，如“王芳（七宝）”。")
        raise Problem(409, "name_taken", "这个姓名已有账号。", errors=[fault]) from error
    link = invitation_link(request.app[SETTINGS].base_url, token)
    return json_answer(schemas.StaffCreated(id=person.id, link=link), 201)


async def invite(request: web.Request) -> web.Response:
    """A new one-time link for somebody who lost the first one, or whose forgotten password was voided.

    Whoever has the link sets the password, so while there is one, one administrator alone cannot make a link. The
    second factor stays.
    """
    now = request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        person = await _other(request, session)
        if person.disabled_at is not None:
            raise Problem(409, "account_disabled", "这个账号已停用，请先启用。")
        if person.password:
            raise Problem(409, "has_password", "这个账号有密码：忘了的，请安全管理员核实是本人、作废密码以后再发链接。")
        token = await staff.invite(session, staff.PASSWORD, person.id, now)
        await _note(request, session, "invite_staff", person.id)
    link = invitation_link(request.app[SETTINGS].base_url, token)
    return json_answer(staff_schemas.LinkView(id=person.id, name=person.name, link=link), 201)


async def disable(request: web.Request) -> web.Response:
    """Shut an account: nobody gets in, and all its sessions end. What it did stays under its name."""
    async with request.app[DATABASE].write() as session:
        person = await _other(request, session)
        if person.disabled_at is None:
            await _keep_administrators(session, person)
            person.disabled_at = request.app[NOW]()
            await staff.end_sessions(session, person.id)
            await _note(request, session, "disable_staff", person.id)
    return web.Response(status=204)


async def enable(request: web.Request) -> web.Response:
    """Open an account again; the password must be changed at the first log-in."""
    async with request.app[DATABASE].write() as session:
        person = await _other(request, session)
        if person.disabled_at is not None:
            person.disabled_at = None
            person.must_change_password = bool(person.password)
            await _note(request, session, "enable_staff", person.id)
    return web.Response(status=204)


async def assign_roles(request: web.Request) -> web.Response:
    """Say which roles an account has from now on; what was requested is thereby decided."""
    body = await body_of(request, staff_schemas.RolesBody)
    async with request.app[DATABASE].write() as session:
        person = await _other(request, session)
        department = person.department_id if body.department_id is None else body.department_id or None
        if body.roles:
            _check_roles(request, body.roles, department or "")
        if set(body.roles) != set(person.roles):
            await _keep_administrators(session, person)
        person.roles = [role.value for role in body.roles]
        person.requested_roles = []
        person.department_id = department
        await _note(request, session, "assign_roles", person.id, _words(body.roles))
    return web.Response(status=204)


async def unlock(request: web.Request) -> web.Response:
    """Let somebody try again who was locked after failed log-ins."""
    async with request.app[DATABASE].write() as session:
        person = await _other(request, session)
        if await staff.unlock(session, person.name):
            await _note(request, session, "unlock_staff", person.id)
    return web.Response(status=204)


async def require_password(request: web.Request) -> web.Response:
    """Have somebody change the password at once: their sessions end, and the next can do nothing before."""
    async with request.app[DATABASE].write() as session:
        person = await _other(request, session)
        person.must_change_password = True
        await staff.end_sessions(session, person.id)
        await _note(request, session, "require_password", person.id)
    return web.Response(status=204)


async def void_password(request: web.Request) -> web.Response:
    """Void a forgotten password: nobody gets in until the owner has set another by a new link; their sessions end."""
    async with request.app[DATABASE].write() as session:
        person = await _other(request, session)
        if not person.password:
            raise Problem(409, "no_password", "这个账号还没有密码，可以直接发链接。")
        person.password = ""
        await staff.end_sessions(session, person.id)
        await _note(request, session, "void_password", person.id)
    return web.Response(status=204)


async def reset_second_factor(request: web.Request) -> web.Response:
    """Forget the second factor of somebody who lost the phone and the paper; their sessions end."""
    async with request.app[DATABASE].write() as session:
        person = await _other(request, session)
        if not await second_factors.remove(session, person.id):
            raise Problem(409, "not_enrolled", "这个账号没有启用双因素。")
        await staff.end_sessions(session, person.id)
        await _note(request, session, "reset_second_factor", person.id)
    return web.Response(status=204)


async def list_sessions(request: web.Request) -> web.Response:
    """Sessions of an account."""
    async with request.app[DATABASE].read() as session:
        person = await session.get(StaffRow, _asked_id(request))
        if person is None:
            raise _missing()
        rows = await staff.sessions(session, person.id, request.app[NOW]())
    return json_answer(staff_schemas.StaffSessionList(items=[session_view(row, None) for row in rows]))


async def end_sessions(request: web.Request) -> web.Response:
    """End all sessions of an account."""
    async with request.app[DATABASE].write() as session:
        person = await _other(request, session)
        ended = await staff.end_sessions(session, person.id)
        await _note(request, session, "end_sessions", person.id)
    return json_answer(staff_schemas.EndedView(ended=ended))


def session_view(row: StaffSessionRow, present: str | None) -> staff_schemas.StaffSessionView:
    """A session as it is answered; ``present``: how the one that asks is called."""
    called = staff.session_id(row)
    return staff_schemas.StaffSessionView(
        id=called, started_at=row.created_at, last_seen_at=row.last_seen_at, address=row.address, agent=row.agent,
        present=called == present,
    )  # fmt: skip


def _missing() -> Problem:
    return Problem(404, "staff_not_found", "没有这个账号。")


def _asked_id(request: web.Request) -> int:
    number = number_of(request, "id")
    if number is None:
        raise _missing()
    return number


async def _other(request: web.Request, session: AsyncSession) -> StaffRow:
    """The account of the address, locked. Raises Problem 404, and 403 for one's own."""
    person = await staff.locked(session, _asked_id(request))
    if person is None:
        raise _missing()
    if person.id == request[PRINCIPAL].staff_id:
        raise Problem(403, "own_account", "管理员不能改动自己的账号，请由另一位同类管理员办理。")
    return person


async def _keep_administrators(session: AsyncSession, person: StaffRow) -> None:
    if await staff.is_last_administrator(session, person):
        raise Problem(409, "last_administrator", f"{person.name}是最后一位在任的这类管理员，请先有人接任。")


async def _note(request: web.Request, session: AsyncSession, action: str, staff_id: int, words: str = "") -> None:
    principal = request[PRINCIPAL]
    target = f"staff:{staff_id} {words}".rstrip()
    await audit.note(
        session, principal.actor, action, target=target, result="ok", address=principal.address,
        now=request.app[NOW](),
    )  # fmt: skip


def _words(roles: Sequence[Role]) -> str:
    return ",".join(role.value for role in roles) or "none"


def _check_roles(request: web.Request, roles: Sequence[Role], department_id: str) -> None:
    wrong = objection(roles)
    if wrong:
        raise Problem(422, "invalid", wrong, errors=[FieldError(pointer="/roles", detail=wrong)])
    departments = request.app[CITY].current.city.matrix.departments if request.app[CITY].is_loaded else {}
    if department_id and department_id not in departments:
        raise _department_fault("没有这个部门。")
    if Role.HANDLER in roles and not department_id:
        raise _department_fault("处置人员必须属于一个部门。")


def _department_fault(detail: str) -> Problem:
    return Problem(422, "invalid", detail, errors=[FieldError(pointer="/department_id", detail=detail)])


_SYSTEM = (Permission.MANAGE_STAFF,)
_SECURITY = (Permission.GUARD_ACCOUNTS,)
_GONE = {404: "staff_not_found", 403: "forbidden, own_account"}

OPERATIONS = (
    Operation(
        "GET", "/api/v1/staff", list_staff, "人员", "人员列表", "All accounts.",
        needs=(Permission.SEE_STAFF,), answers={200: staff_schemas.AccountList},
    ),
    Operation(
        "POST", "/api/v1/staff", add_staff, "人员", "开设账号",
        "Answers with a one-time link (72 hours) by which the person sets a password. `roles` are what is asked for: "
        "they are in force once the security administrator grants them.",
        needs=_SYSTEM, body=schemas.StaffBody, answers={201: schemas.StaffCreated},
        problems={409: "name_taken", 422: "invalid"},
    ),
    Operation(
        "POST", "/api/v1/staff/{id}/invitation", invite, "人员", "再发一次性链接",
        "Ends the earlier link. An account with a password gets one after the security administrator has voided it. "
        "The second factor, if there is one, is still asked for.",
        needs=_SYSTEM, answers={201: staff_schemas.LinkView}, problems={**_GONE, 409: "account_disabled, has_password"},
    ),
    Operation(
        "POST", "/api/v1/staff/{id}/disable", disable, "人员", "停用账号",
        "Ends its sessions. Not the last administrator of a kind.",
        needs=_SYSTEM, answers={204: None}, problems={**_GONE, 409: "last_administrator"},
    ),
    Operation(
        "POST", "/api/v1/staff/{id}/enable", enable, "人员", "启用账号",
        "The password must be changed at the first log-in.",
        needs=_SYSTEM, answers={204: None}, problems=_GONE,
    ),
    Operation(
        "PUT", "/api/v1/staff/{id}/roles", assign_roles, "人员", "授予角色",
        "The roles from now on, in open sessions too; an empty list takes all away.",
        needs=(Permission.ASSIGN_ROLES,), body=staff_schemas.RolesBody, answers={204: None},
        problems={**_GONE, 409: "last_administrator", 422: "invalid"},
    ),
    Operation(
        "POST", "/api/v1/staff/{id}/unlock", unlock, "人员", "解除登录锁定", "Forgets failed log-ins.",
        needs=_SECURITY, answers={204: None}, problems=_GONE,
    ),
    Operation(
        "POST", "/api/v1/staff/{id}/require-password", require_password, "人员", "要求更换密码", "Ends its sessions.",
        needs=_SECURITY, answers={204: None}, problems=_GONE,
    ),
    Operation(
        "DELETE", "/api/v1/staff/{id}/password", void_password, "人员", "作废密码",
        "For a forgotten password, before the system administrator makes a new link. Ends its sessions.",
        needs=_SECURITY, answers={204: None}, problems={**_GONE, 409: "no_password"},
    ),
    Operation(
        "DELETE", "/api/v1/staff/{id}/second-factor", reset_second_factor, "人员", "重置双因素",
        "For a lost phone. Ends its sessions; privileged roles set up a new one at the next log-in.",
        needs=_SECURITY, answers={204: None}, problems={**_GONE, 409: "not_enrolled"},
    ),
    Operation(
        "GET", "/api/v1/staff/{id}/sessions", list_sessions, "人员", "登录会话", "Sessions that have not ended.",
        needs=_SECURITY, answers={200: staff_schemas.StaffSessionList}, problems={404: "staff_not_found"},
    ),
    Operation(
        "DELETE", "/api/v1/staff/{id}/sessions", end_sessions, "人员", "结束登录会话", "All of them.",
        needs=_SECURITY, answers={200: staff_schemas.EndedView}, problems=_GONE,
    ),
)  # fmt: skip
