"""The quality of calls: ``/channels/hotline/quality…``. A supervisor sees everybody's, an operator their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from aiohttp import web
from pydantic import ValidationError

from channels.hotline.call import Operator
from channels.hotline.form import Json
from channels.hotline.problems import in_words
from channels.hotline.quality import DEFINITIONS, REVIEW_ORDER, Fault, Quality, Tally, service_level
from channels.hotline.quality_store import Grade, Judged, Review, ReviewedMeanwhile, Share, Span
from channels.hotline.schemas import Days, Exported, Listed, ReviewBody
from channels.hotline.showing import Showing, masked, masked_number, who
from channels.hotline.views import BASE, HOTLINE, Hotline, answer_json
from groundwork.problem import Problem
from groundwork.web import read_json, validation_problem

_ROWS = 20_000
"""So many calls are given away in one table."""


def add_quality_routes(app: web.Application) -> None:
    """Give ``app`` the quality of calls. ``app[HOTLINE]`` must be there when it starts."""
    one = f"{BASE}/quality/calls/{{call_id}}"
    for method, path, view in (
        ("GET", f"{BASE}/quality", show_figures),
        ("GET", f"{BASE}/quality/calls", list_calls),
        ("GET", f"{BASE}/quality/export", export),
        ("GET", one, show_call),
        ("PUT", f"{one}/review", review),
    ):
        app.router.add_route(method, path, in_words(view))


async def show_figures(request: web.Request) -> web.Response:
    """Figures of some days: of all calls, by operator, by day; and who waits now."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.assessor(request)
    wanted = _query(request, Days)
    span = await _span(hotline, wanted, guest.asker.confined_to)
    shares = await hotline.quality.shares(span, (await hotline.city.rules()).day)
    now = service_level(await hotline.calls.open(), hotline.clock())
    median = await hotline.quality.median_wait(span)
    return answer_json(
        {
            "from": span.first,
            "to": span.last,
            "now": {"waiting": now.waiting, "longest_wait_seconds": round(now.longest_wait_seconds, 1)},
            "total": _tally(sum((share.tally for share in shares), Tally())) | {"median_wait_seconds": _round(median)},
            "operators": [
                {"operator": who(operator)} | _tally(tally) for operator, tally in _by_operator(shares)
            ],
            "days": [{"day": day} | _tally(tally) for day, tally in _by_day(shares)],
            "definitions": dict(DEFINITIONS),
        }
    )  # fmt: skip


async def list_calls(request: web.Request) -> web.Response:
    """Calls to be reviewed, the worst first."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.assessor(request)
    wanted = _query(request, Listed)
    found, number = await _found(hotline, wanted, await _span(hotline, wanted, guest.asker.confined_to))
    return answer_json(
        {
            "items": [_judged(one, reviewed=guest.asker.may_supervise) for one in found],
            "count": number,
            "order": REVIEW_ORDER,
            "faults": {fault.value: fault.label for fault in Fault},
            "grades": {grade.value: grade.label for grade in Grade},
        }
    )


async def show_call(request: web.Request) -> web.Response:
    """A call to be reviewed: what was said, what the operator made of it. That it was read is recorded first."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.supervisor(request)
    one = await hotline.quality.one(request.match_info["call_id"])
    await hotline.registry.record(guest.credential, "read", f"call:{one.call.id}")
    now = hotline.clock()
    legs = (await hotline.legs.of_calls([one.call.id], now))[one.call.id]
    forms = (await hotline.calls.forms_of([one.call.id]))[one.call.id]
    said = await hotline.legs.said(one.call.id)
    showing, by_uuid = Showing(guest.operator, now), {leg.uuid: leg for leg in legs}
    return answer_json(
        _judged(one)
        | {
            "recorded": any(leg.path for leg in legs),
            "utterances": [showing.utterance(line, one.call, by_uuid) for line in said],
            "forms": [showing.form(row, one.call) for row in forms],
        }
    )


async def review(request: web.Request) -> web.Response:
    """Keep a supervisor's verdict; recorded in the audit trail and in the call's history."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.supervisor(request)
    body = ReviewBody.model_validate(await read_json(request))
    call = await hotline.calls.call(request.match_info["call_id"])
    await hotline.registry.record(guest.credential, "review", f"call:{call.id}")
    try:
        kept = await hotline.quality.review(
            call.id, body.grade, masked(body.note), seen=body.version, by=guest.operator, now=hotline.clock()
        )
    except ReviewedMeanwhile as error:
        raise Problem(409, "reviewed_meanwhile", f"{error.by}刚复核过这通电话，请看过再写。") from error
    return answer_json(_review(kept))


async def export(request: web.Request) -> web.Response:
    """The list, the operators or the days as CSV; recorded in the audit trail first."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.supervisor(request)
    wanted = _query(request, Exported)
    span = await _span(hotline, wanted, "")
    await hotline.registry.record(guest.credential, "export", f"calls:{wanted.of}:{span.first}:{span.last}")
    rules = await hotline.city.rules()
    if wanted.of == "calls":
        found, number = await _found(hotline, wanted.model_copy(update={"offset": 0, "limit": _ROWS}), span)
        rows: list[list[Value]] = [[column(one, rules.local) for column in _CALL_COLUMNS.values()] for one in found]
        if number > _ROWS:
            rows.append([f"共 {number} 通，这里只有前 {_ROWS} 通，请缩短时间。"])
        heads: list[Value] = list(_CALL_COLUMNS)
    else:
        shares = await hotline.quality.shares(span, rules.day)
        tallies: Iterable[tuple[str, Tally]] = (
            _by_day(shares)
            if wanted.of == "days"
            else ((each.name if each else "没有接通", tally) for each, tally in _by_operator(shares))
        )
        rows = [[name, *(column(tally) for column in _TALLY_COLUMNS.values())] for name, tally in tallies]
        heads = ["日期" if wanted.of == "days" else "坐席", *_TALLY_COLUMNS]
    out = io.StringIO()
    out.write("\ufeff")  # so that spreadsheets read it as UTF-8
    csv.writer(out, lineterminator="\r\n").writerows([_cell(value) for value in row] for row in [heads, *rows])
    name = f"quality-{wanted.of}-{span.first}-{span.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(text=out.getvalue(), content_type="text/csv", charset="utf-8", headers=headers)


# parts


Wanted = TypeVar("Wanted", bound=Days)


def _query(request: web.Request, model: type[Wanted]) -> Wanted:
    try:
        return model.model_validate({name: value for name, value in request.query.items() if value})
    except ValidationError as error:
        raise validation_problem(error, "?") from error


async def _span(hotline: Hotline, wanted: Days, confined_to: str) -> Span:
    rules = await hotline.city.rules()
    first, last = wanted.chosen(rules.local(hotline.clock()).date())
    return Span(
        first.isoformat(),
        last.isoformat(),
        rules.begins(first),
        rules.begins(last + timedelta(days=1)),
        confined_to or wanted.operator,
    )


async def _found(hotline: Hotline, wanted: Listed, span: Span) -> tuple[list[Judged], int]:
    return await hotline.quality.for_review(
        span,
        fault=wanted.fault if isinstance(wanted.fault, Fault) else None,
        any_fault=wanted.fault == "any",
        reviewed={"yes": True, "no": False}.get(wanted.reviewed),
        offset=wanted.offset,
        limit=wanted.limit,
    )


def _by_operator(shares: Sequence[Share]) -> list[tuple[Operator | None, Tally]]:
    """Whoever had most calls first; those that nobody answered last."""
    found: dict[str, tuple[Operator | None, Tally]] = {}
    for share in shares:
        identity = share.operator.id if share.operator else ""
        found[identity] = share.operator, found.get(identity, (None, Tally()))[1] + share.tally
    return sorted(found.values(), key=lambda each: (each[0] is None, -each[1].calls, each[0].name if each[0] else ""))


def _by_day(shares: Sequence[Share]) -> list[tuple[str, Tally]]:
    """The newest first."""
    found: dict[str, Tally] = {}
    for share in shares:
        found[share.day] = found.get(share.day, Tally()) + share.tally
    return sorted(found.items(), reverse=True)


def _tally(tally: Tally) -> Json:
    return {
        "calls": tally.calls,
        "answered": tally.answered,
        "answered_in_time": tally.in_time,
        "abandoned": tally.abandoned,
        "settled": tally.settled,
        "in_time_share": tally.in_time_share,
        "connected_share": tally.connected_share,
        "mean_wait_seconds": _round(tally.mean_wait),
        "longest_wait_seconds": _round(tally.longest_wait),
        "finished": tally.finished,
        "mean_after_call_seconds": _round(tally.mean_after_call),
        "filed": tally.filed,
        "mean_seconds_to_file": _round(tally.mean_to_file),
        "recognised": tally.recognised,
        "corrected": tally.corrected,
        "error_rate": tally.error_rate,
        "category_judged": tally.category_judged,
        "category_changed": tally.category_changed,
        "category_accepted_share": tally.category_accepted_share,
        "place_judged": tally.place_judged,
        "place_changed": tally.place_changed,
        "place_accepted_share": tally.place_accepted_share,
    }


def _judged(one: Judged, *, reviewed: bool = True) -> Json:
    call, figures = one.call, one.quality
    return {
        "call_id": call.id,
        "rang_at": call.rang_at.isoformat(),
        "number": masked_number(call.number),
        "queue": call.queue,
        "operator": who(call.operator),
        "case_nos": list(one.case_nos),
        "waited_seconds": _round(figures.waited_seconds),
        "answered": figures.answered,
        "abandoned": figures.abandoned,
        "recognised": figures.recognised,
        "corrected": figures.corrected,
        "error_rate": figures.error_rate,
        "category_changed": figures.category_changed,
        "place_changed": figures.place_changed,
        "seconds_to_file": _round(figures.seconds_to_file),
        "after_call_seconds": _round(figures.after_call_seconds),
        "faults": [fault.value for fault in figures.faults],
        "points": figures.points,
        "review": _review(one.review) if reviewed and one.review else None,
    }


def _review(one: Review) -> Json:
    return {
        "grade": one.grade.value,
        "note": one.note,
        "by": who(one.by),
        "at": one.at.isoformat(),
        "version": one.version,
    }


def _round(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


Value = str | int | float | None


def _cell(value: Value) -> str:
    """A value as a cell that a spreadsheet never takes for a formula."""
    text = "" if value is None else str(value)
    return "'" + text if isinstance(value, str) and text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.2%}"


def _verdict(changed: bool | None) -> str:
    return "" if changed is None else "改动" if changed else "采纳"


def _measured(attribute: Callable[[Quality], Value]) -> Callable[[Judged, Callable[[datetime], datetime]], Value]:
    return lambda one, _local: attribute(one.quality)


_CALL_COLUMNS: dict[str, Callable[[Judged, Callable[[datetime], datetime]], Value]] = {
    "来电时间": lambda one, local: f"{local(one.call.rang_at):%Y-%m-%d %H:%M:%S}",
    "电话编号": lambda one, _local: one.call.id,
    "来电号码": lambda one, _local: masked_number(one.call.number),
    "坐席": lambda one, _local: one.call.operator.name if one.call.operator else "",
    "案件": lambda one, _local: " ".join(one.case_nos),
    "问题": lambda one, _local: "、".join(fault.label for fault in one.quality.faults),
    "计分": _measured(lambda figures: figures.points),
    "等待秒": _measured(lambda figures: _round(figures.waited_seconds)),
    "接听": _measured(lambda figures: "是" if figures.answered else "否"),
    "识别字数": _measured(lambda figures: figures.recognised),
    "改动字数": _measured(lambda figures: figures.corrected),
    "差错率": _measured(lambda figures: _percent(figures.error_rate)),
    "分类": _measured(lambda figures: _verdict(figures.category_changed)),
    "地点": _measured(lambda figures: _verdict(figures.place_changed)),
    "挂断到立案秒": _measured(lambda figures: _round(figures.seconds_to_file)),
    "话后秒": _measured(lambda figures: _round(figures.after_call_seconds)),
    "复核": lambda one, _local: one.review.grade.label if one.review else "",
    "复核意见": lambda one, _local: one.review.note if one.review else "",
    "复核人": lambda one, _local: one.review.by.name if one.review else "",
}
_TALLY_COLUMNS: dict[str, Callable[[Tally], Value]] = {
    "来电": lambda tally: tally.calls,
    "接听": lambda tally: tally.answered,
    "15 秒内接听": lambda tally: tally.in_time,
    "15 秒内接听率": lambda tally: _percent(tally.in_time_share),
    "放弃": lambda tally: tally.abandoned,
    "平均等待秒": lambda tally: _round(tally.mean_wait),
    "最长等待秒": lambda tally: _round(tally.longest_wait),
    "话后完成": lambda tally: tally.finished,
    "平均话后秒": lambda tally: _round(tally.mean_after_call),
    "立案": lambda tally: tally.filed,
    "平均挂断到立案秒": lambda tally: _round(tally.mean_to_file),
    "识别字数": lambda tally: tally.recognised,
    "改动字数": lambda tally: tally.corrected,
    "差错率": lambda tally: _percent(tally.error_rate),
    "有分类建议": lambda tally: tally.category_judged,
    "分类改动": lambda tally: tally.category_changed,
    "分类采纳率": lambda tally: _percent(tally.category_accepted_share),
    "有地点建议": lambda tally: tally.place_judged,
    "地点改动": lambda tally: tally.place_changed,
    "地点采纳率": lambda tally: _percent(tally.place_accepted_share),
}
