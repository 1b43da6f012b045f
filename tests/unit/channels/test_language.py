"""The language of a conversation follows what the resident writes, and what is said follows it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from channels.gateway.announcement import announcement
from channels.gateway.language import ENGLISH, SIMPLIFIED, TRADITIONAL, language_after, language_of, put, put_all
from channels.gateway.message import Button, Inbound, Kind, Reply


@pytest.mark.parametrize(
    ("written", "before", "language"),
    [
        ("銀都路812弄門口路燈壞了", None, TRADITIONAL),
        ("對", SIMPLIFIED, TRADITIONAL),
        ("银都路812弄门口路灯坏了", TRADITIONAL, SIMPLIFIED),
        ("好", TRADITIONAL, TRADITIONAL),  # written alike in both
        ("后面", None, SIMPLIFIED),
        ("streetlight broken at 吴中路1588号", None, ENGLISH),
        ("There is garbage near my building", SIMPLIFIED, ENGLISH),
        ("罗秀路1955弄", ENGLISH, ENGLISH),  # an address is written in Chinese in any language
        ("路灯还是不亮", ENGLISH, SIMPLIFIED),
    ],
)
def test_what_is_written_decides(written: str, before: str | None, language: str) -> None:
    assert language_of(written, before) == language


@pytest.mark.parametrize(
    "written", ["OK", "ok", "yes", "12345", "13812345678", "wo de lu deng", "asdfghjkl", "沪A12345"]
)
def test_what_everybody_writes_is_no_english(written: str) -> None:
    assert language_of(written, SIMPLIFIED) == SIMPLIFIED


@pytest.mark.parametrize("written", ["<b>the light</b>", "select * from the cases where 1=1"])
def test_code_is_no_english(written: str) -> None:
    assert language_of(written, SIMPLIFIED) == SIMPLIFIED


def test_buttons_and_voice_tell_no_language() -> None:
    def message(kind: Kind, text: str, media: str = "") -> Inbound:
        return Inbound("web", "c", "1", kind, datetime.now(UTC), text=text, media_type=media)

    assert language_after(message(Kind.PAYLOAD, "确认"), TRADITIONAL) == TRADITIONAL
    assert language_after(message(Kind.ATTACHMENT, "路灯坏了", "audio/ogg"), TRADITIONAL) == TRADITIONAL
    assert language_after(message(Kind.ATTACHMENT, "路灯坏了", "image/jpeg"), TRADITIONAL) == SIMPLIFIED


def test_in_traditional_characters_only_the_residents_own_words_stay_as_they_are() -> None:
    text = Reply("请您核对：\n地点：后滩路\n内容：这里的灯坏了", (Button("改地点", '/edit{"what":"place"}'),))
    card = Reply("", custom={"kind": "summary", "description": "这里的灯坏了", "quoted": ["这里的灯坏了", "后滩路"]})
    said = put_all([text, card], TRADITIONAL)
    assert said[0].text == "請您核對：\n地點：后滩路\n內容：这里的灯坏了"
    assert said[0].buttons == (Button("改地點", '/edit{"what":"place"}'),)
    assert said[1].custom is not None
    assert said[1].custom["description"] == "这里的灯坏了"
    assert said[1].custom["language"] == TRADITIONAL


def test_in_simplified_characters_nothing_changes() -> None:
    reply = Reply("好的", (Button("确认", "/affirm"),), {"kind": "case"})
    assert put(reply, SIMPLIFIED) == put(reply, None) == reply


@pytest.mark.parametrize(
    "kind", ["filed", "dispatched", "suspended", "closed", "rejected", "merged", "withdrawn", "new"]
)
def test_news_of_a_case_is_told_in_english(kind: str) -> None:
    news = announcement(kind, "483920179", {"status": "closed", "due_at": "2026-11-27T10:00:00Z", "answer": "修好了"})
    said = put(news, ENGLISH).text
    assert "483 920 179" in said
    assert "案件" not in said


def test_news_of_a_case_is_told_in_traditional_characters() -> None:
    assert "已經辦結" in put(announcement("closed", "483920179", {"status": "closed"}), TRADITIONAL).text
