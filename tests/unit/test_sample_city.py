"""The sample city 上海市闵行区 is complete, agrees with itself, and has well-known places where people know them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from shapely.geometry import LineString, MultiLineString, Point, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from intake_api.domain.calendar import DayKind
from intake_api.domain.city import City, NamedPlace, Road
from intake_api.domain.city_folder import read_city
from intake_api.domain.responsibility import Basis
from intake_api.domain.taxonomy import Limit, Taxonomy, Unit, read_taxonomy

NLU_DATA = Path(__file__).parents[2] / "nlu_data"
DEGREE = 104_000
"""Metres of a degree, the mean of north and east at this latitude: enough to tell far from near."""

WELL_KNOWN = [
    ("七宝老街", "七宝镇"),
    ("九星城", "七宝镇"),
    ("上海市七宝中学", "七宝镇"),
    ("七宝万科广场", "七宝镇"),
    ("航华四村", "七宝镇"),
    ("莘庄公园", "莘庄镇"),
    ("上海康城", "莘庄镇"),
    ("仲盛世界商城", "莘庄镇"),
    ("凯德龙之梦闵行店", "莘庄镇"),
    ("闵行区人民政府", "莘庄镇"),
    ("都市星城", "莘庄镇"),
    ("上海万象城", "虹桥镇"),
    ("老外街", "虹桥镇"),
    ("龙柏二村", "虹桥镇"),
    ("古北新城", "虹桥镇"),
    ("百联南方购物中心", "梅陇镇"),
    ("锦江乐园", "梅陇镇"),
    ("上海春城", "梅陇镇"),
    ("罗阳一村", "梅陇镇"),
    ("古美一村", "古美街道"),
    ("平阳三村", "古美街道"),
    ("复旦大学附属儿科医院", "古美街道"),
    ("上海交通大学闵行校区", "江川路街道"),
    ("上海市第五人民医院", "江川路街道"),
    ("红园", "江川路街道"),
    ("华东师范大学闵行校区", "吴泾镇"),
    ("吴泾医院", "吴泾镇"),
    ("旗忠网球中心", "马桥镇"),
    ("夏朵园", "马桥镇"),
    ("召稼楼古镇", "浦江镇"),
    ("永康城", "浦江镇"),
    ("世博家园二街坊", "浦锦街道"),
    ("滨浦新苑一村", "浦锦街道"),
    ("上海虹桥站", "新虹街道"),
    ("爱博一村", "新虹街道"),
    ("西郊庄园", "华漕镇"),
    ("纪王公园", "华漕镇"),
    ("颛桥万达广场", "颛桥镇"),
    ("北桥站", "颛桥镇"),
    ("天恒名城", "莘庄工业区"),
]

SPOKEN = [
    ("南方商城", "百联南方购物中心"),
    ("莘庄地铁站", "莘庄站"),
    ("龙之梦", "凯德龙之梦闵行店"),
    ("康城", "上海康城"),
    ("九星市场", "九星城"),
    ("虹桥火车站", "上海虹桥站"),
    ("五院", "上海市第五人民医院"),
    ("儿科医院", "复旦大学附属儿科医院"),
    ("区政府", "闵行区人民政府"),
    ("虹桥天街", "龙湖虹桥天街"),
]

LONG_ROADS = [
    "吴中路", "中春路", "沪闵路", "莲花南路", "七莘路", "都市路", "虹梅路", "虹梅南路", "春申路",
    "颛兴东路", "申长路", "龙吴路", "顾戴路", "东川路",
]  # fmt: skip


@cache
def taxonomy() -> Taxonomy:
    return read_taxonomy(NLU_DATA / "taxonomy.csv")


@cache
def minhang() -> City:
    return read_city(NLU_DATA / "city" / "minhang", taxonomy())


@cache
def places() -> dict[str, NamedPlace]:
    return {place.name: place for place in minhang().places}


@cache
def polygons() -> dict[str, BaseGeometry]:
    return {town.code: shape(town.geometry) for town in minhang().towns}


def corners(geometry: BaseGeometry) -> int:
    return len(geometry.exterior.coords)


def drawn(road: Road) -> LineString | MultiLineString:
    return shape(road.geometry)


def test_there_is_enough_of_everything_to_try_the_system_with() -> None:
    report = minhang().report()
    assert report["towns"] == 14
    assert report["roads"] >= 70
    assert report["places"] >= 250
    assert report["poles"] >= 60
    assert report["rules"] >= 250


def test_every_kind_of_place_occurs_and_every_town_has_places() -> None:
    kinds = Counter(place.kind for place in minhang().places)
    assert set(kinds) == {
        "estate", "school", "hospital", "park", "market", "metro", "mall", "office", "village", "bridge", "landmark",
    }  # fmt: skip
    by_town = Counter(place.town for place in minhang().places)
    assert set(by_town) == set(polygons())
    assert min(by_town.values()) >= 10


def test_the_towns_fill_the_outline_without_gap_or_overlap() -> None:
    outline, towns = shape(minhang().outline), list(polygons().values())
    assert corners(outline) <= 300
    assert all(town.geom_type == "Polygon" and corners(town) <= 80 for town in towns)
    assert outline.symmetric_difference(unary_union(towns)).area < outline.area * 1e-5
    assert sum(town.area for town in towns) == pytest.approx(outline.area, rel=1e-5)


@pytest.mark.parametrize("name, town", WELL_KNOWN)
def test_a_well_known_place_lies_in_its_town(name: str, town: str) -> None:
    names = {unit.code: unit.name for unit in minhang().towns}
    assert names[places()[name].town] == town


def test_every_place_lies_in_the_town_it_names() -> None:
    strayed = [p.name for p in minhang().places if not polygons()[p.town].buffer(1e-6).covers(Point(p.lng, p.lat))]
    assert strayed == []


def test_roads_stay_in_the_district_or_end_at_its_border() -> None:
    around = shape(minhang().outline).buffer(300 / DEGREE)
    assert [road.name for road in minhang().roads if not around.covers(drawn(road))] == []


def test_the_long_roads_are_drawn() -> None:
    lengths = {road.name: drawn(road).length * DEGREE for road in minhang().roads}
    assert [name for name in LONG_ROADS if lengths.get(name, 0) < 1500] == []


def test_a_numbered_place_lies_by_its_road() -> None:
    roads = {name: drawn(road) for road in minhang().roads for name in (road.name, *road.aliases)}
    far = []
    for place in minhang().places:
        match = re.fullmatch(r"(\D+)\d+[弄号]", place.address)
        assert match or not place.address, place
        # a campus or a large estate has its middle away from the gate that carries the number
        limit = 900 if place.kind in ("school", "park", "landmark", "hospital", "mall") else 450
        road = roads.get(match[1]) if match else None
        if road is not None and road.distance(Point(place.lng, place.lat)) * DEGREE > limit:
            far.append((place.name, place.address))
    assert far == []


def test_a_pole_stands_by_its_road_inside_the_district() -> None:
    roads = {road.name: drawn(road) for road in minhang().roads}
    outline = shape(minhang().outline)
    for pole in minhang().poles:
        at = Point(pole.lng, pole.lat)
        assert re.fullmatch(r"MH\d{4}-\d{2}", pole.pole_no)
        assert outline.covers(at)
        assert roads[pole.road].distance(at) * DEGREE < 30


@pytest.mark.parametrize("said, name", SPOKEN)
def test_people_s_words_for_a_place_are_known(said: str, name: str) -> None:
    assert said in places()[name].aliases


def test_no_two_places_share_a_name_or_alias() -> None:
    names = Counter(name for place in minhang().places for name in (place.name, *place.aliases))
    assert [name for name, count in names.items() if count > 1] == []


def test_no_name_stands_for_both_a_place_and_a_road_or_town() -> None:
    city = minhang()
    road_names = [name for road in city.roads for name in (road.name, *road.aliases)]
    town_names = [town.name for town in city.towns] + [re.sub("(镇|街道)$", "", town.name) for town in city.towns]
    assert [name for name, count in Counter(road_names).items() if count > 1] == []
    of_places = {name for place in city.places for name in (place.name, *place.aliases)}
    assert of_places & {*road_names, *town_names} == set()


def test_every_lead_department_of_the_taxonomy_has_its_unit_in_the_district() -> None:
    units = Counter(unit.kind for unit in minhang().departments if not unit.town)
    assert {category.lead_department: units[category.lead_department] for category in taxonomy()} == {
        category.lead_department: 1 for category in taxonomy()
    }


def test_every_category_has_a_rule_for_the_whole_district() -> None:
    city = minhang()
    kinds = {unit.id: unit.kind for unit in city.departments}
    leads = {rule.category: rule.lead for rule in city.rules if rule.area == "*" and rule.category != "*"}
    assert {code: kinds[lead] for code, lead in leads.items()} == {c.code: c.lead_department for c in taxonomy()}


def test_no_rule_says_the_same_twice_or_supports_its_own_lead() -> None:
    twice = Counter((rule.category, rule.area, rule.basis, rule.valid_from) for rule in minhang().rules)
    assert [key for key, count in twice.items() if count > 1] == []
    assert [rule for rule in minhang().rules if rule.lead in rule.supporting] == []


def test_every_town_has_a_centre_that_leads_it_and_a_team_that_enforces() -> None:
    units = {unit.id: unit for unit in minhang().departments}
    for town in minhang().towns:
        assert units[town.department].kind == "town"
        assert units[town.department].town == town.code
        own = [unit.name for unit in units.values() if unit.town == town.code]
        assert {f"{town.name}城市运行管理中心", f"{town.name}综合行政执法队"} <= set(own)


@pytest.mark.parametrize("town", [town.code for town in minhang().towns])
def test_street_order_goes_to_the_town_and_a_gas_leak_to_the_gas_company(town: str) -> None:
    on = date(2026, 11, 20)
    stall = minhang().matrix.assign(taxonomy().get("1501"), town, on)
    leak = minhang().matrix.assign(taxonomy().get("1403"), town, on)
    assert (stall.lead.town, stall.basis) == (town, Basis.LAW)
    assert leak.lead.kind == "燃气企业"


def test_every_category_finds_its_unit_even_where_the_place_is_not_known() -> None:
    for category in taxonomy():
        assert minhang().matrix.assign(category, None, date(2026, 11, 20)).lead.kind == category.lead_department


def test_only_weekends_are_worked_instead_of_another_day() -> None:
    worked = [day.day for day in minhang().calendar_days if day.kind is DayKind.WORKDAY]
    assert worked
    assert [day for day in worked if day.weekday() < 5] == []


@pytest.mark.parametrize(
    "day, kind",
    [
        (date(2025, 1, 28), DayKind.HOLIDAY),
        (date(2025, 10, 8), DayKind.HOLIDAY),
        (date(2025, 10, 11), DayKind.WORKDAY),
        (date(2026, 1, 4), DayKind.WORKDAY),
        (date(2026, 2, 14), DayKind.WORKDAY),
        (date(2026, 2, 23), DayKind.HOLIDAY),
        (date(2026, 2, 28), DayKind.WORKDAY),
        (date(2026, 5, 9), DayKind.WORKDAY),
        (date(2026, 9, 20), DayKind.WORKDAY),
        (date(2026, 10, 7), DayKind.HOLIDAY),
        (date(2026, 10, 10), DayKind.WORKDAY),
        (date(2027, 2, 6), DayKind.HOLIDAY),
        (date(2027, 10, 1), DayKind.HOLIDAY),
    ],
)
def test_the_calendar_knows_the_announced_days(day: date, kind: DayKind) -> None:
    assert {special.day: special.kind for special in minhang().calendar_days}[day] is kind


def test_the_main_categories_have_filing_conditions() -> None:
    assert len(minhang().conditions) >= 60
    cover = {condition.id: condition.limit for condition in minhang().filing_conditions.of("0103")}
    assert cover["missing"] == Limit(2, Unit.CALENDAR_HOUR)
    assert cover["sunken"] == Limit(5, Unit.WORKING_DAY)
    for code in ("0115", "0401", "1101", "1301", "1406", "1601"):
        assert len(minhang().filing_conditions.of(code)) >= 1


def test_a_condition_is_proposed_only_by_signs_that_tell_it_from_the_others() -> None:
    for category in taxonomy():
        conditions = minhang().filing_conditions.of(category.code)
        shared = Counter(sign for condition in conditions for sign in set(condition.signs))
        for condition in conditions:
            assert any(shared[sign] == 1 for sign in condition.signs), (category.code, condition.id)


@pytest.mark.parametrize(
    ("code", "text", "condition"),
    [
        ("0103", "路口的雨水井盖不见了", "missing"),
        ("0110", "车轧过去井盖就响", "noisy"),
        ("0115", "整条路的灯都不亮", "dark_row"),
        ("0115", "门口那盏灯不亮", "dark_one"),
        ("1111", "楼上正在偷偷搭违建", "building"),
        ("1301", "半夜还在打桩", "night"),
        ("1406", "积水很深，车子熄火了", "deep"),
        ("1702", "有人被困在电梯里", "trapped"),
    ],
)
def test_what_people_say_is_known_as_a_filing_condition(code: str, text: str, condition: str) -> None:
    proposal = minhang().filing_conditions.propose(code, text)
    assert proposal is not None
    assert proposal.condition.id == condition


def test_the_fast_track_is_no_longer_than_the_usual_way() -> None:
    track = minhang().policy.fast_track
    assert track.limit.unit is Unit.CALENDAR_HOUR
    for code in track.categories:
        usual = taxonomy().get(code).limit
        assert usual.unit is not Unit.CALENDAR_HOUR or usual.value >= track.limit.value, code
