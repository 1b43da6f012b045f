"""A message that surely speaks of two problems is told apart; one problem told from two sides is not."""

from bot.components.problems import parts
from bot.language.segments import cuts

KNOWN = {"灯": "0115", "垃圾": "1101", "棚": "1111", "烧": "1110"}


def classify(texts):
    rankings = []
    for text in texts:
        codes = [code for word, code in KNOWN.items() if word in text]
        rankings.append([(code, 1 / len(codes)) for code in codes] or [("9099", 0.2)])
    return rankings


def split(text: str) -> list[tuple[str, str]]:
    return [(text[part.start : part.end].strip(" ，"), part.categories[0][0]) for part in parts(text, classify)]


def test_two_problems_are_told_apart_where_the_second_begins():
    assert split("路灯三天不亮了 另外楼道垃圾没人清") == [
        ("路灯三天不亮了", "0115"),
        ("另外楼道垃圾没人清", "1101"),
    ]
    assert split("田里又点火烧秸秆，围墙那边还搭了个违章棚子") == [
        ("田里又点火烧秸秆", "1110"),
        ("围墙那边还搭了个违章棚子", "1111"),
    ]


def test_one_problem_stays_one():
    assert split("路灯不亮 打了三次电话还没人修") == []
    assert split("路灯不亮 另外那盏路灯也不亮") == []
    assert split("垃圾堆成山，另外请你们快点来") == []
    assert split("路灯不亮") == []


def test_a_letter_is_one_story():
    assert split("路灯坏了。" * 30 + "另外垃圾没人清") == []


def test_cuts_stand_before_words_that_begin_another_thing():
    text = "路灯坏了很久 另外垃圾没人清"
    assert [text[cut:] for cut in cuts(text)] == ["另外垃圾没人清"]
