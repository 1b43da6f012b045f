"""Fillers go and misheard things are put right; what is right stays, and every span leads back to what was said."""

import pytest

from bot.language.hearing import THINGS, listen, without_fillers
from bot.language.normalise import normalise

WORDS = {"大陆", "路灯", "灯光", "井盖", "公侧", "下水"}


def is_word(text):
    return text in WORDS


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("呃路灯坏了", "路灯坏了"),
        ("嗯我想反映一下井盖", "我想反映一下井盖"),
        ("喂喂你好 那个 我想反映井盖", "你好 我想反映井盖"),
        ("就是说那个井盖翻了", "那个井盖翻了"),
        ("我我我家停水了", "我家停水了"),
        ("银都路呃八百一十二弄 停水", "银都路812弄 停水"),
    ],
)
def test_filler_words_go(said, meant):
    assert listen(said).text == meant


@pytest.mark.parametrize(
    "said", ["嗯", "喂 喂 听得到吗", "呃呃", "嗯呢 可以", "那个路灯不亮", "额娃在学校", "唔使", "喊他他没听见垃圾"]
)
def test_an_answer_a_pointer_and_dialect_are_no_fillers(said):
    assert listen(said).text == said


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("紧盖没了 好危险", "井盖没了 好危险"),
        ("小区门口的陆灯不亮", "小区门口的路灯不亮"),
        ("洛灯坏了", "路灯坏了"),  # uo for u
        ("拉圾没人收", "垃圾没人收"),  # n and l, one character right
        ("班马线看不见了", "斑马线看不见了"),
        ("消防拴被车撞歪了", "消防栓被车撞歪了"),
    ],
)
def test_a_misheard_thing_is_put_right(heard, meant):
    assert listen(heard, is_word).text == meant


@pytest.mark.parametrize(
    "said",
    [
        "大陆灯光节",  # the characters belong to other words
        "这条路等了三年",  # another tone
        "陆灯旁边的井盖没了",  # a thing is said: what the message is about is clear
        "从1楼到6楼都没人管",
        "龙柏二村",
        "呼气",
    ],
)
def test_what_may_be_right_is_left_alone(said):
    assert listen(said, is_word).text == normalise(said).text


def test_a_long_letter_is_not_repaired():
    letter = "我们反映的情况是这样的，" * 12 + "紧盖没了"
    assert listen(letter).text == normalise(letter).text


def test_a_place_leads_back_to_what_was_said_fillers_and_all():
    text = listen("银都路呃812弄 陆灯不亮")
    start = text.text.index("银都路812弄")
    assert text.slice(start, start + len("银都路812弄")) == "银都路呃812弄"
    assert text.slice(text.text.index("路灯"), text.text.index("路灯") + 2) == "陆灯"


def test_every_span_of_any_text_leads_back_to_it():
    hypothesis = pytest.importorskip("hypothesis")
    pieces = [
        "呃",
        "嗯，",
        "那个",
        "那个 ",
        "就是说",
        "我我",
        "紧盖",
        "陆灯",
        "路燈",
        "三百二十弄",
        "１２号",
        "。",
        " ",
        "😀",
    ]
    texts = hypothesis.strategies.lists(
        hypothesis.strategies.one_of(
            hypothesis.strategies.sampled_from(pieces), hypothesis.strategies.text(max_size=4)
        ),
        max_size=12,
    ).map("".join)

    @hypothesis.settings(deadline=None)  # the first text reads the table of readings
    @hypothesis.given(texts)
    def leads_back(text):
        meant = listen(text, is_word)
        assert len(meant.text) == len(meant.starts) == len(meant.ends)
        assert all(0 <= a < b <= len(text) for a, b in zip(meant.starts, meant.ends, strict=True))
        assert list(meant.starts) == sorted(meant.starts)
        assert bool(meant.text.strip()) == bool(normalise(text).text.strip())
        for i in range(len(meant.text)):
            assert meant.slice(i, i + 1) == text[meant.starts[i] : meant.ends[i]]

    leads_back()


@pytest.mark.parametrize("thing", THINGS)
def test_a_message_about_a_thing_by_its_name_is_not_touched(thing):
    assert listen(f"这里的{thing}有问题").text == f"这里的{thing}有问题"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("类别不对，不是摆摊，是垃圾没人扫", "类别不对,是垃圾没人扫"),
        ("井盖坏了，哦不对，是路灯坏了", "路灯坏了"),
        ("春申路口井盖坏了，不对不是井盖，是路灯坏了", "春申路口路灯坏了"),
        ("不是银都路，是春申路", "不是银都路,是春申路"),
    ],
)
def test_what_was_taken_back_or_denied_beside_what_is_so_is_not_meant(said, meant):
    assert without_fillers(said).text == meant
