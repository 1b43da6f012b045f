"""What tells of trouble is no place; what is told after 算了 is a matter of its own, unless it is the reason."""

import pytest

from bot.language.trouble import names_place, tells_trouble, told_instead


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("算了，有人在楼道充电", "有人在楼道充电"),
        ("先不报了，下水道又堵了，臭死了", "下水道又堵了，臭死了"),
        ("哎算了，这个不报了，楼下井盖坏了", "楼下井盖坏了"),
        ("这个先算了，我要反映有人占道摆摊", "有人占道摆摊"),
        ("那就不说路灯了，垃圾满了没人清", "垃圾满了没人清"),
    ],
)
def test_a_matter_dropped_for_another_is_told_from_it(words, told):
    assert told_instead(words) == told


@pytest.mark.parametrize(
    "words",
    [
        "先不报了，等会再说",
        "不报了，反正没人管",
        "算了，修好了",
        "算了吧，太麻烦了，楼道灯坏了我自己换",
        "算了，银都路812弄门口",
        "算了",
        "有人在楼道充电，算了",
        "先不报了，已经有人来修了",
    ],
)
def test_a_reason_or_a_place_is_no_other_matter(words):
    assert told_instead(words) is None


@pytest.mark.parametrize("words", ["有人在楼道充电", "垃圾桶满了", "半夜工地还在施工", "井盖裂了"])
def test_trouble_is_known_by_its_words_and_is_no_place(words):
    assert tells_trouble(words)
    assert not names_place(words)


@pytest.mark.parametrize("words", ["灯坏了的那个路口", "门口有人摆摊那里", "堆满垃圾的那条弄堂", "阿婆面馆旁边"])
def test_a_place_may_be_told_by_the_trouble_there(words):
    assert names_place(words)


@pytest.mark.parametrize("words", ["修好了", "有人管吗", "现在不吵了", "银都路812弄"])
def test_what_is_mended_or_asked_is_no_trouble(words):
    assert not tells_trouble(words)
