"""Of a city's many names those are expected that sound like what was heard."""

from __future__ import annotations

import pytest

from channels.speech.vocabulary import Vocabulary, city_names_and_things

NAMES = Vocabulary(
    ["江川路", "剑川路", "莘庄镇", "七莘路", "沪闵路", "虹桥镇", "名都新城", "井盖", "违停", "行道树", "渣土车", "公园"]
)


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("将穿路的紧盖坏了", {"江川路", "井盖"}),
        ("地址在七深路1800号", {"七莘路"}),
        ("形状镇证明都新城楼下", {"莘庄镇", "名都新城"}),
        ("西门口一直有人为停", {"违停"}),
        ("那里的行道数倒下来了", {"行道树"}),
    ],
)
def test_a_misheard_name_is_expected(heard: str, meant: set[str]) -> None:
    assert meant <= set(NAMES.likeliest(heard, 10))


def test_the_most_alike_come_first_and_no_more_than_asked_for() -> None:
    assert NAMES.likeliest("江川路的路灯不亮", 1) == ["江川路"]


def test_what_sounds_like_no_name_expects_none() -> None:
    assert NAMES.likeliest("我要催一下昨天报的那个", 10) == []
    assert NAMES.likeliest("", 10) == []
    assert NAMES.likeliest("12345 OK", 10) == []
    assert Vocabulary([]).likeliest("江川路", 10) == []


def test_names_whose_sound_tells_too_little_are_left_out() -> None:
    assert len(Vocabulary(["S20", "路", "T2航站楼站", "江川路", "江川路"])) == 1


def test_the_citys_places_and_the_lexicons_things_are_known() -> None:
    city = Vocabulary(city_names_and_things())
    assert len(city) > 1000
    assert {"江川路", "井盖"} <= set(city.likeliest("将穿路的紧盖坏了", 10))
