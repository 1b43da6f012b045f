"""What Rasa tells of a message becomes what the dialogue hears, and a report becomes what the intake takes."""

from __future__ import annotations

import asyncio

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import Place, Report
from actions.drafts import Drafts
from actions.filing import Filing
from actions.intake import IntakeDown
from actions.report_form import CaseStatus, FileReport, TakeReport, heard_of, report_body, transcript_of

PARSED = {
    "text": "银都路812弄门口路灯坏了",
    "intent": {"name": "report", "confidence": 0.9},
    "entities": [],
    "categories": [{"code": "0115", "confidence": 0.9}],
    "locations": [{"text": "银都路812弄门口", "start": 0, "end": 9, "kind": "address"}],
    "metadata": {"message_id": "m1"},
}


class Intake:
    """An intake that files and previews, or is down."""

    def __init__(self, down: bool = False) -> None:
        self.down = down

    async def preview(self, body):
        if self.down:
            raise IntakeDown("preview")
        return {
            "location": {"town": "莘庄镇", "lat": 31.1, "lng": 121.4, "precision": "estate"},
            "department": {"id": "mh", "name": "路灯管理所"},
            "due_at": "2026-11-24T17:30:00+08:00",
        }

    async def file(self, key, body):
        if self.down:
            raise IntakeDown("file")
        return {"case_no": "483920175", "status": "filed", "category": {"code": "0115", "name": "路灯"}}

    async def case(self, number, user):
        if self.down:
            raise IntakeDown("case")
        known = number == "483920175" and user == "c1"
        return {"case_no": number, "status": "accepted", "department": {"name": "路灯管理所"}} if known else None


def tracker(message=PARSED, slots=None, events=()) -> Tracker:
    return Tracker("web:c1", slots or {}, message, list(events), False, None, {}, "action_listen")


def run(action, on: Tracker):
    dispatcher = CollectingDispatcher()
    events = asyncio.run(action.run(dispatcher, on, {}))
    return dispatcher.messages, {event["name"]: event["value"] for event in events if event["event"] == "slot"}


def test_a_message_is_heard_with_its_categories_and_places():
    heard = heard_of(PARSED)
    assert heard.categories == (("0115", 0.9),)
    assert heard.places == (Place("银都路812弄门口", "address"),)


def test_a_position_and_a_file_are_heard_from_their_payloads():
    position = heard_of(
        {
            "text": '/share_location{"lat":31.1}',
            "intent": {"name": "share_location"},
            "entities": [
                {"entity": "lat", "value": 31.1},
                {"entity": "lng", "value": 121.4},
                {"entity": "label", "value": "南方商城"},
            ],
        }
    )
    assert position.position == (31.1, 121.4, "南方商城")
    assert position.button
    file = heard_of(
        {
            "text": "/share_attachment{}",
            "intent": {"name": "share_attachment"},
            "entities": [{"entity": "id", "value": "a1"}, {"entity": "media_type", "value": "image/jpeg"}],
        }
    )
    assert file.attachment == ("a1", "image/jpeg")


def test_the_summary_names_what_where_who_and_when():
    messages, slots = run(TakeReport(Intake()), tracker())
    assert messages[0]["response"] == "utter_summary"
    for said in ("类别：路灯", "银都路812弄门口（莘庄镇）", "路灯管理所", "11月24日"):
        assert said in messages[0]["summary"]
    assert messages[0]["custom"]["kind"] == "summary"
    assert slots["requested_slot"] == "confirmed"


def test_without_the_intake_the_report_is_read_back_all_the_same():
    messages, _ = run(TakeReport(Intake(down=True)), tracker())
    assert "类别：路灯" in messages[0]["summary"]
    assert "预计" not in messages[0]["summary"]


def confirmed() -> dict[str, object]:
    return Report(
        matter="路灯坏了", scores={"0115": 0.9}, place="银都路812弄", status="confirmed", phone="13812345678"
    ).to_slot()


@pytest.mark.parametrize(("down", "response"), [(False, "utter_filed"), (True, "utter_kept")])
def test_a_confirmed_report_is_filed_or_kept_and_the_form_is_cleared(tmp_path, down, response):
    filing = Filing(Drafts(tmp_path / "drafts.db"), Intake(down=down))
    messages, slots = run(FileReport(filing), tracker(slots={"report": confirmed()}))
    assert messages[0]["response"] == response
    assert slots["report"] is None
    assert ("filed" in slots) is not down
    if not down:
        assert messages[0]["custom"] == {
            "kind": "case",
            "case_no": "483920175",
            "status": "filed",
            "category": "路灯",
            "department": None,
            "due_at": None,
        }


def test_a_dropped_report_files_nothing_and_one_handed_over_stays_known(tmp_path):
    filing = Filing(Drafts(tmp_path / "drafts.db"), Intake())
    dropped = Report(matter="x", status="cancelled").to_slot()
    assert run(FileReport(filing), tracker(slots={"report": dropped})) == (
        [],
        {"report": None, "matter": None, "place": None, "confirmed": None, "requested_slot": None},
    )
    handed = Report(matter="电梯坏了", status="handed_over").to_slot()
    _, slots = run(FileReport(filing), tracker(slots={"report": handed}))
    assert slots["report"]["matter"] == "电梯坏了"
    assert slots["report"]["status"] == "open"


def test_a_report_goes_to_the_intake_with_its_reporter():
    body = report_body(Report.from_slot(confirmed()), tracker())
    assert body["channel"] == "web"
    assert body["category"] == "0115"
    assert body["location"] == {"text": "银都路812弄"}
    assert body["reporter"] == {"channel_user": "c1", "confidential": False, "phone": "13812345678"}


def test_the_transcript_is_what_people_read():
    events = [
        {"event": "user", "text": "上一件事", "timestamp": 1794000000.0},
        {"event": "action", "name": "action_file_report", "timestamp": 1794000001.0},
        {"event": "user", "text": "路灯坏了", "timestamp": 1795000000.0},
        {"event": "slot", "name": "x", "timestamp": 1795000000.1},
        {"event": "bot", "text": "请问在什么地方？", "timestamp": 1795000000.2},
        {
            "event": "user",
            "text": '/share_location{"lat":31.1,"lng":121.4,"label":"南方商城"}',
            "timestamp": 1795000001.0,
        },
        {"event": "user", "text": "/affirm", "timestamp": 1795000002.0},
    ]
    lines = transcript_of(tracker(events=events))
    assert [(line["role"], line["text"]) for line in lines] == [
        ("resident", "路灯坏了"),
        ("assistant", "请问在什么地方？"),
        ("resident", "［位置］南方商城"),
        ("resident", "［对，报上去］"),
    ]


@pytest.mark.parametrize(
    ("text", "filed", "down", "response"),
    [
        ("483 920 175 到哪一步了", [], False, "utter_status"),
        ("四八三九二零一七五 到哪一步了", ["483920175"], False, "utter_status"),
        ("我昨天报的那个怎么样了", ["483920175"], False, "utter_status"),
        ("我昨天报的那个怎么样了", [], False, "utter_no_case_yet"),
        ("999999999 怎么样了", [], False, "utter_status_unknown"),
        ("483920175", [], True, "utter_status_unreachable"),
    ],
)
def test_progress_is_told_in_words(text, filed, down, response):
    messages, _ = run(CaseStatus(Intake(down=down)), tracker({**PARSED, "text": text}, {"filed": filed}))
    assert messages[0]["response"] == response


def test_a_voice_message_with_words_brings_its_recording():
    heard = heard_of(PARSED | {"metadata": {"attachment_id": "v1", "media_type": "audio/amr"}})
    assert heard.attachment == ("v1", "audio/amr")
    assert not heard.button


def test_the_transcript_tells_what_was_spoken_from_what_was_typed():
    said = {"event": "user", "text": "井盖坏了", "timestamp": 1.0}
    events = [said, said | {"metadata": {"attachment_id": "v1", "media_type": "audio/amr"}}]
    assert [line["text"] for line in transcript_of(tracker(events=events))] == ["井盖坏了", "［语音］井盖坏了"]
