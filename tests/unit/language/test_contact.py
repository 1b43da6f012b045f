"""Telephone numbers are found in all their forms, and nobody is pressed for one."""

import pytest

from bot.language.contact import find_phone, looks_like_broken_phone, refuses_phone, wants_anonymity


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("13812345678", "13812345678"),
        ("我电话138 1234 5678谢谢", "13812345678"),
        ("+86 13812345678", "13812345678"),
        ("一三八一二三四五六七八", "13812345678"),
        ("幺三八幺二三四五六七八", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("座机021-64123456转802", "021-64123456-802"),
        ("64123456", "64123456"),
        ("沪闵路6088号", None),
        ("1381234567", None),
        ("案件483920175", None),
    ],
)
def test_phones_are_found(text, phone):
    assert find_phone(text) == phone


@pytest.mark.parametrize(
    "text",
    [
        "不用留电话",
        "不留",
        "干嘛要电话 我不给",
        "匿名",
        "电话就不留了吧",
        "不方便给号码",
        "不想留联系方式",
        "没有电话",
        "我不给手机号",
    ],
)
def test_a_number_can_be_refused_in_any_words(text):
    assert refuses_phone(text)


@pytest.mark.parametrize("text", ["对 就这样", "不是这个地方", "路灯不亮", "13812345678 不要给别人", "地址不对"])
def test_what_is_no_refusal_is_not_taken_for_one(text):
    assert not refuses_phone(text)


def test_a_number_with_a_digit_missing_is_noticed():
    assert looks_like_broken_phone("1381234567")
    assert looks_like_broken_phone("我手机138123456789")
    assert not looks_like_broken_phone("13812345678")


@pytest.mark.parametrize("text", ["匿名", "请替我保密", "别让物业知道是我反映的", "不要告诉他们是谁举报的"])
def test_a_wish_for_confidentiality_is_heard(text):
    assert wants_anonymity(text)
