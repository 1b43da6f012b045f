"""A report becomes what the intake takes, and what was confirmed is filed once and told."""

from __future__ import annotations

import asyncio

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import Report, hear
from actions.drafts import Drafts
from actions.filing import Filing
from actions.heard import Place
from actions.intake import IntakeDown, IntakeRefused
from actions.report_form import FileReport, report_body
from actions.tracker import heard_of, pushed_case, silence_before, told_of_outcome, transcript_of

PARSED = {
    "text": "银都路812弄门口路灯坏了",
    "intent": {"name": "report", "confidence": 0.9},
    "entities": [],
    "categories": [{"code": "0115", "confidence": 0.9}],
    "locations": [{"text": "银都路812弄门口", "start": 0, "end": 9, "kind": "address"}],
    "metadata": {"message_id": "m1"},
}


class Intake:
    """An intake that files, or is down."""

    def __init__(self, down: bool = False, refuses: str = "") -> None:
        self.down = down
        self.refuses = refuses
        self.keys: list[str] = []
        self.bodies: list[dict] = []

    async def file(self, key, body):
        if self.down:
            raise IntakeDown("file")
        if self.refuses and self.refuses in body["description"]:
            fault = {"pointer": "/reporter/phone", "detail": "号码位数不对。"}
            raise IntakeRefused(422, {"code": "invalid", "detail": "请求的参数有误。", "errors": [fault]})
        self.bodies.append(body)
        self.keys.append(key)
        numbers = ("483920175", "483920176")
        category = {"code": body.get("category"), "name": "路灯"}
        return {"case_no": numbers[len(self.keys) - 1], "status": "filed", "category": category}


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


def test_photos_beside_the_words_are_heard_with_them_and_kept_in_the_report():
    photos = [{"id": f"a{number}", "media_type": "image/jpeg"} for number in (1, 2, 3)]
    said = PARSED | {"metadata": {"message_id": "m1", "attachments": photos}}
    heard = heard_of(said)
    assert heard.attachment == ("a1", "image/jpeg")
    assert heard.album == (("a2", "image/jpeg"), ("a3", "image/jpeg"))
    report = hear(Report(), heard).report
    assert report.attachments == ("a1", "a2", "a3")
    assert report.matter == PARSED["text"]


def test_several_photos_without_words_are_all_kept():
    photos = [{"id": f"a{number}", "media_type": "image/jpeg"} for number in (1, 2)]
    said = {
        "text": '/share_attachment{"id":"a1"}',
        "intent": {"name": "share_attachment"},
        "entities": [{"entity": "id", "value": "a1"}, {"entity": "media_type", "value": "image/jpeg"}],
        "metadata": {"attachments": photos},
    }
    assert (heard_of(said).attachment, heard_of(said).album) == (("a1", "image/jpeg"), (("a2", "image/jpeg"),))


def test_a_position_a_file_and_a_choice_are_heard_from_their_payloads():
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
    assert position.words == ""
    file = heard_of(
        {
            "text": "/share_attachment{}",
            "intent": {"name": "share_attachment"},
            "entities": [{"entity": "id", "value": "a1"}, {"entity": "media_type", "value": "image/jpeg"}],
        }
    )
    assert file.attachment == ("a1", "image/jpeg")
    entities = [{"entity": "what", "value": "case"}, {"entity": "value", "value": "483920175"}]
    chosen = heard_of({"text": "/choose{}", "intent": {"name": "choose"}, "entities": entities})
    assert (chosen.chose("case"), chosen.chose("grade")) == ("483920175", None)


def confirmed(**changes) -> dict[str, object]:
    report = {"matter": "路灯坏了", "scores": {"0115": 0.9}, "place": "银都路812弄", "phone": "13812345678"}
    return Report(**{**report, "status": "confirmed", **changes}).to_slot()


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


def test_both_problems_are_filed_when_both_were_agreed_to(tmp_path):
    intake = Intake()
    later = Report(matter="飞线充电", scores={"1514": 0.9}, place="银都路812弄").to_slot()
    slots = {"report": confirmed(later=later, both=True)}
    messages, after = run(FileReport(Filing(Drafts(tmp_path / "d.db"), intake)), tracker(slots=slots))
    assert [message["custom"]["case_no"] for message in messages] == ["483920175", "483920176"]
    assert len(set(intake.keys)) == 2
    assert (after["report"], after["filed"]) == (None, ["483920175", "483920176"])


def test_the_second_problem_is_taken_up_with_the_phone_of_the_first(tmp_path):
    later = Report(matter="飞线充电", scores={"1514": 0.9}, place="银都路812弄").to_slot()
    filing = Filing(Drafts(tmp_path / "d.db"), Intake())
    _, slots = run(FileReport(filing), tracker(slots={"report": confirmed(later=later)}))
    assert (slots["report"]["matter"], slots["report"]["phone"], slots["taken_up"]) == (
        "飞线充电",
        "13812345678",
        "second",
    )


def test_a_refused_report_says_why_promises_nothing_and_stays_open(tmp_path):
    filing = Filing(Drafts(tmp_path / "d.db"), Intake(refuses="路灯"))
    messages, slots = run(FileReport(filing), tracker(slots={"report": confirmed()}))
    assert [message["response"] for message in messages] == ["utter_not_filed"]
    assert messages[0]["why"] == "电话：号码位数不对"
    assert (slots["report"]["status"], slots["report"]["matter"], slots["taken_up"]) == ("open", "路灯坏了", "refused")
    assert "filed" not in slots
    english = PARSED | {"metadata": {"message_id": "m1", "language": "en"}}
    messages, _ = run(FileReport(filing), tracker(english, slots={"report": confirmed()}))
    assert (messages[0]["response"], messages[0]["why"]) == ("utter_not_filed_en", "the phone number was not accepted")


def test_of_two_problems_the_refused_one_stays_open_before_what_waits(tmp_path):
    later = Report(matter="飞线充电", scores={"1514": 0.9}, place="银都路812弄").to_slot()
    filing = Filing(Drafts(tmp_path / "d.db"), Intake(refuses="路灯"))
    _, slots = run(FileReport(filing), tracker(slots={"report": confirmed(later=later)}))
    assert (slots["report"]["matter"], slots["report"]["later"]["matter"]) == ("路灯坏了", "飞线充电")
    messages, slots = run(FileReport(filing), tracker(slots={"report": confirmed(later=later, both=True)}))
    assert [message["response"] for message in messages] == ["utter_not_filed", "utter_filed"]
    assert (slots["report"]["matter"], slots["report"]["later"], slots["filed"]) == ("路灯坏了", None, ["483920175"])


def test_both_problems_of_a_message_have_what_was_said_of_them(tmp_path):
    intake = Intake()
    filing = Filing(Drafts(tmp_path / "d.db"), intake)
    later = Report(matter="飞线充电", scores={"1514": 0.9}, place="银都路812弄").to_slot()
    events = [
        {"event": "user", "text": "以前的事", "timestamp": 1.0},
        {"event": "action", "name": "action_file_report", "timestamp": 2.0},
        {"event": "user", "text": "路灯坏了，还有飞线充电", "timestamp": 3.0},
        {"event": "user", "text": "对", "timestamp": 4.0},
    ]
    _, slots = run(FileReport(filing), tracker(slots={"report": confirmed(later=later)}, events=events))
    events += [
        {"event": "action", "name": "action_file_report", "timestamp": 5.0},
        {"event": "user", "text": "对的", "timestamp": 6.0},
    ]
    second = slots["report"] | {"status": "confirmed"}
    yes = PARSED | {"metadata": {"message_id": "m2"}}
    _, slots = run(FileReport(filing), tracker(yes, slots={"report": second}, events=events))
    told = [[line["text"] for line in body["transcript"]] for body in intake.bodies]
    assert told == [["路灯坏了，还有飞线充电", "对"], ["路灯坏了，还有飞线充电", "对", "对的"]]
    assert slots["report"] is None


def test_a_dropped_report_files_nothing_and_an_unfinished_one_stays_known(tmp_path):
    filing = Filing(Drafts(tmp_path / "drafts.db"), Intake())
    dropped = Report(matter="x", status="cancelled").to_slot()
    messages, slots = run(FileReport(filing), tracker(slots={"report": dropped}))
    assert (messages, slots["report"]["status"]) == ([], "cancelled")
    assert {name: slots[name] for name in ("matter", "place", "confirmed", "requested_slot")} == dict.fromkeys(
        ("matter", "place", "confirmed", "requested_slot")
    )
    handed = Report(matter="电梯坏了").to_slot()
    _, slots = run(FileReport(filing), tracker(slots={"report": handed}))
    assert slots["report"]["matter"] == "电梯坏了"


def test_what_was_heard_as_danger_is_filed_as_an_emergency():
    assert "urgency" not in report_body(Report.from_slot(confirmed()), tracker())
    danger = Report.from_slot(confirmed() | {"act": "emergency"})
    assert report_body(danger, tracker())["urgency"] == "emergency"


def test_a_report_goes_to_the_intake_with_its_reporter():
    body = report_body(Report.from_slot(confirmed()), tracker())
    assert body["channel"] == "web"
    assert body["category"] == "0115"
    assert body["location"] == {"text": "银都路812弄"}
    assert body["reporter"] == {"channel_user": "c1", "confidential": False, "phone": "13812345678"}


def test_a_report_longer_than_the_intake_takes_is_cut_to_fit_and_keeps_the_house_number():
    long = {**confirmed(), "matter": "灯" * 9000, "place": "莘庄镇" * 400 + "银都路812弄"}
    body = report_body(Report.from_slot(long), tracker())
    assert len(body["description"]) == 5000
    assert len(body["location"]["text"]) == 500
    assert body["location"]["text"].endswith("银都路812弄")


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
        {"event": "user", "text": '/choose{"what":"both","value":"yes"}', "timestamp": 1795000003.0},
    ]
    lines = transcript_of(tracker(events=events))
    assert [(line["role"], line["text"]) for line in lines] == [
        ("resident", "路灯坏了"),
        ("assistant", "请问在什么地方？"),
        ("resident", "［位置］南方商城"),
        ("resident", "［确认］"),
        ("resident", "［都报］"),
    ]


def test_a_voice_message_with_words_brings_its_recording():
    heard = heard_of(PARSED | {"metadata": {"attachments": [{"id": "v1", "media_type": "audio/amr"}]}})
    assert heard.attachment == ("v1", "audio/amr")
    assert not heard.button


def test_the_transcript_tells_what_was_spoken_from_what_was_typed():
    said = {"event": "user", "text": "井盖坏了", "timestamp": 1.0}
    events = [said, said | {"metadata": {"attachments": [{"id": "v1", "media_type": "audio/amr"}]}}]
    assert [line["text"] for line in transcript_of(tracker(events=events))] == ["井盖坏了", "［语音］井盖坏了"]


def spoken(*said: tuple[str, str, float, bool]) -> list[dict[str, object]]:
    return [
        {"event": who, "text": text, "timestamp": at, "metadata": {"pushed": True} if pushed else {}}
        for who, text, at, pushed in said
    ]


def test_the_silence_before_a_message_is_measured_from_what_was_said_and_not_from_pushes():
    events = spoken(
        ("bot", "请问在什么地方？", 1000.0, False), ("bot", "案件 483 920 175已经办结。", 2990.0, True),
        ("user", "都市路", 3000.0, False),
    )  # fmt: skip
    assert silence_before(tracker(events=events)) == 2000.0
    assert silence_before(tracker(events=spoken(("user", "你好", 3000.0, False)))) is None


def test_the_case_told_of_last_without_asking_is_known():
    push = ("bot", "您反映的问题（案件 483 920 175）已经办结。", 2000.0, True)
    on = tracker(events=spoken(push, ("user", "满意", 3000.0, False)))
    assert (pushed_case(on), told_of_outcome(on)) == ("483920175", True)
    talked = spoken(
        push, ("user", "你好", 2500.0, False), ("bot", "您好", 2501.0, False), ("user", "满意", 3000.0, False)
    )
    assert told_of_outcome(tracker(events=talked)) is False
