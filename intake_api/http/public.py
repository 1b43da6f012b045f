"""The public list and map, and what staff release for it."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time, timedelta

from aiohttp import web

from groundwork.problem import FieldError, Problem
from groundwork.web import read_json
from intake_api.acting import CaseChanged
from intake_api.domain import case_number
from intake_api.domain.access import Permission
from intake_api.domain.public import CLOSED_STATES, OPEN_STATES, Level, PublicPlace, proposed_text
from intake_api.http import public_schemas as schemas
from intake_api.http.actions import changed
from intake_api.http.allowance import check_allowance
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.cases import category_view, read_cursor, readable, write_cursor
from intake_api.http.resources import CITY, DATABASE, TAXONOMY
from intake_api.http.routing import Operation, json_answer, query_of
from intake_api.public_cases import PublicCase, PublicCases
from intake_api.releasing import By, NothingReleased, NotPublic, Releasing, StillPersonal
from intake_api.storage import cases, public
from intake_api.storage.public import PublicFilter

PUBLIC = web.AppKey("public_cases", PublicCases)
RELEASING = web.AppKey("releasing", Releasing)

_STATES = {"": (), "open": OPEN_STATES, "closed": CLOSED_STATES}
_FRESH = "public, max-age=15"
_LEVELS = {
    Level.EXACT: "公共设施或场所",
    Level.HOME: "小区或村，不标门牌",
    Level.CELL: "附近约 100 米",
    Level.TOWN: "只标街镇",
    Level.OUTSIDE: "辖区以外",
    Level.NONE: "位置不详",
}


async def list_public_cases(request: web.Request) -> web.Response:
    """Public cases, newest first."""
    check_allowance(request)
    query = query_of(request, schemas.PublicQuery)
    page = await request.app[PUBLIC].search(
        PublicFilter(
            status=[status.value for status in _STATES[query.state]],
            category=query.category,
            town=query.town,
            received_from=_moment(request, query.received_from, last=False),
            received_to=_moment(request, query.received_to, last=True),
            box=query.bbox,
            before=read_cursor(query.cursor),
            limit=query.limit,
        )
    )
    items = [_view(request, case) for case in page.items]
    return _cacheable(request, json_answer(schemas.PublicCasePage(items=items, next=write_cursor(page.before))))


async def read_public_case(request: web.Request) -> web.Response:
    """One public case with its stages; the same 404 for one that is not public and one that is not there."""
    check_allowance(request)
    missing = Problem(404, "case_not_found", "没有查到：请核对编号；涉及隐私的诉求不公开，请向原来的渠道查询。")
    try:
        case_id = case_number.parse(request.match_info["case_no"])
    except case_number.WrongCheckDigit as error:
        raise Problem(404, "case_number_misread", "编号不对，可能有一位抄错或写反了，请核对。") from error
    except case_number.WrongCaseNumber as error:
        raise Problem(404, "case_not_found", "编号是 9 位数字，例如 483 920 175，请核对。") from error
    found = await request.app[PUBLIC].several([case_id])
    if not found:
        raise missing
    zone = request.app[CITY].current.city.calendar.timezone
    stages = [
        schemas.StageView(
            stage=reached.stage, label=reached.stage.label, at=reached.at.astimezone(zone) if reached.at else None
        )
        for reached in await request.app[PUBLIC].stages(case_id)
    ]
    view = _view(request, found[0])
    return _cacheable(request, json_answer(schemas.PublicCaseDetail(**view.model_dump(), stages=stages)))


def _view(request: web.Request, case: PublicCase) -> schemas.PublicCaseView:
    category = category_view(request.app[TAXONOMY], case.category.code)
    assert category is not None
    return schemas.PublicCaseView(
        case_no=case.number,
        category=category,
        open=case.stand.open,
        stage=case.stand.stage,
        state=case.stand.words,
        place=_place(case.place),
        department=case.department,
        text=case.text,
        received_at=case.received_at,
        updated_at=case.moved_at,
        expected_at=case.due_at,
    )


def _place(place: PublicPlace) -> schemas.PublicPlaceView:
    return schemas.PublicPlaceView(
        level=place.level,
        level_label=_LEVELS[place.level],
        address=place.address,
        town=place.town,
        lat=place.lat,
        lng=place.lng,
    )


def _cacheable(request: web.Request, response: web.Response) -> web.Response:
    body = response.body
    assert isinstance(body, bytes)
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Cache-Control": _FRESH}
    if etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    response.headers.update(headers)
    return response


def _moment(request: web.Request, value: datetime | date | None, *, last: bool) -> datetime | None:
    """A moment as given; of a day its first moment in the city's time zone, or its last."""
    if value is None or isinstance(value, datetime):
        return value
    zone = request.app[CITY].current.city.calendar.timezone
    beginning = datetime.combine(value, time(), zone)
    return beginning + timedelta(days=1, microseconds=-1) if last and value < date.max else beginning


async def read_publicity(request: web.Request) -> web.Response:
    """How a case appears to the public, with the text that could be released."""
    return json_answer(await _publicity(request))


async def release_text(request: web.Request) -> web.Response:
    """Make a text of a case public."""
    row = await readable(request)
    body = schemas.ReleaseBody.model_validate(await _body(request))
    try:
        await request.app[RELEASING].release(row.id, body.text, _by(request), body.version)
    except NotPublic as error:
        raise Problem(409, "not_public", f"这件诉求不公开：{error}。") from error
    except StillPersonal as error:
        detail = f"文字里还有{'、'.join(error.kinds)}，请去掉后再公开。"
        fault = FieldError(pointer="/text", detail=detail)
        raise Problem(422, "still_personal", detail, errors=[fault]) from error
    except NothingReleased as error:
        raise Problem(422, "nothing_to_release", "去掉个人信息后没有可以公开的内容，请写一段说明。") from error
    except CaseChanged as error:
        raise changed(request, error) from error
    return json_answer(await _publicity(request))


async def unrelease_text(request: web.Request) -> web.Response:
    """Take the text of a case back."""
    row = await readable(request)
    body = schemas.UnreleaseBody.model_validate(await _body(request))
    try:
        await request.app[RELEASING].take_back(row.id, body.reason, _by(request), body.version)
    except NothingReleased as error:
        raise Problem(409, "nothing_released", "这件诉求没有公开的说明。") from error
    except CaseChanged as error:
        raise changed(request, error) from error
    return json_answer(await _publicity(request))


async def _body(request: web.Request) -> object:
    return await read_json(request) if request.can_read_body else {}


def _by(request: web.Request) -> By:
    principal = request[PRINCIPAL]
    return By(principal.actor, principal.address)


async def _publicity(request: web.Request) -> schemas.PublicityView:
    case_id = (await readable(request)).id
    async with request.app[DATABASE].read() as session:
        row = await cases.get(session, case_id)
        released = await public.texts(session, [case_id])
    assert row is not None
    shown = request.app[PUBLIC]
    why = shown.why_hidden(row)
    return schemas.PublicityView(
        case_no=case_number.format_number(case_id),
        version=row.last_seq,
        public=why is None,
        why_hidden=why,
        place=_place(shown.place_of(row)),
        text=released[case_id].text if case_id in released else "",
        proposed_text=proposed_text(row.description, (row.reporter_name,)),
    )


_CASE_PROBLEMS = "case_not_found, case_number_misread"
_ETAG = {"ETag": "Of this answer.", "Cache-Control": "Fresh for a quarter of a minute."}

OPERATIONS = (
    Operation(
        "GET", "/api/v1/public/cases", list_public_cases, "公开", "公开的诉求",
        "Category, coarse place, state and times; never a person, and a description only as staff released it. "
        "No log-in. Answers carry an ETag; asking too often is answered by 429.",
        needs=None, query=schemas.PublicQuery, answers={200: schemas.PublicCasePage}, answer_headers=_ETAG,
        problems={422: "invalid", 429: "too_many_requests"},
    ),
    Operation(
        "GET", "/api/v1/public/cases/{case_no}", read_public_case, "公开", "按编号查公开的诉求",
        "One public case with its stages. A case that is not public is not told from one that does not exist.",
        needs=None, answers={200: schemas.PublicCaseDetail}, answer_headers=_ETAG,
        problems={404: _CASE_PROBLEMS, 429: "too_many_requests"},
    ),
    Operation(
        "GET", "/api/v1/cases/{case_no}/public", read_publicity, "公开", "一件诉求公开成什么样",
        "Whether the case is public and why not, its coarse place, the released text and the proposed one.",
        needs=(Permission.RELEASE,), answers={200: schemas.PublicityView},
    ),
    Operation(
        "POST", "/api/v1/cases/{case_no}/actions/release", release_text, "公开", "公开说明",
        "Makes a text public, or without one the description without personal data. A text with names or numbers of "
        "people is refused.",
        needs=(Permission.RELEASE,), body=schemas.ReleaseBody, answers={200: schemas.PublicityView},
        problems={
            409: "not_public, case_changed", 422: "still_personal, nothing_to_release",
        },
    ),
    Operation(
        "POST", "/api/v1/cases/{case_no}/actions/unrelease", unrelease_text, "公开", "撤下公开说明",
        "Takes the text back at once.",
        needs=(Permission.RELEASE,), body=schemas.UnreleaseBody, answers={200: schemas.PublicityView},
        problems={409: "nothing_released, case_changed"},
    ),
)  # fmt: skip
