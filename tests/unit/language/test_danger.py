"""Danger to life is noticed when it is there now, not when it is past, feared or asked about."""

import pytest

from bot.language.danger import danger_now


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("三楼着火了快来人", "fire"),
        ("厨房里一股煤气味 很浓", "gas"),
        ("有個小孩掉進河裡了", "injury"),
        ("有人拿刀在追人", "crime"),
        ("工地脚手架倒了压到人了", "collapse"),
        ("电线掉下来把人电倒了", "injury"),
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
    ],
)
def test_past_feared_and_asked_about_is_no_emergency(text):
    assert danger_now(text) is None
