"""The city: its map, departments, categories, and where a place is."""

from __future__ import annotations

from aiohttp import web

from intake_api.domain.access import Permission
from intake_api.domain.gazetteer import Resolution
from intake_api.domain.phonetics import initials
from intake_api.http import schemas
from intake_api.http.cases import place_view
from intake_api.http.resources import CITY, PLACES, TAXONOMY
from intake_api.http.routing import Operation, body_of, json_answer


async def show_city(request: web.Request) -> web.Response:
    """The city as everybody may know it, with an ETag."""
    loaded = request.app[CITY].current
    headers = {"ETag": f'"{loaded.etag}"', "Cache-Control": "public, max-age=60"}
    known = request.headers.get("If-None-Match", "")
    if loaded.etag in known or known.strip() == "*":
        return web.Response(status=304, headers=headers)
    return web.Response(body=loaded.map_json, content_type="application/json", charset="utf-8", headers=headers)


async def list_categories(request: web.Request) -> web.Response:
    """The taxonomy."""
    items = [
        schemas.CategoryView.model_validate(
            {
                "code": category.code,
                "name": category.name,
                "kind": category.kind,
                "division": category.division,
                "typical_words": list(category.words),
                "lead_department": category.lead_department,
                "limit": {
                    "value": category.limit.value,
                    "unit": category.limit.unit,
                    "words": category.limit.words,
                },
                "urgency": category.urgency,
                "gb_codes": list(category.gb_codes),
            }
        )
        for category in request.app[TAXONOMY]
    ]
    return json_answer(schemas.CategoryList(items=items))


async def list_departments(request: web.Request) -> web.Response:
    """The departments of the city in force."""
    city = request.app[CITY].current.city
    towns = {town.code: town.name for town in city.towns}
    items = [
        schemas.DepartmentView(
            id=unit.id,
            name=unit.name,
            kind=unit.kind,
            town_code=unit.town or None,
            town=towns.get(unit.town),
            phone=unit.phone,
            initials=initials(unit.name),
        )
        for unit in city.departments
    ]
    return json_answer(schemas.DepartmentList(items=items))


async def resolve_place(request: web.Request) -> web.Response:
    """Where words or a pin are."""
    body = await body_of(request, schemas.ResolveBody)
    found = await request.app[PLACES].resolve(body.text, body.lat, body.lng, body.datum, body.pole_no)
    return json_answer(resolve_view(found))


def resolve_view(found: Resolution) -> schemas.ResolveView:
    """A resolution as it is answered."""
    return schemas.ResolveView(
        place=place_view(found.place), candidates=[place_view(candidate) for candidate in found.candidates]
    )


OPERATIONS = (
    Operation(
        "POST", "/api/v1/places/resolve", resolve_place, "地点", "识别地点",
        "Words, a pin or a pole number to a place. What is not known has precision `none`; a pin outside the district, "
        "and words that begin with a neighbour's name, `outside`. Several places of one name are the candidates.",
        needs=(Permission.LOOK_UP,), body=schemas.ResolveBody, answers={200: schemas.ResolveView},
        problems={422: "invalid"},
    ),
    Operation(
        "GET", "/api/v1/categories", list_categories, "目录", "分类目录", "All categories with limits and urgency.",
        needs=None, answers={200: schemas.CategoryList},
    ),
    Operation(
        "GET", "/api/v1/departments", list_departments, "目录", "部门", "Departments of the city in force.",
        needs=(Permission.LOOK_UP,), answers={200: schemas.DepartmentList},
    ),
    Operation(
        "GET", "/api/v1/city", show_city, "目录", "城市",
        "Name, hotline, emergency numbers, and the shape of the city as GeoJSON. Answers 304 to a known ETag.",
        needs=None, answers={200: schemas.CityView},
        answer_headers={"ETag": "Of this version of the city.", "Cache-Control": "Fresh for a minute."},
    ),
)  # fmt: skip
