"""A caller's earlier cases: for the operator who has them on the phone."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from groundwork.problem import FieldError, Problem
from intake_api.domain.access import Permission
from intake_api.domain.personal import Subject
from intake_api.http.cases import views_of
from intake_api.http.resources import DATABASE
from intake_api.http.routing import Operation, body_of, json_answer
from intake_api.http.schemas import Body, CaseView, OptionalText, View
from intake_api.storage import personal

_MOST = 20


class CallerBody(Body):
    """Who calls."""

    phone: OptionalText = Field(max_length=40)
    """In any way of writing: with spaces, hyphens or +86."""


class CallerCases(View):
    """Cases reported from this phone, newest first, 20 at most. Names and numbers masked."""

    items: list[CaseView]


async def cases_of_caller(request: web.Request) -> web.Response:
    """Cases reported from a phone. Asking is recorded, without the number."""
    body = await body_of(request, CallerBody)
    caller = Subject(phone=body.phone)
    if not caller.phone_forms():
        fault = FieldError(pointer="/phone", detail="请填电话号码。")
        raise Problem(422, "invalid", "提交的内容有误，请按提示修改。", errors=[fault])
    async with request.app[DATABASE].read() as session:
        rows = await personal.of_caller(session, caller, _MOST)
    return json_answer(CallerCases(items=await views_of(request, rows)))


OPERATIONS = (
    Operation(
        "POST", "/api/v1/cases/of-caller", cases_of_caller, "队列", "来电人以前的案件",
        "By phone number, in the body so that it stands in no log. Recorded in the audit trail.",
        needs=(Permission.KNOW_CALLERS,), body=CallerBody, answers={200: CallerCases}, problems={422: "invalid"},
        action="look_up_caller",
    ),
)  # fmt: skip
