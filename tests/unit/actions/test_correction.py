"""What residents put right while they speak, and when they hear it read back."""

from __future__ import annotations

import pytest

from actions.correction import in_one_breath, number_and_name, says_more
from actions.dialogue import Report, hear
from actions.heard import Heard, Place, Problem

LIGHT = (("0115", 0.9),)


@pytest.mark.parametrize(
    ("text", "place", "meant"),
    [
        ("银都路812弄，不对，是821弄门口路灯坏了", "银都路812弄", "银都路821弄"),
        ("银都路812弄，哦说错了 应该是821弄，路灯坏了", "银都路812弄", "银都路821弄"),
        ("都市路399弄5号，呃不是，8号，楼道灯不亮", "都市路399弄5号", "都市路399弄8号"),
        ("银都路812弄和821弄的路灯都坏了", "银都路812弄", "银都路812弄"),
    ],
)
def test_a_number_taken_back_while_speaking_is_not_the_place(text, place, meant):
    heard = in_one_breath(Heard(text, "report", places=(Place(place, "address"),)))
    assert heard.places[0].text == meant


def test_a_place_taken_back_while_speaking_is_not_the_place():
    places = (Place("春申路", "road"), Place("沪闵路", "road"))
    heard = in_one_breath(Heard("春申路，不对，沪闵路上有个坑", "report", places=places))
    assert [place.text for place in heard.places] == ["沪闵路"]
    both = in_one_breath(Heard("春申路到沪闵路都有坑", "report", places=places))
    assert len(both.places) == 2


def test_a_number_and_a_name_put_right_together_are_both_kept():
    name = (Place("上海花园", "estate"),)
    assert number_and_name("罗锦路588弄", "不对，是777弄，上海花园", name) == "罗锦路777弄 上海花园"
    assert number_and_name("罗锦路588弄", "不对，是上海花园", name) is None


def test_a_road_tells_more_than_a_town_and_a_house_more_than_a_road():
    assert says_more("town", "road")
    assert says_more("road", "address")
    assert not says_more("address", "road")
    assert not says_more("road", "town")


def read_back(text: str = "春都路有个大坑", code: str = "1601", kind: str = "road") -> Report:
    return hear(Report(), Heard(text, "report", categories=((code, 0.9),), places=(Place(text[:3], kind),))).report


def test_another_matter_instead_is_taken_down_alone():
    heard = Heard(
        "那个坑填了 那我报另一个 春都路路灯两盏不亮", "report", categories=LIGHT, places=(Place("春都路", "road"),)
    )
    report = hear(read_back(), heard).report
    assert (report.matter, report.category) == ("春都路路灯两盏不亮", ("0115", 0.9))


def test_the_road_replaces_the_town_that_was_said_first():
    report = read_back("浦江镇路上有个坑", kind="town")
    report = hear(report, Heard("三鲁公路那边", "report", places=(Place("三鲁公路", "road"),))).report
    assert report.place == "三鲁公路"


@pytest.mark.parametrize("text", ["对 电话不用", "对，不留电话", "是的 电话就不留了", "嗯 不用电话 报吧"])
def test_yes_and_no_phone_in_one_message_confirm(text):
    assert hear(read_back(), Heard(text, "affirm")).report.status == "confirmed"


@pytest.mark.parametrize("text", ["知道了", "哦 好的 知道了", "明白了"])
def test_that_it_was_heard_is_not_agreement(text):
    assert hear(read_back(), Heard(text, "affirm")).report.status == "open"


@pytest.mark.parametrize("text", ["确认吗？我确认什么？", "对吗", "是的吗？", "对不起，对不起"])
def test_to_ask_back_or_to_be_sorry_is_not_agreement(text):
    assert hear(read_back(), Heard(text, "affirm")).report.status == "open"


@pytest.mark.parametrize("text", ["对，什么时候能修好？", "确认，快点可以吗", "是的"])
def test_a_question_about_something_else_leaves_the_agreement_standing(text):
    assert hear(read_back(), Heard(text, "affirm")).report.status == "confirmed"


def problems() -> Heard:
    first = Problem("银都路812弄下水道堵了", (("1114", 0.9),), (Place("银都路812弄", "address"),))
    return Heard("…", "report", problems=(first, Problem("还有垃圾没人清", (("1115", 0.9),), ())))


@pytest.mark.parametrize("text", ["垃圾算了，先弄下水道", "垃圾不用报", "只报第一个"])
def test_the_second_problem_can_be_waived(text):
    report = hear(Report(), problems()).report
    assert report.second is not None
    assert hear(report, Heard(text, "deny")).report.second is None


def test_what_is_asked_in_passing_is_no_second_problem():
    first = Problem("银都路812弄下水道堵了", (("1114", 0.9),), (Place("银都路812弄", "address"),))
    heard = Heard("…", "report", problems=(first, Problem("顺便问一句公园几点关门", (("0401", 0.9),), ())))
    assert hear(Report(), heard).report.second is None


def test_directions_to_the_place_do_not_change_what_it_is_about():
    report = hear(Report(), Heard("天桥栏杆松了", "report", categories=(("0203", 0.8),))).report
    answer = Heard(
        "锦江乐园知道吧 往地铁过去那座", "report", categories=(("1604", 0.5),), places=(Place("锦江乐园", "poi"),)
    )
    report = hear(report, answer).report
    assert report.category == ("0203", 0.8)
    assert report.asked == "confirmed"
