"""The responsibility matrix: who would get a case and why, the rules themselves, and how they change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web

from bot.language.personal import without_personal
from groundwork.problem import FieldError, Problem
from intake_api.city_in_force import LoadedCity
from intake_api.domain.access import Permission
from intake_api.domain.clock import due
from intake_api.domain.data_files import Fault, csv_rows
from intake_api.domain.limits import limit_for
from intake_api.domain.place import Place
from intake_api.domain.responsibility import Basis, Rule, difference
from intake_api.domain.responsibility_table import COLUMNS, read_rules, write_rules
from intake_api.domain.taxonomy import covers
from intake_api.http import responsibility_schemas as views
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.cases import category_view, place_view, read_cursor, write_cursor
from intake_api.http.resources import CITY, DATABASE, NOW, PLACES, TAXONOMY
from intake_api.http.responsibility_views import Names, in_order, origin_of, state_of
from intake_api.http.routing import Operation, body_of, json_answer, number_of, query_of
from intake_api.http.schemas import LimitView
from intake_api.storage import audit, responsibility

_READERS = (Permission.READ_ALL, Permission.READ_DEPARTMENT)
_LARGEST_TABLE = 4 * 1024 * 1024


async def list_rules(request: web.Request) -> web.Response:
    """Rules, by category and area."""
    query = query_of(request, views.RuleQuery)
    async with request.app[DATABASE].read() as session:
        version = await responsibility.version(session)
        rules = await responsibility.rules_in_force(session)
    names = Names.of(request)
    wanted = [rule for rule in rules if _is_wanted(rule, query, names.today)]
    return json_answer(views.RuleList(items=[names.rule(rule) for rule in in_order(wanted)], version=version))


async def dry_run(request: web.Request) -> web.Response:
    """Who would get a case of this category at this place, and why."""
    query = query_of(request, views.DryRunQuery)
    loaded = request.app[CITY].current
    city = loaded.city
    category = request.app[TAXONOMY].get(query.category)
    town, place = await _where(request, query, loaded)
    names = Names.of(request)
    on = query.on or names.today
    explained = city.matrix.explain(category, town, on)
    assignment = explained.assignment
    winner = next(candidate for candidate in explained.candidates if candidate.wins)
    proposal = city.filing_conditions.propose(category.code, query.words) if query.words else None
    condition = proposal.condition if proposal else None
    applied = limit_for(category, condition, city.policy, place.precision if place else None)
    deadline = due(applied.limit, request.app[NOW](), city.calendar, applied.rule)
    where = names.towns.get(town or "", "") or "位置不详"
    shown = category_view(request.app[TAXONOMY], category.code)
    assert shown is not None
    return json_answer(
        views.DryRunView(
            category=shown,
            on=on,
            town_code=town,
            town=names.towns.get(town or ""),
            place=place_view(place) if place else None,
            lead=names.department(assignment.lead.id),
            supporting=[names.department(unit.id) for unit in assignment.supporting],
            basis=assignment.basis,
            rule=assignment.rule,
            words=f"{category.name}，{where}，{on}：由{assignment.lead.name}主办（{assignment.basis}）。{winner.words}。",
            candidates=[names.candidate(candidate) for candidate in explained.candidates],
            term=views.TermView(
                limit=LimitView.model_validate(applied.limit, from_attributes=True),
                urgency=applied.urgency,
                rule=applied.rule,
                words=applied.words,
                fast_track=applied.fast_track,
                condition=condition.id if condition else None,
                condition_words=proposal.words if proposal else None,
                due_at=deadline.at,
                due_words=deadline.words,
            ),
        )
    )


async def export_rules(request: web.Request) -> web.Response:
    """The rules in force and to come as a table, which spreadsheets open and ``import_table`` takes back."""
    async with request.app[DATABASE].read() as session:
        rules = await responsibility.rules_in_force(session)
    names = Names.of(request)
    current = [rule for rule in in_order(rules) if state_of(rule, names.today) != "over"]
    table = write_rules(
        current,
        {
            "category_name": lambda rule: names.category(rule.category),
            "area_name": lambda rule: names.area(rule.area),
            "lead_name": lambda rule: names.department(rule.lead).name,
            "source": lambda rule: origin_of(rule).source.label,
        },
    )
    headers = {"Content-Disposition": 'attachment; filename="responsibility.csv"'}
    # with the mark by which spreadsheets know UTF-8
    return web.Response(text="\ufeff" + table, content_type="text/csv", charset="utf-8", headers=headers)


async def import_table(request: web.Request) -> web.Response:
    """Take a whole table in; nothing is changed when a line of it is wrong."""
    query = query_of(request, views.ImportQuery)
    if not query.dry_run and len(query.reason) < 2:
        fault = FieldError(pointer="?reason", detail="请写明理由。")
        raise Problem(422, "invalid", "导入要写明理由。", errors=[fault])
    wanted = _table(request, await request.read())
    names, now, database = Names.of(request), request.app[NOW](), request.app[DATABASE]
    if query.dry_run:
        async with database.read() as session:
            version = await responsibility.version(session)
            change = difference(await responsibility.rules_in_force(session), wanted, names.today)
    else:
        principal = request[PRINCIPAL]
        try:
            async with database.write() as session:
                change = await responsibility.import_rules(
                    session, wanted, by=principal.actor, reason=without_personal(query.reason, ()), now=now,
                    on=names.today, seen=query.version,
                )  # fmt: skip
                await _note(request, session, "import_responsibility", "responsibility", now)
                version = await responsibility.version(session)
        except responsibility.MatrixChanged as error:
            raise Problem(409, "matrix_changed", "职责表刚刚被改动过，请重新核对差异再导入。") from error
        await request.app[CITY].refresh()
    return json_answer(
        views.ImportView(
            applied=not query.dry_run,
            added=[names.rule(rule) for rule in in_order(change.added)],
            ended=[names.rule(rule) for rule in in_order(change.ended)],
            kept=change.kept,
            version=version,
        )
    )


async def add_rule(request: web.Request) -> web.Response:
    """Add a rule."""
    body = await body_of(request, views.RuleBody)
    _check(request, body)
    rule = Rule(
        body.category, body.area, body.lead, tuple(body.supporting), Basis(body.basis), body.valid_from, body.valid_to
    )
    principal, now = request[PRINCIPAL], request.app[NOW]()
    try:
        async with request.app[DATABASE].write() as session:
            rule_id = await responsibility.add_rule(
                session, rule, by=principal.actor, reason=without_personal(body.reason, ()), now=now
            )
            await _note(request, session, "add_responsibility", f"responsibility:{rule_id}", now)
            version = await responsibility.version(session)
    except responsibility.RuleKnown as error:
        raise Problem(409, "rule_known", "已经有一条完全相同的规则。", extra={"rule_id": error.rule_id}) from error
    await request.app[CITY].refresh()
    return json_answer(views.RuleAdded(id=rule_id, version=version), 201)


async def end_rule(request: web.Request) -> web.Response:
    """Let a rule end."""
    body = await body_of(request, views.EndBody)
    number = number_of(request, "id")
    missing = Problem(404, "rule_not_found", "没有这条规则。")
    if number is None:
        raise missing
    today, principal, now = Names.of(request).today, request[PRINCIPAL], request.app[NOW]()
    last_day = body.last_day or today - timedelta(days=1)
    if last_day < today - timedelta(days=1):
        fault = FieldError(pointer="/last_day", detail="不能早于昨天：已经按它派遣的案件不会倒回去。")
        raise Problem(422, "invalid", "提交的内容有误。", errors=[fault])
    try:
        async with request.app[DATABASE].write() as session:
            await responsibility.end_rule(
                session, number, last_day=last_day, by=principal.actor,
                reason=without_personal(body.reason, ()), now=now,
            )  # fmt: skip
            await _note(request, session, "end_responsibility", f"responsibility:{number}", now)
            version = await responsibility.version(session)
    except responsibility.UnknownRule as error:
        raise missing from error
    except responsibility.RuleOver as error:
        raise Problem(409, "rule_over", "这条规则在那天之前就已经终止。") from error
    await request.app[CITY].refresh()
    return json_answer(views.RuleAdded(id=number, version=version))


async def list_changes(request: web.Request) -> web.Response:
    """Changes of the matrix, newest first."""
    query = query_of(request, views.HistoryQuery)
    async with request.app[DATABASE].read() as session:
        rows, more = await responsibility.history(session, read_cursor(query.cursor), query.limit)
    names = Names.of(request)
    following = write_cursor(rows[-1].id) if more else None
    return json_answer(views.ChangePage(items=[names.change(row) for row in rows], next=following))


async def _where(request: web.Request, query: views.DryRunQuery, loaded: LoadedCity) -> tuple[str | None, Place | None]:
    """The town's code, and the place where one was given."""
    if query.town:
        if query.town not in {town.code for town in loaded.city.towns}:
            fault = FieldError(pointer="?town", detail="没有这个街镇。")
            raise Problem(422, "invalid", "请求的参数有误。", errors=[fault])
        return query.town, None
    if query.lat is None and not query.text:
        return None, None
    found = await request.app[PLACES].resolve(query.text, query.lat, query.lng, query.datum, "")
    return found.place.town_code, found.place


def _table(request: web.Request, content: bytes) -> tuple[Rule, ...]:
    """The rules of an uploaded table. Raises Problem 413, 422 ``bad_table`` with every line that is wrong."""
    if len(content) > _LARGEST_TABLE:
        raise Problem(413, "too_large", "表格太大。")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")  # as spreadsheets in China save CSV
        except UnicodeDecodeError as error:
            raise Problem(422, "bad_table", "表格不是 UTF-8 或 GBK 编码的 CSV，请另存为“CSV UTF-8”。") from error
    city, faults = request.app[CITY].current.city, list[Fault]()
    rows = csv_rows(text, "responsibility.csv", COLUMNS, faults)
    towns = {town.code for town in city.towns}
    rules = read_rules(rows, {unit.id for unit in city.departments}, towns, request.app[TAXONOMY])
    if not faults and not rules:
        faults.append(Fault("responsibility.csv", 1, "表格里一条规则也没有"))
    if faults:
        errors = [
            FieldError(pointer=f"/lines/{fault.line}", detail=f"第 {fault.line} 行：{fault.detail}") for fault in faults
        ]
        detail = f"表格里有 {len(errors)} 处错误，什么也没有改。"
        raise Problem(422, "bad_table", detail, errors=errors[:200])
    return rules


def _check(request: web.Request, body: views.RuleBody) -> None:
    """What a rule names must exist. Raises Problem 422 ``invalid``."""
    city = request.app[CITY].current.city
    units = {unit.id for unit in city.departments}
    faults = []
    if wrong := request.app[TAXONOMY].objection(body.category):
        faults.append(FieldError(pointer="/category", detail=f"{wrong}。"))
    if body.area != "*" and body.area not in {town.code for town in city.towns}:
        faults.append(FieldError(pointer="/area", detail="没有这个街镇。"))
    if body.lead not in units:
        faults.append(FieldError(pointer="/lead", detail="没有这个部门。"))
    for index, unit in enumerate(body.supporting):
        if unit not in units:
            faults.append(FieldError(pointer=f"/supporting/{index}", detail="没有这个部门。"))
        elif unit == body.lead:
            faults.append(FieldError(pointer=f"/supporting/{index}", detail="主办部门不必再列为协办。"))
    if faults:
        raise Problem(422, "invalid", "提交的内容有误。", errors=faults)


async def _note(request: web.Request, session: Any, action: str, target: str, now: datetime) -> None:
    principal = request[PRINCIPAL]
    await audit.note(
        session, principal.actor, action, target=target, result="ok", address=principal.address, now=now
    )  # fmt: skip


def _is_wanted(rule: Rule, query: views.RuleQuery, today: date) -> bool:
    category, area = query.category, query.area
    exact = category.endswith("*")
    return (
        (not category or (rule.category == category if exact else covers(rule.category, category)))
        and (not area or rule.area in ("*", area))
        and (not query.department or query.department in (rule.lead, *rule.supporting))
        and (query.source is None or origin_of(rule).source is query.source)
        and (query.basis is None or rule.basis is query.basis)
        and (query.state == "all" or state_of(rule, today) == query.state)
    )


OPERATIONS = (
    Operation(
        "GET", "/api/v1/responsibility", list_rules, "职责", "职责表",
        "The rules of the responsibility matrix, those in force today if not asked otherwise.",
        needs=_READERS, query=views.RuleQuery, answers={200: views.RuleList}, problems={422: "invalid"},
    ),
    Operation(
        "GET", "/api/v1/responsibility/dry-run", dry_run, "职责", "试算：归谁办，为什么",
        "Who would get a case of this category in this town (or at this pin, or these words), on this day, every rule "
        "that was weighed with why it won or lost, and by when it would be due.",
        needs=_READERS, query=views.DryRunQuery, answers={200: views.DryRunView},
        problems={422: "invalid, unknown_category"},
    ),
    Operation(
        "GET", "/api/v1/responsibility/export.csv", export_rules, "职责", "导出职责表",
        "CSV (UTF-8 with byte order mark) of the rules in force and to come; the columns of `responsibility.csv`, and "
        "names for the reader.",
        needs=_READERS, answers={200: None}, answer_media=("text/csv",),
        answer_headers={"Content-Disposition": "The name of the file."},
    ),
    Operation(
        "POST", "/api/v1/responsibility/import", import_table, "职责", "导入职责表",
        "The whole table as CSV in the body (UTF-8 or GBK). What it lacks ends, what is new is added; with `dry_run` "
        "only the difference is answered. When a line is wrong every fault is told and nothing is changed.",
        needs=(Permission.EDIT_MATRIX,), query=views.ImportQuery, answers={200: views.ImportView},
        request_media="text/csv",
        problems={409: "matrix_changed", 413: "too_large", 422: "invalid, bad_table"},
    ),
    Operation(
        "GET", "/api/v1/responsibility/history", list_changes, "职责", "职责表的变更记录",
        "Every change, newest first: who, when, why, what was before and after. Nothing is ever removed from it.",
        needs=_READERS, query=views.HistoryQuery, answers={200: views.ChangePage}, problems={422: "invalid"},
    ),
    Operation(
        "POST", "/api/v1/responsibility", add_rule, "职责", "新增规则",
        "Cases are assigned by it from now on, in this process at once, in the others within half a minute.",
        needs=(Permission.EDIT_MATRIX,), body=views.RuleBody, answers={201: views.RuleAdded},
        problems={409: "rule_known", 422: "invalid"},
    ),
    Operation(
        "POST", "/api/v1/responsibility/{id}/end", end_rule, "职责", "终止规则",
        "In force up to `last_day`. A rule of the city folder that was ended does not come back with the next one.",
        needs=(Permission.EDIT_MATRIX,), body=views.EndBody, answers={200: views.RuleAdded},
        problems={404: "rule_not_found", 409: "rule_over", 422: "invalid"},
    ),
)  # fmt: skip
