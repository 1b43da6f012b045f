"""My work: what waits for whoever asks, by their roles."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from intake_api.domain.access import Permission, Role
from intake_api.domain.clock import stage_late_from
from intake_api.domain.worklist import Work, lists_of
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.resources import CITY, DATABASE, NOW
from intake_api.http.routing import Operation, json_answer
from intake_api.http.schemas import View
from intake_api.storage import worklists


class WorkListView(View):
    """A work list: ``GET /api/v1/cases?work=…`` lists its cases."""

    work: Work
    label: str
    help: str
    """What is to be done."""
    role: Role
    count: int
    more: bool
    """There are more than counted."""
    late: int
    """Those of them past their due time, or, where they wait to be filed, dispatched, verified or called back, past the
    limit for that."""
    over: bool
    """Its cases are settled: no clock runs."""


class WorkListList(View):
    """The work lists of the caller's roles, the most urgent first."""

    items: list[WorkListView]


async def list_work(request: web.Request) -> web.Response:
    """What waits for the caller."""
    principal = request[PRINCIPAL]
    lists = lists_of(principal.roles)
    now, city = request.app[NOW](), request.app[CITY].current.city
    late_from = {
        each.work: stage_late_from(city.policy.stage_targets[each.stage], now, city.staffed)
        for each in lists
        if each.stage
    }
    late_from[Work.CALL_BACK] = now - timedelta(days=city.policy.callback_days)
    async with request.app[DATABASE].read() as session:
        counted = await worklists.count(session, lists, principal.department_id, now, late_from)
    items = [
        WorkListView(
            work=each.work,
            label=each.label,
            help=each.help,
            role=each.role,
            count=waiting.cases,
            more=waiting.cases >= worklists.MOST,
            late=waiting.late,
            over=each.over,
        )
        for each, waiting in zip(lists, counted, strict=True)
    ]
    return json_answer(WorkListList(items=items))


OPERATIONS = (
    Operation(
        "GET", "/api/v1/work", list_work, "办理", "我的工作",
        "How many cases wait for the caller, by work list, the most urgent list first; counted up to 1000 each.",
        needs=(Permission.READ_ALL, Permission.READ_DEPARTMENT, Permission.INSPECT),
        answers={200: WorkListList},
    ),
)  # fmt: skip
