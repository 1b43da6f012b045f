"""What everybody may know of a case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_api.domain import grid
from intake_api.domain.case import OPEN, Status
from intake_api.domain.city import City
from intake_api.domain.gazetteer import Gazetteer
from intake_api.domain.public import (
    DEFAULT_POLICY,
    Level,
    Move,
    PublicMap,
    PublicPolicy,
    Stage,
    personal_kinds,
    proposed_text,
    stages,
    stand,
)

TEN = datetime(2026, 9, 22, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def public_map(city: City) -> PublicMap:
    return PublicMap(city)


# which cases

PUBLIC = {"category": "1101", "act": "report", "confidential": False, "description": "垃圾没人清", "confirmed": True}


@pytest.mark.parametrize(
    ("changes", "hidden"),
    [
        ({}, False),
        ({"act": "suggest"}, False),
        ({"confidential": True}, True),
        ({"category": None}, True),
        ({"confirmed": False}, True),
        ({"category": "9005"}, True),
        ({"category": "9099"}, True),
        ({"category": "1511"}, True),
        ({"act": "consult"}, True),
        ({"act": "praise"}, True),
        ({"description": "邻居家暴，孩子一直哭"}, True),
    ],
)
def test_a_case_is_public_only_if_nothing_speaks_against_it(changes: dict[str, object], hidden: bool) -> None:
    assert (DEFAULT_POLICY.hides(**PUBLIC | changes) is not None) == hidden  # type: ignore[arg-type]


def test_a_city_says_what_it_keeps_to_itself() -> None:
    policy = PublicPolicy(hidden_categories=("11*", "0115"), hidden_words=())
    assert [policy.hides_category(code) for code in ("1101", "1199", "0115", "0114", "9005")] == [
        True, True, True, False, False,
    ]  # fmt: skip


# where


@pytest.mark.parametrize(
    ("words", "level", "address"),
    [
        ("稻香新苑3号楼502室", Level.HOME, "稻香新苑"),
        ("柳溪路320弄12号", Level.HOME, "稻香新苑"),
        ("望潮地铁站2号口", Level.EXACT, "望潮站"),
        ("区医院门口", Level.EXACT, "青禾区人民医院"),
        ("QH0712-08灯杆", Level.EXACT, "QH0712-08 号灯杆"),
        ("柳溪路", Level.CELL, "柳溪路"),
        ("禾东镇", Level.TOWN, "禾东镇"),
        ("我家楼下", Level.NONE, ""),
    ],
)
def test_a_place_is_told_by_the_citys_own_name_and_no_closer_than_a_home(
    gazetteer: Gazetteer, public_map: PublicMap, words: str, level: Level, address: str
) -> None:
    told = public_map.told(gazetteer.resolve(words).place)
    assert told.level is level
    assert told.address.endswith(address) and bool(told.address) == bool(address)
    assert "502" not in told.address and "12号" not in told.address


def test_an_estate_is_told_by_its_own_position(gazetteer: Gazetteer, public_map: PublicMap) -> None:
    told = public_map.told(gazetteer.resolve("稻香新苑3号楼").place)
    assert (told.lat, told.lng) == (31.021, 121.032)


@given(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))
def test_a_pin_is_never_told_as_it_was_set(
    gazetteer: Gazetteer, public_map: PublicMap, north: float, east: float
) -> None:
    lat, lng = 31.02 + north, 121.02 + east
    place = gazetteer.resolve("", lat, lng).place
    told = public_map.told(place)
    known = {(31.0195, 121.0105), (31.0205, 121.0098), (31.03, 121.03), (31.005, 121.035)}
    if told.lat is not None and told.lng is not None and (told.lat, told.lng) not in known:
        assert place.grid_cell is not None
        south, west, top, right = grid.bounds(place.grid_cell)
        assert told.lat == pytest.approx((south + top) / 2, abs=1e-5)
        assert told.lng == pytest.approx((west + right) / 2, abs=1e-5)
        assert "新苑" not in told.address and "花园" not in told.address


def test_all_pins_of_a_village_are_told_as_the_village(gazetteer: Gazetteer, public_map: PublicMap) -> None:
    for lat, lng in ((31.0052, 121.0349), (31.0043, 121.0361)):
        told = public_map.told(gazetteer.resolve("", lat, lng).place)
        assert (told.level, told.lat, told.lng) == (Level.HOME, 31.005, 121.035)


def test_a_pin_beyond_the_border_is_told_without_a_position(gazetteer: Gazetteer, public_map: PublicMap) -> None:
    told = public_map.told(gazetteer.resolve("", 32.0, 122.0).place)
    assert (told.level, told.lat, told.lng) == (Level.OUTSIDE, None, None)


# states and stages


@pytest.mark.parametrize("status", list(Status))
def test_every_state_has_public_words_and_is_open_or_closed_as_the_case_is(status: Status) -> None:
    assert stand(status).open == (status in OPEN)
    assert stand(status).words and stand(status).code.isupper()


def _moves(*states: Status) -> list[Move]:
    return [Move(1, seq, to, TEN + timedelta(hours=seq)) for seq, to in enumerate(states)]


@pytest.mark.parametrize(
    ("states", "reached"),
    [
        ((Status.RECEIVED,), {Stage.RECEIVED: 0}),
        ((Status.RECEIVED, Status.FILED), {Stage.RECEIVED: 0, Stage.FILED: 1}),
        (
            (Status.RECEIVED, Status.FILED, Status.DISPATCHED, Status.ACCEPTED, Status.SUSPENDED, Status.ACCEPTED),
            {Stage.RECEIVED: 0, Stage.FILED: 1, Stage.DISPATCHED: 2, Stage.WORKING: 3},
        ),
        (  # sent back: the stages behind are open again
            (Status.RECEIVED, Status.FILED, Status.DISPATCHED, Status.ACCEPTED, Status.RETURNED, Status.DISPATCHED),
            {Stage.RECEIVED: 0, Stage.FILED: 1, Stage.DISPATCHED: 2},
        ),
        ((Status.RECEIVED, Status.REJECTED), {Stage.RECEIVED: 0, Stage.CLOSED: 1}),
    ],
)
def test_stages_are_those_a_case_stands_on(states: tuple[Status, ...], reached: dict[Stage, int]) -> None:
    told = {item.stage: item.at for item in stages(_moves(*states)) if item.at}
    assert told == {stage: TEN + timedelta(hours=hour) for stage, hour in reached.items()}


# texts


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        ("路灯不亮，我叫张伟，电话13812345678。", "路灯不亮。"),
        ("稻香新苑3号楼502室漏水", "稻香新苑漏水"),
        ("十二号楼二单元楼道堆物", "楼道堆物"),
        ("沪A12345乱停", "乱停"),
        ("我叫张伟，垃圾没人收，联系电话：13812345678，请处理", "垃圾没人收，请处理"),
        ("井盖没了，电话亭边上", "井盖没了，电话亭边上"),
    ],
)
def test_the_proposed_text_names_nobody_and_no_door(text: str, proposed: str) -> None:
    assert proposed_text(text) == proposed
    assert personal_kinds(proposed_text(text)) == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("联系13812345678", "电话号码"),
        ("身份证310112199003074512", "身份证号"),
        ("车牌沪A12345", "车牌号"),
        ("我是住户，我叫王小明", "姓名"),
        ("李红梅说的", "姓名"),
        ("3号楼的垃圾", "楼号、房号"),
    ],
)
def test_a_text_with_personal_data_is_told_to_be_so(text: str, kind: str) -> None:
    assert kind in personal_kinds(text, ("李红梅",))
