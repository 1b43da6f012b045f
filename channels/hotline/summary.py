"""The complaint in one or two sentences of the caller's own words: nothing is said for them. Pure.

Clauses are weighed by what a department needs (the place, the thing, how bad it is, since when), and the best are put
together in the order in which they were said. Greetings, thanks and questions to the operator weigh nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.language.danger import signs_of_danger
from bot.language.hearing import THINGS, without_fillers
from bot.language.segments import cuts
from channels.hotline.form import Words
from channels.hotline.said import Clause, Said

LONGEST = 90
"""Characters of a summary."""
_SHORTEST = 2
_SMALL_TALK = re.compile(
    r"^(?:喂|你好|您好|你们好|早上好|下午好|晚上好|谢谢|谢谢你|麻烦|麻烦你|麻烦你了|辛苦了|再见|拜拜|好的|好|对|对的|是的|嗯|没有了|不用了|"
    r"是12345吗|是不是12345|请问|听得到吗|能听见吗|同志|师傅|小姐)[啊呀吗吧了的呢哦，,。！？!?\s]*$"
)
_FIRST_PERSON = re.compile(
    r"^(?:我(?:想|要)(?:反映|投诉|举报|说|问|咨询)(?:一下|个|一个)?(?:事情|问题|情况)?)[，,。！\s]*$"
)
_CONTACT = re.compile(r"(?:我|本人)(?:姓|叫|的?(?:电话|手机|号码))|\d{7,}")
WISH = re.compile(
    r"希望|要求|请(?:你们|您|尽快|派|帮)|麻烦(?:你们|您)?(?:派|来|帮|尽快)|能不能|可不可以|应该(?:来|管)|赶紧|尽快|来人|派人"
)
_SINCE = re.compile(
    r"(?:已经|从|有|都)?.{0,4}(?:天|周|个月|年|小时|晚上|每天|一直|经常|早上|凌晨|半夜|昨天|今天|前天|刚才)"
)
_BAD = re.compile(r"坏|破|堵|漏|臭|吵|脏|乱|塌|断|掉|没人管|不亮|影响|危险|摔|积水|占|违|扰|满|倒|缺|丢|死|停")


def summary(
    said: Said,
    places: Iterable[tuple[int, int]] = (),
    things: Sequence[str] = (),
    part: tuple[int, int | None] = (0, None),
) -> tuple[str, tuple[Words, ...]]:
    """The caller's complaint and the words it is made of; empty when nothing was complained of.

    ``places``: spans of places in the text; ``things``: words that speak of the category; ``part``: the span of the
    text that speaks of it.
    """
    clauses = [clause for clause in said.clauses(*part) if _is_telling(clause.text)]
    spans = list(places)
    weighed = [(_weight(clause, number, spans, things), clause) for number, clause in enumerate(clauses)]
    chosen: list[Clause] = []
    length = 0
    for weight, clause in sorted(weighed, key=lambda pair: -pair[0]):
        if weight <= 0 or (chosen and length + len(clause.text) > LONGEST):
            continue
        if any(_core(clause.text) == _core(other.text) for other in chosen):
            continue  # said again
        chosen.append(clause)
        length += len(clause.text)
    chosen.sort(key=lambda clause: clause.start)
    words: list[Words] = []
    parts: list[str] = []
    turns = set(cuts(said.text))
    for clause in chosen:
        plain = _core(clause.text)[: LONGEST if not parts else None]
        end = "。" if not parts or clause.start in turns else "，"
        if parts:
            parts[-1] = parts[-1].rstrip("。，") + ("。" if clause.start in turns else "，")
        parts.append(plain + end)
        words += said.words(clause.start, clause.end)
    if parts:
        parts[-1] = parts[-1].rstrip("。，") + "。"
    return "".join(parts), tuple(words)


def wish(said: Said, part: tuple[int, int | None] = (0, None)) -> tuple[str, tuple[Words, ...]]:
    """What the caller wants to be done, in their words: the last such clause; empty when none was said."""
    for clause in reversed(said.clauses(*part)):
        if WISH.search(clause.text) and len(_core(clause.text)) > _SHORTEST:
            return _core(clause.text), said.words(clause.start, clause.end)
    return "", ()


def _is_telling(text: str) -> bool:
    core = _core(text)
    return (
        len(core) > _SHORTEST
        and not _SMALL_TALK.match(core)
        and not _FIRST_PERSON.match(core)
        and not _CONTACT.search(core)
    )


def _weight(clause: Clause, number: int, places: Sequence[tuple[int, int]], things: Sequence[str]) -> float:
    text = clause.text
    weight = 0.0
    if any(start < clause.end and end > clause.start for start, end in places):
        weight += 2.0
    if any(thing in text for thing in things):
        weight += 2.0
    elif any(thing in text for thing in THINGS):
        weight += 1.0
    if _BAD.search(text):
        weight += 1.0
    if not signs_of_danger(text)[0].startswith(("none", "hint")):
        weight += 1.5
    if _SINCE.search(text):
        weight += 0.5
    if WISH.search(text):
        weight -= 0.5  # it has a field of its own
    # what somebody calls for is said early
    return weight - 0.05 * number if weight > 0 else 0.0


def _core(text: str) -> str:
    """A clause without its marks and fillers."""
    return without_fillers(text).text.strip("。！？!?；;，,、… \n") if text.strip() else ""
