"""The queue: list and search, priority, claims, saved views."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from groundwork.problem import FieldError, Problem
from groundwork.web import validation_problem
from intake_api.domain import case_number, tokens
from intake_api.domain.access import Permission, Role
from intake_api.domain.case import Status
from intake_api.domain.claim import waiting_for
from intake_api.domain.clock import stage_due
from intake_api.domain.resident import NOBODY, Resident
from intake_api.domain.stages import WAITING
from intake_api.domain.task import TaskKind
from intake_api.domain.worklist import LISTS
from intake_api.http import idempotency
from intake_api.http.authentication import PRINCIPAL, Principal
from intake_api.http.cases import READERS, readable, views_of
from intake_api.http.queue_schemas import (
    CaseClaimView,
    ClaimView,
    NextCaseView,
    PriorityPart,
    PriorityView,
    QueuedCaseView,
    QueuePage,
    QueueQuery,
    SavedView,
    SavedViewList,
    ViewBody,
    ViewsQuery,
)
from intake_api.http.resources import CITY, DATABASE, NOW, WORDS
from intake_api.http.routing import Operation, body_of, json_answer, number_of, query_of
from intake_api.http.schemas import NO_DEPARTMENT, Body, OneCaseQuery
from intake_api.once import came_of
from intake_api.storage import cases, claims, queue, ranking, views, worklists
from intake_api.storage.queue import After, CaseFilter, Order, waits_since
from intake_api.storage.queue_tables import ClaimRow, SavedViewRow
from intake_api.storage.tables import CaseRow

STAFF = (Permission.READ_ALL, Permission.READ_DEPARTMENT)


async def list_cases(request: web.Request) -> web.Response:
    """The queue, newest first or in another order."""
    query = query_of(request, QueueQuery)
    wanted = await filter_of(request, query)
    async with request.app[DATABASE].read() as session:
        page = await queue.search(session, wanted)
    items = await _queued(request, page.rows, query.resident)
    return json_answer(QueuePage(items=items, next=_write_cursor(wanted.order, page.following)))


async def filter_of(request: web.Request, query: QueueQuery) -> CaseFilter:
    """What the caller may see of what they ask for. Raises Problem 422 ``invalid``."""
    principal, now = request[PRINCIPAL], request.app[NOW]()
    case_id, text = None, tokens.TextQuery()
    if query.q:
        try:
            case_id = case_number.parse(query.q)
        except case_number.WrongCaseNumber:
            text = await _read_words(request, query.q)
    own_department, waits_for = None, query.task.value if query.task else None
    if not principal.may(Permission.READ_ALL):
        # who both handles and inspects asks for the one or the other
        checks = TaskKind.CHECK in (query.task, LISTS[query.work].task if query.work else None)
        if principal.may(Permission.READ_DEPARTMENT) and not (checks and principal.may(Permission.INSPECT)):
            own_department = principal.department_id or ""
        elif principal.may(Permission.INSPECT):
            waits_for = TaskKind.CHECK.value
        elif not query.channel_user:
            raise _invalid("?channel_user", "请说明是代表哪位市民查询。")
    soonest = now + timedelta(hours=query.due_within or 0)
    codes = {town.name: town.code for town in request.app[CITY].current.city.towns} if query.town else {}
    return CaseFilter(
        status=[status.value for status in query.status],
        category=query.category,
        department=[unit for unit in query.department if unit != NO_DEPARTMENT],
        without_department=NO_DEPARTMENT in query.department,
        channel=[channel.value for channel in query.channel],
        town=[codes.get(town, town) for town in query.town],
        urgency=[urgency.value for urgency in query.urgency],
        precision=[precision.value for precision in query.precision],
        grid_cell=query.grid_cell,
        case_id=case_id,
        text=text,
        received_from=moment(request, query.received_from, timedelta()),
        received_to=moment(request, query.received_to, timedelta(days=1)),
        due_before=soonest if query.overdue or query.due_within else None,
        due_from=now if query.due_within and not query.overdue else None,
        closed_from=moment(request, query.closed_from, timedelta()),
        closed_to=moment(request, query.closed_to, timedelta(days=1)),
        box=query.bbox,
        channel_user=query.channel_user or None,
        own_department=own_department,
        repeat=query.repeat,
        waits_for=waits_for,
        condition=worklists.on(LISTS[query.work], principal.department_id, now) if query.work else None,
        held_by=principal.actor.id if query.claimed == "mine" else None,
        free=query.claimed == "free",
        now=now,
        order=query.order,
        after=_read_cursor(query.order, query.cursor),
        limit=query.limit,
    )


async def _read_words(request: web.Request, text: str) -> tokens.TextQuery:
    words = request.app[WORDS]
    city = request.app[CITY].current.city
    await asyncio.to_thread(words.know_city, city)
    wanted = tokens.read_query(text, words.cut)
    if not wanted:
        raise _invalid("?q", "请至少输入一个字、词或数字。")
    return wanted


async def _queued(request: web.Request, rows: Sequence[CaseRow], resident: Resident = NOBODY) -> list[QueuedCaseView]:
    shown = await views_of(request, rows, resident)
    async with request.app[DATABASE].read() as session:
        held = await claims.of_cases(session, [row.id for row in rows], request.app[NOW]())
    zone = request.app[CITY].current.city.calendar.timezone
    return [
        QueuedCaseView.model_construct(  # the view has been checked
            **dict(view),
            claim=_claim(request, held.get(row.id)),
            rank_at=row.rank_at.astimezone(zone) if row.rank_at else None,
            stage_due_at=_stage_due_at(request, row),
        )
        for row, view in zip(rows, shown, strict=True)
    ]


def _stage_due_at(request: web.Request, row: CaseRow) -> datetime | None:
    """When the internal limit of what a case waits for ends; residents are not told of it."""
    stage, city = WAITING.get(Status(row.status)), request.app[CITY].current.city
    if stage is None or request[PRINCIPAL].is_channel:
        return None
    at = stage_due(city.policy.stage_targets[stage], waits_since(row), city.staffed)
    return at.astimezone(city.calendar.timezone)


def _claim(request: web.Request, row: ClaimRow | None) -> ClaimView | None:
    principal: Principal = request[PRINCIPAL]
    if row is None or principal.is_channel:  # who of the staff works on a case is not for residents
        return None
    zone = request.app[CITY].current.city.calendar.timezone
    return ClaimView(
        holder=row.holder,
        holder_name=row.holder_name,
        mine=row.holder == principal.actor.id,
        until=row.until.astimezone(zone),
    )


async def read_priority(request: web.Request) -> web.Response:
    """Where a case stands in the order of priority, and why."""
    row = await readable(request, query_of(request, OneCaseQuery).resident)
    async with request.app[DATABASE].read() as session:
        rank = await ranking.explained(session, row.id)
    zone = request.app[CITY].current.city.calendar.timezone
    return json_answer(
        PriorityView(
            case_no=case_number.format_number(row.id),
            rank_at=rank.at.astimezone(zone),
            base_at=rank.base.astimezone(zone),
            parts=[PriorityPart(name=part.name, hours=part.hours, words=part.words) for part in rank.parts],
            words=rank.words,
        )
    )


# claims


async def claim_case(request: web.Request) -> web.Response:
    """Take a case up, or go on with it: for ten minutes it is yours."""
    row = await readable(request)
    actor, now = request[PRINCIPAL].actor, request.app[NOW]()
    if not Status(row.status).is_open:
        raise Problem(409, "case_over", "案件已经了结，不需要再领办。")
    async with request.app[DATABASE].write() as session:
        taken = await claims.take(session, row.id, actor, now)
        held = await claims.of_cases(session, [row.id], now)
    view = _claim(request, held.get(row.id))
    if not taken:
        holder = f"{view.holder_name}正在办理，到 {view.until:%H:%M}" if view else "刚被别人领走"
        extra = {"claim": view.model_dump(mode="json")} if view else {}
        raise Problem(409, "case_claimed", f"这件案件{holder}。", extra=extra)
    return json_answer(CaseClaimView(case_no=case_number.format_number(row.id), claim=view))


async def read_claim(request: web.Request) -> web.Response:
    """Who works on a case."""
    row = await readable(request)
    async with request.app[DATABASE].read() as session:
        held = await claims.of_cases(session, [row.id], request.app[NOW]())
    view = _claim(request, held.get(row.id))
    return json_answer(CaseClaimView(case_no=case_number.format_number(row.id), claim=view))


async def release_claim(request: web.Request) -> web.Response:
    """Give a case back; it was not necessarily claimed."""
    row = await readable(request)
    async with request.app[DATABASE].write() as session:
        await claims.release(session, row.id, request[PRINCIPAL].actor.id)
        held = await claims.of_cases(session, [row.id], request.app[NOW]())
    view = _claim(request, held.get(row.id))
    return json_answer(CaseClaimView(case_no=case_number.format_number(row.id), claim=view))


async def claim_next(request: web.Request) -> web.Response:
    """Take up the first case by priority that waits for the caller and nobody works on; under one key the same."""
    principal: Principal = request[PRINCIPAL]
    waiting = waiting_for(principal.roles)
    if not waiting:
        raise Problem(403, "nothing_waits_for_role", "您的岗位没有待领的案件。")
    department = None
    if not principal.may(Permission.READ_ALL):
        department = principal.department_id or ""
    key, now = idempotency.asked(request, Body()), request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        chosen = await came_of(session, key, now) if key else None
        if chosen is None:
            statuses = [status.value for status in waiting]
            chosen = await claims.take_next(session, statuses, department, principal.actor, now)
            if key and chosen is not None:
                await cases.bind_key(session, key.scope, key.key, chosen)
        row = await session.get(CaseRow, chosen) if chosen is not None else None
    shown = await _queued(request, [row]) if row is not None else []
    return json_answer(NextCaseView(case=shown[0] if shown else None))


# saved views


async def list_views(request: web.Request) -> web.Response:
    """One's own views and those shared with one's roles, with counts if asked for."""
    query = query_of(request, ViewsQuery)
    principal = request[PRINCIPAL]
    async with request.app[DATABASE].read() as session:
        rows = await views.seen_by(session, principal.actor.id, [role.value for role in principal.roles])
    items = [await _view(request, row, counted=query.counts) for row in rows]
    return json_answer(SavedViewList(items=items))


async def _view(request: web.Request, row: SavedViewRow, *, counted: bool) -> SavedView:
    count, more = None, False
    if counted:
        wanted = await filter_of(request, _read_filters(row.filters))
        async with request.app[DATABASE].read() as session:
            count, more = await queue.count(session, wanted)
    return SavedView(
        id=row.id,
        name=row.name,
        filters=row.filters,
        shared_with=[Role(role) for role in row.shared_with],
        owner_name=row.owner_name,
        mine=row.owner == request[PRINCIPAL].actor.id,
        count=count,
        more=more,
    )


def _read_filters(filters: dict[str, Any]) -> QueueQuery:
    """Filters as the list reads them. Raises Problem 422 ``invalid``."""
    known = {field.alias or name for name, field in QueueQuery.model_fields.items()} - {"cursor", "limit"}
    for name in filters:
        if name not in known:
            raise _invalid(f"/filters/{name}", "案件列表没有这个筛选条件。")
    try:
        return QueueQuery.model_validate({name: value for name, value in filters.items() if value})
    except ValidationError as error:
        raise validation_problem(error, "/filters/") from error


async def add_view(request: web.Request) -> web.Response:
    """Keep a view."""
    row = await _save(request, None)
    return json_answer(await _view(request, row, counted=False), 201)


async def change_view(request: web.Request) -> web.Response:
    """Change one's own view."""
    return json_answer(await _view(request, await _save(request, _view_id(request)), counted=False))


async def _save(request: web.Request, view_id: int | None) -> SavedViewRow:
    body = await body_of(request, ViewBody)
    await filter_of(request, _read_filters(dict(body.filters)))  # a view that cannot be shown is not kept
    shared = [role.value for role in body.shared_with]
    try:
        async with request.app[DATABASE].write() as session:
            row = await views.save(
                session,
                request[PRINCIPAL].actor,
                name=body.name,
                filters=body.filters,
                shared_with=shared,
                now=request.app[NOW](),
                view_id=view_id,
            )
    except views.TooManyViews as error:
        raise Problem(409, "too_many_views", f"每人最多保存 {views.MOST} 个视图，请先删去不用的。") from error
    if row is None:
        raise _no_view()
    return row


async def delete_view(request: web.Request) -> web.Response:
    """Delete one's own view."""
    async with request.app[DATABASE].write() as session:
        if not await views.delete(session, request[PRINCIPAL].actor.id, _view_id(request)):
            raise _no_view()
    return web.Response(status=204)


def _view_id(request: web.Request) -> int:
    number = number_of(request, "id")
    if number is None:
        raise _no_view()
    return number


def _no_view() -> Problem:
    return Problem(404, "view_not_found", "您没有保存这个视图。")


# reading parameters


def moment(request: web.Request, value: datetime | date | None, day_end: timedelta) -> datetime | None:
    """A moment as given; of a day its beginning in the city's time zone, or with ``day_end`` its end."""
    if value is None or isinstance(value, datetime):
        return value
    zone = request.app[CITY].current.city.calendar.timezone
    try:
        return datetime.combine(value + day_end, time(), zone)
    except OverflowError:
        return datetime.combine(value, time(), zone)


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem(422, "invalid", "请求的参数有误。", errors=[FieldError(pointer=pointer, detail=detail)])


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LETTERS = {Order.NEWEST: "c", Order.DUE: "d", Order.PRIORITY: "p", Order.STAGE: "s"}


def _write_cursor(order: Order, after: After | None) -> str | None:
    if after is None:
        return None
    at = "" if after.at is None else str((after.at - _EPOCH) // timedelta(microseconds=1))
    text = f"{_LETTERS[order]}{after.id}" + (f".{at}" if order is not Order.NEWEST else "")
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(order: Order, cursor: str) -> After | None:
    """Where a page goes on; None for the first page. Raises Problem 422 ``invalid``."""
    if not cursor:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        number, _, at = text[1:].partition(".")
        case_id = int(number)
        if text[:1] != _LETTERS[order] or not 0 < case_id < 2**62:
            raise ValueError(cursor)
        return After(case_id, _EPOCH + timedelta(microseconds=int(at)) if at else None)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise _invalid("?cursor", "翻页位置无效，请从第一页开始。") from error


OPERATIONS = (
    Operation(
        "GET", "/api/v1/cases", list_cases, "队列", "案件列表",
        "Newest first, or `order=due` / `order=priority` / `order=stage` (what waits longest in its stage) for open "
        "cases. `q`: a case number, or words that must all be "
        "in description or place; “…” a phrase as it stands. Handlers see cases of their own department, channels "
        "those of the reporter they speak for.",
        needs=READERS, query=QueueQuery, answers={200: QueuePage}, problems={422: "invalid"},
    ),
    Operation(
        "POST", "/api/v1/cases/claim-next", claim_next, "队列", "领办下一件",
        "Claims the first case by priority that waits for your role and nobody works on; no two people get the same.",
        action="claim_next", needs=STAFF, answers={200: NextCaseView},
        optional_headers={
            idempotency.HEADER: "Optional. Under the same key you get the same case, for retries (1–200 characters)."
        },
        problems={400: "idempotency_key_invalid", 403: "nothing_waits_for_role", 422: "idempotency_mismatch"},
    ),
    Operation(
        "GET", "/api/v1/cases/{case_no}/priority", read_priority, "队列", "优先次序及理由",
        "The formula of docs/queue.md with the numbers of this case.",
        needs=STAFF, answers={200: PriorityView},
    ),
    Operation(
        "GET", "/api/v1/cases/{case_no}/claim", read_claim, "队列", "谁在办理",
        needs=STAFF, answers={200: CaseClaimView},
    ),
    Operation(
        "POST", "/api/v1/cases/{case_no}/claim", claim_case, "队列", "领办",
        "For ten minutes the case is yours; claiming again and every piece of work on it renew that.",
        action="claim_case", needs=STAFF, answers={200: CaseClaimView}, problems={409: "case_claimed, case_over"},
    ),
    Operation(
        "POST", "/api/v1/cases/{case_no}/release-claim", release_claim, "队列", "放回队列",
        action="release_claim", needs=STAFF, answers={200: CaseClaimView},
    ),
    Operation(
        "GET", "/api/v1/views", list_views, "队列", "保存的视图",
        "Your views and those shared with your roles. With `counts=true` each is counted, up to 1000.",
        needs=STAFF, query=ViewsQuery, answers={200: SavedViewList},
    ),
    Operation(
        "POST", "/api/v1/views", add_view, "队列", "保存视图",
        action="save_view", needs=STAFF, body=ViewBody, answers={201: SavedView},
        problems={409: "too_many_views"},
    ),
    Operation(
        "PUT", "/api/v1/views/{id}", change_view, "队列", "修改视图",
        action="change_view", needs=STAFF, body=ViewBody, answers={200: SavedView},
        problems={404: "view_not_found"},
    ),
    Operation(
        "DELETE", "/api/v1/views/{id}", delete_view, "队列", "删除视图",
        action="remove_view", needs=STAFF, answers={204: None},
        problems={404: "view_not_found"},
    ),
)  # fmt: skip
