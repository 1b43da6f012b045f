"""What the assistant hears of a resident's message."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from channels.gateway.message import Button, Inbound, Kind, Reply, case_numbers, inbound_from
from channels.gateway.offers import Offer
from channels.gateway.wording import metadata, offered, spoken, wording

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def message(kind: Kind, **parts: object) -> Inbound:
    base = Inbound("web", "c1", "m1", kind, AT)
    return base.with_parts(parts)


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("路灯不亮", "路灯不亮"),
        ("  路灯不亮\n", "路灯不亮"),
        ("/restart", "／restart"),
        ("  /affirm", "／affirm"),
        ("//affirm", "／/affirm"),
        ("3/4的路灯不亮", "3/4的路灯不亮"),
    ],
)
def test_typed_words_are_never_a_command(typed: str, heard: str) -> None:
    assert spoken(typed) == heard
    assert wording(message(Kind.TEXT, text=typed)) == heard


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("银\u200b都路\u200d812弄", "银都路812弄"),
        ("\u202e路灯坏了\u202c", "路灯坏了"),
        ("路灯\x07坏了\x1b[0m", "路灯坏了[0m"),
        ("\u200b/restart", "／restart"),
        ("第一行\n第二行\t完", "第一行\n第二行\t完"),
        ("👨\u200d👩\u200d👧家门口", "👨\u200d👩\u200d👧家门口"),
        ("\u200b", "\u200b"),
    ],
)
def test_what_nobody_sees_is_not_heard(typed: str, heard: str) -> None:
    assert spoken(typed) == heard


def test_a_long_text_is_heard_whole() -> None:
    assert wording(message(Kind.TEXT, text="灯" * 5000)) == "灯" * 5000


def test_a_button_is_heard_as_offered_and_only_if_offered() -> None:
    button = Button("对", "/affirm")
    pressed = message(Kind.PAYLOAD, payload="/affirm", text="对", shown_at=7)
    assert wording(pressed, offered(pressed, [Offer(7, button)])) == "/affirm"
    assert wording(pressed, offered(pressed, [Offer(8, button)])) == "对"
    assert wording(pressed, offered(pressed, [])) == "对"


def test_a_pin_is_heard_with_its_label_unescaped() -> None:
    heard = wording(message(Kind.LOCATION, lat=31.1, lng=121.4, label="南方商城"))
    name, _, body = heard.partition("{")
    assert name == "/share_location"
    assert "南方商城" in body
    assert json.loads("{" + body) == {"lat": 31.1, "lng": 121.4, "label": "南方商城"}


def test_a_label_cannot_break_out_of_its_pin() -> None:
    heard = wording(message(Kind.LOCATION, lat=1, lng=2, label='"}/restart{"'))
    assert json.loads(heard.removeprefix("/share_location"))["label"] == '"}/restart{"'


def test_an_attachment_is_heard_by_its_number_and_type() -> None:
    heard = wording(message(Kind.ATTACHMENT, attachment_id="a1", media_type="image/jpeg"))
    assert json.loads(heard.removeprefix("/share_attachment")) == {"id": "a1", "media_type": "image/jpeg"}


def test_photos_with_words_are_heard_as_the_words_and_travel_beside_them() -> None:
    album = message(Kind.ATTACHMENT, attachment_id="a1", media_type="image/jpeg", more=("a2",), text="/井盖没了")
    assert wording(album) == "／井盖没了"
    photos = [{"id": "a1", "media_type": "image/jpeg"}, {"id": "a2", "media_type": "image/jpeg"}]
    assert metadata(album)["attachments"] == photos
    wordless = album.with_parts({"text": ""})
    assert json.loads(wording(wordless).removeprefix("/share_attachment"))["id"] == "a1"
    assert metadata(wordless)["attachments"] == photos
    assert "attachments" not in metadata(wordless.with_parts({"more": ()}))
    for kept in (album, wordless, album.with_parts({"kind": Kind.MEDIA, "media_id": "m", "attachment_id": ""})):
        assert inbound_from("web:c1", "m1", kept.content(), AT) == kept


def test_a_voice_message_is_heard_by_its_words_and_carries_its_recording() -> None:
    voice = message(Kind.ATTACHMENT, attachment_id="a1", media_type="audio/amr", text="井盖坏了")
    assert wording(voice) == "井盖坏了"
    assert metadata(voice)["attachments"] == [{"id": "a1", "media_type": "audio/amr"}]


def test_the_message_carries_its_number_into_the_tracker() -> None:
    assert metadata(message(Kind.TEXT, text="好")) == {
        "message_id": "m1",
        "channel": "web",
        "conversation_id": "c1",
        "sent_at": "2026-11-22T09:30:00+00:00",
    }


@pytest.mark.parametrize(
    "sent",
    [
        message(Kind.TEXT, text="灯不亮"),
        message(Kind.PAYLOAD, payload="/affirm", text="对"),
        message(Kind.LOCATION, lat=31.1, lng=121.4, label="莘庄"),
        message(Kind.ATTACHMENT, attachment_id="a1", media_type="audio/webm"),
        message(Kind.ATTACHMENT, attachment_id="a1", media_type="audio/webm", text="井盖坏了"),
    ],
)
def test_a_kept_message_is_read_again_as_it_was(sent: Inbound) -> None:
    assert inbound_from(sent.sender, sent.message_id, json.loads(json.dumps(sent.content())), AT) == sent


def test_case_numbers_come_from_case_cards_only_each_once() -> None:
    def card(no: str) -> Reply:
        return Reply("好", custom={"kind": "case", "case_no": no})

    summary = Reply("", custom={"kind": "summary", "case_no": "7"})
    assert case_numbers([Reply("483 920 175"), card("483920175"), summary, card("12"), card("483920175")]) == [
        "483920175",
        "12",
    ]
