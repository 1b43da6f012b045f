"""What residents want of their filed cases is understood in many phrasings, and nothing is done that was not said."""

from __future__ import annotations

import pytest

from actions.errand import CALL_BACK, RATE, STATUS, SUPPLEMENT, URGE, WITHDRAW, Errand, answer, begin
from actions.heard import Heard
from actions.opinion import grade_of, solved_of
from bot.language.check_digit import check_digit

NUMBER = "48392017" + str(check_digit("48392017"))
OTHER = "55667788" + str(check_digit("55667788"))


def heard(text: str, act: str = "other", **more) -> Heard:
    return Heard(text, act, **more)


def chosen(what: str, value: str) -> Heard:
    return Heard("/choose{}", "choose", choice=(what, value), button=True)


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("非常满意", "very_satisfied"),
        ("很满意，辛苦了", "very_satisfied"),
        ("五星好评", "very_satisfied"),
        ("满意", "satisfied"),
        ("滿意", "satisfied"),
        ("修得不错", "satisfied"),
        ("基本满意吧", "fairly_satisfied"),
        ("一般般", "fairly_satisfied"),
        ("还行", "fairly_satisfied"),
        ("不满意", "dissatisfied"),
        ("唔满意", "dissatisfied"),
        ("阿拉勿满意", "dissatisfied"),
        ("糊弄人", "dissatisfied"),
        ("非常不满意！！", "very_dissatisfied"),
        ("太差了", "very_dissatisfied"),
        ("给你们打零分", "very_dissatisfied"),
        ("1", None),
        ("谢谢", None),
        ("什么时候修的", None),
    ],
)
def test_the_grade_is_heard(text, grade):
    assert grade_of(text) == grade


@pytest.mark.parametrize(
    ("text", "asked", "solved"),
    [
        ("修好了", False, True),
        ("解决了，谢谢", False, True),
        ("没解决", False, False),
        ("还没修好", False, False),
        ("根本没人来", False, False),
        ("还是老样子", False, False),
        ("又坏了", False, False),
        ("灯亮了", False, True),
        ("嗯", True, True),
        ("没有", True, False),
        ("嗯", False, None),
        ("满意", False, None),
    ],
)
def test_whether_it_is_solved_is_heard(text, asked, solved):
    assert solved_of(text, asked=asked) is solved


def test_the_number_is_taken_from_the_first_words():
    assert begin(STATUS, heard(f"{NUMBER[:3]} {NUMBER[3:6]} {NUMBER[6:]} 到哪一步了", "ask_status")).case_no == NUMBER
    assert begin(STATUS, heard("昨天那个井盖怎么样了", "ask_status")).case_no is None


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("刚才那个地址写错了", ""),
        ("刚才报的那个地址写错了，应该是银都路821弄", "银都路821弄"),
        ("我要补充一下", ""),
        ("刚才那个再补充一点：晚上更臭", "晚上更臭"),
        (f"编号{NUMBER}，补充：水更大了", "水更大了"),
        ("电话留错一位 最后是3不是8", "最后是3不是8"),
    ],
)
def test_what_is_to_be_added_is_told_from_that_something_is(text, content):
    words = begin(SUPPLEMENT, heard(text, "supplement")).words
    assert (content in words) if content else words == ""


def test_a_photo_and_a_position_are_additions():
    photo = begin(
        SUPPLEMENT, heard("/share_attachment", "share_attachment", attachment=("a1", "image/jpeg"), button=True)
    )
    assert photo.attachments == ("a1",)
    pin = begin(SUPPLEMENT, heard("/share_location", "share_location", position=(31.1, 121.4, "南方商城"), button=True))
    assert (pin.words, pin.position) == ("位置：南方商城", (31.1, 121.4))
    bare = begin(SUPPLEMENT, heard("/share_location", "share_location", position=(31.1, 121.4, ""), button=True))
    assert (bare.words, bare.position) == ("", (31.1, 121.4))


def asked_which() -> Errand:
    return Errand(STATUS, offered=(NUMBER, OTHER), asked="which", tries=1)


@pytest.mark.parametrize("text", ["第二个", "2", "第2件", "二", "最后那个", OTHER])
def test_one_of_several_is_chosen_by_words(text):
    answered = answer(asked_which(), heard(text))
    assert answered is not None
    assert (answered.case_no, answered.asked) == (OTHER, None)


def test_one_of_several_is_chosen_by_a_button():
    answered = answer(asked_which(), chosen("case", NUMBER))
    assert answered is not None
    assert answered.case_no == NUMBER


def test_the_choice_is_let_go_by_words_and_by_another_subject():
    assert answer(asked_which(), heard("算了")) is None
    assert answer(asked_which(), heard("楼道里又有人停电瓶车", "report")) is None
    unclear = answer(asked_which(), heard("嗯嗯啊"))
    assert unclear is not None
    assert unclear.asked == "which"


@pytest.mark.parametrize("text", ["5678", "尾号5678", "五六七八", "13812345678"])
def test_the_last_four_digits_are_taken(text):
    answered = answer(Errand(STATUS, case_no=NUMBER, asked="last_four"), heard(text))
    assert answered is not None
    assert (answered.last_four, answered.asked) == ("5678", None)


@pytest.mark.parametrize("text", ["不记得了", "没留电话", "算了", "忘了"])
def test_who_does_not_know_the_digits_is_not_pressed(text):
    assert answer(Errand(STATUS, case_no=NUMBER, asked="last_four"), heard(text)) is None


@pytest.mark.parametrize("text", ["确定", "是的 撤吧", "对", "撤销", "嗯 撤了吧", "好的"])
def test_a_withdrawal_is_agreed_to(text):
    answered = answer(Errand(WITHDRAW, case_no=NUMBER, asked="sure"), heard(text))
    assert answered is not None
    assert answered.sure


@pytest.mark.parametrize("text", ["不撤了", "先别撤", "还是留着吧", "不要", "算了不撤了"])
def test_a_withdrawal_is_called_off(text):
    answered = answer(Errand(WITHDRAW, case_no=NUMBER, asked="sure"), heard(text, "deny"))
    assert answered is not None
    assert (answered.dropped, answered.sure) == (True, False)


def test_a_reason_is_agreement_and_kept():
    answered = answer(Errand(WITHDRAW, case_no=NUMBER, asked="sure"), heard("他们已经修好了"))
    assert answered is not None
    assert (answered.sure, answered.words) == (True, "他们已经修好了")


def test_a_withdrawal_with_its_reason_still_has_to_be_agreed_to():
    errand = begin(WITHDRAW, heard("那个路灯已经修好了 撤掉吧", "withdraw"))
    assert "修好" in errand.words
    assert not errand.sure


def test_a_judgement_says_grade_and_outcome_in_one_go():
    errand = begin(RATE, heard("修好了 非常满意", "rate"))
    assert (errand.grade, errand.solved) == ("very_satisfied", True)
    errand = begin(RATE, heard("不满意，还是漏，师傅来看了一眼就走了", "rate"))
    assert (errand.grade, errand.solved) == ("dissatisfied", False)
    assert "看了一眼" in errand.words


def test_the_grade_is_chosen_and_a_bare_number_is_asked_about_again():
    asked = Errand(RATE, case_no=NUMBER, asked="grade", tries=1)
    answered = answer(asked, chosen("grade", "fairly_satisfied"))
    assert answered is not None
    assert (answered.grade, answered.asked) == ("fairly_satisfied", None)
    unclear = answer(asked, heard("1", "rate"))
    assert unclear is not None
    assert unclear.asked == "grade"


def test_what_was_wrong_may_be_left_unsaid():
    asked = Errand(RATE, case_no=NUMBER, asked="fault", grade="dissatisfied", solved=False)
    for text, words in (("不说了", ""), ("盖子还是响", "盖子还是响")):
        answered = answer(asked, heard(text))
        assert answered is not None
        assert (answered.sure, answered.words) == (True, words)


def test_a_call_back_has_a_phone_or_none():
    asked = Errand(CALL_BACK, asked="phone")
    answered = answer(asked, heard("13812345678"))
    assert answered is not None
    assert (answered.words, answered.asked) == ("13812345678", None)
    for text in ("不留", "不方便", "算了"):
        refused = answer(asked, heard(text))
        assert refused is not None
        assert (refused.words, refused.asked) == ("", None)


def test_an_errand_goes_to_the_tracker_and_back():
    errand = begin(URGE, heard(f"{NUMBER} 快点", "urge"))
    assert Errand.from_slot(errand.to_slot()) == errand
    assert Errand.from_slot(None) is None
    assert Errand.from_slot({"kind": "status", "of_another_version": 1}) == Errand(STATUS)
