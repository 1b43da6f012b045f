"""The addresses of Open311."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from intake_api.http.allowance import check_allowance
from intake_api.http.resources import CITY, DATABASE, SETTINGS, TAXONOMY
from intake_api.open311 import reporting, requests, services, updates
from intake_api.open311.discovery import discovery
from intake_api.open311.errors import Refused
from intake_api.open311.formats import Answer, respond
from intake_api.open311.keys import check_jurisdiction
from intake_api.open311.parameters import Parameters, merged
from intake_api.storage import cities

_V2 = "/open311/v2"
_SUFFIX = "{suffix:xml|json}"
_STEADY = {"Cache-Control": "public, max-age=300"}

View = Callable[[web.Request], Awaitable[Answer]]


async def show_discovery(request: web.Request) -> Answer:
    """Where the service is."""
    loaded = request.app[CITY].current
    async with request.app[DATABASE].read() as session:
        since = await cities.loaded_at(session, loaded.version)
    zone = loaded.city.calendar.timezone
    return discovery(loaded.city, request.app[SETTINGS].base_url, since.astimezone(zone))


async def list_services(request: web.Request) -> Answer:
    """What can be reported."""
    check_jurisdiction(request, Parameters(merged(request.query)))
    offered = [category for category in request.app[TAXONOMY] if services.is_offered(category)]
    return Answer("services", [services.service(category) for category in offered], headers=_STEADY)


async def show_definition(request: web.Request) -> Answer:
    """The questions of a service."""
    check_jurisdiction(request, Parameters(merged(request.query)))
    category = services.offered(request.app[TAXONOMY], request.match_info["code"])
    if not services.attributes(category):
        raise Refused(404, f"{category.code}（{category.name}）没有附加问题：服务目录里它的 metadata 是 false。")
    return Answer("service_definition", services.definition(category), headers=_STEADY)


ROUTES: tuple[tuple[str, str, View], ...] = (
    ("GET", f"/open311/discovery.{_SUFFIX}", show_discovery),
    ("GET", f"{_V2}/discovery.{_SUFFIX}", show_discovery),
    ("GET", f"{_V2}/services.{_SUFFIX}", list_services),
    ("GET", f"{_V2}/services/{{code}}.{_SUFFIX}", show_definition),
    ("GET", f"{_V2}/requests.{_SUFFIX}", requests.list_requests),
    ("POST", f"{_V2}/requests.{_SUFFIX}", reporting.create_request),
    ("GET", f"{_V2}/requests/{{number}}.{_SUFFIX}", requests.show_request),
    ("GET", f"{_V2}/tokens/{{number}}.{_SUFFIX}", requests.show_token),
    ("GET", f"{_V2}/servicerequestupdates.{_SUFFIX}", updates.list_updates),
    ("POST", f"{_V2}/servicerequestupdates.{_SUFFIX}", updates.create_update),
)


def add_open311_routes(app: web.Application) -> None:
    """Serve them."""
    for method, path, view in ROUTES:
        app.router.add_route(method, path, _answering(view))


def _answering(view: View) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        check_allowance(request)
        return respond(await view(request), request.match_info["suffix"])

    return answer
