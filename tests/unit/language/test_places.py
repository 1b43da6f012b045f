"""A phrase is a place when somebody could go there; a span is cut to the places in it."""

import pytest

from bot.language.places import POLE, is_place, separate


@pytest.mark.parametrize(
    "phrase",
    ["A7县星沙路口", "A3区大道", "区政府对面", "县教育局宿舍", "A2区社保中心", "B市政务大厅", "A市人民路", "A3区内环线", "A市城市广场", "K9县第一小学"],
)  # fmt: skip
def test_what_one_can_go_to_is_a_place(phrase):
    assert is_place(phrase)


@pytest.mark.parametrize(
    "phrase",
    [
        "A7县",
        "A市B2区",
        "A7县红绿灯",  # what every district has
        "A市商品房",
        "L市大街小巷",
        "C市小学",
        "A7县教育局",
        "B5县民政局办公室主任",
        "《中华人民共和国城市",  # a law
        "117路公交车",
        "A市地铁7号",
    ],
)
def test_districts_authorities_lines_and_common_nouns_are_none(phrase):
    assert not is_place(phrase)


@pytest.mark.parametrize(
    ("span", "places"),
    [
        ("临近的湾田小学", ["湾田小学"]),
        ("但沙湾路上", ["沙湾路上"]),
        ("银杏苑商品房", ["银杏苑"]),
        ("长丰廉租房(君悦庭旁边", ["长丰廉租房", "君悦庭旁边"]),
        ("楚江河畔(二桥附近)", ["楚江河畔", "二桥附近"]),
        ("柳溪路(望潮路至金穗路)", ["柳溪路(望潮路至金穗路)"]),
        ("五一街道和合江街道", ["五一街道", "合江街道"]),
        ("银都路和金都路口", ["银都路和金都路口"]),
        ("银都路812弄，", ["银都路812弄"]),
        ("保利西海岸以及滨江小学", ["保利西海岸", "滨江小学"]),
    ],
)
def test_a_span_is_cut_to_its_places(span, places):
    assert [span[start:end] for start, end in separate(span, 0, len(span))] == places


def test_how_far_and_which_way_belongs_to_the_place():
    text = "东兰三路往里走80米有个坑"
    assert [text[start:end] for start, end in separate(text, 0, 4)] == ["东兰三路往里走80米"]


@pytest.mark.parametrize("number", ["MH0721-16", "江川15支8"])
def test_the_number_of_a_pole_is_seen(number):
    text = f"路灯{number}不亮"
    found = POLE.search(text)
    assert found is not None and text[found.start() : found.end()].endswith(number)


@pytest.mark.parametrize("text", ["电话021-64123456", "A3区3栋", "2019-08-12", "一共15支8弄", "买了15支8块钱的"])
def test_other_numbers_are_no_poles(text):
    assert POLE.search(text) is None
