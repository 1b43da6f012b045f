"""Screens on a wall that show the supervision board: hung by a supervisor, read by nobody who is logged in.

A screen has a token of the role ``board``: it opens the board and its hot spots, nothing else, and no hand is needed
to keep it. It ends when a supervisor takes the screen down, and by itself after ``tokens.SCREEN_LIFE``.
"""

from __future__ import annotations

from aiohttp import web
from pydantic import AwareDatetime, Field
from sqlalchemy.ext.asyncio import AsyncSession

from groundwork.problem import Problem
from intake_api.domain.access import Permission, Role
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.resources import DATABASE, NOW, SETTINGS
from intake_api.http.routing import Operation, body_of, json_answer, number_of
from intake_api.http.schemas import Body, Text, View
from intake_api.storage import audit, tokens


class ScreenBody(Body):
    """Where the screen hangs."""

    name: Text = Field(min_length=2, max_length=100)


class ScreenView(View):
    """A screen that shows the board, without what opens it."""

    id: int
    name: str
    created_at: AwareDatetime
    ends_at: AwareDatetime
    last_used_at: AwareDatetime | None


class ScreenList(View):
    """Screens that hang, newest first."""

    items: list[ScreenView]


class ScreenCreated(View):
    """A new screen. ``link``: to be opened on it once; it cannot be shown again."""

    id: int
    link: str


async def list_screens(request: web.Request) -> web.Response:
    """The screens that hang."""
    async with request.app[DATABASE].read() as session:
        rows = await tokens.of_role(session, Role.BOARD, request.app[NOW]())
    items = [
        ScreenView(
            id=row.id,
            name=row.name,
            created_at=row.created_at,
            ends_at=row.created_at + tokens.SCREEN_LIFE,
            last_used_at=row.last_used_at,
        )
        for row in rows
    ]
    return json_answer(ScreenList(items=items))


async def hang_screen(request: web.Request) -> web.Response:
    """Let a screen show the board."""
    body = await body_of(request, ScreenBody)
    now = request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        plain = await tokens.issue(session, Role.BOARD, body.name, now=now)
        row = await tokens.find(session, plain, now)
        assert row is not None
        await _note(request, session, "hang_screen", row.id)
    # behind the hash: it is in no request, and so in no log
    link = f"{request.app[SETTINGS].base_url}/board#screen={plain}"
    return json_answer(ScreenCreated(id=row.id, link=link), 201, {"Cache-Control": "no-store"})


async def take_screen_down(request: web.Request) -> web.Response:
    """End a screen at once."""
    number, now = number_of(request, "id"), request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        hangs = {row.id for row in await tokens.of_role(session, Role.BOARD, now)}
        if number not in hangs or not await tokens.revoke(session, number, now):
            raise Problem(404, "screen_not_found", "没有这块大屏，或已经撤下。")
        await _note(request, session, "take_screen_down", number)
    return web.Response(status=204)


async def _note(request: web.Request, session: AsyncSession, action: str, number: int) -> None:
    principal = request[PRINCIPAL]
    await audit.note(
        session, principal.actor, action, target=f"token:{number} {Role.BOARD.value}", result="ok",
        address=principal.address, now=request.app[NOW](),
    )  # fmt: skip


_NEEDS = (Permission.HANG_BOARD,)

OPERATIONS = (
    Operation(
        "GET", "/api/v1/board/screens", list_screens, "指标", "大屏", "Screens that show the board, newest first.",
        needs=_NEEDS, answers={200: ScreenList},
    ),
    Operation(
        "POST", "/api/v1/board/screens", hang_screen, "指标", "挂一块大屏",
        "Answers with an address to be opened on the screen. It reads the board and its hot spots, nothing else, needs "
        "nobody to be logged in, and holds for a year or until it is taken down.",
        needs=_NEEDS, body=ScreenBody, answers={201: ScreenCreated}, problems={422: "invalid"},
    ),
    Operation(
        "DELETE", "/api/v1/board/screens/{id}", take_screen_down, "指标", "撤下大屏", "At once.",
        needs=_NEEDS, answers={204: None}, problems={404: "screen_not_found"},
    ),
)  # fmt: skip
