"""The clerk hears every message: reports, errands, corrections, joining, a person, a pause."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.clerk import Clerk
from actions.dialogue import Report
from actions.intake import IntakeDown, IntakeRefused
from actions.knowledge import Knowledge

MINE, OTHERS = "483920179", "556677889"
LIGHT = [{"code": "0115", "confidence": 0.9}]
PLACE = [{"text": "银都路812弄门口", "start": 0, "end": 9, "kind": "address"}]
AWAY = {"people": {"staffed": False, "opens_at": "2026-11-26T00:30:00+00:00"}}


def case(number: str = MINE, status: str = "accepted", **more: Any) -> dict[str, Any]:
    return {
        "case_no": number,
        "status": status,
        "status_label": "处置中",
        "category": {"code": "0115", "name": "路灯"},
        "department": {"id": "d", "name": "路灯管理所"},
        "received_at": "2026-11-24T09:00:00+08:00",
        "description": "门口路灯不亮",
        "location": {"text": "银都路812弄"},
        "due_at": None,
        **more,
    }


@dataclass
class Intake:
    """An intake with the cases of one resident, that notes what is done."""

    own: list[dict[str, Any]] = field(default_factory=list)
    near: list[dict[str, Any]] = field(default_factory=list)
    refuses: tuple[int, str, str] | None = None
    down: bool = False
    photo_place: dict[str, Any] | None = None
    done: list[tuple[str, str, dict[str, Any], str]] = field(default_factory=list)
    happened: list[dict[str, Any]] = field(default_factory=list)
    phones: dict[str, str] = field(default_factory=dict)
    articles: list[dict[str, Any]] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)

    def _there(self) -> None:
        if self.down:
            raise IntakeDown("away")

    async def preview(self, body):
        self._there()
        return {
            "category": {"code": body.get("category"), "division": "公用设施"},
            "location": {"town": "莘庄镇", "lat": 31.1, "lng": 121.4, "precision": "estate"},
            "department": {"id": "mh", "name": "路灯管理所"},
            "due_at": "2026-11-28T17:30:00+08:00",
            "photo_place": self.photo_place,
        }

    async def search_knowledge(self, question, limit=4):
        self.looked_up.append(question)
        return self.articles

    async def similar(self, body):
        return self.near

    async def cases(self, channel, user, limit=20):
        self._there()
        return self.own[:limit]

    async def case(self, number, channel, user):
        self._there()
        return next((one for one in self.own if one["case_no"] == number), None)

    async def events(self, number, channel, user):
        return self.happened

    async def public_text(self, number):
        return ""

    async def check_phone(self, number, channel, user, last_four):
        return case(number) if self.phones.get(number) == last_four else None

    async def act(self, number, action, body, key):
        self._there()
        if self.refuses:
            status, code, detail = self.refuses
            raise IntakeRefused(status, {"code": code, "detail": detail})
        self.done.append((number, action, body, key))
        return case(number, "withdrawn" if action == "withdraw" else "accepted")


@dataclass
class Filing:
    """Filing of which this resident has to hear, or not."""

    owed: list[tuple[str, IntakeRefused]] = field(default_factory=list)

    async def owed_refusals(self, channel, user):
        owed, self.owed = self.owed, []
        return owed


@dataclass
class Conversation:
    """Messages to the clerk, with the slots carried from turn to turn."""

    intake: Intake
    slots: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    now: float = 1000.0
    filing: Filing = field(default_factory=Filing)

    def hear(self, text: str, act: str, *, entities=None, metadata=None, confidence=0.9, **parsed: Any) -> list[str]:
        """What is answered: names of responses."""
        self.now += 10
        message_id = f"m{len(self.events)}"
        message = {
            "text": text,
            "intent": {"name": act, "confidence": confidence},
            "entities": [{"entity": name, "value": value} for name, value in (entities or {}).items()],
            "metadata": {"message_id": message_id, **(metadata or {})},
            **parsed,
        }
        self.events.append({"event": "user", "text": text, "timestamp": self.now, "metadata": message["metadata"]})
        tracker = Tracker("web:c1", dict(self.slots), message, self.events, False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        for event in asyncio.run(Clerk(self.intake, self.filing, Knowledge(self.intake)).run(dispatcher, tracker, {})):
            self.slots[event["name"]] = event["value"]
        self.messages = dispatcher.messages
        self.events.append({"event": "bot", "text": "…", "timestamp": self.now + 1})
        return [message["response"] for message in self.messages]

    def press(self, what: str, value: str) -> list[str]:
        return self.hear("/choose{}", "choose", entities={"what": what, "value": value})

    def push(self, text: str) -> None:
        self.now += 10
        self.events.append({"event": "bot", "text": text, "timestamp": self.now, "metadata": {"pushed": True}})

    @property
    def report(self) -> Report:
        return Report.from_slot(self.slots.get("report"))

    def summary(self) -> str:
        return next(message["summary"] for message in self.messages if message["response"] == "utter_summary")


def summarised(intake: Intake) -> Conversation:
    talk = Conversation(intake)
    assert talk.hear("银都路812弄门口路灯坏了", "report", categories=LIGHT, locations=PLACE) == ["utter_summary"]
    return talk


# the summary


def test_the_summary_names_what_where_who_and_when_and_offers_what_can_be_changed():
    talk = summarised(Intake())
    for said in ("类别：路灯", "银都路812弄门口（莘庄镇）", "路灯管理所", "11月28日"):
        assert said in talk.summary()
    card = talk.messages[0]["custom"]
    assert (card["kind"], card["place"]["lat"], card["place"]["precision"]) == ("summary", 31.1, "estate")
    titles = [button["title"] for button in talk.messages[0]["buttons"]]
    assert titles == ["确认", "改地点", "改类别", "改描述", "取消"]


def test_without_the_intake_the_report_is_read_back_all_the_same():
    talk = summarised(Intake(down=True))
    assert "类别：路灯" in talk.summary()
    assert "预计" not in talk.summary()


def test_a_phone_is_asked_for_once():
    talk = summarised(Intake())
    assert "愿意留电话" in talk.summary()
    talk.hear("不对 是江川东路50弄", "deny", locations=[{"text": "江川东路50弄", "kind": "address"}])
    assert "江川东路50弄" in talk.summary()
    assert "愿意留电话" not in talk.summary()


def test_a_matter_of_another_body_is_said_to_be_passed_on():
    talk = Conversation(Intake())
    wages = [{"code": "9001", "confidence": 0.9}]
    talk.hear("春申路工地欠我三个月工资", "report", categories=wages, locations=[{"text": "春申路", "kind": "road"}])
    assert "不归城市管理，登记后转给路灯管理所" in talk.summary()


def test_two_complete_problems_are_read_back_together_and_both_can_be_agreed_to():
    talk = Conversation(Intake())
    problems = [
        {"text": "银都路812弄门口路灯坏了", "categories": LIGHT, "locations": PLACE},
        {"text": "还有人飞线充电", "categories": [{"code": "1514", "confidence": 0.9}], "locations": []},
    ]
    said = talk.hear("银都路812弄门口路灯坏了 还有人飞线充电", "report", categories=LIGHT, problems=problems)
    assert said == ["utter_summary"]
    assert "另一件：飞线充电" in talk.summary()
    talk.hear("都报", "affirm")
    assert (talk.report.status, talk.report.both) == ("confirmed", True)


def test_yes_to_the_first_of_two_is_not_yes_to_the_second():
    talk = Conversation(Intake())
    problems = [
        {"text": "银都路812弄门口路灯坏了", "categories": LIGHT, "locations": PLACE},
        {"text": "还有人飞线充电", "categories": [{"code": "1514", "confidence": 0.9}], "locations": []},
    ]
    talk.hear("银都路812弄门口路灯坏了 还有人飞线充电", "report", categories=LIGHT, problems=problems)
    talk.hear("对", "affirm")
    assert (talk.report.status, talk.report.both) == ("confirmed", False)


# joining a similar case

NEAR = {**case(OTHERS), "is_open": True, "score": 90, "metres": 18}


def test_a_similar_open_case_is_told_with_number_and_state():
    talk = summarised(Intake(near=[NEAR]))
    assert "案件 556 677 889" in talk.summary()
    assert "处置中" in talk.summary()
    assert "加入" in [button["title"] for button in talk.messages[0]["buttons"]]


@pytest.mark.parametrize("text", ["加入", "那就加入吧", "我加入"])
def test_joining_follows_the_case_and_files_nothing(text):
    talk = summarised(intake := Intake(near=[NEAR]))
    assert talk.hear(text, "other") == ["utter_joined"]
    assert [(number, action) for number, action, _, _ in intake.done] == [(OTHERS, "follow"), (OTHERS, "supplement")]
    assert (talk.report.status, talk.slots["requested_slot"]) == ("joined", None)


def test_what_was_said_before_joining_goes_to_those_who_handle_the_case():
    talk = summarised(intake := Intake(near=[NEAR]))
    report = talk.report
    talk.hear("加入", "other")
    (added,) = [body for _, action, body, _ in intake.done if action == "supplement"]
    assert added["text"] == f"{report.matter}\n地点：{report.place}"


@pytest.mark.parametrize("text", ["对", "确认", "是的", "不加入，单独报", "好的"])
def test_everything_but_the_plain_word_files_an_own_case(text):
    talk = summarised(intake := Intake(near=[NEAR]))
    talk.hear(text, "affirm")
    assert intake.done == []
    assert talk.report.status in ("confirmed", "open")
    if "不" not in text:
        assert talk.report.status == "confirmed"


@pytest.mark.parametrize(
    "found", [{**NEAR, "is_open": False}, {**NEAR, "score": 20}, {**NEAR, "category": {"code": "1101", "name": "垃圾"}}]
)
def test_what_is_over_or_little_alike_is_not_told_of(found):
    assert "加入" not in summarised(Intake(near=[found])).summary()


def test_a_case_of_another_category_of_the_same_division_may_be_the_same():
    neighbour = {**NEAR, "category": {"code": "0116", "name": "路灯杆", "division": "公用设施"}}
    assert "加入" in summarised(Intake(near=[neighbour])).summary()


def test_ones_own_case_is_not_offered_for_joining():
    assert "加入" not in summarised(Intake(own=[case(OTHERS)], near=[NEAR])).summary()


# a photo's position


def test_a_photos_position_is_offered_as_the_place():
    where = {"lat": 31.11, "lng": 121.38, "precision": "road", "name": "莘松路", "text": "莘松路附近"}
    talk = Conversation(Intake(photo_place=where))
    talk.hear("/share_attachment", "share_attachment", entities={"id": "a1", "media_type": "image/jpeg"})
    assert talk.hear("路灯坏了", "report", categories=LIGHT) == ["utter_photo_place"]
    assert talk.messages[0]["place"] == "莘松路"
    assert talk.hear("对 就是这里", "affirm") == ["utter_summary"]
    assert (talk.report.position, talk.report.place) == ((31.11, 121.38), "莘松路")


def test_a_photos_position_that_is_not_the_place_is_let_go():
    where = {"lat": 31.11, "lng": 121.38, "precision": "road", "name": "莘松路", "text": "莘松路附近"}
    talk = Conversation(Intake(photo_place=where))
    talk.hear("/share_attachment", "share_attachment", entities={"id": "a1", "media_type": "image/jpeg"})
    talk.hear("路灯坏了", "report", categories=LIGHT)
    assert talk.hear("不是", "deny") == ["utter_where"]
    assert talk.hear("银都路812弄门口", "report", locations=PLACE) == ["utter_summary"]
    assert (talk.report.position, talk.report.place) == (None, "银都路812弄门口")


# afterwards


@pytest.mark.parametrize(
    "text", [f"{MINE}到哪一步了", "四八三 九二零 幺七九 怎么样了", "我昨天报的那个怎么样了", "查一下进度"]
)
def test_progress_is_told(text):
    talk = Conversation(Intake(own=[case()]))
    assert talk.hear(text, "ask_status") == ["utter_status"]
    assert "路灯管理所正在处理" in talk.messages[0]["status"]
    assert talk.slots["requested_slot"] is None


def test_of_several_cases_one_is_chosen():
    talk = Conversation(Intake(own=[case(MINE), case(OTHERS)]))
    assert talk.hear("我报的怎么样了", "ask_status") == ["utter_which_case"]
    assert len(talk.messages[0]["buttons"]) == 2
    assert talk.hear("第二个", "other") == ["utter_status"]
    assert "556 677 889" in talk.messages[0]["status"]


def test_somebody_elses_case_needs_the_phones_last_four_digits():
    talk = Conversation(intake := Intake(phones={OTHERS: "5678"}))
    assert talk.hear(f"{OTHERS} 办得怎么样了", "ask_status") == ["utter_ask_last_four"]
    assert talk.hear("1234", "other") == ["utter_ask_last_four_again"]
    assert talk.hear("尾号5678", "other") == ["utter_status"]
    assert talk.messages[0]["buttons"][0]["title"] == "结果也告诉我"
    assert intake.done == []


def test_wrong_digits_twice_end_it():
    talk = Conversation(Intake(phones={OTHERS: "5678"}))
    talk.hear(f"{OTHERS} 办得怎么样了", "ask_status")
    talk.hear("1234", "other")
    assert talk.hear("4321", "other") == ["utter_phone_does_not_fit"]
    assert talk.slots["errand"] is None


def test_urging_is_done_under_a_key_of_the_message():
    talk = Conversation(intake := Intake(own=[case()]))
    assert talk.hear("我昨天报的路灯快点啊", "urge") == ["utter_urged"]
    ((number, action, body, key),) = intake.done
    assert (number, action, body["channel_user"]) == (MINE, "urge", "c1")
    assert key.endswith("-urge")


def test_the_same_message_again_has_the_same_key():
    keys = []
    for _ in range(2):
        talk = Conversation(intake := Intake(own=[case()]))
        talk.hear("快点啊", "urge")
        keys.append(intake.done[0][3])
    assert keys[0] == keys[1]


def test_who_urged_lately_is_told_so():
    talk = Conversation(Intake(own=[case()], refuses=(422, "urged_lately", "您刚催办过，24 小时内不用再催。")))
    assert talk.hear("再催一下", "urge") == ["utter_not_urged"]
    assert "催办过" in talk.messages[0]["detail"]


def test_urging_without_a_case_takes_down_what_is_told_and_otherwise_asks_for_the_number():
    talk = Conversation(Intake())
    assert talk.hear("催一下", "urge") == ["utter_no_case_yet"]
    talk = Conversation(Intake())
    said = talk.hear("银都路812弄门口路灯坏了三天还没人来", "urge", categories=LIGHT, locations=PLACE)
    assert said == ["utter_summary"]


def test_a_problem_told_as_if_it_were_a_question_is_taken_down():
    talk = Conversation(Intake(own=[case()]))
    told = talk.hear("帮我看看 银都路812弄门口有人烧烤", "ask_status", locations=PLACE)
    assert told == ["utter_summary"]
    assert talk.report.matter == "银都路812弄门口有人烧烤"
    talk = Conversation(Intake(own=[case()]))
    assert talk.hear("银都路812弄门口那个有人来看过吗", "ask_status", locations=PLACE) == ["utter_status"]


def test_thanks_for_an_answer_do_not_file_the_question():
    talk = Conversation(Intake())
    talk.hear("行政服务中心星期六上班吗", "consult", locations=PLACE)
    assert talk.hear("好的谢谢", "thank") == ["utter_confirm_again"]
    talk.hear("报上去吧，谢谢", "affirm")
    assert talk.report.status == "confirmed"


def test_a_correction_after_filing_is_added_to_the_case():
    talk = Conversation(intake := Intake(own=[case()]), {"filed": [MINE]})
    assert talk.hear("刚才那个地址写错了", "deny") == ["utter_supplement_what"]
    assert talk.hear("应该是银都路821弄", "report", locations=[{"text": "银都路821弄", "kind": "address"}]) == [
        "utter_supplemented"
    ]
    assert intake.done[0][1] == "supplement"
    assert "821弄" in intake.done[0][2]["text"]


def test_a_photo_after_filing_is_asked_about():
    talk = Conversation(intake := Intake(own=[case()]), {"filed": [MINE]})
    photo = {"id": "a1", "media_type": "image/jpeg"}
    assert talk.hear("/share_attachment", "share_attachment", entities=photo) == ["utter_new_or_old"]
    assert talk.press("belongs", "old") == ["utter_supplemented"]
    assert intake.done[0][2]["attachments"] == ["a1"]
    talk.hear("/share_attachment", "share_attachment", entities={**photo, "id": "a2"})
    assert talk.press("belongs", "new") == ["utter_what_seen"]
    assert talk.report.attachments == ("a2",)


def test_a_withdrawal_is_done_when_it_is_agreed_to_only():
    talk = Conversation(intake := Intake(own=[case()]))
    assert talk.hear("昨天报的那个不用处理了", "withdraw") == ["utter_withdraw_why"]
    assert intake.done == []
    assert talk.hear("已经修好了", "other") == ["utter_withdrawn"]
    assert intake.done[0][2]["reason"] == "已经修好了"


def test_a_withdrawal_can_be_called_off():
    talk = Conversation(intake := Intake(own=[case()]))
    talk.hear("昨天报的那个撤了吧", "withdraw")
    assert talk.hear("算了 不撤了", "deny") == ["utter_not_withdrawn"]
    assert intake.done == []


def test_a_judgement_after_the_push_needs_grade_and_outcome():
    talk = Conversation(intake := Intake(own=[case(status="closed")]))
    talk.push("您反映的问题（案件 483 920 179）已经办结。")
    assert talk.hear("满意", "praise") == ["utter_ask_solved"]
    assert talk.press("solved", "yes") == ["utter_rated"]
    assert intake.done[0][1] == "rate"
    assert (intake.done[0][2]["grade"], intake.done[0][2]["solved"]) == ("satisfied", True)


def test_dissatisfaction_asks_what_is_wrong_and_reopening_is_said_only_if_it_was_asked_for():
    for asks, said in ((True, "utter_rated_reopening"), (False, "utter_rated_unhappy")):
        happened = [{"kind": "rated", "data": {"asks_reopening": asks}}]
        talk = Conversation(intake := Intake(own=[case(status="closed")], happened=happened))
        talk.push("您反映的问题（案件 483 920 179）已经办结。")
        assert talk.hear("还没修好", "report") == ["utter_ask_grade"]
        assert talk.press("grade", "dissatisfied") == ["utter_ask_fault"]
        assert talk.hear("灯还是一闪一闪的", "report") == [said]
        assert intake.done[0][2]["text"] == "灯还是一闪一闪的"


def test_an_open_case_is_not_judged():
    talk = Conversation(intake := Intake(own=[case()]))
    assert talk.hear("满意", "rate") == ["utter_not_closed_yet"]
    assert intake.done == []


def test_an_intake_that_is_away_is_said_so():
    talk = Conversation(Intake(down=True))
    assert talk.hear("我报的怎么样了", "ask_status") == ["utter_status_unreachable"]


# in the middle of a report


def test_progress_is_asked_for_in_the_middle_of_a_report_and_the_question_stands():
    talk = Conversation(Intake(own=[case()]))
    assert talk.hear("楼下垃圾没人清", "report", categories=[{"code": "1115", "confidence": 0.9}]) == ["utter_where"]
    assert talk.hear("我昨天报的路灯怎么样了", "ask_status") == ["utter_status", "utter_where_still"]
    assert talk.hear("银都路812弄门口", "report", locations=PLACE) == ["utter_summary"]
    assert "垃圾" in talk.summary()


def test_an_errand_gives_way_to_a_new_problem():
    talk = Conversation(Intake(own=[case(MINE), case(OTHERS)]))
    talk.hear("我报的怎么样了", "ask_status")
    assert talk.hear("银都路812弄门口路灯坏了", "report", categories=LIGHT, locations=PLACE) == ["utter_summary"]
    assert talk.slots["errand"] is None


# a person


def test_a_wish_for_a_person_keeps_the_report_and_marks_the_message():
    talk = summarised(Intake())
    assert talk.hear("转人工", "handoff") == ["utter_handoff"]
    assert talk.messages[0]["custom"] == {"handover": {"reason": "asked", "callback": False}}
    assert (talk.report.matter, talk.slots["requested_slot"]) == ("银都路812弄门口路灯坏了", None)


def test_two_turns_not_understood_bring_a_person():
    talk = Conversation(Intake())
    assert talk.hear("asdf", "other") == ["utter_what_next"]
    assert talk.hear("？？？", "other") == ["utter_handoff_not_understood"]
    assert talk.messages[0]["custom"]["handover"]["reason"] == "not_understood"


def test_small_talk_and_what_is_understood_do_not_count():
    talk = Conversation(Intake())
    talk.hear("asdf", "other")
    assert talk.hear("你好", "greet") == ["utter_greet"]
    assert talk.hear("qwer", "other") == ["utter_what_next"]
    assert talk.hear("今天天气真好啊", "other") == ["utter_what_next"]


def test_with_nobody_there_a_call_back_is_arranged():
    talk = Conversation(Intake())
    assert talk.hear("转人工", "handoff", metadata=AWAY) == ["utter_ask_call_back"]
    assert "11月26日 8:30" in talk.messages[0]["opens"]
    assert talk.hear("13812345678", "other", metadata=AWAY) == ["utter_call_back"]
    told = {"reason": "asked", "callback": True, "phone": "13812345678"}
    assert talk.messages[0]["custom"] == {"handover": told}


def test_a_call_back_without_a_phone_is_not_promised():
    talk = Conversation(Intake())
    talk.hear("转人工", "handoff", metadata=AWAY)
    assert talk.hear("不留", "deny", metadata=AWAY) == ["utter_no_call_back"]
    assert "custom" not in talk.messages[0] or not talk.messages[0]["custom"]


def test_a_phone_given_before_is_not_asked_for_again():
    talk = summarised(Intake())
    talk.hear("电话13812345678", "other")
    assert talk.hear("转人工", "handoff", metadata=AWAY) == ["utter_call_back"]


# a pause


def test_a_half_finished_report_is_offered_again_after_a_pause():
    talk = Conversation(Intake())
    talk.hear("楼下垃圾没人清", "report", categories=[{"code": "1115", "confidence": 0.9}])
    talk.now += 3600
    assert talk.hear("你好", "greet") == ["utter_resume"]
    assert talk.messages[0]["matter"] == "楼下垃圾没人清"
    assert talk.hear("继续", "affirm") == ["utter_where"]
    assert talk.hear("银都路812弄门口", "report", locations=PLACE) == ["utter_summary"]


def test_after_a_restart_of_the_session_it_is_offered_as_well():
    """What was said before is not in the tracker any more, the slots are."""
    talk = summarised(Intake())
    talk.events.clear()
    assert talk.hear("在吗", "greet") == ["utter_resume"]
    assert talk.hear("要的", "affirm") == ["utter_summary"]


def test_a_yes_long_after_the_summary_reads_it_back_once_more():
    talk = summarised(Intake())
    talk.now += 86400
    assert talk.hear("对", "affirm") == ["utter_resume"]
    assert talk.hear("对", "affirm") == ["utter_summary"]
    talk.hear("对", "affirm")
    assert talk.report.status == "confirmed"


def test_an_offered_report_can_be_dropped():
    talk = summarised(Intake())
    talk.now += 86400
    talk.hear("你好", "greet")
    assert talk.hear("不要了", "deny") == ["utter_cancelled"]
    assert talk.slots["requested_slot"] is None


def test_a_new_problem_after_a_pause_is_not_mixed_with_the_old_one():
    talk = Conversation(Intake())
    talk.hear("楼下垃圾没人清", "report", categories=[{"code": "1115", "confidence": 0.9}])
    talk.now += 7200
    said = talk.hear("银都路812弄门口路灯坏了", "report", categories=LIGHT, locations=PLACE)
    assert said == ["utter_resume_later", "utter_summary"]
    assert talk.report.matter == "银都路812弄门口路灯坏了"
    assert talk.report.second is not None
    assert talk.report.second.matter == "楼下垃圾没人清"


def test_the_place_asked_for_may_come_late():
    talk = Conversation(Intake())
    talk.hear("楼下垃圾没人清", "report", categories=[{"code": "1115", "confidence": 0.9}])
    talk.now += 7200
    assert talk.hear("银都路812弄门口", "other", locations=PLACE) == ["utter_summary"]


def test_a_report_that_was_kept_and_then_refused_is_told_of_with_the_next_answer():
    refused = IntakeRefused(422, {"code": "invalid", "errors": [{"pointer": "/description", "detail": "不能为空。"}]})
    talk = Conversation(Intake(), filing=Filing([("路灯不亮", refused)]))
    assert talk.hear("你好", "greet") == ["utter_not_filed_later", "utter_greet"]
    assert (talk.messages[0]["matter"], talk.messages[0]["why"]) == ("路灯不亮", "内容：不能为空")
    assert talk.hear("你好", "greet") == ["utter_greet"]


def test_a_report_that_was_refused_is_open_to_be_changed():
    talk = Conversation(Intake())
    report = Report(matter="路灯坏了", scores={"0115": 0.9}, place="银都路").to_slot()
    talk.slots = {"report": report, "taken_up": "refused"}
    assert talk.hear("对", "affirm") == []
    said = talk.hear("银都路812弄门口", "report", locations=PLACE, categories=LIGHT)
    assert said == ["utter_summary"]
    assert talk.slots["report"]["place"] == "银都路812弄门口"


ARTICLE = {
    "id": 7, "title": "反映的事情多久有答复", "answer": "一般几个工作日。", "source": "《办法》", "fit": "answer",
    "score": 80.0, "published_at": "2026-11-25T10:00:00+08:00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "act", "looked_up"),
    [
        ("这个多久能处理？", "consult", "反映的事情多久有答复"),
        ("要交钱吗？", "other", "反映问题要交钱吗"),
        ("电瓶车能在楼道里充电吗", "consult", "电瓶车能在楼道里充电吗"),
        ("会罚款吗？", "consult", "路灯坏了 会罚款吗？"),
    ],
)
def test_a_question_within_a_report_is_answered_and_the_report_goes_on(words, act, looked_up):
    talk = Conversation(Intake(articles=[ARTICLE]))
    assert talk.hear("路灯坏了", "report", categories=LIGHT) == ["utter_where"]
    assert talk.hear(words, act, categories=LIGHT) == ["utter_consult_answer", "utter_where_still"]
    assert talk.intake.looked_up == [looked_up]
    assert talk.messages[0]["answer"] == "一般几个工作日。\n（来源：《办法》；2026年11月25日更新）"
    assert talk.slots["report"]["matter"] == "路灯坏了"
    assert talk.hear("银都路812弄门口", "other", locations=PLACE) == ["utter_summary"]
    assert talk.hear(words, act) == ["utter_consult_answer", "utter_confirm_again"]
    assert talk.slots["report"]["status"] == "open"


def test_a_question_within_a_report_that_nothing_answers_is_said_to_have_no_answer():
    talk = Conversation(Intake())
    talk.hear("路灯坏了", "report", categories=LIGHT)
    assert talk.hear("会罚他多少钱？", "consult") == ["utter_passing_unknown", "utter_where_still"]
    assert talk.slots["report"]["matter"] == "路灯坏了"


@pytest.mark.parametrize(
    ("words", "act", "said"),
    [
        ("确认吗？", "other", ["utter_confirm_again"]),
        ("楼道里也堆满了东西，没人管吗？", "report", ["utter_summary"]),
        ("我的电话会不会告诉他们？", "consult", ["utter_privacy"]),
    ],
)
def test_what_is_no_question_to_the_knowledge_is_not_looked_up(words, act, said):
    talk = Conversation(Intake(articles=[ARTICLE]))
    talk.hear("银都路812弄门口路灯坏了", "report", categories=LIGHT, locations=PLACE)
    assert talk.hear(words, act, categories=LIGHT)[:1] == said
    assert talk.intake.looked_up == []


def test_a_question_in_english_is_shown_the_nearest_chinese_article_and_can_be_registered():
    talk = Conversation(Intake(articles=[ARTICLE | {"fit": "suggestion"}]))
    english = {"language": "en"}
    said = talk.hear("Do I need a licence for my dog?", "other", metadata=english)
    assert said == ["utter_consult_answer_en"]
    assert talk.intake.looked_up == ["登记 养犬"]
    assert "in Chinese only" in talk.messages[0]["answer"]
    assert "《办法》; updated 25 Nov 2026" in talk.messages[0]["answer"]
    assert [button["title"] for button in talk.messages[0]["buttons"]] == ["Solved", "Not solved, register"]
    assert talk.slots["consulted"]["text"] == "Do I need a licence for my dog?"


def test_a_question_in_english_that_nothing_answers_is_registered_and_said_to_be():
    talk = Conversation(Intake())
    said = talk.hear("How can I enrol my child in school?", "other", metadata={"language": "en"})
    assert said == ["utter_consult_unknown_en", "utter_summary_en"]
    assert talk.slots["report"]["act"] == "consult"


def test_how_long_it_takes_is_answered_in_an_english_report():
    talk = Conversation(Intake(articles=[ARTICLE]))
    english = {"language": "en"}
    talk.hear("The street light is broken", "other", metadata=english)
    said = talk.hear("How long will it take?", "other", metadata=english)
    assert said == ["utter_consult_answer_en", "utter_where_still_en"]


def test_a_report_taken_back_is_wanted_after_all_with_the_next_message_only():
    dropped = Report(matter="路灯坏了", scores={"0115": 0.9}, place="银都路", status="cancelled").to_slot()
    before = {"event": "bot", "text": "好的，这次没有上报任何内容。", "timestamp": 1000.0}
    talk = Conversation(Intake(), {"report": dropped}, [before])
    assert talk.hear("哎等等，还是报吧", "other") == ["utter_summary"]
    assert talk.slots["report"]["status"] == "open"
    talk = Conversation(Intake(), {"report": dropped}, [before])
    assert talk.hear("你好", "greet") == ["utter_greet"]
    assert talk.hear("还是报吧", "affirm") == ["utter_nothing_open"]


def test_a_problem_at_a_place_is_a_report_whatever_else_the_words_sound_like():
    talk = Conversation(Intake())
    said = talk.hear("银都路812弄昨天开始停水，哦不是昨天，前天", "deny", locations=PLACE)
    assert said == ["utter_summary"]
