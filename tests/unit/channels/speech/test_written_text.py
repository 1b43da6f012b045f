"""Recognised text becomes text as residents and operators read it."""

from __future__ import annotations

import pytest

from channels.speech.written import is_lost, written


@pytest.mark.parametrize(
    ("recognised", "read"),
    [
        ("報春路轉角擺攤的越來越多了,推車都過不去。", "报春路转角摆摊的越来越多了，推车都过不去。"),
        ("江川路三百二十号门口", "江川路320号门口"),
        ("一千五百弄一直没人管", "1500弄一直没人管"),
        ("什么时候来修?急!", "什么时候来修？急！"),
        ("电话是12345, 谢谢", "电话是12345，谢谢"),
        ("长 1,200 米,宽 3.5 米", "长1,200米，宽3.5米"),
        ("以下是普通话的句子。路灯坏了", "路灯坏了"),
    ],
)
def test_it_is_simplified_and_punctuated_with_numbers_in_digits(recognised: str, read: str) -> None:
    assert written(recognised) == read


@pytest.mark.parametrize(
    "recognised",
    [
        "",
        " 。,",
        "以下是普通话的句子。",
        "谢谢观看",
        "字幕志愿者 杨茜茜",
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
    ],
)
def test_what_nobody_said_is_no_text(recognised: str) -> None:
    assert written(recognised) == ""


def test_what_a_resident_says_of_subscriptions_and_thanks_stays() -> None:
    assert written("谢谢大家的帮助") == "谢谢大家的帮助"
    assert written("我订阅的报纸没有送到") == "我订阅的报纸没有送到"


def test_a_model_that_lost_itself_is_noticed() -> None:
    assert is_lost("这个路灯" * 30, 6.0)
    assert not is_lost("春申塘桥头的栏杆断了两根，昨天还用绳子拦着", 2.0)


def test_who_repeats_himself_is_not_erased() -> None:
    assert not is_lost("着火了，快来人！" * 8, 10.0)
    assert not is_lost("路灯坏了一个月了没有人来修，" * 3, 9.0)
