"""Hot spots: where more of one thing comes in than usual, as GeoJSON."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from aiohttp import web
from pydantic import AwareDatetime, Field

from groundwork.problem import FieldError, Problem
from intake_api.domain import case_number, tokens
from intake_api.domain.access import Permission
from intake_api.domain.grid import bounds, centre
from intake_api.domain.hotspot import FORMULA, HISTORY, HotSpot, clusters, judged, promising, telling
from intake_api.http.cases import category_view
from intake_api.http.queue import moment
from intake_api.http.resources import CITY, DATABASE, NOW, TAXONOMY, WORDS
from intake_api.http.routing import Operation, json_answer, query_of
from intake_api.http.schemas import Body, CategoryRef, Codes, Day, Moment, View
from intake_api.storage import hotspots
from intake_api.storage.hotspots import Member

_WINDOW = timedelta(days=7)
_LONGEST = timedelta(days=31)
_CANDIDATES = 200
_CASES = 20
_TOLD = 10  # cases of a cluster, the newest, whose words are looked at
_BACKGROUND = 60
_READ = 40  # characters of a description that are cut into words


class HotSpotQuery(Body):
    """The window, a week by default, at most 31 days; and what to look at."""

    received_from: Moment | Day | None = Field(None, alias="from")
    received_to: Moment | Day | None = Field(None, alias="to")
    category: Codes = Field(default_factory=list)
    town: Codes = Field(default_factory=list)
    """Codes or names."""
    limit: int = Field(20, ge=1, le=50)


class HotSpotProperties(View):
    """What a hot spot is: cases in the window, what was expected, and how unusual that is (``formula``)."""

    category: CategoryRef | None
    count: int
    expected: float
    score: float
    cells: list[str]
    towns: list[str]
    center: tuple[float, float]
    """Latitude and longitude."""
    first_at: AwareDatetime
    last_at: AwareDatetime
    places: list[str]
    words: list[str]
    """The words that tell these reports from others of these days."""
    case_nos: list[str]
    summary: str


class HotSpotFeature(View):
    """A hot spot as a GeoJSON feature: its cells."""

    type: Literal["Feature"] = "Feature"
    geometry: dict[str, Any]
    properties: HotSpotProperties


class HotSpotCollection(View):
    """Hot spots, the most unusual first, as a GeoJSON feature collection."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[HotSpotFeature]
    received_from: AwareDatetime = Field(serialization_alias="from")
    received_to: AwareDatetime = Field(serialization_alias="to")
    formula: str


async def list_hot_spots(request: web.Request) -> web.Response:
    """Where more of one thing comes in than usual."""
    query = query_of(request, HotSpotQuery)
    now = request.app[NOW]()
    until = moment(request, query.received_to, timedelta(days=1)) or now
    since = moment(request, query.received_from, timedelta()) or until - _WINDOW
    if not timedelta() < until - since <= _LONGEST:
        fault = FieldError(pointer="?from", detail="时段须早晚有序，最长 31 天。")
        raise Problem(422, "invalid", "请求的参数有误。", errors=[fault])
    names = {town.name: town.code for town in request.app[CITY].current.city.towns}
    towns = [names.get(town, town) for town in query.town]
    async with request.app[DATABASE].read() as session:
        counts = await hotspots.counts(session, since, until, category=query.category, town=towns)
        totals = {category: sum(cases.values()) for category, cases in counts.items()}
        cells = len(set().union(*counts.values()))
        found = promising(await asyncio.to_thread(clusters, counts), totals, cells, _CANDIDATES)
        before = await hotspots.counts_in(
            session,
            {cell for cluster in found for cell in cluster.cells},
            {cluster.category for cluster in found},
            since - HISTORY * (until - since),
            since,
        )
        spots = judged(found, before, totals, cells)[: query.limit]
        members = await hotspots.members_of(
            session, [spot.cluster for spot in spots], since=since, until=until, limit=_CASES
        )
        others = await hotspots.descriptions(session, since, until, _BACKGROUND) if spots else []
    said = await asyncio.to_thread(_said, request.app[WORDS].known, members, others)
    features = [
        _feature(request, spot, rows, words) for spot, rows, words in zip(spots, members, said, strict=True) if rows
    ]
    zone = request.app[CITY].current.city.calendar.timezone
    return json_answer(
        HotSpotCollection(
            features=features,
            received_from=since.astimezone(zone),
            received_to=until.astimezone(zone),
            formula=FORMULA,
        )
    )


def _said(cut: tokens.Cut, members: Sequence[Sequence[Member]], others: Sequence[str]) -> list[list[str]]:
    """The telling words of each cluster."""

    def read(text: str) -> list[str]:
        return tokens.words(tokens.plain(text[:_READ]), cut)

    background = [read(text) for text in others]
    return [telling([read(row.description) for row in rows[:_TOLD]], background) for rows in members]


def _feature(request: web.Request, spot: HotSpot, rows: Sequence[Member], words: list[str]) -> HotSpotFeature:
    zone = request.app[CITY].current.city.calendar.timezone
    cluster = spot.cluster
    category = category_view(request.app[TAXONOMY], cluster.category)
    middles = [centre(cell) for cell in cluster.cells]
    places = [name for name, _ in Counter(row.place_name for row in rows if row.place_name).most_common(3)]
    towns = [name for name, _ in Counter(row.town for row in rows if row.town).most_common()]
    where = "、".join(places[:2]) or "、".join(towns[:1]) or cluster.cells[0]
    named = category.name if category else cluster.category
    properties = HotSpotProperties(
        category=category,
        count=cluster.count,
        expected=round(spot.expected, 2),
        score=round(spot.score, 1),
        cells=list(cluster.cells),
        towns=towns,
        center=(
            round(sum(lat for lat, _ in middles) / len(middles), 6),
            round(sum(lng for _, lng in middles) / len(middles), 6),
        ),
        first_at=min(row.received_at for row in rows).astimezone(zone),
        last_at=max(row.received_at for row in rows).astimezone(zone),
        places=places,
        words=words,
        case_nos=[case_number.format_number(row.id) for row in rows],
        summary=f"{where}一带“{named}”{cluster.count} 件，平常约 {spot.expected:.1f} 件",
    )
    polygons = [[_ring(cell)] for cell in cluster.cells]
    return HotSpotFeature(geometry={"type": "MultiPolygon", "coordinates": polygons}, properties=properties)


def _ring(cell: str) -> list[list[float]]:
    south, west, north, east = (round(degrees, 6) for degrees in bounds(cell))
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


OPERATIONS = (
    Operation(
        "GET", "/api/v1/hotspots", list_hot_spots, "队列", "热点",
        "Clusters of one category in neighbouring grid cells, held against the eight windows before (docs/queue.md). "
        "A GeoJSON feature collection.",
        needs=(Permission.READ_ALL,), query=HotSpotQuery, answers={200: HotSpotCollection}, problems={422: "invalid"},
    ),
)  # fmt: skip
