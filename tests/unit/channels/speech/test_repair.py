"""A misheard name is put right when sound, sentence and the recording itself speak for it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from channels.speech.language import Language
from channels.speech.repair import Repair
from channels.speech.vocabulary import Vocabulary

SAYINGS = [
    "路上的井盖坏了",
    "门口的井盖没了",
    "江川路的路灯坏了",
    "垃圾堆了三天没人收",
    "店里天天半夜冒油烟",
    "车子开不出来",
]
NAMES = Vocabulary(["江川路", "剑川路", "虹桥镇", "井盖"])
REPAIR = Repair(NAMES, Vocabulary(["油烟", "没人", "半夜", "垃圾"]), Language([*SAYINGS, "江川路", "剑川路", "虹桥镇"]))
NONE = Vocabulary(())


def spoken(truth: str):
    """An ear for ``truth``: each character that differs makes a text less likely."""

    def evidence(texts: Sequence[str]) -> list[float]:
        return [
            -sum(3.0 for a, b in zip(text, truth, strict=False) if a != b) - 3.0 * abs(len(text) - len(truth))
            for text in texts
        ]

    return evidence


@pytest.mark.parametrize(
    ("heard", "truth", "names"),
    [
        ("将穿路的紧盖坏了", "江川路的井盖坏了", ["江川路", "井盖"]),
        ("店里天天半夜冒有眼", "店里天天半夜冒油烟", []),
        ("将穿路的路灯坏了，虹桥正的也坏了", "江川路的路灯坏了，虹桥镇的也坏了", ["江川路", "虹桥镇"]),
    ],
)
def test_what_was_said_is_written(heard: str, truth: str, names: list[str]) -> None:
    assert REPAIR.put_right(heard, spoken(truth), NONE) == (truth, names)


def test_a_name_that_was_not_said_does_not_pass_the_recording() -> None:
    heard = "将穿路的路灯"
    assert REPAIR.put_right(heard, lambda texts: [-60.0 * (text != heard) for text in texts], NONE) == (heard, [])


def test_a_name_that_was_heard_as_it_is_written_stays() -> None:
    assert REPAIR.put_right("剑川路的路灯坏了", spoken("剑川路的路灯坏了"), NONE) == ("剑川路的路灯坏了", [])


def test_names_of_the_call_are_put_right_like_the_citys() -> None:
    text, words = REPAIR.put_right("福星苑门口", spoken("馥馨苑门口"), Vocabulary(["馥馨苑"]))
    assert (text, words) == ("馥馨苑门口", ["馥馨苑"])


def test_nothing_is_listened_to_when_nothing_sounds_alike() -> None:
    def never(_texts: Sequence[str]) -> list[float]:
        raise AssertionError

    assert REPAIR.put_right("你好 hello", never, NONE) == ("你好 hello", [])
    assert REPAIR.put_right("", never, NONE) == ("", [])


def test_a_sentence_about_something_else_is_left_as_it_was_heard() -> None:
    news = "央行宣布下调存款准备金率"
    assert REPAIR.put_right(news, spoken("样杭悬布"), NONE) == (news, [])


def test_a_sentence_that_is_said_is_likelier_than_one_of_the_same_sound() -> None:
    language = Language(SAYINGS)
    assert language.likelihood("门口的井盖坏了") > language.likelihood("门口的景概坏了")
    assert language.likelihood("门口的井盖，坏了！") == language.likelihood("门口的井盖坏了")
