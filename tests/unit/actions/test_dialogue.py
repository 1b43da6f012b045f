"""A report is taken down as by a good clerk."""

from __future__ import annotations

import pytest

from actions.dialogue import Report, hear, take_up
from actions.heard import Heard, Place, Problem

LIGHT = (("0115", 0.9), ("0116", 0.05))
GATE = Place("银都路812弄门口", "address")


def say(report: Report, text: str, act: str = "report", **heard) -> tuple[Report, list[str]]:
    turn = hear(report, Heard(text, act, **heard))
    return turn.report, [name for name, _ in turn.says]


def summary_of_a_broken_light() -> Report:
    report, said = say(Report(), "银都路812弄门口路灯坏了", categories=LIGHT, places=(GATE,))
    assert said == ["utter_summary"]
    return report


def test_one_message_with_everything_is_read_back_at_once():
    report = summary_of_a_broken_light()
    assert report.place == "银都路812弄门口"
    assert report.category == ("0115", 0.9 / 1.0)
    assert report.asked == "confirmed"


def test_yes_on_the_summary_confirms():
    for yes in ("对", "确认", "是的", "对 就这样", "好的报吧", "嗯嗯", "地方没错 报上去", "OK", "没问题"):
        report, said = say(summary_of_a_broken_light(), yes, "other")
        assert report.status == "confirmed", yes
        assert said == []


def test_no_on_the_summary_asks_what_is_wrong_and_files_nothing():
    report, said = say(summary_of_a_broken_light(), "不对", "deny")
    assert (report.status, said) == ("open", ["utter_what_is_wrong"])


def test_only_what_is_missing_is_asked_for():
    report, said = say(Report(), "楼下半夜有人烧烤 烟大得不敢开窗", categories=(("1509", 0.8),))
    assert said == ["utter_where"]
    report, said = say(report, "报春路216弄春申新苑北门口", places=(Place("报春路216弄春申新苑", "address"),))
    assert said == ["utter_summary"]
    assert report.place == "报春路216弄春申新苑北门口"
    assert report.matter == "楼下半夜有人烧烤 烟大得不敢开窗"


def test_a_place_that_no_model_knows_is_taken_in_the_residents_words():
    report, _ = say(Report(), "路灯坏了", categories=LIGHT)
    report, said = say(report, "阿婆面馆旁边那条巷", "other")
    assert (report.place, said) == ("阿婆面馆旁边那条巷", ["utter_summary"])


def test_more_about_the_matter_is_not_taken_for_a_place():
    report, _ = say(Report(), "厨房里一股味道", categories=(("1403", 0.8),))
    report, said = say(report, "窗开了 阀门也关了 还是有", categories=(("1403", 0.6),))
    assert report.place is None
    assert "阀门也关了" in report.matter
    assert said == ["utter_where_again"]


def test_who_cannot_say_where_is_asked_twice_at_most():
    report, _ = say(Report(), "路灯坏了", categories=LIGHT)
    report, said = say(report, "说不清楚", "other")
    assert said == ["utter_summary"]
    assert report.place_unknown


def test_a_correction_of_the_place_is_taken_at_the_summary():
    report, said = say(summary_of_a_broken_light(), "不对，是江川东路", "deny", places=(Place("江川东路", "road"),))
    assert (report.place, said) == ("江川东路", ["utter_summary"])


def test_a_phone_number_is_noted_at_any_time_and_is_never_needed():
    report, said = say(Report(), "13812345678", "other")
    assert (report.phone, said) == ("13812345678", ["utter_phone_noted", "utter_what"])
    report, said = say(summary_of_a_broken_light(), "不用留电话", "deny")
    assert report.phone_refused
    assert said == ["utter_phone_refused", "utter_summary"]
    report, said = say(summary_of_a_broken_light(), "对，我电话13812345678", "affirm")
    assert (report.status, report.phone) == ("confirmed", "13812345678")


def test_the_refusal_of_a_phone_is_no_refusal_of_the_report():
    report, _ = say(summary_of_a_broken_light(), "干嘛要电话 我不给", "deny")
    assert report.status == "open"
    report, _ = say(report, "报上去吧", "affirm")
    assert report.status == "confirmed"


def test_confidentiality_is_kept_with_the_report():
    report, said = say(summary_of_a_broken_light(), "匿名", "other")
    assert report.confidential
    assert "utter_confidential" in said


def test_what_is_taken_back_is_dropped():
    for words in ("算了 收旧货的拖走了 不报了", "取消", "先不报了"):
        report, said = say(summary_of_a_broken_light(), words, "withdraw")
        assert (report.status, said) == ("cancelled", ["utter_cancelled"]), words


def test_waiting_is_granted_without_nagging():
    report, said = say(summary_of_a_broken_light(), "等一下等一下", "other")
    assert (report.asked, said) == ("confirmed", ["utter_take_your_time"])


def test_a_photo_first_asks_what_and_where_and_stays_with_the_report():
    report, said = say(
        Report(), '/share_attachment{"id":"a1"}', "share_attachment", attachment=("a1", "image/jpeg"), button=True
    )
    assert said == ["utter_what_seen"]
    report, said = say(report, "救火车进来的路给车子堵死了", categories=(("1516", 0.8),))
    assert (report.attachments, said) == (("a1",), ["utter_where"])


def test_a_voice_message_is_kept_and_it_is_said_that_it_is_not_understood():
    _, said = say(Report(), "/share_attachment{}", "share_attachment", attachment=("v1", "audio/ogg"), button=True)
    assert said == ["utter_voice_noted", "utter_what"]


def test_a_voice_message_that_was_understood_is_answered_like_words_and_kept():
    report, said = say(
        Report(), "银都路812弄门口路灯坏了", categories=LIGHT, places=(GATE,), attachment=("v1", "audio/amr")
    )
    assert said == ["utter_summary"]
    assert report.attachments == ("v1",)


def test_a_position_from_the_map_is_a_place():
    report, _ = say(Report(), "路灯坏了", categories=LIGHT)
    report, said = say(report, "/share_location{}", "share_location", position=(31.1, 121.4, "南方商城"), button=True)
    assert (report.position, report.place, said) == ((31.1, 121.4), "南方商城", ["utter_summary"])


@pytest.mark.parametrize("words", ["电话不对", "手机号写错了", "号码错了", "我要改电话", "换个手机号", "电话要改一下"])
def test_a_wrong_phone_is_asked_for_again(words):
    report, _ = say(summary_of_a_broken_light(), "13800138000", "other")
    report, said = say(report, words, "deny")
    assert said == ["utter_new_phone"]
    again, said = say(report, "好的，13900139000", "affirm")
    assert (again.phone, again.status, said) == ("13900139000", "open", ["utter_phone_noted", "utter_summary"])
    broken, said = say(report, "1390013900", "other")
    assert (broken.asked, said) == ("new_phone", ["utter_phone_broken"])
    without, said = say(report, "不留了", "deny")
    assert (without.phone, without.phone_refused, said) == (None, True, ["utter_phone_refused", "utter_summary"])


def test_who_changes_the_phone_and_thinks_better_of_it_keeps_it():
    report, _ = say(summary_of_a_broken_light(), "13800138000", "other")
    report, _ = say(report, "/edit", "edit", edit="phone", button=True)
    report, said = say(report, "算了", "withdraw")
    assert (report.phone, report.status, said) == ("13800138000", "open", ["utter_summary"])


def test_a_place_told_when_the_phone_was_asked_for_is_a_place():
    report, _ = say(summary_of_a_broken_light(), "改电话", "other")
    report, said = say(report, "不对，是报春路216弄", "deny", places=(Place("报春路216弄", "address"),))
    assert (report.place, said) == ("报春路216弄", ["utter_summary"])


def test_a_pin_at_the_summary_replaces_a_wrong_address():
    report = summary_of_a_broken_light()
    labelled, said = say(report, "/share_location{}", "share_location", position=(31.1, 121.4, "南方商城"), button=True)
    assert (labelled.position, labelled.place, said) == ((31.1, 121.4), "南方商城", ["utter_summary"])
    bare, said = say(report, "/share_location{}", "share_location", position=(31.1, 121.4, ""), button=True)
    # no words of the old address are left beside the new position: the intake names it
    assert (bare.position, bare.place, bare.has_place, said) == ((31.1, 121.4), None, True, ["utter_summary"])


def test_a_bare_pin_after_the_wish_to_change_the_place_replaces_it():
    report, said = say(summary_of_a_broken_light(), "/edit", "edit", edit="place", button=True)
    assert said == ["utter_new_where"]
    report, said = say(report, "/share_location{}", "share_location", position=(31.1, 121.4, ""), button=True)
    assert (report.position, report.place, said) == ((31.1, 121.4), None, ["utter_summary"])


def test_when_it_is_not_sure_it_asks_instead_of_guessing_but_only_once():
    unsure = (("0115", 0.3), ("0116", 0.28), ("0114", 0.2))
    report, said = say(Report(), "银都路812弄门口灯有问题", categories=unsure, places=(GATE,))
    assert said == ["utter_which"]
    chosen, said = say(report, "第二个", "other")
    assert (chosen.category, said) == (("0116", 1.0), ["utter_summary"])
    report, said = say(report, "随便", "other")
    assert said == ["utter_summary"]


def test_danger_to_life_is_answered_first_and_warned_of_once():
    report, said = say(Report(), "灶台边上煤气味道很重 很浓", "emergency", categories=(("1403", 0.9),))
    assert said == ["utter_emergency_gas", "utter_where"]
    assert report.act == "emergency"
    report, said = say(report, "平阳路1515弄 快点", "emergency", places=(Place("平阳路1515弄", "address"),))
    assert said == ["utter_summary"]


def test_a_question_about_privacy_is_answered_and_the_question_stands():
    report, _ = say(Report(), "要举报一家便利店卖过期面包", categories=(("9004", 0.8),))
    after, said = say(report, "老板会知道是我说的吗", "consult")
    assert said == ["utter_privacy", "utter_where_still"]
    assert after == report


def test_a_report_goes_to_the_tracker_and_back():
    report = summary_of_a_broken_light()
    assert Report.from_slot(report.to_slot()) == report
    assert Report.from_slot(None) == Report()
    assert Report.from_slot({"matter": "x", "of_another_version": 1}).matter == "x"


def test_a_house_number_is_corrected_in_passing():
    report, said = say(summary_of_a_broken_light(), "不对 是218弄 我打错了", "deny")
    assert (report.place, said) == ("银都路218弄门口", ["utter_summary"])


def test_another_matter_is_taken_from_a_denial():
    lights = (("0201", 0.8),)
    report, said = say(summary_of_a_broken_light(), "我说的不是路灯 是红绿灯不亮", "deny", categories=lights)
    assert (report.category, said) == (("0201", 0.8), ["utter_summary"])
    assert "红绿灯" in report.matter


def test_a_place_that_was_unknown_can_be_told_at_the_summary():
    report, _ = say(Report(), "有人往河里倒污水", categories=(("1117", 0.8),))
    report, _ = say(report, "我也说不清那里叫什么", "other")
    report, said = say(report, "就化工厂后头一条小河浜边上", "other")
    assert (report.place, said) == ("化工厂后头一条小河浜边上", ["utter_summary"])


def test_words_about_contact_alone_change_nothing_else():
    report, _ = say(summary_of_a_broken_light(), "匿名", "other")
    report, said = say(report, "匿名 什么都不留", "deny")
    assert said == ["utter_phone_refused", "utter_confirm_again"]
    report, _ = say(summary_of_a_broken_light(), "不留!!!留了有屁用", "deny")
    assert report.phone_refused


def test_a_report_is_not_dropped_on_a_guess():
    report, _ = say(Report(), "楼上把房子隔成八间", categories=(("1709", 0.8),))
    after, said = say(report, "我报了他会知道是我讲的吗", "withdraw", confidence=0.6)
    assert (after.status, said) == ("open", ["utter_privacy", "utter_where_still"])


def test_of_two_problems_in_one_message_the_first_is_taken_down_and_the_second_kept():
    both = (
        Problem("银都路812弄门口路灯坏了", LIGHT, (GATE,)),
        Problem("还有垃圾三天没人清", (("1115", 0.9),), ()),
    )
    report, said = say(Report(), "银都路812弄门口路灯坏了 还有垃圾三天没人清", categories=LIGHT, problems=both)
    assert said == ["utter_summary"]
    assert report.matter == "银都路812弄门口路灯坏了"
    second = take_up(Report.from_slot(report.later), second=True)
    assert [name for name, _ in second.says] == ["utter_second", "utter_summary"]
    assert (second.report.place, second.report.category) == (GATE.text, ("1115", 0.9))


def test_more_about_a_matter_that_was_read_back_does_not_open_the_question_of_what_it_is():
    report = summary_of_a_broken_light()
    report, said = say(
        report, "还有就是旁边也黑 说不清是哪一根", categories=(("0116", 0.9), ("0117", 0.9), ("0115", 0.1))
    )
    assert report.category is not None
    assert (report.category[0], said) == ("0115", ["utter_summary"])


def test_a_link_or_markup_is_not_heard_but_kept_in_the_description():
    typed = "银都路812弄门口路灯坏了 https://t.cn/13812345678"
    report, said = say(Report(), typed, categories=LIGHT, places=(GATE,))
    assert (report.matter, report.phone, said) == (typed, None, ["utter_summary"])


def test_a_matter_dropped_for_another_is_not_taken_for_its_place():
    for words, act in (("算了，有人在楼道充电", "withdraw"), ("先不报了，有人在楼道充电", "report")):
        report, _ = say(Report(phone="13812345678"), "路灯坏了", categories=LIGHT)
        report, said = say(report, words, act, categories=(("1514", 0.8),))
        assert (report.matter, report.place, report.status) == ("有人在楼道充电", None, "open"), words
        assert (report.category, report.phone) == (("1514", 0.8), "13812345678")
        assert said == ["utter_first_cancelled", "utter_where"]


def test_dropping_a_matter_with_a_reason_drops_it():
    report, _ = say(Report(), "路灯坏了", categories=LIGHT)
    report, said = say(report, "算了，反正没人管", "withdraw", categories=(("0115", 0.8),))
    assert (report.status, said) == ("cancelled", ["utter_cancelled"])


def test_trouble_told_in_answer_to_where_is_no_place():
    report, _ = say(Report(), "路灯坏了", categories=LIGHT)
    for _ in range(2):
        report, _ = say(report, "有人在楼道充电", "report", categories=(("1514", 0.8),))
    assert report.place is None
    assert "有人在楼道充电" in report.matter


def test_a_place_told_by_the_trouble_there_is_one():
    report, _ = say(Report(), "路灯坏了", categories=LIGHT)
    report, _ = say(report, "灯坏掉的那个路口", "other")
    assert report.place == "灯坏掉的那个路口"


def test_a_question_on_the_summary_is_no_consent_and_files_nothing():
    for asked in ("这样就报上去了吗？", "报上去没问题吗"):
        report, said = say(summary_of_a_broken_light(), asked, "affirm")
        assert (report.status, said) == ("open", ["utter_confirm_again"]), asked


def test_whose_number_it_is_belongs_to_the_number_and_to_nothing_else():
    report, said = say(summary_of_a_broken_light(), "打我老婆的吧139 1234 5678", "emergency")
    assert (report.phone, report.matter) == ("13912345678", "银都路812弄门口路灯坏了")
    assert "utter_emergency_crime" not in said
    report, _ = say(summary_of_a_broken_light(), "幺三八一二三四五六七八", "other")
    assert (report.phone, report.matter) == ("13812345678", "银都路812弄门口路灯坏了")


def test_a_number_and_a_place_say_no_problem_yet():
    report, said = say(Report(), "13812345678 银都路812弄门口", categories=(("1601", 0.3),), places=(GATE,))
    assert (report.matter, report.phone, said) == ("", "13812345678", ["utter_phone_noted", "utter_what"])


def test_small_talk_is_not_taken_for_the_problem_that_was_asked_for():
    report, _ = say(Report(), "银都路812弄门口", "report", places=(GATE,))
    for act in ("other", "praise"):
        report, said = say(report, "今天天气不错", act)
        assert (report.matter, report.asked) == ("", "matter")
        assert said == ["utter_small_talk", "utter_what_still"]


def test_where_the_resident_points_is_asked_about_once_more():
    report, _ = say(Report(), "树倒了", categories=(("0501", 0.9),))
    report, said = say(report, "就那边", "other")
    assert (report.place, said) == (None, ["utter_where_again"])


def test_a_problem_told_beside_the_place_is_kept():
    report, _ = say(Report(), "井盖没了", categories=(("0101", 0.9),))
    report, _ = say(report, "路灯坏了 银都路812弄门口", categories=LIGHT, places=(GATE,))
    assert "路灯坏了" in report.matter


def test_an_answer_with_several_places_is_kept_whole():
    report, _ = say(Report(), "路灯坏了", categories=LIGHT)
    places = (Place("莲花南路", "road"), Place("银都路", "road"), Place("加油站对面", "poi"))
    report, _ = say(report, "莲花南路，靠近银都路，就是那个加油站对面", "other", places=places)
    assert report.place == "莲花南路，靠近银都路，就是那个加油站对面"


def test_of_two_problems_the_one_that_is_dropped_by_name_goes():
    both = (Problem("银都路812弄门口路灯坏了", LIGHT, (GATE,)), Problem("垃圾桶也满了没人清", (("0202", 0.9),), ()))
    report, _ = say(Report(), "银都路812弄门口路灯坏了，另外垃圾桶也满了没人清", categories=LIGHT, problems=both)
    kept, said = say(report, "先报路灯，垃圾算了", "withdraw")
    assert (kept.status, kept.later, kept.matter) == ("open", None, "银都路812弄门口路灯坏了")
    assert said == ["utter_summary"]


def test_what_is_right_instead_changes_the_type_when_it_is_sure():
    report, said = say(
        summary_of_a_broken_light(), "类别不对，不是路灯，是垃圾没人扫", "report", categories=(("1115", 0.8),)
    )
    assert (report.category[0], said) == ("1115", ["utter_summary"])
    report, _ = say(summary_of_a_broken_light(), "不对，这里说得不太清楚", "deny", categories=(("1115", 0.2),))
    assert report.category[0] == "0115"
