"""Reports about understanding and about training text: they agree with the figures, and show what went wrong safely."""

from __future__ import annotations

import json
import random
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import jieba
import pytest

from bot import evaluate
from bot.corpus import Utterance
from bot.corpus_report import corpus_figures, corpus_page, corpus_report, corpus_table, near_duplicates, says_name
from bot.markup import element
from bot.mistakes import MISTAKES, Outcome, error_list, match_places, mistakes, per_code, place_mistakes
from bot.reliability import reliability
from bot.scoring import Score, matched_places
from bot.understanding_report import act_reliability, category_reliability, understanding_page

NAMES = {"0115": "路灯", "0116": "景观灯", "1101": "暴露垃圾"}
EVIL = "<script>alert(1)</script>&\"'<img src=x onerror=alert(2)>"


def outcome(
    text="路灯坏了", act="report", code=None, said=None, found=(), places=(), marked=(), alt=(), took=5.0, **more
):
    spans = tuple((text.index(place), text.index(place) + len(place)) for place in places)
    line = {"id": "t1", "text": text, "act": act, "code": code, "alt": list(alt), "locations": list(marked), **more}
    return Outcome(line, said or act, 0.9, tuple(found), spans, took)


def figures_of(outcomes):
    score = Score()
    for one in outcomes:
        score.add(dict(one.line), one.act, one.codes, one.place_texts, one.took)
    return score, score.figures()


def page_of(outcomes, facts=()):
    return understanding_page(outcomes, figures_of(outcomes)[1], NAMES, facts)


def many(n=200):
    chance = random.Random(5)
    text = "银都路812弄门口和春申路320号的路灯坏了"
    places = ["银都路812弄", "银都路812弄门口", "春申路320号", "路灯", "春申路"]
    made = []
    for _ in range(n):
        codes = chance.sample(sorted(NAMES), chance.randint(0, 3))
        made.append(
            outcome(
                text,
                chance.choice(["report", "urge", "emergency", "praise"]),
                chance.choice([*NAMES, None]),
                chance.choice(["report", "urge", "emergency"]),
                [(code, chance.random()) for code in codes],
                chance.sample(places, chance.randint(0, 3)),
                chance.sample(places, chance.randint(0, 2)),
                chance.sample(sorted(NAMES), chance.randint(0, 1)),
            )
        )
    return made


def test_what_is_listed_as_wrong_adds_up_to_the_figures():
    outcomes = many()
    score, _ = figures_of(outcomes)
    rows, found = per_code(outcomes), mistakes(outcomes, NAMES)
    assert sum(row.n for row in rows) == score.scored
    assert sum(row.top1 for row in rows) == score.top1
    assert sum(row.top3 for row in rows) == score.top3
    assert all(sum(row.confusions.values()) == len(row.wrong) == row.n - row.top1 for row in rows)
    assert len(found["category_out"]) == score.scored - score.top3
    assert len(found["category_second"]) == score.top3 - score.top1
    assert len(found["emergency_missed"]) == score.emergencies - score.caught
    assert len(found["emergency_alarm"]) == score.alarms
    wrong_acts = sum(len(found[kind]) for kind in ("act", "emergency_missed", "emergency_alarm"))
    assert wrong_acts == score.lines - score.acts
    assert len(found["place_extra"]) + len(found["place_partial"]) == score.predicted - score.hits
    assert len(found["place_missed"]) <= score.gold - score.hits


def test_places_are_paired_by_the_rule_that_scores_them():
    chance = random.Random(9)
    phrases = ["银都路812弄", "银都路８１２弄", "银都路", "春申路320号", "春申路", "都市星城", "都市星城3号楼", "路"]
    for _ in range(500):
        found, gold = chance.choices(phrases, k=chance.randint(0, 4)), chance.choices(phrases, k=chance.randint(0, 4))
        pairs = match_places(found, gold)
        assert len(pairs) == matched_places(found, gold)
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)


@pytest.mark.parametrize(
    ("places", "marked", "kinds"),
    [
        ([], ["银都路812弄"], ["place_missed"]),
        (["春申路"], [], ["place_extra"]),
        (["银都路"], ["银都路812弄门口那一段"], ["place_partial"]),
        (["银都路812弄"], ["银都路812弄"], []),
        (["银都路", "门口"], ["银都路812弄门口那一段"], ["place_partial", "place_partial"]),
        (["春申路"], ["银都路812弄"], ["place_extra", "place_missed"]),
        ([], ["原文里没有的路"], ["place_missed"]),
    ],
)
def test_a_place_is_missed_extra_or_partial(places, marked, kinds):
    one = outcome("银都路812弄门口那一段，还有春申路，路灯坏了", places=places, marked=marked)
    assert sorted(place.kind for place in place_mistakes(one)) == sorted(kinds)


def test_a_place_named_twice_and_found_once_is_missed_where_it_stands():
    (missed,) = place_mistakes(outcome("都市星城很吵 都市星城", places=["都市星城"], marked=["都市星城"] * 2))
    assert missed.kind == "place_missed"
    assert missed.context == ("都市星城很吵 ", "都市星城", "")


def test_confidences_that_are_right_as_often_as_they_say_have_no_error():
    believed = reliability([(0.75, i % 4 != 0) for i in range(100)])
    assert (believed.n, believed.ece) == (100, 0.0)
    boastful = reliability([(1.0, i % 2 == 0) for i in range(100)])
    assert boastful.ece == 0.5
    assert [part.n for part in boastful.bins] == [0] * 9 + [100]
    mixed = reliability([(0.95, True)] * 3 + [(0.15, True)])
    assert mixed.ece == pytest.approx((3 * 0.05 + 0.85) / 4, abs=1e-4)
    assert reliability([]).ece == 0.0


def test_the_confidence_of_a_category_counts_only_where_a_category_is_scored_and_given():
    outcomes = [
        outcome(code="0115", found=[("0115", 0.8)]),
        outcome(code="0115", found=[("0116", 0.8)], alt=["0116"]),
        outcome(code="0115", found=[]),
        outcome(act="urge", code="0115", found=[("0116", 0.8)]),
    ]
    assert category_reliability(outcomes).n == 2
    assert category_reliability(outcomes).bins[8].accuracy == 1.0
    assert act_reliability(outcomes).n == 4


class Reader(HTMLParser):
    VOID = frozenset({"meta", "br"})

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def read(document):
    reader = Reader()
    reader.feed(document)
    reader.close()
    assert reader.open == []
    return reader


def assert_harmless(document):
    reader = read(document)
    assert not reader.tags & {"script", "img", "link", "iframe", "object", "form"}
    assert not [name for name, _ in reader.attributes if name.startswith("on") or name in ("src", "action")]
    assert all(value.startswith("#") for name, value in reader.attributes if name == "href")
    assert not re.search(r"url\(|@import|https?://", document)
    assert "default-src 'none'" in document


def test_nothing_in_a_message_a_label_or_a_file_name_becomes_part_of_the_page():
    outcomes = [
        outcome(EVIL, "report", "0115", EVIL, [(EVIL, 0.7)], [EVIL[:8]], [EVIL], [EVIL], id=EVIL),
        outcome(EVIL * 5, "emergency", None, "report", id=EVIL),
        outcome(EVIL, EVIL, None, "emergency", marked=[EVIL[3:9]]),
        outcome("银都路" + EVIL, "report", EVIL, "report", [], ["银都路"]),
    ]
    document = understanding_page(outcomes, figures_of(outcomes)[1], {**NAMES, "0115": EVIL}, [("评测文件", EVIL)])
    assert_harmless(document)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#x27;" in document


def test_a_value_does_not_leave_its_attribute():
    assert read(element("p", EVIL, title=EVIL)).attributes == [("title", EVIL)]


def test_the_page_shows_the_figures_and_what_went_wrong():
    outcomes = [
        outcome("河边那盏灯不亮", code="0115", found=[("0116", 0.6), ("0115", 0.3)], marked=["河边"], id="a7"),
        outcome("着火了快来人", "emergency", said="report", id="a8"),
        outcome("问一下火灾险怎么买", "consult", said="emergency", id="a9"),
    ]
    document = page_of(outcomes, [("模型", "d492.tar.gz"), ("模型日期", "2026-11-22 12:05 +0000")])
    read(document)
    assert 'lang="zh-CN"' in document
    assert "prefers-color-scheme:dark" in document
    for shown in ("d492.tar.gz", "2026-11-22 12:05", "险情漏报：1", "险情误报：1", "着火了快来人", "地点漏掉：1", "河边",
                  "0116 景观灯", "交并比", "ECE 0.600", "0.0%"):  # fmt: skip
        assert shown in document, shown
    assert document.count("<svg") == 2


def test_a_file_without_emergencies_or_cases_still_makes_a_page():
    document = page_of([outcome("你好", "greet")])
    read(document)
    assert "险情召回率" in document
    assert "—" in document


def test_the_error_list_groups_by_kind_and_keeps_to_its_length():
    outcomes = [outcome(code="0115", found=[("0116", 0.5)], id=f"c{i}") for i in range(30)]
    outcomes += [
        outcome("路灯\n坏了\x1b[31m", "urge", said="report", id="a1"),
        outcome("着火了", "emergency", said="report"),
    ]
    listed = error_list(outcomes, NAMES, 10)
    assert len(re.findall(r"^\[", listed, re.MULTILINE)) == 10
    assert f"{MISTAKES['category_out']}：30 处，列出 8 处" in listed
    assert (
        listed.index(MISTAKES["emergency_missed"])
        < listed.index(MISTAKES["act"])
        < listed.index(MISTAKES["category_out"])
    )
    assert "[a1] 路灯 坏了" in listed
    assert "\x1b" not in listed
    assert error_list(outcomes, NAMES, 0).startswith("32 条消息，32 处不对，列出 0 处")
    assert error_list([outcome()], NAMES, 60) == "1 条消息，0 处不对，列出 0 处。"


# ---- training text ----


def utterances():
    lights = ["路灯坏了三天", "灯杆上的灯不亮了", "晚上那盏灯一闪一闪", "路灯坏了三天！", "马路上黑灯瞎火", "灯全灭了"]
    waste = ["垃圾没人清", "垃圾成堆发臭", "一堆垃圾没人管", "垃圾桶边全是垃圾", "垃圾发臭招苍蝇"]
    said = [Utterance(text, "report", "0115", ((0, 2),) if text == lights[0] else ()) for text in lights]
    said += [Utterance(text, "report", "1101", ()) for text in waste]
    return [*said, Utterance("垃圾几点来收", "consult", "1101", ()), Utterance("你好", "greet", None, ())]


def rows_of(said, names=NAMES):
    return {row.code: row for row in corpus_report(said, names, jieba.lcut)}


def test_each_category_is_counted_and_looked_at():
    rows = rows_of(utterances())
    lights, waste = rows["0115"], rows["1101"]
    assert (lights.n, waste.n, rows["0116"].n) == (6, 6, 0)
    assert waste.acts == {"report": 5, "consult": 1}
    assert lights.near_duplicates == 1
    assert {lights.nearest[0].first, lights.nearest[0].second} == {"路灯坏了三天", "路灯坏了三天！"}
    assert lights.distinct_openings == pytest.approx(5 / 6, abs=1e-4)
    assert lights.with_place == pytest.approx(1 / 6, abs=1e-4)
    assert lights.with_own_name == pytest.approx(2 / 6, abs=1e-4)
    assert lights.median_length == 7.0
    assert rows["0116"].top1 is None


def test_what_is_taken_for_another_category_is_named_with_the_worst_example():
    lost = Utterance("一堆垃圾没人管垃圾发臭", "report", "0115", ())
    lights = rows_of([*utterances(), lost])["0115"]
    assert lights.confusions[0].code == "1101"
    assert lost.text in [example.text for example in lights.worst]
    assert lost.text in lights.confusions[0].examples
    assert all(example.by >= 0 for example in lights.worst)
    assert [example.by for example in lights.worst] == sorted((e.by for e in lights.worst), reverse=True)
    assert lights.top1 is not None
    assert lights.top1 * lights.n == pytest.approx(lights.n - sum(c.n for c in lights.confusions), abs=0.01)


@pytest.mark.parametrize(
    ("said", "repeated"),
    [(["路灯坏了", "路灯坏了！"], 1), (["路灯坏了", "垃圾没人清"], 0), (["灯", "灯", "灯"], 2), ([], 0),
     (["银都路路灯坏了三天了", "银都路路灯坏了三天啦"], 1)],
)  # fmt: skip
def test_near_duplicates_are_those_that_share_most_of_their_runs(said, repeated):
    assert near_duplicates(said)[0] == repeated


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [("门口路燈壞了", "路灯", True), ("灯不亮", "路灯", False), ("喷泉和公园脏", "公园与景观设施", False),
     ("景观设施坏了", "公园与景观设施", True)],
)  # fmt: skip
def test_whether_a_text_gives_its_category_away(text, name, says):
    assert says_name(text, name) is says


def test_a_category_of_one_utterance_is_reported_not_a_crash():
    rows = rows_of([*utterances(), Utterance("霓虹灯不亮", "report", "0116", ())])
    assert rows["0116"].n == 1
    assert json.loads(json.dumps(corpus_figures(list(rows.values())), allow_nan=False))["n"] == 13
    assert rows_of([Utterance("路灯坏了", "report", "0115", ())])["0115"].top1 is None


def test_the_page_about_training_text_is_safe_and_whole():
    said = [*utterances(), Utterance(EVIL, "report", "0115", ()), Utterance(EVIL + "。", "report", "0115", ())]
    document = corpus_page(list(rows_of(said, {**NAMES, "1101": EVIL}).values()))
    assert_harmless(document)
    assert "不足 40 条" in document


# ---- the commands ----


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["yht eval", *arguments])
    monkeypatch.setattr(evaluate, "quiet", lambda: None)
    evaluate.main()


@pytest.fixture
def parsed(monkeypatch, tmp_path: Path):
    """A labelled file, a model file, and an assistant that understood the file in a fixed way."""
    outcomes = many(40)
    file, model = tmp_path / "a<b>.jsonl", tmp_path / "m.tar.gz"
    file.write_text("".join(json.dumps(dict(one.line)) + "\n" for one in outcomes), encoding="utf-8")
    model.touch()
    monkeypatch.setattr(evaluate, "_parse", lambda lines, model: outcomes)
    return outcomes, str(file), str(model)


def test_the_report_stands_beside_the_same_figures(monkeypatch, capsys, tmp_path: Path, parsed):
    outcomes, file, model = parsed
    report, predictions = tmp_path / "out.html", tmp_path / "p.jsonl"
    run(
        monkeypatch, "nlu", file, "--json", "--model", model, "--report", str(report), "--predictions", str(predictions)
    )
    printed = capsys.readouterr().out
    assert json.loads(printed) == json.loads(json.dumps(figures_of(outcomes)[1]))
    assert_harmless(report.read_text(encoding="utf-8"))
    assert "a&lt;b&gt;.jsonl" in report.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in predictions.read_text(encoding="utf-8").splitlines()]
    assert [set(line) for line in lines] == [{"id", "act", "categories", "locations"}] * 40


def test_a_report_that_cannot_be_written_is_told_before_the_work(monkeypatch, tmp_path: Path, parsed):
    _, file, model = parsed
    monkeypatch.setattr(evaluate, "_parse", lambda lines, model: pytest.fail("parsed"))
    with pytest.raises(SystemExit, match="existing folder"):
        run(monkeypatch, "nlu", file, "--model", model, "--report", str(tmp_path / "no" / "out.html"))


def test_errors_are_listed(monkeypatch, capsys, parsed):
    _, file, model = parsed
    run(monkeypatch, "errors", file, "--n", "7", "--model", model)
    assert len(re.findall(r"^\[", capsys.readouterr().out, re.MULTILINE)) == 7


def test_too_little_text_for_a_category_ends_with_one(monkeypatch, capsys, tmp_path: Path):
    monkeypatch.setattr("bot.corpus.taxonomy_codes", lambda: NAMES)
    monkeypatch.setattr("bot.corpus.taxonomy_words", lambda: iter(()))
    monkeypatch.setattr("bot.corpus.read_utterances", lambda: iter(utterances()))
    report = tmp_path / "corpus.html"
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "corpus", "--json", "--report", str(report))
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["below_minimum"] == ["0115", "0116", "1101"]
    read(report.read_text(encoding="utf-8"))
    enough = [
        Utterance(f"{name}{'甲乙丙丁戊'[i % 5]}{i}坏了", "report", code, ())
        for code, name in NAMES.items()
        for i in range(40)
    ]
    monkeypatch.setattr("bot.corpus.read_utterances", lambda: iter(enough))
    run(monkeypatch, "corpus")
    assert "不足 40 条的类别：没有" in capsys.readouterr().out


def test_the_table_for_a_terminal_marks_what_is_short():
    table = corpus_table(list(rows_of(utterances()).values()))
    assert "6!" in table
    assert "0115、0116、1101" in table
