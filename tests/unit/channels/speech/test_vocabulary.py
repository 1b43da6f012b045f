"""Of a city's many names those are expected that sound like what was heard."""

from __future__ import annotations

import pytest

from channels.speech.sounds import syllables
from channels.speech.vocabulary import Vocabulary, city_names_and_things

NAMES = Vocabulary(
    ["江川路", "剑川路", "莘庄镇", "七莘路", "沪闵路", "虹桥镇", "名都新城", "井盖", "违停", "行道树", "渣土车", "公园"]
)


def expected(names: Vocabulary, heard: str) -> set[str]:
    return {place.word for begun in names.near(syllables(heard)) for place in begun}


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
    assert meant <= expected(NAMES, heard)


def test_where_a_name_was_said_and_how_far_it_is_from_what_was_heard_is_told() -> None:
    begun = NAMES.near(syllables("在江川路的"))
    assert begun[1][0] == (4, "江川路", 0.0)
    assert not begun[3]


def test_a_syllable_too_many_or_too_few_hides_no_long_name() -> None:
    assert "名都新城" in expected(NAMES, "名都的新城楼下")
    assert "名都新城" in expected(NAMES, "名都城楼下")


def test_digits_are_never_part_of_a_name() -> None:
    assert not {place.end for begun in NAMES.near(syllables("名都12新城")) for place in begun if place.end > 2}


def test_what_sounds_like_no_name_expects_none() -> None:
    assert expected(NAMES, "我要催一下昨天报的那个") == set()
    assert expected(NAMES, "") == set()
    assert expected(NAMES, "12345 OK") == set()
    assert expected(Vocabulary([]), "江川路") == set()


def test_names_whose_sound_cannot_be_told_are_left_out() -> None:
    assert len(Vocabulary(["S20", "T2航站楼站", "江川路", "江川路"])) == 1


def test_the_citys_places_and_the_lexicons_things_are_known() -> None:
    city = Vocabulary(city_names_and_things())
    assert len(city) > 1000
    assert {"江川路", "井盖"} <= expected(city, "将穿路的紧盖坏了")
