"""A question that is put while a report is being taken down: 这个多久能处理？ It is answered, and the form goes on."""

from __future__ import annotations

import re

from actions.dialogue import Report, asks_about_privacy
from actions.english_questions import in_chinese
from actions.hand_over import is_small_talk
from actions.heard import Heard
from bot.language.trouble import tells_trouble

_LONGEST = 40
_SHORTEST_OWN = 2
"""Characters above which a question says itself what it is about."""
_ASKS = re.compile(
    r"[?？]\s*$|[吗么]\s*[。！!~～]*$|多久|多长时间|几天|几点|什么时候|啥时候|多少钱|怎么收费|归谁|谁来|哪个部门|怎么办理|"
    r"(?:能不能|可不可以|要不要|会不会|是不是|有没有).{2,}"
)
_ABOUT_HOW_IT_GOES = re.compile(r"多久|多长时间|几天|什么时候|啥时候|钱|费|谁|部门|单位|规定|违法|手续|怎么办理|罚")
_NO_QUESTION = re.compile(
    r"^(?:你|您|请)?(?:是|说|问)?(?:对|确认|是|可以|行|好|提交|报)(?:了|的)?[吗么吧][?？]?$|在吗|人呢|听到"
)
# what asks how the report itself goes on has nothing else to be about
_OF_THE_REPORT = re.compile(
    r"这个|这件事?|这事|这种|那个|我报的|我的|你们|大概|一般|大约|到底|请问|那|得|要|能|会|可以|是不是|有没有|"
    r"多久|多长时间|几天|什么时候|啥时候|多少|钱|收费|费用|费|交|付|免|才|来人|有人|派人|来|去|处理|解决|修好|修|弄好|办好|办|搞定|"
    r"有?结果|答复|回复|看|管|好|了|的|吗|么|呢|啊|吧|[\s,，。.!！?？~～]"
)
_ASKS_WHETHER = re.compile(r"(?:能|可以|允许|可不可以|合法|违法|违规).*[吗么?？]")
_TIME = re.compile(r"多久|多长时间|几天|什么时候|啥时候")
_COST = re.compile(r"钱|费|免")
_VAGUE_PLACES = frozenset({"town", "metro"})
_ANSWERS = frozenset(
    {"emergency", "handoff", "withdraw", "affirm", "deny", "greet", "thank", "rate", "suggest", "urge"}
)


def question(report: Report, heard: Heard, *, english: bool) -> str | None:
    """What to look up in the knowledge base for a message that asks something in passing; None for all others."""
    words = heard.words
    if not words or not report.matter or report.asked in (None, "new_matter", "resume"):
        return None
    named = any(place.kind not in _VAGUE_PLACES for place in heard.places)
    if heard.act in _ANSWERS or named or heard.problems:
        return None
    if english:
        return in_chinese(words) or None if heard.act == "consult" else None
    if len(words) > _LONGEST or not _ASKS.search(words) or _NO_QUESTION.search(words):
        return None
    if (tells_trouble(words) and not _ASKS_WHETHER.search(words)) or is_small_talk(words) or asks_about_privacy(words):
        return None
    own = _OF_THE_REPORT.sub("", words)
    if 0 < len(own) <= _SHORTEST_OWN:  # 会罚款吗: in a case like this
        return f"{report.matter[:_LONGEST]} {words}"
    if own:
        return words
    # asked of the report itself: as the knowledge base has it
    if _TIME.search(words):
        return "反映的事情多久有答复"
    return "反映问题要交钱吗" if _COST.search(words) else None


def is_plainly_asked(heard: Heard) -> bool:
    """Whether the message is a question even if nothing answers it."""
    return heard.act == "consult" or bool(_ABOUT_HOW_IT_GOES.search(heard.words))
