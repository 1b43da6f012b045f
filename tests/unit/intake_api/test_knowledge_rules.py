"""Rules of the knowledge base: validity, who writes, files, and which article answers a question."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bench.knowledge import ask_all, figures
from intake_api.domain.access import Permission, Role, permissions
from intake_api.domain.city_folder import read_knowledge
from intake_api.domain.knowledge import Content, Validity, may_write, validity
from intake_api.domain.knowledge_files import read_articles
from intake_api.domain.relevance import Fit, Reader, Synonyms, rank

CITY = Path(__file__).parents[3] / "nlu_data" / "city" / "minhang"
TODAY = date(2026, 9, 22)


def pairs(run: str) -> list[str]:
    """A dictionary of words of two characters."""
    return [run[i : i + 2] for i in range(0, len(run), 2)]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, Validity.NOW),
        (TODAY, TODAY, Validity.EXPIRING),
        (None, date(2026, 10, 22), Validity.EXPIRING),
        (None, date(2026, 10, 23), Validity.NOW),
        (date(2026, 9, 23), None, Validity.COMING),
        (None, date(2026, 9, 21), Validity.OVER),
    ],
)
def test_both_days_belong_to_the_time_in_which_an_article_holds(first, last, expected):
    assert validity(first, last, TODAY) is expected


@pytest.mark.parametrize(
    ("role", "own", "owner", "allowed"),
    [
        (Role.HANDLER, "greening", "greening", True),
        (Role.HANDLER, "greening", "hedong", False),
        (Role.HANDLER, None, "", False),
        (Role.DISPATCHER, None, "greening", True),
        (Role.SUPERVISOR, None, "greening", True),
        (Role.OPERATOR, None, "greening", False),
    ],
)
def test_departments_write_their_own_and_publishers_all(role, own, owner, allowed):
    assert may_write(permissions([role]), own, owner) is allowed


def test_channels_search_and_see_nothing_else_of_the_knowledge():
    mine = {permission for permission in permissions([Role.CHANNEL]) if permission.value.endswith("knowledge")}
    assert mine == {Permission.SEARCH_KNOWLEDGE}


def test_synonyms_are_made_one_and_longer_words_come_first():
    synonyms = Synonyms(["犬 狗 小狗  # 说明", "", "充电 充"])
    assert synonyms.unified("小狗和狗都能充电，充一下") == "犬和犬都能充电，充电一下"


def test_the_nearest_phrasing_decides_and_the_score_is_explained():
    reader = Reader(pairs, Synonyms(["登记 备案"]))
    contents = [
        Content("房屋登记", ("租房备案怎么办",), "到窗口办。", "《办法》", "x"),
        Content("垃圾分类", ("垃圾怎么分",), "分四类。", "《办法》", "x"),
    ]
    known = [reader.readable(number, content) for number, content in enumerate(contents)]
    best, other = rank(reader.units("请问租房备案怎么办"), known, 2)
    assert (best.article_id, best.phrasing, best.fit, other.fit) == (0, "租房备案怎么办", Fit.ANSWER, Fit.NONE)
    assert best.score == 100
    assert "租房" in best.words


def test_words_that_the_dictionary_cuts_otherwise_meet_by_their_characters():
    reader = Reader(lambda run: [run])  # a dictionary that knows no word
    contents = [
        Content("电动自行车要上牌吗", (), "到登记点办。", "《条例》", "x"),
        Content("装修垃圾怎么清运", (), "装袋。", "《办法》", "x"),
    ]
    known = [reader.readable(number, content) for number, content in enumerate(contents)]
    best, other = rank(reader.units("电动车牌照在哪里领"), known, 2)
    assert (best.article_id, other.score) == (0, 0)
    assert "只有共同的字" in best.words


def test_a_word_that_was_misheard_is_read_as_the_one_that_sounds_like_it():
    reader = Reader(pairs)
    known = [reader.readable(0, Content("养犬登记", (), "到派出所。", "《条例》", "x"))]
    (right,) = rank(reader.units("养犬登记"), known, 1)
    (misheard,) = rank(reader.units("养犬登纪"), known, 1)
    (other,) = rank(reader.units("养犬登山"), known, 1)
    assert misheard.score > 0.9 * right.score > other.score


def test_a_question_of_nothing_but_common_words_finds_nothing():
    reader = Reader(pairs)
    assert rank(reader.units("请问怎么办呢"), [reader.readable(1, Content("怎么办", (), "a", "b", "x"))], 1) == []


def test_a_file_that_begins_without_a_title_or_names_an_article_twice_is_refused():
    twice = "# 一\n编号：a\n部门：x\n来源：甲\n\n答\n# 二\n编号：a\n部门：x\n来源：乙\n编号：b\n\n答\n"
    assert [str(fault) for fault in read_articles(twice, "a.md", {"x"})[1]] == [
        "a.md:7: 编号 a 与第 1 行的重复", "a.md:11: 与第 8 行重复",
    ]  # fmt: skip
    assert [str(fault) for fault in read_articles("前言\n# 一\n", "a.md", {"x"})[1]] == [
        "a.md:1: 第一个标题（以“# ”开头）之前不能有文字",
    ]  # fmt: skip


def test_the_sample_city_has_articles_of_its_own_departments():
    entries = read_knowledge(CITY)
    assert len(entries) >= 40
    assert all(len(entry.content.questions) >= 3 for entry in entries)
    assert all(entry.content.answer and entry.content.source for entry in entries)


def test_questions_in_other_words_find_their_article_and_others_are_not_answered():
    asked = ask_all()
    chosen, reported = (figures([one for one in asked if one.part == part]) for part in ("chosen", "reported"))
    assert chosen["hit3"] >= 0.9
    assert chosen["false_answers"] <= 0.05
    assert reported["hit1"] >= 0.7
    assert reported["hit3"] >= 0.85
    assert reported["false_answers"] <= 0.1
    assert reported["answered_wrong"] <= 0.06
