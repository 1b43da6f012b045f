"""What the operators' console needs of the intake: who asks, that it is recorded, and when people are at work."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from aiohttp import web
from pydantic import AwareDatetime, Field, StringConstraints

from groundwork.problem import Problem
from intake_api.domain.access import Permission, Role
from intake_api.http.authentication import PRINCIPAL, Principal
from intake_api.http.resources import CITY, DATABASE, NOW
from intake_api.http.routing import Operation, body_of, json_answer
from intake_api.http.schemas import Body, View
from intake_api.storage import audit

_DAYS = 15  # of office hours told, longer than any holiday


class ConsoleAction(StrEnum):
    """What is done at the console."""

    READ = "read"  # open a conversation; masked
    REVEAL = "reveal"  # see names and numbers in it
    TAKE = "take"
    REPLY = "reply"
    NOTE = "note"
    GIVE_BACK = "give_back"
    CLOSE = "close"
    HAND_ON = "hand_on"
    CALL_BACK = "call_back"
    FILE = "file"
    STATE = "state"  # ready, break
    WORDS = "words"  # change the words that are often said
    REVIEW = "review"  # judge a call of somebody else's
    EXPORT = "export"  # take figures of calls away as a table


class RecordBody(Body):
    """Something about to be done. ``target`` names it: ``handover:7``; nothing personal is in it."""

    action: ConsoleAction
    target: Annotated[str, StringConstraints(pattern=r"^[a-z]+:[A-Za-z0-9:_-]{1,120}$")]


class OperatorView(View):
    """Who asks. ``id`` stays the same over all their sessions."""

    id: str
    name: str
    roles: list[Role]


class PeriodView(View):
    """A stretch of work."""

    start: AwareDatetime
    end: AwareDatetime


class OfficeHoursView(View):
    """The stretches of the next days in which the city's offices work, in order, the present one included."""

    periods: list[PeriodView] = Field(max_length=100)


def _view(principal: Principal) -> web.Response:
    return json_answer(OperatorView(id=principal.scope, name=principal.actor.name, roles=sorted(principal.roles)))


async def who_operates(request: web.Request) -> web.Response:
    """Who asks."""
    return _view(request[PRINCIPAL])


async def record(request: web.Request) -> web.Response:
    """Record what is about to be done at the console; who may not do it is refused."""
    principal = request[PRINCIPAL]
    body = await body_of(request, RecordBody)
    if body.action is ConsoleAction.REVEAL and not principal.may(Permission.REVEAL):
        raise Problem(403, "forbidden", "您没有权限查看诉求人信息。")
    if body.action is ConsoleAction.FILE and not principal.may(Permission.FILE):
        raise Problem(403, "forbidden", "您没有权限登记案件。")
    async with request.app[DATABASE].write() as session:
        await audit.note(
            session, principal.actor, f"console_{body.action.value}", target=body.target, result="ok",
            address=principal.address, now=request.app[NOW](),
        )  # fmt: skip
    return _view(principal)


async def show_office_hours(request: web.Request) -> web.Response:
    """When people are at work, as the city's calendar says."""
    calendar = request.app[CITY].current.city.calendar
    now = request.app[NOW]()
    today = now.astimezone(calendar.timezone).date()
    periods = [
        PeriodView(start=start, end=end)
        for days in range(_DAYS)
        for start, end in calendar.periods(today + timedelta(days=days))
        if end > now
    ]
    return json_answer(OfficeHoursView(periods=periods))


OPERATIONS = (
    Operation(
        "GET", "/api/v1/console/operator", who_operates, "话务台", "谁在话务台",
        "Who asks, for the console's own service: operators and supervisors.",
        needs=(Permission.SERVE,), answers={200: OperatorView},
    ),
    Operation(
        "POST", "/api/v1/console/records", record, "话务台", "记录话务台的操作",
        "The console's service says in the name of whom it serves what they are about to do. It stands in the audit "
        "trail; who may not do it is refused.",
        needs=(Permission.SERVE,), body=RecordBody, answers={200: OperatorView},
        problems={422: "invalid"},
    ),
    Operation(
        "GET", "/api/v1/office-hours", show_office_hours, "目录", "上班时间",
        "When the city's offices work, for half a month: working days, holidays and weekends worked instead are city "
        "data.",
        needs=(Permission.LOOK_UP,), answers={200: OfficeHoursView},
    ),
)  # fmt: skip
