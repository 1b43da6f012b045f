"""Danger to life is noticed when it is there now, not when it is past, feared or asked about."""

import json
from pathlib import Path

import pytest

from bot.language.danger import danger_now, grave, signs_of_danger, urgent

HELD_OUT = Path(__file__).resolve().parents[2] / "data" / "danger_heldout.jsonl"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("三楼着火了快来人", "fire"),
        ("灶台边上煤气味道很重 很浓", "gas"),
        ("有個小孩掉進河裡了", "injury"),
        ("有个男的拎着菜刀满街追", "crime"),
        ("工地脚手架倒了压到人了", "collapse"),
        ("电线掉下来把人电倒了", "injury"),
        # smoke and fire, smells that make ill
        ("楼道全是烟 我们下不去", "fire"),
        ("厨房油锅烧起来了", "fire"),
        ("屋里一股臭鸡蛋味 头晕想吐", "gas"),
        ("冷库漏氨了 工人在里面", "gas"),
        ("烧炭的三个人叫不醒", "gas"),
        # water, heights, lifts, electricity
        ("有人落水了", "injury"),
        ("孩子从窗台翻出去了", "injury"),
        ("電梯往下掉 裡面有人", "injury"),
        ("高压线掉在水里", "injury"),
        # the ill and the hurt
        ("老人昏迷不醒", "injury"),
        ("孕妇破水了", "injury"),
        ("大狗咬住小孩不放", "injury"),
        ("车翻沟里了 人还没出来", "injury"),
        # lives taken
        ("有个女的站在天台上要跳", "injury"),
        ("我割腕了", "injury"),
        ("门外有人拿斧头砸门 我躲在厕所", "crime"),
        ("有人抢了我的包", "crime"),
        ("小偷还在屋里", "crime"),
        ("他在家暴 打老婆", "crime"),
        # buried
        ("基坑塌方埋了两个人", "collapse"),
        ("泥石流来了", "collapse"),
        # as it is said elsewhere
        ("火燭呀 快啲", "fire"),
        ("阿婆跌落坑渠", "injury"),
    ],
)
def test_danger_now_is_noticed(text, kind):
    assert danger_now(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "去年这里起火过，消防通道还是堵的",
        "燃气什么时候能开通",
        "楼道里停电动车，万一着火怎么办",
        "小区消防演习太吵",
        "路灯不亮晚上吓死人",
        "110报过警没人管",
        "天然气价格怎么又涨了",
        "燃气灶打不着火 客服不管",
        "路边烧烤像着火一样",
        "电梯上个月关过人",
        "井盖没了 快补上 免得有人掉下去",
        "烂尾楼逼得我们要跳楼",
        "真烧起来谁来救",
        "上周被狗咬了 狗主人不赔",
        "工地吊车从头顶过 怕掉下来砸到人",
    ],
)
def test_past_feared_and_asked_about_is_no_emergency(text):
    assert danger_now(text) is None


@pytest.mark.parametrize(
    ("text", "is_grave"),
    [
        ("老人倒在地上 喊不应", True),
        ("三个人下井 都没声了", True),
        ("面包车翻进沟里了", True),
        ("河堤决口了", True),
        ("井盖坏了", False),
        ("去年有人掉进井里", False),
        ("怕有人掉下去", False),
    ],
)
def test_what_no_complaint_says_is_grave(text, is_grave):
    assert grave(text) is is_grave


def test_a_call_for_help_is_urgent_and_a_request_is_not():
    assert urgent("快来人啊")
    assert urgent("救命")
    assert not urgent("请派人来修")


def test_the_signs_tell_what_is_said_and_when():
    assert signs_of_danger("三楼着火了快来人") == ["fire", "kinds:now"]
    assert "kinds:not-now" in signs_of_danger("去年着火了")
    assert signs_of_danger("公交几点来") == ["none:open"]
    assert signs_of_danger("井里冒水") == ["hint:open"]


def test_most_emergencies_of_the_held_out_messages_speak_of_danger_now_and_few_others_do():
    lines = [json.loads(line) for line in HELD_OUT.read_text(encoding="utf-8").splitlines()]
    noticed = [danger_now(line["text"]) is not None for line in lines if line["act"] == "emergency"]
    alarms = [danger_now(line["text"]) is not None for line in lines if line["act"] != "emergency"]
    assert len(noticed) == 80
    assert sum(noticed) >= 0.85 * len(noticed)
    assert sum(alarms) <= 0.15 * len(alarms)
