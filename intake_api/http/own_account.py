"""One's own account: password, second factor, sessions."""

from __future__ import annotations

import io

import segno
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from groundwork.problem import FieldError, Problem
from intake_api.domain import second_factor
from intake_api.domain.staff import ANY_DUTY, LOCK, PASSWORD_LIFE, needs_second_factor, password_objections
from intake_api.http import staff_schemas
from intake_api.http.accounts import session_view
from intake_api.http.authentication import COOKIE, PRINCIPAL
from intake_api.http.resources import DATABASE, NOW, SECOND_FACTOR_KEYS
from intake_api.http.routing import Operation, body_of, json_answer
from intake_api.http.staff import PASSWORDS, check_not_reused, staff_view
from intake_api.storage import audit, second_factors, staff
from intake_api.storage.tables import StaffRow
from intake_api.storage.tokens import digest

_ISSUER = "一号通"


async def show_account(request: web.Request) -> web.Response:
    """One's own account."""
    person = await _person(request)
    async with request.app[DATABASE].read() as session:
        since = (await second_factors.enrolled_since(session, [person.id])).get(person.id)
        left = await second_factors.recovery_codes_left(session, person.id)
    set_at = person.password_set_at
    return json_answer(
        staff_schemas.OwnAccountView(
            staff=staff_view(request, person),
            duties=sorted(request[PRINCIPAL].duties),
            password=staff_schemas.OwnPasswordView(
                set_at=set_at, expires_at=set_at + PASSWORD_LIFE if set_at else None
            ),
            second_factor=staff_schemas.OwnSecondFactorView(
                enrolled=since is not None,
                compulsory=needs_second_factor(person.roles),
                since=since,
                recovery_codes_left=left if since is not None else 0,
            ),
        )
    )


async def change_password(request: web.Request) -> web.Response:
    """Change one's own password; other sessions end."""
    body = await body_of(request, staff_schemas.PasswordChangeBody)
    person = await _person(request)
    await _check_lock(request, person)
    if not await request.app[PASSWORDS].check(body.old, person.password):
        await _failed(request, person, "change_password")
        fault = FieldError(pointer="/old", detail="现在的密码不对。")
        raise Problem(422, "wrong_password", "现在的密码不对。", errors=[fault])
    wrong = password_objections(body.new, person.name)
    if wrong:
        faults = [FieldError(pointer="/new", detail=detail) for detail in wrong]
        raise Problem(422, "weak_password", " ".join(wrong), errors=faults)
    await check_not_reused(request, person.id, body.new, "/new")
    hashed = await request.app[PASSWORDS].hash(body.new)
    async with request.app[DATABASE].write() as session:
        await staff.set_password(session, person.id, hashed, request.app[NOW](), keep=_cookie(request))
        await staff.unlock(session, person.name)
        await _note(request, session, "change_password")
    return web.Response(status=204)


async def begin_second_factor(request: web.Request) -> web.Response:
    """Show a secret for the authenticator app. It counts for nothing until a code confirms it."""
    person = await _person(request)
    secret = second_factor.new_secret()
    keys, now = request.app[SECOND_FACTOR_KEYS], request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        if not await second_factors.begin(session, keys, person.id, secret, now):
            raise Problem(409, "already_enrolled", "您已启用双因素登录。换手机请先停用，或请安全管理员重置。")
    address = second_factor.address(secret, person.name, _ISSUER)
    return json_answer(
        staff_schemas.EnrolmentView(secret=secret, address=address, qr_svg=qr_svg(address)),
        headers={"Cache-Control": "no-store"},
    )


async def confirm_second_factor(request: web.Request) -> web.Response:
    """Take the second factor into use with its first code; answers with recovery codes. Other sessions end."""
    body = await body_of(request, staff_schemas.CodeBody)
    person = await _person(request)
    await _check_lock(request, person)
    codes = second_factor.new_recovery_codes()
    now = request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        right = await second_factors.confirm(session, request.app[SECOND_FACTOR_KEYS], person.id, body.code, now)
        if right:
            await second_factors.keep_recovery_codes(session, person.id, codes, now)
            await staff.end_sessions(session, person.id, keep=_cookie(request))
            await _note(request, session, "enrol_second_factor")
    if not right:
        await _failed(request, person, "enrol_second_factor")
        raise _wrong_code()
    return json_answer(staff_schemas.RecoveryCodesView(codes=codes), headers={"Cache-Control": "no-store"})


async def renew_recovery_codes(request: web.Request) -> web.Response:
    """New recovery codes against a code of the app; the old ones end."""
    body = await body_of(request, staff_schemas.CodeBody)
    person = await _person(request)
    codes = second_factor.new_recovery_codes()
    await _check_lock(request, person)
    now = request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        right = await second_factors.use_code(session, request.app[SECOND_FACTOR_KEYS], person.id, body.code, now)
        if right:
            await second_factors.keep_recovery_codes(session, person.id, codes, now)
            await _note(request, session, "renew_recovery_codes")
    if not right:
        await _failed(request, person, "renew_recovery_codes")
        raise _wrong_code()
    return json_answer(staff_schemas.RecoveryCodesView(codes=codes), headers={"Cache-Control": "no-store"})


async def remove_second_factor(request: web.Request) -> web.Response:
    """Do without a second factor, where one's roles allow it; or before setting up a new phone."""
    body = await body_of(request, staff_schemas.CodeBody)
    person = await _person(request)
    if needs_second_factor(person.roles):
        raise Problem(409, "compulsory", "您的角色必须使用双因素登录。换手机请安全管理员重置。")
    await _check_lock(request, person)
    now = request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        right = await second_factors.use_code(
            session, request.app[SECOND_FACTOR_KEYS], person.id, body.code, now
        ) or await second_factors.use_recovery_code(session, person.id, body.code, now)
        if right:
            await second_factors.remove(session, person.id)
            await _note(request, session, "remove_second_factor")
    if not right:
        await _failed(request, person, "remove_second_factor")
        raise _wrong_code()
    return web.Response(status=204)


async def list_own_sessions(request: web.Request) -> web.Response:
    """One's own sessions."""
    person = await _person(request)
    async with request.app[DATABASE].read() as session:
        rows = await staff.sessions(session, person.id, request.app[NOW]())
    present = digest(_cookie(request))
    items = [session_view(row, staff.session_id(row) if row.digest == present else None) for row in rows]
    return json_answer(staff_schemas.StaffSessionList(items=items))


async def end_own_session(request: web.Request) -> web.Response:
    """End one of one's own sessions, such as on a computer where one forgot to log out."""
    person = await _person(request)
    async with request.app[DATABASE].write() as session:
        called = request.match_info["session_id"]
        if len(called) != 16 or not await staff.end_session(session, person.id, called):
            raise Problem(404, "session_not_found", "没有这个会话，可能已经结束。")
        await _note(request, session, "end_own_session")
    return web.Response(status=204)


def qr_svg(text: str) -> str:
    """``text`` as a QR code: an SVG element in the colours of the page around it."""
    out = io.BytesIO()
    segno.make(text, error="l", micro=False).save(
        out, kind="svg", border=2, scale=1, xmldecl=False, svgns=True, omitsize=True, dark="#000", light="#fff",
        title="二维码", svgclass=None, lineclass=None,
    )  # fmt: skip
    return out.getvalue().decode()


async def _person(request: web.Request) -> StaffRow:
    """Whose account it is. Raises Problem 403 for programs."""
    staff_id = request[PRINCIPAL].staff_id
    if staff_id is None:
        raise Problem(403, "people_only", "令牌没有账号，请登录后再试。")
    async with request.app[DATABASE].read() as session:
        person = await session.get(StaffRow, staff_id)
    assert person is not None
    return person


def _cookie(request: web.Request) -> str:
    return request.cookies.get(COOKIE, "")


def _wrong_code() -> Problem:
    detail = "验证码不对。请看手机上现在显示的 6 位数；同一个验证码只能用一次。"
    return Problem(422, "wrong_code", detail, errors=[FieldError(pointer="/code", detail=detail)])


async def _check_lock(request: web.Request, person: StaffRow) -> None:
    """Guesses from inside a session count like those at the door."""
    now = request.app[NOW]()
    async with request.app[DATABASE].read() as session:
        if (await staff.lock_state(session, person.name)).locked(now):
            waiting = {"Retry-After": str(int(LOCK.total_seconds()))}
            raise Problem(423, "account_locked", "连续多次输错，请 15 分钟后再试。", headers=waiting)


async def _failed(request: web.Request, person: StaffRow, action: str) -> None:
    principal, now = request[PRINCIPAL], request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        await staff.note_failure(session, person.name, principal.address, now)
        await _note(request, session, action, "failed")


async def _note(request: web.Request, session: AsyncSession, action: str, result: str = "ok") -> None:
    principal = request[PRINCIPAL]
    await audit.note(
        session, principal.actor, action, target=f"staff:{principal.staff_id}", result=result,
        address=principal.address, now=request.app[NOW](),
    )  # fmt: skip


_PEOPLE = {403: "people_only"}
_CODE = {**_PEOPLE, 422: "wrong_code", 423: "account_locked"}

OPERATIONS = (
    Operation(
        "GET", "/api/v1/account", show_account, "我的账号", "我的账号", "Password, second factor, and what is due.",
        answers={200: staff_schemas.OwnAccountView}, problems=_PEOPLE, despite=ANY_DUTY,
    ),
    Operation(
        "PUT", "/api/v1/account/password", change_password, "我的账号", "修改密码",
        "Asks for the old one; the last 5 cannot be used again. Other sessions end.",
        body=staff_schemas.PasswordChangeBody, answers={204: None}, despite=ANY_DUTY,
        problems={**_PEOPLE, 422: "wrong_password, weak_password, password_reused", 423: "account_locked"},
    ),
    Operation(
        "POST", "/api/v1/account/second-factor", begin_second_factor, "我的账号", "启用双因素：取得密钥",
        "A new TOTP secret (RFC 6238, SHA-1, 6 digits, 30 s). Never shown again.",
        answers={200: staff_schemas.EnrolmentView}, problems={**_PEOPLE, 409: "already_enrolled"}, despite=ANY_DUTY,
    ),
    Operation(
        "POST", "/api/v1/account/second-factor/confirm", confirm_second_factor, "我的账号", "启用双因素：核对验证码",
        "Answers with ten recovery codes, shown once. Other sessions end.",
        body=staff_schemas.CodeBody, answers={200: staff_schemas.RecoveryCodesView}, problems=_CODE, despite=ANY_DUTY,
    ),
    Operation(
        "POST", "/api/v1/account/second-factor/remove", remove_second_factor, "我的账号", "停用双因素",
        "Against a code; not for roles that must have one.",
        body=staff_schemas.CodeBody, answers={204: None}, problems={**_CODE, 409: "compulsory"},
    ),
    Operation(
        "POST", "/api/v1/account/recovery-codes", renew_recovery_codes, "我的账号", "换恢复码",
        "Against a code of the app. The old ones end.",
        body=staff_schemas.CodeBody, answers={200: staff_schemas.RecoveryCodesView}, problems=_CODE,
    ),
    Operation(
        "GET", "/api/v1/account/sessions", list_own_sessions, "我的账号", "我的登录会话", "Those that have not ended.",
        answers={200: staff_schemas.StaffSessionList}, problems=_PEOPLE,
    ),
    Operation(
        "DELETE", "/api/v1/account/sessions/{session_id}", end_own_session, "我的账号", "结束一个会话", "",
        answers={204: None}, problems={**_PEOPLE, 404: "session_not_found"},
    ),
)  # fmt: skip
