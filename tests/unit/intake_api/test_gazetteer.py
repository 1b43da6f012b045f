"""What residents write, and where that is."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from intake_api.domain.city import City, NamedPlace
from intake_api.domain.gazetteer import Gazetteer, better
from intake_api.domain.geodesy import metres, wgs84_to_gcj02
from intake_api.domain.place import Datum, Precision

EAST, WEST = "禾东镇", "柳溪路街道"


@pytest.mark.parametrize(
    ("text", "precision", "name", "town"),
    [
        # names, aliases, relations
        ("稻香新苑", Precision.ESTATE, "稻香新苑", EAST),
        ("稻香新苑南门口对面", Precision.ESTATE, "稻香新苑", EAST),
        ("稻香小区3号楼下", Precision.ESTATE, "稻香新苑", EAST),
        ("我们稻香这边", Precision.ESTATE, "稻香新苑", EAST),
        ("青禾广场旁边", Precision.POINT, "青禾广场", WEST),
        ("区医院门口", Precision.POINT, "青禾区人民医院", EAST),
        ("南塘村五组", Precision.ESTATE, "南塘村", EAST),
        # another way of writing: traditional, full width, spaces, Chinese numerals
        ("稻香新苑門口", Precision.ESTATE, "稻香新苑", EAST),
        ("望潮 地鐵站", Precision.POINT, "望潮站", WEST),
        ("柳溪路３２０弄", Precision.ESTATE, "稻香新苑", EAST),
        ("柳溪路三百二十弄", Precision.ESTATE, "稻香新苑", EAST),
        ("老柳路一百号", Precision.POINT, "青禾广场", WEST),
        # addresses: exact, within a lane, next to a known number
        ("柳溪路100号", Precision.POINT, "青禾广场", WEST),
        ("柳溪路320弄18号402室", Precision.ESTATE, "稻香新苑", EAST),
        ("柳溪路318弄", Precision.ROAD, "柳溪路", EAST),
        ("北环大道66号", Precision.ROAD, "北环大道", WEST),
        # crossings and stretches of road
        ("柳溪路望潮路路口", Precision.POINT, "柳溪路望潮路路口", WEST),
        ("柳溪路和金穗路交叉口西北角", Precision.POINT, "柳溪路金穗路路口", EAST),
        ("金穗路近柳溪路", Precision.POINT, "金穗路柳溪路路口", EAST),
        ("北环大道金穗路口", Precision.NONE, None, None),
        ("柳溪路望潮路到金穗路段", Precision.ROAD, "柳溪路", EAST),
        ("望潮路上", Precision.ROAD, "望潮路", WEST),
        ("禾东镇柳溪路", Precision.ROAD, "柳溪路", EAST),
        # lamp posts
        ("QH0712-08灯杆", Precision.POINT, "QH0712-08 号灯杆", EAST),
        ("灯杆号qh071208不亮", Precision.POINT, "QH0712-08 号灯杆", EAST),
        # towns; a street office named after a road is not that road
        ("禾东镇", Precision.TOWN, "禾东镇", EAST),
        ("禾东", Precision.TOWN, "禾东镇", EAST),
        ("柳溪路街道", Precision.TOWN, "柳溪路街道", WEST),
        ("柳溪路", Precision.ROAD, "柳溪路", None),
        # what we do not know is not known, never outside
        ("浦江大桥", Precision.NONE, None, None),
        ("我家楼下", Precision.NONE, None, None),
        ("", Precision.NONE, None, None),
    ],
)
def test_words_lead_to_the_place_they_mean(
    gazetteer: Gazetteer, text: str, precision: Precision, name: str | None, town: str | None
) -> None:
    place = gazetteer.resolve(text).place
    if text == "北环大道金穗路口":
        # drawn roads that do not meet: the crossing is not invented
        assert place.precision is Precision.ROAD
        return
    assert (place.precision, place.name) == (precision, name)
    if town:
        assert place.town == town
    assert place.text == text


def test_what_is_not_known_has_no_position(gazetteer: Gazetteer) -> None:
    place = gazetteer.resolve("浦江大桥").place
    assert (place.lat, place.lng, place.grid_cell) == (None, None, None)


def test_a_stretch_of_road_is_found_between_its_crossings(gazetteer: Gazetteer) -> None:
    place = gazetteer.resolve("柳溪路望潮路到金穗路段").place
    assert place.lat is not None and place.lng is not None
    assert metres(place.lat, place.lng, 31.02, 121.02) < 5


def test_an_unknown_number_is_put_on_the_road_near_the_next_one(gazetteer: Gazetteer) -> None:
    place = gazetteer.resolve("柳溪路318弄").place
    assert place.lat is not None and place.lng is not None
    assert metres(place.lat, place.lng, 31.02, 121.032) < 5


@pytest.mark.parametrize(
    ("text", "town"),
    [
        ("阳光花园（禾东镇）", EAST),
        ("柳溪路街道阳光花园", WEST),
        ("望潮路上的阳光花园", WEST),
        ("金穗路阳光花园", EAST),
    ],
)
def test_of_two_places_of_one_name_the_one_nearby_is_meant(gazetteer: Gazetteer, text: str, town: str) -> None:
    found = gazetteer.resolve(text)
    assert (found.place.name, found.place.town) == ("阳光花园", town)
    assert {candidate.town for candidate in found.candidates} == {EAST, WEST}


def test_a_pin_tells_town_community_and_what_is_near(gazetteer: Gazetteer) -> None:
    place = gazetteer.resolve(lat=31.0211, lng=121.0318).place
    assert (place.precision, place.town, place.community) == (Precision.POINT, EAST, "稻香居委会")
    assert (place.text, place.name) == ("稻香新苑附近", "稻香新苑")
    assert place.grid_cell


def test_a_pin_decides_over_the_words_beside_it(gazetteer: Gazetteer) -> None:
    place = gazetteer.resolve("青禾广场", lat=31.0211, lng=121.0318).place
    assert (place.text, place.town) == ("青禾广场", EAST)


def test_a_pin_of_a_chinese_map_is_put_right(gazetteer: Gazetteer) -> None:
    lat, lng = wgs84_to_gcj02(31.0211, 121.0318)
    assert metres(lat, lng, 31.0211, 121.0318) > 200
    place = gazetteer.resolve(lat=lat, lng=lng, datum=Datum.GCJ02).place
    assert place.lat is not None and place.lng is not None
    assert metres(place.lat, place.lng, 31.0211, 121.0318) < 1


@pytest.mark.parametrize(("lat", "lng"), [(31.06, 121.02), (0.0, 0.0), (-90.0, 180.0)])
def test_a_pin_beyond_the_district_is_outside(gazetteer: Gazetteer, lat: float, lng: float) -> None:
    place = gazetteer.resolve(lat=lat, lng=lng).place
    assert (place.precision, place.town) == (Precision.OUTSIDE, None)


def test_a_pole_number_locates_by_itself(gazetteer: Gazetteer) -> None:
    place = gazetteer.resolve(pole_no="qh0712-09").place
    assert (place.precision, place.lng) == (Precision.POINT, 121.0255)


def test_the_more_precise_of_two_mentions_is_kept(gazetteer: Gazetteer) -> None:
    town, estate = gazetteer.resolve("禾东镇"), gazetteer.resolve("稻香新苑")
    assert better(town, estate) is estate
    assert better(estate, town) is estate


def test_a_large_gazetteer_answers_within_two_milliseconds(city: City) -> None:
    pick = random.Random(7)
    many = tuple(
        NamedPlace(
            "青" + "".join(pick.choices("安保北滨博彩草昌长朝晨城春翠", k=pick.randint(2, 7))) + "苑",
            "estate", (), 31 + pick.random() * 0.04, 121 + pick.random() * 0.04, "990101101", "", f"柳溪路{n}号",
        )
        for n in range(20_000)
    )  # fmt: skip
    gazetteer = Gazetteer(replace(city, places=city.places + many))
    texts = [f"青安{place.name}门口青城往东柳溪路{n + 90_000}号旁" for n, place in enumerate(many[:200])]
    started = time.perf_counter()
    for text in texts:
        gazetteer.resolve(text)
    assert (time.perf_counter() - started) / len(texts) < 0.002
