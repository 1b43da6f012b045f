"""Service requests as everybody may read them."""

from __future__ import annotations

import math
from datetime import timedelta

from aiohttp import web

from intake_api.domain import case_number
from intake_api.domain.geodesy import METRES_PER_DEGREE
from intake_api.domain.public import CLOSED_STATES, OPEN_STATES
from intake_api.http.public import PUBLIC
from intake_api.http.resources import CITY, NOW
from intake_api.open311.errors import Refused
from intake_api.open311.formats import Answer, Content
from intake_api.open311.keys import check_jurisdiction, partner_if_any
from intake_api.open311.parameters import Parameters, merged, period
from intake_api.public_cases import PublicCase
from intake_api.storage.public import PublicFilter

LONGEST = timedelta(days=90)
MOST = 1000
"""GeoReport v2: 90 days or the first 1000, whichever is less."""

_STATES = {"open": OPEN_STATES, "closed": CLOSED_STATES}


async def list_requests(request: web.Request) -> Answer:
    """Requests by number, or those that fit the filters, newest first."""
    parameters = Parameters(merged(request.query))
    check_jurisdiction(request, parameters)
    key = await partner_if_any(request, parameters)
    public = request.app[PUBLIC]
    numbers = parameters.listed("service_request_id")
    if numbers:
        ids = [case_id for number in numbers[:MOST] if (case_id := _id(number)) is not None]
        found = await public.several(ids, key.actor.id if key else None)
    else:
        found = (await public.search(_filter(request, parameters))).items
        found = _around(parameters, found)
    return Answer("service_requests", [described(case) for case in found])


async def show_request(request: web.Request) -> Answer:
    """One request."""
    parameters = Parameters(merged(request.query))
    return Answer("service_requests", [described(await _one(request, parameters))])


async def show_token(request: web.Request) -> Answer:
    """Requests have their number at once, so a number is its own token."""
    parameters = Parameters(merged(request.query))
    case = await _one(request, parameters)
    return Answer("service_requests", [{"service_request_id": case.number, "token": request.match_info["number"]}])


async def _one(request: web.Request, parameters: Parameters) -> PublicCase:
    """The case of the address. Raises Refused 404, the same for one that is not public and one that is not there."""
    check_jurisdiction(request, parameters)
    key = await partner_if_any(request, parameters)
    number = request.match_info["number"]
    case_id = _id(number)
    found = await request.app[PUBLIC].several([case_id], key.actor.id if key else None) if case_id is not None else ()
    if not found:
        raise Refused(404, f"没有查到 {number[:40]}：请核对编号；涉及隐私的诉求不公开，请向原来的渠道查询。")
    return found[0]


def _id(number: str) -> int | None:
    try:
        return case_number.parse(number)
    except case_number.WrongCaseNumber:
        return None


def _filter(request: web.Request, parameters: Parameters) -> PublicFilter:
    """The filters of an address. Raises Refused 400."""
    zone = request.app[CITY].current.city.calendar.timezone
    start, end = period(parameters, zone, request.app[NOW](), LONGEST)
    states = parameters.listed("status")
    wrong = [state for state in states if state.lower() not in _STATES]
    if wrong:
        raise Refused(400, f"参数 status 只能是 open、closed，可用逗号分隔：{wrong[0][:40]}。")
    size = parameters.whole("page_size", 1, MOST, MOST)
    return PublicFilter(
        status=[status.value for state in dict.fromkeys(states) for status in _STATES[state.lower()]],
        category=parameters.listed("service_code"),
        received_from=start,
        received_to=end,
        moved_after=parameters.moment("updated_after", zone),
        box=_box(parameters),
        offset=(parameters.whole("page", 1, 10_000, 1) - 1) * size,
        limit=size,
        by_time=True,
    )


def _circle(parameters: Parameters) -> tuple[float, float, float] | None:
    """Latitude, longitude and metres of the extension ``lat``, ``long``, ``radius``; None unless all are given."""
    lat, lng = parameters.degrees("lat", 90), parameters.degrees("long", 180)
    radius = parameters.whole("radius", 1, 100_000, 0)
    return None if lat is None or lng is None or not radius else (lat, lng, radius)


def _box(parameters: Parameters) -> tuple[float, float, float, float] | None:
    circle = _circle(parameters)
    if circle is None:
        return None
    lat, lng, radius = circle
    high = radius / METRES_PER_DEGREE
    wide = high / max(math.cos(math.radians(lat)), 0.01)
    return lng - wide, lat - high, lng + wide, lat + high


def _around(parameters: Parameters, cases: tuple[PublicCase, ...]) -> tuple[PublicCase, ...]:
    circle = _circle(parameters)
    if circle is None:
        return cases
    lat, lng, radius = circle

    def away(case: PublicCase) -> float:
        if case.place.lat is None or case.place.lng is None:
            return math.inf
        east = (case.place.lng - lng) * math.cos(math.radians(lat))
        return math.hypot(case.place.lat - lat, east) * METRES_PER_DEGREE

    return tuple(case for case in cases if away(case) <= radius)


def described(case: PublicCase) -> Content:
    """A case as a service request. Photos are not public: they show people, number plates, homes."""
    place, stand = case.place, case.stand
    return {
        "service_request_id": case.number,
        "status": "open" if stand.open else "closed",
        "status_notes": stand.words,
        "service_name": case.category.name,
        "service_code": case.category.code,
        "description": case.text[:4000] or None,
        "agency_responsible": case.department or None,
        "service_notice": None,
        "requested_datetime": case.received_at,
        "updated_datetime": case.moved_at,
        "expected_datetime": case.due_at,
        "address": place.address or None,
        "address_id": None,
        "zipcode": None,
        "lat": place.lat,
        "long": place.lng,
        "media_url": None,
    }
