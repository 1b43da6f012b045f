"""When a person of the city takes over, and what the gateway is told of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from actions.heard import Heard
from bot.language.contact import find_phone

MOST_MISSES = 2
"""So many turns in a row that were not understood bring a person."""
SURE_OF_ACT = 0.5
"""Confidence from which a wish for a person is believed without its plain words."""

_CHINA = timezone(timedelta(hours=8))
_PERSON = re.compile(r"(人工|真人|活人|换人|换个人|客服|话务员|接线员|转接|找个人|来个人)")
_NOT_A_PERSON = re.compile(r"(不|别|无需|唔)(?:用|要|需|想|必)?(?:转|找|接)?(?:人工|真人|客服)")
_SMALL_TALK = re.compile(
    r"(天气|吃饭|吃了|笑话|唱|背.{0,4}诗|你是谁|你叫|叫什么|名字|机器人|真人|几岁|多大|哪里人|聊|哈哈|呵呵|嘿嘿|嘻嘻|晚安|早安|早上好|下午好|晚上好"
    r"|无聊|在吗|在不在|在么|喂|测试|能收到|讲话|说话|男的|女的|结婚|股票|彩票|足球|游戏|电影|你好|谢|辛苦|等|稍|慢|想想|看看|厉害|聪明|真好|不错|可爱|笨|傻|有人吗)"
)


@dataclass(frozen=True)
class People:
    """Whether people are at the desk now, and when they will be (ISO time)."""

    staffed: bool = True
    opens_at: str | None = None


def people_of(metadata: dict[str, Any] | None) -> People:
    """What the gateway says with a message about the people at the desk; nothing said means that they are there."""
    told = (metadata or {}).get("people")
    if not isinstance(told, dict):
        return People()
    opens_at = told.get("opens_at")
    return People(bool(told.get("staffed", True)), str(opens_at) if opens_at else None)


def opening_words(people: People) -> str:
    """When people are there again, as it is said; empty when it is not known."""
    if not people.opens_at:
        return ""
    try:
        opens = datetime.fromisoformat(people.opens_at.replace("Z", "+00:00")).astimezone(_CHINA)
    except ValueError:
        return ""
    return f"{opens.month}月{opens.day}日 {opens.hour}:{opens.minute:02d}"


def marker(reason: str, *, phone: str | None = None, call_back: bool = False) -> dict[str, Any]:
    """What makes the gateway give the conversation to a person. ``reason``: asked, not_understood."""
    told: dict[str, Any] = {"reason": reason, "callback": call_back}
    if phone:
        told["phone"] = phone
    return {"handover": told}


def wants_a_person(heard: Heard) -> bool:
    """Whether the resident asks for a human being."""
    words = heard.words
    if words and (_NOT_A_PERSON.search(words)):
        return False
    if heard.act != "handoff":
        return bool(
            re.fullmatch(r"(?:请|帮我|我要|要|给我|麻烦)*(?:转|接|找)?(?:一下)?人工(?:客服|服务|坐席)?[。！!]*", words)
        )
    return heard.button or bool(_PERSON.search(words)) or (heard.confidence >= SURE_OF_ACT and not find_phone(words))


def is_small_talk(words: str) -> bool:
    """Whether words that nothing can be done with are talk among people rather than something not understood."""
    return bool(_SMALL_TALK.search(words))
