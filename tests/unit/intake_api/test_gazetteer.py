"""What residents write, and where that is."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from bench import resolution
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
        ("柳溪路呃三百二十弄", Precision.ESTATE, "稻香新苑", EAST),
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
        # as on the bilingual signs of roads and stations
        ("the light on Liuxi Road is out", Precision.ROAD, "柳溪路", None),
        ("Lane 320, Liuxi Road", Precision.ESTATE, "稻香新苑", EAST),
        ("100 Liu Xi Rd", Precision.POINT, "青禾广场", WEST),
        ("Liuxi Road and Wangchao Road", Precision.POINT, "柳溪路望潮路路口", WEST),
        ("Wangchao Metro Station", Precision.POINT, "望潮站", WEST),
        ("Nowhere Road", Precision.NONE, None, None),
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


@pytest.mark.parametrize(
    ("heard", "precision", "name"),
    [
        ("刘溪路", Precision.ROAD, "柳溪路"),
        ("牛溪路", Precision.ROAD, "柳溪路"),  # n for l
        ("柳西路望超路路口", Precision.POINT, "柳溪路望潮路路口"),
        ("柳溪路跟今穗路那个红绿灯", Precision.POINT, "柳溪路金穗路路口"),
        ("北缓大道上", Precision.ROAD, "北环大道"),
        ("到香新苑三号楼", Precision.ESTATE, "稻香新苑"),
        ("青和广场旁边", Precision.POINT, "青禾广场"),
        ("轻和广场旁边", Precision.POINT, "青禾广场"),
        ("亲和广场旁边", Precision.POINT, "青禾广场"),  # a front nasal for a back one
        ("柳西路三百二十弄", Precision.ESTATE, "稻香新苑"),
        ("和东镇", Precision.TOWN, "禾东镇"),
        ("在和东", Precision.TOWN, "禾东镇"),
        # what only sounds a little like a name is not that name
        ("不喝冬瓜汤", Precision.NONE, None),
        ("有何东西", Precision.NONE, None),
        ("稻草新苑", Precision.NONE, None),
        ("去广场跳舞", Precision.NONE, None),
    ],
)
def test_a_name_is_found_by_its_sound(gazetteer: Gazetteer, heard: str, precision: Precision, name: str | None) -> None:
    place = gazetteer.resolve(heard).place
    assert (place.precision, place.name) == (precision, name)


@pytest.mark.parametrize(
    "said",
    [
        "QH零七一二杠零八",
        "Q H 0712 - 08 不亮",
        "灯杆ＱＨ０７１２—０８",
        "杆号零七一二杠零八",
        "QH0712-08 3天没亮了",
        "qh洞拐幺两洞八",
    ],
)
def test_a_pole_number_is_understood_as_it_is_said(gazetteer: Gazetteer, said: str) -> None:
    assert gazetteer.resolve(said).place.name == "QH0712-08 号灯杆"


@pytest.mark.parametrize("said", ["qh幺零七", "电话零七一二零八零九", "A区3栋"])
def test_other_numbers_are_no_poles(gazetteer: Gazetteer, said: str) -> None:
    assert gazetteer.resolve(said).place.precision is Precision.NONE


def test_of_an_estate_in_parts_the_part_said_is_meant_and_otherwise_its_middle(city: City) -> None:
    parts = tuple(
        NamedPlace(f"芦花{number}村", "estate", (), 31.01 + at * 0.002, 121.01, "990101101", "", "")
        for at, number in enumerate("一二三")
    )
    gazetteer = Gazetteer(replace(city, places=city.places + parts))
    assert gazetteer.resolve("芦花二村5号").place.name == "芦花二村"
    assert gazetteer.resolve("芦花2村").place.name == "芦花二村"
    assert gazetteer.resolve("芦花新村三村").place.name == "芦花三村"
    assert gazetteer.resolve("芦化新村3村").place.name == "芦花三村"
    whole = gazetteer.resolve("芦花新村大门口")
    assert (whole.place.name, whole.place.lat, whole.place.precision) == ("芦花新村", 31.012, Precision.ESTATE)
    assert [candidate.name for candidate in whole.candidates] == ["芦花一村", "芦花二村", "芦花三村"]


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        ("苇北区人民路", True),
        ("苇北区柳溪路", True),  # the road goes on there
        ("苇北区", True),
        ("人民路", False),
        ("柳溪路，苇北区来的车", False),
        ("苇北区交界的柳溪路", False),
        ("苇北区那边过来的禾东镇柳溪路", False),
    ],
)
def test_only_words_that_begin_with_a_neighbour_are_outside(city: City, text: str, outside: bool) -> None:
    gazetteer = Gazetteer(replace(city, neighbours=("苇北区",)))
    assert (gazetteer.resolve(text).place.precision is Precision.OUTSIDE) is outside


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("A7县文化公园里面", Precision.NONE),
        ("我在A市B2区文化公园", Precision.NONE),
        ("苇北县柳溪路320弄", Precision.NONE),  # a lane of ours by its number, of another county by its name
        ("远山市苇北区稻香新苑", Precision.NONE),
        ("苇北区文化公圆", Precision.NONE),  # nor by its sound
        ("星桥镇文化公园", Precision.NONE),
        ("A7县禾东镇", Precision.NONE),
        # our own area, with or without the city it belongs to
        ("文化公园", Precision.POINT),
        ("青禾区文化公园", Precision.POINT),
        ("云山市青禾区文化公园", Precision.POINT),
        ("我家住青禾区禾东镇稻香新苑", Precision.ESTATE),
        ("云山市稻香新苑", Precision.ESTATE),  # our name does not tell the city that we belong to
        ("云山市文化公园", Precision.NONE),
        # a town that is no more, before a name that no other city has
        ("老塘镇稻香新苑", Precision.ESTATE),
        # 市, 区 and 县 that are no areas
        ("联华超市旁边的文化公园", Precision.POINT),
        ("我们小区出来文化公园", Precision.POINT),
        ("A区3栋对面文化公园", Precision.POINT),
        ("稻香新苑A3区", Precision.ESTATE),
        ("全县都知道的文化公园", Precision.POINT),
    ],
)
def test_a_place_of_another_city_is_not_ours_because_the_name_is(city: City, text: str, precision: Precision) -> None:
    park = NamedPlace("文化公园", "park", (), 31.02, 121.02, "990101101", "", "")
    gazetteer = Gazetteer(replace(city, places=(*city.places, park)))
    assert gazetteer.resolve(text).place.precision is precision


def test_what_is_not_known_has_no_position(gazetteer: Gazetteer) -> None:
    place = gazetteer.resolve("浦江大桥").place
    assert (place.lat, place.lng, place.grid_cell) == (None, None, None)


@pytest.mark.parametrize(
    "said",
    ["柳溪路望潮路到金穗路段", "柳溪路（望潮路至金穗路）", "柳溪路从望潮路到金穗路", "望潮路到金穗路之间的柳溪路"],
)
def test_a_stretch_of_road_is_found_between_its_crossings(gazetteer: Gazetteer, said: str) -> None:
    place = gazetteer.resolve(said).place
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


def test_a_pin_by_a_road_is_told_by_the_road_too(gazetteer: Gazetteer) -> None:
    place = gazetteer.resolve(lat=31.0203, lng=121.0318).place
    assert (place.text, place.name) == ("柳溪路，稻香新苑附近", "稻香新苑")


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
    exact = [f"青安{place.name}门口青城往东柳溪路{n + 90_000}号旁" for n, place in enumerate(many[:200])]
    heard = [f"就在{place.name.replace('青', '轻').replace('城', '成')}这里" for place in many[:200]]
    unknown = ["这里那里到处都是说不清楚的地方" * 4] * 100
    for texts in (exact, heard, unknown):
        started = time.thread_time()
        for text in texts:
            gazetteer.resolve(text)
        assert (time.thread_time() - started) / len(texts) < 0.002


def test_nine_in_ten_spoken_places_of_the_sample_city_are_found() -> None:
    among = resolution.phrases()
    gazetteer = Gazetteer(resolution.sample_city())
    missed = [phrase.text for phrase, _ in resolution.misses(gazetteer, among)]
    assert len(among) == 150
    assert len(missed) <= 15, missed
