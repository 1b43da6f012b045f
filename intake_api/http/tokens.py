"""Tokens of programs: partner systems and channels. What a token opens is shown once."""

from __future__ import annotations

from aiohttp import web

from groundwork.problem import Problem
from intake_api.domain.access import Permission, Role
from intake_api.http import staff_schemas
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.resources import DATABASE, NOW
from intake_api.http.routing import Operation, body_of, json_answer, number_of
from intake_api.storage import audit, tokens


async def list_tokens(request: web.Request) -> web.Response:
    """All tokens."""
    async with request.app[DATABASE].read() as session:
        rows = await tokens.everything(session)
    items = [
        staff_schemas.TokenView(
            id=row.id,
            role=Role(row.role),
            role_label=Role(row.role).label,
            name=row.name,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
        )
        for row in rows
    ]
    return json_answer(staff_schemas.TokenList(items=items))


async def issue(request: web.Request) -> web.Response:
    """Issue a token."""
    body = await body_of(request, staff_schemas.TokenBody)
    principal, now = request[PRINCIPAL], request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        plain = await tokens.issue(session, body.role, body.name, body.department_id or None)
        row = await tokens.find(session, plain)
        assert row is not None
        await audit.note(
            session, principal.actor, "issue_token", target=f"token:{row.id} {body.role.value}", result="ok",
            address=principal.address, now=now,
        )  # fmt: skip
    return json_answer(staff_schemas.TokenCreated(id=row.id, token=plain), 201, {"Cache-Control": "no-store"})


async def revoke(request: web.Request) -> web.Response:
    """End a token at once."""
    principal, now = request[PRINCIPAL], request.app[NOW]()
    number = number_of(request, "token_id")
    async with request.app[DATABASE].write() as session:
        if number is None or not await tokens.revoke(session, number, now):
            raise Problem(404, "token_not_found", "没有这个令牌，或已经撤销。")
        await audit.note(
            session, principal.actor, "revoke_token", target=f"token:{number}", result="ok",
            address=principal.address, now=now,
        )  # fmt: skip
    return web.Response(status=204)


_NEEDS = (Permission.MANAGE_TOKENS,)

OPERATIONS = (
    Operation(
        "GET", "/api/v1/tokens", list_tokens, "令牌", "令牌列表", "Newest first, revoked ones too.",
        needs=_NEEDS, answers={200: staff_schemas.TokenList},
    ),
    Operation(
        "POST", "/api/v1/tokens", issue, "令牌", "签发令牌",
        "For programs only: a token with a role of people could read cases in the hands of the system administrator.",
        needs=_NEEDS, body=staff_schemas.TokenBody, answers={201: staff_schemas.TokenCreated},
        problems={422: "invalid"},
    ),
    Operation(
        "DELETE", "/api/v1/tokens/{token_id}", revoke, "令牌", "撤销令牌", "At once.",
        needs=_NEEDS, answers={204: None}, problems={404: "token_not_found"},
    ),
)  # fmt: skip
