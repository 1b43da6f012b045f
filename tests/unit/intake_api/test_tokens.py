"""Words by which cases are found."""

from __future__ import annotations

import pytest

from intake_api.domain.tokens import TextQuery, plain, read_query, terms, words
from intake_api.words import Words


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> Words:
    known = Words(tmp_path_factory.mktemp("words"))
    known.know(["稻香新苑"])
    return known


def finds(question: TextQuery, text: str) -> bool:
    written = plain(text)
    there = terms(written)
    return (
        bool(question)
        and there.issuperset(question.terms)
        and all(any(term.startswith(prefix) for term in there) for prefix in question.prefixes)
        and all(phrase in written for phrase in question.phrases)
    )


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("垃圾", "门口垃圾堆了三天"),
        ("稻香新苑", "稻香新苑门口"),
        ("稻香", "稻香新苑门口"),
        ("香新", "稻香新苑门口"),
        ("井", "窨井没盖"),
        ("井", "没盖的窨井"),
        ("盖", "窨井没盖"),
        ("垃圾 门口", "门口堆着垃圾"),
        ("稻香新苑垃圾", "垃圾很多，在稻香新苑"),
        ("垃圾,门口", "门口堆着垃圾"),
        ("LAJI", "laji 桶"),
        ("ＡＢ１２", "车牌 ab12"),
        ("3号楼", "3号楼下"),
        ("井蓋", "井盖碎了"),
        ("井盖", "井蓋碎了"),
        ("“垃圾堆了”", "门口垃圾堆了三天"),
        ("100%", "垃圾 100%满了"),
    ],
)
def test_what_stands_in_a_text_is_found(dictionary: Words, question: str, text: str) -> None:
    assert finds(read_query(question, dictionary.cut), text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("垃圾", "拉扯圾"),
        ("井", "路灯不亮"),
        ("垃圾 路灯", "门口堆着垃圾"),
        ("“堆了垃圾”", "门口垃圾堆了三天"),
        ("100_", "垃圾 100%满了"),
        ("12", "第123号"),
        ("…", "等等…"),
    ],
)
def test_what_does_not_stand_there_is_not(dictionary: Words, question: str, text: str) -> None:
    assert not finds(read_query(question, dictionary.cut), text)


def test_a_mobile_number_is_not_in_the_index() -> None:
    assert "13812345678" not in terms(plain("打 13812345678"))


def test_the_names_of_the_city_are_words(dictionary: Words) -> None:
    assert "稻香新苑" in words(plain("稻香新苑的垃圾"), dictionary.cut)
    assert "稻香新苑" in dictionary.search("稻香新苑")


@pytest.mark.parametrize("text", ["", "，。", "%", "“”"])
def test_a_question_of_signs_alone_asks_nothing(dictionary: Words, text: str) -> None:
    assert not read_query(text, dictionary.cut)
