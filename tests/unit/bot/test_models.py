"""The small models: what they learn they keep, their confidences mean something, their spans lead back to the text."""

from __future__ import annotations

from pathlib import Path

import jieba
import numpy as np
import pytest

from bot.components.calibration import Calibration
from bot.components.features import headline, terms
from bot.components.linear import LinearModel
from bot.components.place_model import Names, PlaceModel, training_sentences
from bot.corpus import ACTS, BadCorpus, Utterance, read_marked, read_utterances, taxonomy_codes
from bot.language.normalise import normalise
from bot.language.places import is_place, kind_of, separate
from bot.place_grammar import PlaceGrammar
from bot.reliability import reliability
from bot.scoring import Score, matched_places

LIGHTS = ["路灯不亮", "路灯坏了", "灯杆上的灯不亮了", "这盏路灯一闪一闪", "路灯灭了三天", "晚上路灯全黑"]
WASTE = ["垃圾没人清", "垃圾成堆", "垃圾桶满了没人倒", "一堆垃圾发臭", "楼下垃圾三天没清", "到处是垃圾"]


def document(text: str):
    plain = normalise(text).text
    return terms(plain, jieba.lcut(plain))


def test_a_model_is_the_same_after_it_was_kept():
    labels = ["0115"] * len(LIGHTS) + ["1101"] * len(WASTE)
    model = LinearModel.train([document(t) for t in LIGHTS + WASTE], labels)
    again = LinearModel.loads(model.dumps())
    texts = [document("路灯又不亮了"), document("垃圾堆在门口")]
    assert again.labels == model.labels
    assert np.allclose(again.probabilities(texts), model.probabilities(texts), atol=0.01)
    assert [model.labels[i] for i in model.probabilities(texts).argmax(axis=1)] == ["0115", "1101"]
    assert np.allclose(model.probabilities(texts).sum(axis=1), 1)


def test_features_cross_no_punctuation_and_see_no_numbers():
    found = terms("路灯坏，12号", ["路灯", "坏", "，", "12", "号"])
    assert "灯坏" in found
    assert "坏，" not in found
    assert "0号" in found
    assert "w:，" not in found


def test_the_training_text_is_complete():
    utterances = list(read_utterances())
    counts: dict[str, int] = {}
    for utterance in utterances:
        if utterance.code:
            counts[utterance.code] = counts.get(utterance.code, 0) + 1
    assert set(counts) == set(taxonomy_codes())
    assert min(counts.values()) >= 40, min(counts, key=counts.__getitem__)
    assert {utterance.act for utterance in utterances} == set(ACTS)
    texts = [utterance.text for utterance in utterances if utterance.code]
    assert len(texts) - len(set(texts)) <= len(texts) // 200


def test_marks_are_taken_out_of_a_line():
    assert read_marked("[银都路]和[春申路]都堵") == ("银都路和春申路都堵", ((0, 3), (4, 7)))
    with pytest.raises(ValueError, match="brackets"):
        read_marked("[银都路")


def test_a_bad_line_is_named_with_its_file(tmp_path: Path):
    (tmp_path / "utterances").mkdir()
    (tmp_path / "acts").mkdir()
    (tmp_path / "taxonomy.csv").write_text("code,name\n0115,路灯\n", encoding="utf-8")
    (tmp_path / "utterances" / "01.txt").write_text("# 0115 路灯\n路灯坏了\nbegging|路灯\n", encoding="utf-8")
    with pytest.raises(BadCorpus, match=r"01\.txt:3: unknown act begging"):
        list(read_utterances(tmp_path))


def test_places_are_found_in_sentences_and_lead_back_to_what_was_written():
    marked = [
        "[银都路812弄]门口路灯坏了", "路灯坏了 在[春申路320号]", "[莘松路58弄]垃圾没人清", "垃圾没人清", "路灯坏了三天了",
        "[都市路18号]有人摆摊", "我在[沪闵路6088号]", "[古美路99弄]下水道堵了", "下水道堵了没人管", "灯不亮 [七莘路200号]",
    ]  # fmt: skip
    utterances = [Utterance(*[(text := read_marked(line))[0], "report", None, text[1]]) for line in marked] * 6
    model = PlaceModel(PlaceModel.train(training_sentences(utterances, []), Names.of([]), jieba.lcut, iterations=40),
                       Names.of([]), jieba.lcut)  # fmt: skip
    text = normalise("虹梅路三百二十弄路燈壞了")
    spans = model.spans(text.text)
    assert [text.slice(*span) for span in spans] == ["虹梅路三百二十弄"]


def test_the_grammar_makes_places_of_many_forms():
    import random

    grammar = PlaceGrammar(random.Random(3))
    kinds = {kind_of(grammar.place()) for _ in range(400)}
    assert {"address", "crossing", "estate", "village", "metro", "pole"} <= kinds


@pytest.mark.parametrize("phrase", ["A市", "B5区", "A市A3区", "闵行区", "A市205路", "A7县教育局", "长沙市"])
def test_what_is_no_place_to_be_sent_to(phrase):
    assert not is_place(phrase)


@pytest.mark.parametrize("phrase", ["银都路812弄", "天山小区", "A3区白鹤路", "莘庄工业区", "教育局门口", "先锋派出所"])
def test_what_is_a_place(phrase):
    assert is_place(phrase)


def test_places_are_scored_as_the_contract_says():
    assert matched_places(["富都路111弄"], ["富都路１１１弄"]) == 1
    assert matched_places(["都市星城", "都市星城"], ["都市星城"]) == 1
    assert matched_places(["路"], ["富都路111弄都市星城"]) == 0
    score = Score()
    score.add({"act": "report", "code": "0115", "alt": ["0116"], "locations": []}, "report", ["0116", "0115"], [], 1.0)
    score.add({"act": "emergency", "code": None, "locations": []}, "report", [], [], 1.0)
    figures = score.figures()
    assert (figures["category_top1"], figures["emergency_recall"], figures["act_accuracy"]) == (1.0, 0.0, 0.5)


@pytest.mark.parametrize(
    ("phrase", "places"),
    [
        ("D3区五一街道和合江街道", ["D3区五一街道", "合江街道"]),
        ("晟通城或者金桥国际", ["晟通城", "金桥国际"]),
        ("春申路和莲花南路路口", ["春申路和莲花南路路口"]),
        ("东一路的特立路与缤湖路之间", ["东一路的特立路与缤湖路之间"]),
        ("穿行天山小区", ["天山小区"]),
        ("人民医院", ["人民医院"]),
    ],
)
def test_places_of_a_list_are_told_apart_and_crossings_stay_together(phrase, places):
    assert [phrase[a:b] for a, b in separate(phrase, 0, len(phrase))] == places


def test_confidences_are_right_about_as_often_as_they_say_and_change_no_order():
    chance = np.random.default_rng(5)
    target = chance.integers(0, 6, 4000)
    scores = chance.normal(-0.8, 0.4, (4000, 6))
    scores[np.arange(4000), target] += chance.choice([0.0, 0.5, 1.5], 4000)
    found = Calibration.fit(scores[:2000], target[:2000]).probabilities(scores[2000:])
    measured = reliability(zip(found.max(axis=1), found.argmax(axis=1) == target[2000:], strict=True))
    assert measured.ece < 0.1
    assert np.allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == scores[2000:].argmax(axis=1)).all()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("小区路灯不亮。" + "我是住在这里的居民，" * 8, "小区路灯不亮"),
        ("小区路灯不亮 " + "我是住在这里的居民，" * 8, "小区路灯不亮"),
        ("小区路灯不亮。没有人管。", ""),
        ("您好。" + "我是住在这里的居民，" * 8, ""),
        ("我是住在这里的居民，" * 8, ""),
    ],
)
def test_a_letter_begins_with_what_it_is_about(text, first):
    assert headline(text) == first


def test_a_headline_counts_beside_the_letter():
    model = LinearModel.train([document(t) for t in LIGHTS + WASTE], ["0115"] * 6 + ["1101"] * 6)
    letter = [document("路灯不亮。垃圾没人清，垃圾桶满了，到处是垃圾")]
    light = model.labels.index("0115")
    assert (
        model.probabilities(letter, headlines=[document("路灯不亮")])[0, light] > model.probabilities(letter)[0, light]
    )
    assert np.allclose(model.probabilities(letter, headlines=[document("")]), model.probabilities(letter))


def test_a_ticket_and_its_title_are_one_matter():
    from bot.components.category import matters

    assert matters(["路灯", "路灯 三天不亮", "垃圾", "路灯"]) == [0, 0, 2, 3]
