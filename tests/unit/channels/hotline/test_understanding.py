"""From the caller's words to the form: what is filled, from which words, and what stays the operator's."""

from __future__ import annotations

from typing import Any

import pytest

from channels.hotline.form import By, FieldName, Form, Found, Words, form_content, form_from
from channels.hotline.said import Said
from channels.hotline.summary import LONGEST, summary, wish
from channels.hotline.understanding import Kind, Looked, Matter, matters, understood

LAMP = {"code": "0201", "name": "路灯", "confidence": 0.8}
COVER = {"code": "0101", "name": "井盖", "confidence": 0.7}
KINDS = {"0201": Kind(("路灯",), "normal"), "0101": Kind(("井盖",), "urgent")}


def said(*lines: str) -> Said:
    return Said(enumerate(lines, 1))


def slices(text: Said, words: tuple[Words, ...], lines: tuple[str, ...]) -> list[str]:
    return [lines[one.utterance - 1][one.start : one.end] for one in words]


# the text and the way back


def test_every_character_leads_back_to_its_utterance() -> None:
    lines = ("喂，您好", "江川路的路灯", "不亮了。")
    text = said(*lines)
    assert text.text == "喂，您好，江川路的路灯，不亮了。"
    at = text.text.index("江川路")
    assert text.words(at, at + 3) == (Words(2, 0, 3),)
    at = text.text.index("路灯，不亮")
    assert text.words(at, at + 5) == (Words(2, 4, 6), Words(3, 0, 2))
    assert text.where("不亮") == (Words(3, 0, 2),)
    assert text.where("没有说") == ()


def test_nothing_said_is_no_text() -> None:
    assert said("", " ").text == ""
    assert said().words(0, 5) == ()


def test_of_a_very_long_call_the_beginning_counts() -> None:
    assert len(said(*["路灯不亮。" * 100] * 20).text) <= 5000


# the summary


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("喂，你好。", "江川路的路灯不亮了，", "已经三天了。", "谢谢。"), "江川路的路灯不亮了，已经三天了。"),
        (("我想反映一下。", "嗯，小区门口井盖坏了。", "希望你们尽快来修。"), "小区门口井盖坏了。"),
        (("喂，是12345吗？", "谢谢，再见。"), ""),
        (("路灯不亮。", "路灯不亮。"), "路灯不亮。"),
        (("我姓王，我的电话是13812345678。", "路灯坏了。"), "路灯坏了。"),
    ],
)
def test_the_summary_is_made_of_the_callers_words(lines: tuple[str, ...], expected: str) -> None:
    text, words = summary(said(*lines), things=("路灯", "井盖"))
    assert text == expected
    assert bool(words) == bool(expected)


def test_a_long_story_is_told_in_two_sentences() -> None:
    lines = [f"第{number}天晚上楼下烧烤摊的油烟熏得人睡不着觉，" for number in range(30)]
    text, _ = summary(said(*lines), things=("油烟",))
    assert 0 < len(text) <= LONGEST + 2
    assert text.count("。") <= 2


def test_the_wish_is_the_last_one_said() -> None:
    lines = ("希望快一点。", "路灯不亮。", "请你们派人来看看。")
    text, words = wish(said(*lines))
    assert text == "请你们派人来看看"
    assert words[0].utterance == 3
    assert wish(said("路灯不亮。")) == ("", ())


# the form


def parsed(**more: Any) -> dict[str, Any]:
    return {"acts": [{"name": "report", "confidence": 0.9}], "categories": [LAMP], "locations": []} | more


def test_each_field_knows_its_words_and_how_sure_it_is() -> None:
    lines = (
        "喂，您好。",
        "江川路的路灯不亮了，希望尽快修。",
        "我叫王小明，电话一三八一二三四五六七八，不要让别人知道是我。",
    )
    text = said(*lines)
    at = text.text.index("江川路")
    mention = {"text": "江川路", "start": at, "end": at + 3, "kind": "road"}
    answer = parsed(locations=[mention])
    (matter,) = matters(text, answer)
    place = {"text": "江川路", "precision": "road", "town": "江川路街道"}
    found = understood(text, answer, matter, Looked(mention, place, kinds=KINDS))
    fields = found.fields
    assert fields[FieldName.CATEGORY].value == {"code": "0201", "name": "路灯"}
    assert slices(text, fields[FieldName.CATEGORY].words, lines) == ["路灯"]
    assert fields[FieldName.CATEGORY].confidence == 0.8
    assert slices(text, fields[FieldName.PLACE].words, lines) == ["江川路"]
    assert fields[FieldName.PLACE].confidence == 0.8
    assert fields[FieldName.NAME].value == "王小明"
    assert slices(text, fields[FieldName.NAME].words, lines) == ["王小明"]
    assert fields[FieldName.PHONE].value == "13812345678"
    assert slices(text, fields[FieldName.PHONE].words, lines) == ["一三八一二三四五六七八"]
    assert fields[FieldName.CONFIDENTIAL].value is True
    assert fields[FieldName.WISH].value == "希望尽快修"
    assert fields[FieldName.URGENCY].value == "normal"
    assert fields[FieldName.ACT].value == "report"


def test_danger_is_urgent_whatever_the_category() -> None:
    text = said("江川路的井盖没了，有个孩子掉下去了，快来救人！")
    (matter,) = matters(text, parsed(categories=[COVER]))
    found = understood(text, parsed(categories=[COVER]), matter, Looked(kinds=KINDS))
    assert found.fields[FieldName.URGENCY].value == "emergency"
    assert found.beside["danger"] == "injury"


def test_a_second_problem_is_a_form_of_its_own() -> None:
    text = said("江川路的路灯不亮，", "另外小区门口的井盖坏了。")
    cut = text.text.index("另外")
    parts = [
        {"text": text.text[:cut], "start": 0, "end": cut, "categories": [LAMP], "locations": []},
        {"text": text.text[cut:], "start": cut, "end": len(text.text), "categories": [COVER], "locations": []},
    ]
    answer = parsed(problems=parts)
    first, second = (understood(text, answer, matter, Looked(kinds=KINDS)) for matter in matters(text, answer))
    assert first.fields[FieldName.CATEGORY].value["code"] == "0201"
    assert second.fields[FieldName.CATEGORY].value["code"] == "0101"
    assert second.fields[FieldName.URGENCY].value == "urgent"
    assert "路灯" not in second.fields[FieldName.DESCRIPTION].value


def test_nothing_understood_fills_nothing() -> None:
    text = said("喂，你好。")
    found = understood(text, {"acts": [], "categories": [], "locations": []}, Matter(0, 5), Looked())
    assert found.fields == {}


def test_what_is_typed_stays_and_what_is_understood_moves() -> None:
    form = Form().understood({FieldName.WISH: Found("快修", 0.9), FieldName.NAME: Found("王", 0.9)})
    form = form.typed(FieldName.WISH, "三天内修好")
    later = form.understood({FieldName.WISH: Found("马上修", 0.9)})
    assert later.value(FieldName.WISH) == "三天内修好"
    assert later.fields[FieldName.WISH].understood == "马上修"
    assert later.value(FieldName.NAME) is None  # not said any more
    assert later.typed(FieldName.WISH, None).fields[FieldName.WISH].value == "马上修"


def test_an_emptied_field_stays_empty() -> None:
    form = Form().understood({FieldName.NAME: Found("王", 0.9)}).typed(FieldName.NAME, "")
    assert form.understood({FieldName.NAME: Found("王小", 0.9)}).value(FieldName.NAME) == ""


def test_confirming_what_was_understood_keeps_its_words() -> None:
    words = (Words(1, 0, 2),)
    form = Form().understood({FieldName.WISH: Found("快修", 0.9, words)}).typed(FieldName.WISH, "快修")
    field = form.fields[FieldName.WISH]
    assert (field.by, field.words, form.changed(FieldName.WISH)) == (By.OPERATOR, words, False)


def test_the_exchanges_number_stays_unless_another_is_said() -> None:
    form = Form().understood({FieldName.PHONE: Found("02164123456", 1.0, by=By.EXCHANGE)})
    assert form.understood({}).value(FieldName.PHONE) == "02164123456"
    assert form.understood({FieldName.PHONE: Found("13812345678", 0.9)}).value(FieldName.PHONE) == "13812345678"


def test_a_form_is_kept_as_it_is() -> None:
    form = Form().understood({FieldName.PLACE: Found({"text": "江川路"}, 0.8, (Words(3, 1, 4),))})
    form = form.typed(FieldName.NAME, "王")
    assert form_from(form_content(form)) == form
