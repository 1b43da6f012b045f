"""Which reply follows from a question: an answer, articles that may be meant, a registered question, or a report."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from actions.consulting import Question, answer_buttons, is_report, question_of, suggestion_buttons, without_places
from actions.dialogue import Place
from actions.knowledge import Article as Found
from actions.knowledge import Knowledge, answer_text, reply_to

ROAD, TOWN = Place("银都路812弄", "address"), Place("莘庄镇", "town")


def article(fit: str, title: str = "大件垃圾怎么处理", number: int = 1) -> Found:
    return Found.of(
        {
            "id": number, "title": title, "answer": "请联系物业。", "source": "《办法》", "fit": fit, "score": 60.0,
            "published_at": "2026-11-25T10:00:00+08:00",
        }
    )  # fmt: skip


def test_an_answer_is_told_with_its_source_and_date_and_asks_whether_it_helped():
    reply = reply_to([article("answer"), article("suggestion", "垃圾怎么分类", 2)])
    assert reply.given is not None
    assert answer_text(reply.given, reply.offered) == "请联系物业。\n（来源：《办法》；2026年11月25日更新）"
    assert [button["title"] for button in answer_buttons(reply.offered)] == ["解决了", "没有解决，登记咨询"]


def test_a_second_article_that_answers_as_well_is_offered_beside_the_first():
    reply = reply_to([article("answer"), article("answer", "旧家电怎么处理", 2), article("none", "别的", 3)])
    assert [one.title for one in reply.offered] == ["旧家电怎么处理"]
    assert answer_buttons(reply.offered)[-1] == {
        "title": "旧家电怎么处理",
        "payload": '/ask_about{"question": "旧家电怎么处理"}',
    }


def test_what_is_not_sure_is_offered_to_choose_from_and_never_told():
    reply = reply_to([article("suggestion"), article("suggestion", "垃圾怎么分类", 2), article("none", "别的", 3)])
    assert reply.given is None
    assert [button["title"] for button in suggestion_buttons(reply.offered)] == [
        "大件垃圾怎么处理", "垃圾怎么分类", "都不是，登记咨询",
    ]  # fmt: skip


def test_what_only_shares_a_word_is_not_spoken_of():
    reply = reply_to([article("none")])
    assert (reply.given, reply.offered) == (None, ())


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question("银都路812弄的路灯坏了归谁管", 0.0, (), (ROAD,)), True),
        (Question("银都路812弄门口垃圾堆了三天没人清，找谁", 0.1, (), (ROAD,)), True),
        (Question("银都路812弄这样能投诉吗", 0.35, (), (ROAD,)), True),
        (Question("银都路812弄附近哪里可以办居住证", 0.05, (), (ROAD,)), False),
        (Question("莘庄镇路灯坏了归谁管", 0.3, (), (TOWN,)), False),
        (Question("路灯坏了归谁管", 0.4), False),
        (Question("路灯坏了归谁管，另外垃圾谁清", 0.0, (), (), 2), True),
    ],
)
def test_a_question_that_names_a_place_and_what_is_wrong_there_is_a_report(question: Question, expected: bool):
    assert is_report(question) is expected


def test_the_place_is_left_out_of_what_is_noted():
    assert without_places(Question("银都路812弄 3 号能装电梯吗", places=(ROAD,))) == "（地点） 3 号能装电梯吗"


def test_a_chosen_related_question_is_asked_in_its_own_words():
    message: dict[str, Any] = {
        "text": '/ask_about{"question": "垃圾怎么分类"}',
        "intent": {"name": "ask_about"},
        "entities": [{"entity": "question", "value": "垃圾怎么分类"}],
    }
    assert question_of(message) == Question("垃圾怎么分类")


class Search:
    """A full-text search that finds two articles."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    async def search_knowledge(self, question: str, limit: int = 4) -> list[dict[str, Any]]:
        self.asked.append((question, limit))
        common = {"answer": "请联系物业。", "source": "《办法》", "published_at": "2026-11-25T10:00:00+08:00"}
        return [
            {"id": 1, "title": "垃圾怎么分类", "fit": "suggestion", "score": 30.0, **common},
            {"id": 2, "title": "大件垃圾怎么处理", "fit": "none", "score": 20.0, **common},
        ]


class Upside:
    """A second reading to which the last is the best."""

    def read(self, question: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**item, "fit": "answer"} for item in found[::-1]]


def test_what_was_found_is_read_a_second_time_where_there_is_a_sentence_model():
    search = Search()
    assert [one.id for one in asyncio.run(Knowledge(search).find("沙发 <b>怎么扔</b>"))] == [1, 2]  # type: ignore[arg-type]
    found = asyncio.run(Knowledge(search, Upside(), 12).find("沙发怎么扔"))  # type: ignore[arg-type]
    assert [(one.id, one.fit) for one in found] == [(2, "answer"), (1, "answer")]
    assert search.asked == [("沙发 怎么扔", 4), ("沙发怎么扔", 12)]
