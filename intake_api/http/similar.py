"""Similar cases: for the operator who merges, for the channel that proposes joining."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from aiohttp import web
from pydantic import AwareDatetime, Field, model_validator

from intake_api.domain import case_number, tokens
from intake_api.domain.access import Permission
from intake_api.domain.case import Status
from intake_api.domain.masking import mask_said
from intake_api.domain.similarity import Likeness, Nearness, Observation, is_same_kind, likeness
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.cases import category_view, readable
from intake_api.http.resources import CITY, DATABASE, NOW, TAXONOMY, WORDS
from intake_api.http.routing import Operation, body_of, json_answer, query_of
from intake_api.http.schemas import Body, CategoryRef, Latitude, Longitude, Moment, OneCaseQuery, OptionalText, View
from intake_api.storage import neighbours
from intake_api.storage.neighbours import Neighbour
from intake_api.storage.tables import CaseRow

_MOST = 20
_COARSE = 10
"""Metres. Residents learn how far a case of another is no finer than this."""


def nearness(request: web.Request) -> Nearness:
    """How near is near in this city."""
    policy = request.app[CITY].current.city.policy
    return Nearness(metres=policy.similar_metres, window=timedelta(hours=policy.similar_hours))


class SimilarBody(Body):
    """A report to compare: what is known of it. Without a position cases of its kind are compared by their words."""

    category: OptionalText = ""
    """A code of the taxonomy."""
    lat: Latitude | None = None
    lng: Longitude | None = None
    text: OptionalText = Field("", max_length=5000)
    at: Moment | None = None
    """When it was seen; now by default."""

    @model_validator(mode="after")
    def _enough(self) -> SimilarBody:
        if (self.lat is None) != (self.lng is None):
            raise ValueError("lat 和 lng 必须同时给出。")
        if self.lat is None and not self.category:
            raise ValueError("请给出位置，或者给出类别。")
        return self


class ReasonView(View):
    """Points of one part of the score."""

    name: str
    points: int
    words: str


class SimilarCase(View):
    """A similar case. Texts only for staff."""

    case_no: str
    category: CategoryRef | None
    status: Status
    status_label: str
    is_open: bool
    metres: int | None
    received_at: AwareDatetime
    score: int
    """0 … 100."""
    reasons: list[ReasonView]
    description: str | None
    place: str | None


class SimilarList(View):
    """Similar cases, the most alike first. ``metres`` and ``hours``: how near was looked."""

    items: list[SimilarCase]
    metres: int
    hours: int


async def similar_to_case(request: web.Request) -> web.Response:
    """Cases similar to one."""
    row = await readable(request, query_of(request, OneCaseQuery).resident)
    text = f"{row.description}\n{row.place_text}"
    body = SimilarBody.model_construct(
        category=row.category or "", lat=row.lat, lng=row.lng, text=text, at=row.received_at
    )
    return json_answer(await _similar(request, body, row.id))


async def similar_to_report(request: web.Request) -> web.Response:
    """Cases similar to a report that is not filed yet."""
    body = await body_of(request, SimilarBody)
    if body.category:
        request.app[TAXONOMY].get(body.category)
    return json_answer(await _similar(request, body, None))


async def _similar(request: web.Request, body: SimilarBody, besides: int | None) -> SimilarList:
    at = body.at or request.app[NOW]()
    near = nearness(request)
    since, until = at - near.window, at + near.window
    async with request.app[DATABASE].read() as session:
        if body.lat is not None and body.lng is not None:
            found = await neighbours.near(session, body.lat, body.lng, radius=near.metres, since=since, until=until)
        else:
            codes = [body.category] if body.category else []
            found = await neighbours.of_categories(session, codes, since=since, until=until)
    found = [neighbour for neighbour in found if neighbour.row.id != besides]
    scored = await asyncio.to_thread(_scored, request, body, at, found)
    items = [_view(request, neighbour, alike) for neighbour, alike in scored[:_MOST]]
    hours = near.window // timedelta(hours=1)
    return SimilarList(items=items, metres=round(near.metres), hours=hours)


def _scored(
    request: web.Request, body: SimilarBody, at: datetime, found: list[Neighbour]
) -> list[tuple[Neighbour, Likeness]]:
    """Those of the same kind, the most alike first. Without positions a common word is needed."""
    cut, near = request.app[WORDS].cut, nearness(request)

    def observed(category: str | None, when: datetime, text: str) -> Observation:
        taxonomy = request.app[TAXONOMY]
        division = taxonomy.get(category).division if category is not None and category in taxonomy else None
        return Observation(category, division, when, frozenset(tokens.words(tokens.plain(text), cut)))

    def told(metres: float | None) -> float | None:
        return metres if metres is None or texts else max(_COARSE, round(metres / _COARSE) * _COARSE)

    texts = request[PRINCIPAL].may(Permission.READ_ALL)
    one = observed(body.category or None, at, body.text)
    scored = []
    for neighbour in found:
        row = neighbour.row
        other = observed(row.category, row.received_at, f"{row.description}\n{row.place_text}")
        if not is_same_kind(one, other):
            continue
        alike = likeness(one, other, told(neighbour.metres), near)
        if neighbour.metres is not None or any(reason.name == "words" for reason in alike.reasons):
            scored.append((replace(neighbour, metres=told(neighbour.metres)), alike))
    scored.sort(key=lambda pair: (-pair[1].score, -pair[0].row.id))
    return scored


def _view(request: web.Request, neighbour: Neighbour, alike: Likeness) -> SimilarCase:
    row: CaseRow = neighbour.row
    status = Status(row.status)
    texts = request[PRINCIPAL].may(Permission.READ_ALL)
    return SimilarCase(
        case_no=case_number.format_number(row.id),
        category=category_view(request.app[TAXONOMY], row.category),
        status=status,
        status_label=status.label,
        is_open=status.is_open,
        metres=round(neighbour.metres) if neighbour.metres is not None else None,
        received_at=row.received_at.astimezone(request.app[CITY].current.city.calendar.timezone),
        score=alike.score,
        reasons=[
            ReasonView(name=reason.name, points=reason.points, words=reason.words)
            for reason in alike.reasons
            if texts or reason.name != "words"  # the words of others are not told to residents
        ],
        description=mask_said(row.description, row.reporter_name) if texts else None,
        place=mask_said(row.place_text, row.reporter_name) if texts else None,
    )


OPERATIONS = (
    Operation(
        "POST", "/api/v1/cases/similar", similar_to_report, "队列", "相似案件（尚未登记的诉求）",
        "Cases of the same category or division near in place and time, scored with reasons. Programs that speak for "
        "residents learn number, category, state and distance, no texts.",
        needs=(Permission.FILE, Permission.READ_ALL, Permission.READ_DEPARTMENT),
        body=SimilarBody, answers={200: SimilarList}, problems={422: "invalid, unknown_category"},
    ),
    Operation(
        "GET", "/api/v1/cases/{case_no}/similar", similar_to_case, "队列", "相似案件",
        "As for a report, for a case that is filed.",
        needs=(Permission.READ_ALL, Permission.READ_DEPARTMENT, Permission.READ_REPORTERS),
        query=OneCaseQuery, answers={200: SimilarList},
    ),
)  # fmt: skip
