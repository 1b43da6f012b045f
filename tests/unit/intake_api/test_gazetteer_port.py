"""Whoever answers where a place is: the gazetteer alone, or with an online geocoder behind it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from intake_api import places
from intake_api.domain.gazetteer import Gazetteer
from intake_api.domain.place import Datum, Precision
from intake_api.places import EmbeddedPlaces, GeocodedPlaces, PlaceResolver

MARKET = {"lat": 31.0211, "lng": 121.0318, "name": "早市", "precision": "point"}


class Geocoder:
    """An online geocoder that knows what it is told, and counts what it is asked."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}
        self.asked: list[tuple[str, str]] = []
        self.status = 404
        self.delay = 0.0
        self.body: bytes | None = None

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.query["q"], request.query["bbox"]))
        await asyncio.sleep(self.delay)
        if self.body is not None:
            return web.Response(body=self.body)
        found = self.known.get(request.query["q"])
        return web.json_response(found) if found is not None else web.Response(status=self.status)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def geocoded(
    gazetteer: Gazetteer, geocoder: Geocoder, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[GeocodedPlaces]:
    app = web.Application()
    app.router.add_get("/geocode", geocoder.answer)
    async with TestServer(app) as server, ClientSession() as session:
        yield GeocodedPlaces(lambda: gazetteer, session, str(server.make_url("/geocode")), clock)


@asynccontextmanager
async def embedded(gazetteer: Gazetteer) -> AsyncIterator[EmbeddedPlaces]:
    yield EmbeddedPlaces(lambda: gazetteer)


@asynccontextmanager
async def with_a_geocoder_that_knows_nothing(gazetteer: Gazetteer) -> AsyncIterator[PlaceResolver]:
    async with geocoded(gazetteer, Geocoder()) as resolver:
        yield resolver


@asynccontextmanager
async def with_a_geocoder_that_is_down(gazetteer: Gazetteer) -> AsyncIterator[PlaceResolver]:
    async with ClientSession() as session:
        yield GeocodedPlaces(lambda: gazetteer, session, "http://127.0.0.1:1/geocode")


@pytest.fixture(params=[embedded, with_a_geocoder_that_knows_nothing, with_a_geocoder_that_is_down])
async def resolver(request: pytest.FixtureRequest, gazetteer: Gazetteer) -> AsyncIterator[PlaceResolver]:
    async with request.param(gazetteer) as resolver:
        yield resolver


async def test_what_the_city_knows_is_found(resolver: PlaceResolver) -> None:
    place = (await resolver.resolve("稻香新苑南门口")).place
    assert (place.precision, place.name, place.text) == (Precision.ESTATE, "稻香新苑", "稻香新苑南门口")
    assert place.town and place.grid_cell


async def test_a_name_that_exists_twice_has_candidates_with_the_place_first(resolver: PlaceResolver) -> None:
    found = await resolver.resolve("阳光花园")
    assert len(found.candidates) == 2
    assert found.candidates[0] == found.place


@pytest.mark.parametrize("text", ["浦江大桥", "我家楼下", "", "？", "a" * 5000])
async def test_what_nobody_knows_is_none_and_has_no_position(resolver: PlaceResolver, text: str) -> None:
    place = (await resolver.resolve(text)).place
    assert (place.precision, place.lat, place.lng, place.grid_cell) == (Precision.NONE, None, None, None)
    assert place.text == text


async def test_a_pin_decides_and_may_lie_outside(resolver: PlaceResolver) -> None:
    inside = (await resolver.resolve("早市", lat=31.0211, lng=121.0318, datum=Datum.WGS84)).place
    assert (inside.precision, inside.name) == (Precision.POINT, "稻香新苑")
    assert (await resolver.resolve(lat=31.9, lng=121.0)).place.precision is Precision.OUTSIDE


async def test_a_pole_is_found_by_its_number(resolver: PlaceResolver) -> None:
    assert (await resolver.resolve(pole_no="qh0712-09")).place.precision is Precision.POINT


async def test_a_geocoder_tells_what_the_city_does_not_know(gazetteer: Gazetteer) -> None:
    geocoder = Geocoder()
    geocoder.known["禾东镇早市"] = MARKET
    async with geocoded(gazetteer, geocoder) as resolver:
        place = (await resolver.resolve("禾东镇早市")).place
    assert (place.precision, place.name, place.text) == (Precision.POINT, "早市", "禾东镇早市")
    assert (place.town, place.community) == ("禾东镇", "稻香居委会")
    assert place.grid_cell
    west, south, east, north = map(float, geocoder.asked[0][1].split(","))
    assert west < place.lng < east and south < place.lat < north  # type: ignore[operator]


@pytest.mark.parametrize("said", [{"text": "稻香新苑"}, {"text": "柳溪路"}, {"text": "早市", "lat": 31.9, "lng": 121.0},
                                  {"text": ""}])  # fmt: skip
async def test_a_geocoder_is_not_asked_for_what_is_known_or_pinned(gazetteer: Gazetteer, said: dict[str, Any]) -> None:
    geocoder = Geocoder()
    async with geocoded(gazetteer, geocoder) as resolver:
        await resolver.resolve(**said)
    assert geocoder.asked == []


async def test_a_geocoder_learns_no_telephone_number(gazetteer: Gazetteer) -> None:
    geocoder = Geocoder()
    async with geocoded(gazetteer, geocoder) as resolver:
        await resolver.resolve("早市12号，电话138 0013 8000")
    assert geocoder.asked[0][0] == "早市12号，电话"


@pytest.mark.parametrize(
    "wrong",
    [
        {**MARKET, "lat": 31.9},  # beyond the border
        {**MARKET, "lat": 131.9},
        {**MARKET, "precision": "town"},
        {"name": "早市"},
        ["早市"],
    ],
)
async def test_a_useless_answer_leaves_what_the_city_knows(gazetteer: Gazetteer, wrong: Any) -> None:
    geocoder = Geocoder()
    geocoder.known["禾东镇早市"] = wrong
    async with geocoded(gazetteer, geocoder) as resolver:
        assert (await resolver.resolve("禾东镇早市")).place.precision is Precision.TOWN


@pytest.mark.parametrize("trouble", [{"status": 500}, {"status": 302}, {"body": b"<html>"}, {"body": b"{" * 200_000},
                                     {"delay": 0.3}])  # fmt: skip
async def test_a_geocoder_in_trouble_is_left_alone_for_a_while(
    gazetteer: Gazetteer, monkeypatch: pytest.MonkeyPatch, trouble: dict[str, Any]
) -> None:
    monkeypatch.setattr(places, "TIMEOUT", 0.1)
    geocoder, clock = Geocoder(), Clock()
    async with geocoded(gazetteer, geocoder, clock) as resolver:
        for name, value in trouble.items():
            setattr(geocoder, name, value)
        for _ in range(3):
            assert (await resolver.resolve("早市")).place.precision is Precision.NONE
        assert len(geocoder.asked) == 1
        geocoder.delay, geocoder.body, geocoder.known["早市"] = 0.0, None, MARKET
        clock.now += 31
        assert (await resolver.resolve("早市")).place.precision is Precision.POINT
