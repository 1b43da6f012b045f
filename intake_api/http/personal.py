"""Erasing a person's data on their request: the security administrator's office."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import AwareDatetime, Field

from groundwork.problem import FieldError, Problem
from intake_api.domain.access import Permission
from intake_api.domain.personal import Subject
from intake_api.erasing import Erasing
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.resources import DATABASE
from intake_api.http.routing import Operation, body_of, json_answer
from intake_api.http.schemas import Body, OptionalText, View
from intake_api.storage import personal

ERASING = web.AppKey("erasing", Erasing)


class ErasureBody(Body):
    """Whose data: a phone number, a channel's id, or both."""

    phone: OptionalText = Field("", max_length=40)
    channel_user: OptionalText = Field("", max_length=200)


class ErasureView(View):
    """What became of a request. The person is not named any more."""

    id: int
    requested_at: AwareDatetime
    finished_at: AwareDatetime | None
    """Empty while cases are not over; they are erased once they are."""

    erased: dict[str, int]
    kept: list[str]
    waiting: list[str]
    """Numbers of the cases that were not over at the time."""

    unreachable: list[str]
    """Records that are not on this machine: channels, tracker, drafts."""


class ErasureList(View):
    """Requests, newest first."""

    items: list[ErasureView]


async def erase(request: web.Request) -> web.Response:
    """Erase what is kept of a person."""
    body = await body_of(request, ErasureBody)
    subject = Subject(body.phone, body.channel_user)
    if not subject.phone_forms() and not subject.channel_user:
        fault = FieldError(pointer="/phone", detail="请填电话号码，或渠道用户编号。")
        raise Problem(422, "invalid", "提交的内容有误，请按提示修改。", errors=[fault])
    principal = request[PRINCIPAL]
    request_id, _ = await request.app[ERASING].on_request(subject, principal.actor, principal.address)
    async with request.app[DATABASE].read() as session:
        row = next(row for row in await personal.requests(session) if row.id == request_id)
    return json_answer(_view(row), 201)


async def list_erasures(request: web.Request) -> web.Response:
    """What was asked for so far."""
    async with request.app[DATABASE].read() as session:
        rows = await personal.requests(session)
    return json_answer(ErasureList(items=[_view(row) for row in rows]))


def _view(row: Any) -> ErasureView:
    return ErasureView(id=row.id, requested_at=row.requested_at, finished_at=row.finished_at, **row.report)


OPERATIONS = (
    Operation(
        "POST", "/api/v1/personal/erasures", erase, "个人信息", "删除一个人的个人信息",
        "Names, numbers, conversations and photos of a person go; cases and their events stay without them. "
        "Cases that are not over are erased once they are. Again is fine.",
        needs=(Permission.ERASE_PERSONAL,), body=ErasureBody, answers={201: ErasureView}, problems={422: "invalid"},
    ),
    Operation(
        "GET", "/api/v1/personal/erasures", list_erasures, "个人信息", "删除申请的结果",
        needs=(Permission.ERASE_PERSONAL,), answers={200: ErasureList},
    ),
)  # fmt: skip
