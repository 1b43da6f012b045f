"""The audit trail, for the auditor: to look through, and to take away as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated

from aiohttp import web
from pydantic import AwareDatetime, BeforeValidator, Field

from intake_api.domain.access import Permission
from intake_api.domain.audit import ACTIONS, RESULTS, cell
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.cases import read_cursor, write_cursor
from intake_api.http.resources import CITY, DATABASE, NOW
from intake_api.http.routing import Operation, json_answer, query_of
from intake_api.http.schemas import ActorView, Body, Day, Moment, OptionalText, View
from intake_api.storage import audit
from intake_api.storage.tables import AuditRow

_BATCH = 1_000
_TITLES = ("序号", "时间", "人员", "账号编号", "类别", "动作", "动作代码", "对象", "结果", "地址", "封印")


def _listed(value: object) -> object:
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


class AuditQuery(Body):
    """Which rows are wanted. Days are those of the city, the last one included."""

    since: Moment | Day | None = Field(None, alias="from")
    """From this moment or day on."""
    until: Moment | Day | None = Field(None, alias="to")
    """Before this moment, or up to the end of this day."""
    actor: OptionalText = Field("", max_length=60)
    """A part of a name, or the number of an account."""
    action: Annotated[list[str], BeforeValidator(_listed)] = Field(default_factory=list, max_length=50)
    """Actions, comma-separated."""
    target: OptionalText = Field("", max_length=200)
    """How the target begins, such as `case:483920175` or `staff:4`."""
    result: OptionalText = Field("", max_length=40)
    """One of ok, failed, refused, code_required."""
    limit: int = Field(50, ge=1, le=200)
    cursor: OptionalText = Field("", max_length=100)


class AuditItem(View):
    """Something that was done. ``hash`` seals it together with all rows before."""

    seq: int
    at: AwareDatetime
    actor: ActorView
    action: str
    action_label: str
    target: str
    result: str
    result_label: str
    address: str
    hash: str


class AuditPage(View):
    """A page of the trail, newest first; ``actions`` are all that there are, with their words."""

    items: list[AuditItem]
    next: str | None
    actions: Mapping[str, str]


async def list_audit(request: web.Request) -> web.Response:
    """What was done, newest first. Looking is itself recorded, once for each new question."""
    query = query_of(request, AuditQuery)
    async with request.app[DATABASE].read() as session:
        rows, following = await audit.search(session, _wanted(request, query), query.limit)
    if not query.cursor:
        await _note(request, "read_audit", "audit")
    items = [_item(request, row) for row in rows]
    return json_answer(AuditPage(items=items, next=write_cursor(following), actions=ACTIONS))


async def export_audit(request: web.Request) -> web.StreamResponse:
    """The same as a table for spreadsheets; recorded before the first line goes out."""
    wanted = _wanted(request, query_of(request, AuditQuery))
    await _note(request, "export_audit", f"audit {request.query_string}".strip())
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="audit.csv"',
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(request)
    await response.write(("\ufeff" + table_head()).encode())
    while True:
        # a session for each batch: a slow reader keeps no transaction open
        async with request.app[DATABASE].read() as session:
            rows, before = await audit.search(session, wanted, _BATCH)
        lines = "".join(table_line(row, row.at.astimezone(_zone(request))) for row in rows)
        await response.write(lines.encode())
        if before is None:
            break
        wanted = replace(wanted, before=before)
    await response.write_eof()
    return response


def table_head() -> str:
    """The first line of the table."""
    return _line(_TITLES)


def table_line(row: AuditRow, at: datetime) -> str:
    """A further line of the table, with the time as it is to be read."""
    return _line(
        (
            str(row.seq), at.isoformat(timespec="milliseconds"), row.actor_name, row.actor_id, row.actor_kind,
            ACTIONS.get(row.action, row.action), row.action, row.target, RESULTS.get(row.result, row.result),
            row.address, row.hash,
        )
    )  # fmt: skip


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([cell(text) for text in cells])
    return out.getvalue()


def _zone(request: web.Request) -> tzinfo:
    return request.app[CITY].current.city.calendar.timezone if request.app[CITY].is_loaded else UTC


def _item(request: web.Request, row: AuditRow) -> AuditItem:
    return AuditItem(
        seq=row.seq,
        at=row.at.astimezone(_zone(request)),
        actor=ActorView(kind=row.actor_kind, id=row.actor_id, name=row.actor_name),
        action=row.action,
        action_label=ACTIONS.get(row.action, row.action),
        target=row.target,
        result=row.result,
        result_label=RESULTS.get(row.result, row.result),
        address=row.address,
        hash=row.hash,
    )


def _wanted(request: web.Request, query: AuditQuery) -> audit.AuditFilter:
    return audit.AuditFilter(
        since=_moment(request, query.since, 0),
        until=_moment(request, query.until, 1),
        actor=query.actor,
        action=query.action,
        target=query.target,
        result=query.result,
        before=read_cursor(query.cursor),
    )


def _moment(request: web.Request, value: datetime | date | None, days: int) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    try:
        return datetime.combine(value + timedelta(days=days), time(), _zone(request))
    except OverflowError:
        return datetime.combine(value, time(), _zone(request))


async def _note(request: web.Request, action: str, target: str) -> None:
    principal = request[PRINCIPAL]
    async with request.app[DATABASE].write() as session:
        await audit.note(
            session, principal.actor, action, target=target, result="ok", address=principal.address,
            now=request.app[NOW](),
        )  # fmt: skip


_NEEDS = (Permission.READ_AUDIT,)

OPERATIONS = (
    Operation(
        "GET", "/api/v1/audit", list_audit, "审计", "审计记录",
        "What staff did, newest first. A row is never changed nor removed; each is sealed with the hash of the one "
        "before it (`yht audit verify`).",
        needs=_NEEDS, query=AuditQuery, answers={200: AuditPage}, problems={422: "invalid"},
    ),
    Operation(
        "GET", "/api/v1/audit/export", export_audit, "审计", "导出审计记录",
        "CSV for spreadsheets (UTF-8 with BOM), the same filters. The export is recorded.",
        needs=_NEEDS, query=AuditQuery, answers={200: None}, answer_media=("text/csv",),
        answer_headers={"Content-Disposition": "The name of the file."}, problems={422: "invalid"},
    ),
)  # fmt: skip
