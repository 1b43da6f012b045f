"""Figures: counted on the spot, each with its definition, the cases behind it, and as a table to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

from aiohttp import web
from openpyxl import Workbook
from pydantic import AwareDatetime, BeforeValidator, Field

from groundwork.problem import FieldError, Problem
from intake_api.domain.access import Permission
from intake_api.domain.case import Channel
from intake_api.domain.figures import BASIS, RATES, Dimension, Measure, Score, percent, score, value_of
from intake_api.http import schemas
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.cases import read_cursor, views_of, write_cursor
from intake_api.http.resources import CITY, DATABASE, NOW, TAXONOMY
from intake_api.http.routing import Operation, json_answer, query_of
from intake_api.http.schemas import Body, Codes, OptionalText, View
from intake_api.storage import audit, figures
from intake_api.storage.figures import Period, Scope

_LONGEST = timedelta(days=800)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class FiguresQuery(Body):
    """Which cases, and by what they are broken down. Days are local and inclusive."""

    since: date | None = Field(None, alias="from")
    """First day; left out: the first of this month."""
    until: date | None = Field(None, alias="to")
    """Last day; left out: today."""
    by: Dimension | None = None
    channel: Annotated[list[Channel], BeforeValidator(schemas.codes)] = Field(default_factory=list)
    category: Codes = Field(default_factory=list)
    department: Codes = Field(default_factory=list)
    town: Codes = Field(default_factory=list)


class ExportQuery(FiguresQuery):
    """As a file."""

    format: Literal["csv", "xlsx"] = "xlsx"
    table: Literal["figures", "scorecard"] = "figures"
    """The figures, or the departments' scores with what each figure gave."""


class BehindQuery(FiguresQuery):
    """The cases that a count is made of."""

    measure: Measure
    limit: int = Field(50, ge=1, le=200)
    cursor: OptionalText = Field("", max_length=100)


class RateView(View):
    """A figure: ``value`` 0 … 1, null when there is nothing to divide by."""

    code: str
    label: str
    definition: str
    numerator: Measure
    numerator_label: str
    denominator: Measure
    denominator_label: str
    value: float | None
    text: str


class FiguresRow(View):
    """Counts and figures of one channel, category, department, town or day, or of all."""

    key: str
    label: str
    counts: dict[Measure, int]
    rates: list[RateView]


class FiguresView(View):
    """The figures of a period."""

    start: AwareDatetime
    end: AwareDatetime
    as_of: AwareDatetime
    basis: str
    """Which cases are counted, and as they stand when: holds for every figure."""
    by: Dimension | None
    measures: dict[Measure, str]
    """The names of what is counted."""
    total: FiguresRow
    rows: list[FiguresRow]


class ScorePart(View):
    """What one figure gave: its weight, its value, the points it brought; null without cases."""

    code: str
    label: str
    definition: str
    weight: int
    less_is_better: bool
    value: float | None
    text: str
    points: float | None


class ScoreRow(View):
    """A department's score, 0 … 100; null when none of its figures has cases."""

    department: schemas.DepartmentRef
    filed: int
    score: float | None
    parts: list[ScorePart]


class ScorecardView(View):
    """The departments' scores, best first. ``formula`` says how they are made."""

    start: AwareDatetime
    end: AwareDatetime
    as_of: AwareDatetime
    basis: str
    formula: str
    rows: list[ScoreRow]


def _period(request: web.Request, query: FiguresQuery) -> Period:
    now = request.app[NOW]()
    zone = request.app[CITY].current.city.calendar.timezone
    today = now.astimezone(zone).date()
    last = query.until or today
    first = query.since or min(last, today).replace(day=1)
    fault = ""
    if first > last:
        fault = "起始日期不能晚于截止日期。"
    elif last - first > _LONGEST:
        fault = f"一次最多统计 {_LONGEST.days} 天。"
    elif not date(2000, 1, 1) <= first <= last < date(2200, 1, 1):
        fault = "日期不在可统计的范围内。"
    if fault:
        raise Problem(422, "invalid", fault, errors=[FieldError(pointer="?from", detail=fault)])
    start = datetime.combine(first, time(), zone)
    end = datetime.combine(last + timedelta(days=1), time(), zone)
    return Period(start, end, now)


def _scope(request: web.Request, query: FiguresQuery) -> Scope:
    """The cases asked for; a department sees its own figures only."""
    scope = Scope([channel.value for channel in query.channel], query.category, query.department, query.town)
    principal = request[PRINCIPAL]
    if not principal.may(Permission.READ_ALL):
        return replace(scope, department=[principal.department_id or "?"])
    return scope


def _row(key: str, label: str, counts: Mapping[Measure, int]) -> FiguresRow:
    rates = [
        RateView(
            code=rate.code,
            label=rate.label,
            definition=rate.definition,
            numerator=rate.numerator,
            numerator_label=rate.numerator.label,
            denominator=rate.denominator,
            denominator_label=rate.denominator.label,
            value=value_of(rate, counts),
            text=percent(value_of(rate, counts)),
        )
        for rate in RATES
    ]
    return FiguresRow(key=key, label=label, counts=dict(counts), rates=rates)


async def _figures(request: web.Request, query: FiguresQuery) -> FiguresView:
    period, scope = _period(request, query), _scope(request, query)
    offset = period.start.utcoffset() or timedelta()
    async with request.app[DATABASE].read() as session:
        counts = await figures.count(session, period, scope, query.by, offset / timedelta(hours=1))
        # a case that several departments were given counts for each of them, and once in the total
        once = await figures.count(session, period, scope, None, 0) if query.by is Dimension.DEPARTMENT else counts
    if query.by is Dimension.DIVISION:
        counts = _by_division(request, counts)
    total = dict.fromkeys(Measure, 0)
    for each in once.values():
        for measure, number in each.items():
            total[measure] += number
    label = _labels(request, query.by)
    rows = [_row(key, label(key), each) for key, each in sorted(counts.items())] if query.by else []
    return FiguresView(
        start=period.start,
        end=period.end,
        as_of=period.as_of,
        basis=BASIS,
        by=query.by,
        measures={measure: measure.label for measure in Measure},
        total=_row("", "合计", total),
        rows=rows,
    )


def _by_division(request: web.Request, counts: Mapping[str, Mapping[Measure, int]]) -> dict[str, dict[Measure, int]]:
    taxonomy = request.app[TAXONOMY]
    added: dict[str, dict[Measure, int]] = {}
    for code, each in counts.items():
        name = taxonomy.get(code).division if code in taxonomy else ""
        found = added.setdefault(name, dict.fromkeys(Measure, 0))
        for measure, number in each.items():
            found[measure] += number
    return added


class _labels:  # noqa: N801 - a function with a memory
    """Names for the keys of a dimension."""

    def __init__(self, request: web.Request, by: Dimension | None) -> None:
        self._by = by
        self._taxonomy = request.app[TAXONOMY]
        self._city = request.app[CITY].current
        self._towns = {town.code: town.name for town in self._city.city.towns}

    def __call__(self, key: str) -> str:
        if not key:
            return {Dimension.DEPARTMENT: "未定部门", Dimension.TOWN: "街镇不详"}.get(
                self._by or Dimension.DAY, "未分类"
            )
        match self._by:
            case Dimension.CHANNEL:
                return Channel(key).label
            case Dimension.CATEGORY:
                return self._taxonomy.get(key).name if key in self._taxonomy else key
            case Dimension.DEPARTMENT:
                return self._city.department_name(key)
            case Dimension.TOWN:
                return self._towns.get(key, key)
            case _:
                return key


async def read_figures(request: web.Request) -> web.Response:
    """Counts and figures of a period."""
    return json_answer(await _figures(request, query_of(request, FiguresQuery)))


async def read_scorecard(request: web.Request) -> web.Response:
    """The departments' scores."""
    return json_answer(await _scorecard(request, query_of(request, FiguresQuery)))


async def _scorecard(request: web.Request, query: FiguresQuery) -> ScorecardView:
    period, scope = _period(request, query), _scope(request, query)
    async with request.app[DATABASE].read() as session:
        counts = await figures.count(session, period, scope, Dimension.DEPARTMENT, 0)
    loaded = request.app[CITY].current
    policy = loaded.city.policy
    weights = {figure.value: weight for figure, weight in policy.scorecard.items()}
    less = frozenset(figure.value for figure in policy.scorecard if figure.less_is_better)
    rates = {rate.code: rate for rate in RATES}

    def row(unit: str, found: Score, filed: int) -> ScoreRow:
        parts = [
            ScorePart(
                code=code,
                label=rates[code].label,
                definition=rates[code].definition,
                weight=weight,
                less_is_better=code in less,
                value=value,
                text=percent(value),
                points=None if points is None else round(points, 2),
            )
            for code, (weight, value, points) in found.parts.items()
        ]
        ref = schemas.DepartmentRef(id=unit, name=loaded.department_name(unit))
        total = None if found.total is None else round(found.total, 2)
        return ScoreRow(department=ref, filed=filed, score=total, parts=parts)

    scored = [(unit, score(each, weights, less), each[Measure.FILED]) for unit, each in counts.items() if unit]
    scored.sort(key=lambda item: (item[1].total is None, -(item[1].total or 0), item[0]))
    words = "、".join(
        f"{rates[code].label} {weight} 分{'（越低越好，按 1 减去它计）' if code in less else ''}"
        for code, weight in weights.items()
    )
    return ScorecardView(
        start=period.start,
        end=period.end,
        as_of=period.as_of,
        basis=BASIS,
        formula=f"各项指标乘以权重相加：{words}。没有案件的指标不计，权重按比例分给其余各项，折算成 100 分。",
        rows=[row(*each) for each in scored],
    )


async def cases_behind(request: web.Request) -> web.Response:
    """The cases that a count is made of."""
    query = query_of(request, BehindQuery)
    period, scope = _period(request, query), _scope(request, query)
    async with request.app[DATABASE].read() as session:
        rows, following = await figures.behind(
            session, query.measure, period, scope, before=read_cursor(query.cursor), limit=query.limit
        )
    return json_answer(schemas.CasePage(items=await views_of(request, rows), next=write_cursor(following)))


async def export_figures(request: web.Request) -> web.Response:
    """The figures as a table; who took it is recorded."""
    query = query_of(request, ExportQuery)
    scored = query.table == "scorecard"
    view = await _scorecard(request, query) if scored else await _figures(request, query)
    cut = query.table if scored else query.by or "total"
    principal = request[PRINCIPAL]
    async with request.app[DATABASE].write() as session:
        await audit.note(
            session,
            principal.actor,
            "export_figures",
            target=f"figures:{view.start:%Y-%m-%d}:{view.end:%Y-%m-%d}:{cut}",
            result="ok",
            address=principal.address,
            now=request.app[NOW](),
        )
    table = _scores(view) if isinstance(view, ScorecardView) else _table(view)
    name = f"{query.table}-{view.start:%Y%m%d}"
    if query.format == "csv":
        out = io.StringIO()
        # after the table, so that its head stays in the first line
        csv.writer(out).writerows([*table, [], *_notes(view)])
        # spreadsheets take UTF-8 for granted only with a mark
        content, media = "\ufeff" + out.getvalue(), "text/csv"
        return _file(content.encode(), media, f"{name}.csv")
    return _file(_workbook(table, view), _XLSX, f"{name}.xlsx")


def _table(view: FiguresView) -> list[list[object]]:
    by = view.by.label if view.by else "范围"
    head: list[object] = [by, *(measure.label for measure in Measure), *(rate.label for rate in RATES)]
    rows: list[list[object]] = [
        [_harmless(row.label), *(row.counts[measure] for measure in Measure), *(rate.text for rate in row.rates)]
        for row in [*view.rows, view.total]
    ]
    return [head, *rows]


def _scores(view: ScorecardView) -> list[list[object]]:
    parts = view.rows[0].parts if view.rows else []
    head: list[object] = ["部门", "立案", "得分"]
    for part in parts:
        head += [part.label, f"{part.label}得分（满 {part.weight}）"]
    rows: list[list[object]] = [
        [
            _harmless(row.department.name),
            row.filed,
            _or_dash(row.score),
            *(cell for part in row.parts for cell in (part.text, _or_dash(part.points))),
        ]
        for row in view.rows
    ]
    return [head, *rows]


def _or_dash(number: float | None) -> float | str:
    return "—" if number is None else number


def _notes(view: FiguresView | ScorecardView) -> list[list[object]]:
    """What the numbers mean: of which days, as they stand when, and how each is made."""
    notes: list[list[object]] = [["统计期", _days(view)], ["口径", view.basis]]
    if isinstance(view, ScorecardView):
        notes.append(["计分", view.formula])
        shown = {part.code for row in view.rows for part in row.parts}
        return notes + [[rate.label, rate.definition] for rate in RATES if rate.code in shown]
    return notes + [[rate.label, rate.definition] for rate in RATES]


def _days(view: FiguresView | ScorecardView) -> str:
    last = view.end - timedelta(days=1)
    return f"{view.start:%Y-%m-%d} 至 {last:%Y-%m-%d}，截至 {view.as_of.astimezone(view.start.tzinfo):%Y-%m-%d %H:%M}"


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _workbook(table: list[list[object]], view: FiguresView | ScorecardView) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("部门计分" if isinstance(view, ScorecardView) else "指标")
    sheet.append([_days(view)])
    for row in table:
        sheet.append(row)
    notes = book.create_sheet("定义")
    for row in _notes(view):
        notes.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _file(content: bytes, media: str, name: str) -> web.Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(body=content, content_type=media, headers=disposition)


_NEEDS = (Permission.READ_ALL, Permission.READ_DEPARTMENT)
_PROBLEMS = {422: "invalid"}

OPERATIONS = (
    Operation(
        "GET", "/api/v1/figures", read_figures, "指标", "指标",
        "Counts and figures of the cases filed in a period, by channel, category, division, department, town or day; "
        "each figure with its definition. Handlers see their own department.",
        needs=_NEEDS, query=FiguresQuery, answers={200: FiguresView}, problems=_PROBLEMS,
    ),
    Operation(
        "GET", "/api/v1/figures/cases", cases_behind, "指标", "一个数字背后的案件",
        "The cases that a count is made of, newest first.",
        needs=_NEEDS, query=BehindQuery, answers={200: schemas.CasePage}, problems=_PROBLEMS,
    ),
    Operation(
        "GET", "/api/v1/figures/export", export_figures, "指标", "导出指标",
        "The figures, or the departments' scores, as CSV or XLSX: the period, what is counted and the definitions "
        "stand below the table, in XLSX on a sheet of their own. Recorded in the audit trail.",
        needs=_NEEDS, query=ExportQuery, answers={200: None}, answer_media=("text/csv", _XLSX),
        answer_headers={"Content-Disposition": "The name of the file."}, problems=_PROBLEMS,
    ),
    Operation(
        "GET", "/api/v1/figures/scorecard", read_scorecard, "指标", "部门计分",
        "Each department's weighted score with its parts; the weights are city data.",
        needs=_NEEDS, query=FiguresQuery, answers={200: ScorecardView}, problems=_PROBLEMS,
    ),
)  # fmt: skip
