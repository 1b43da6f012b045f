"""Which of their cases a resident means: 我昨天报的那个, 那个井盖, 第二件, 刚才报的."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

from actions.errand import RATE, STATUS, WITHDRAW
from actions.heard import Heard
from bot.language.normalise import normalise

Case = dict[str, Any]
"""A case as the intake shows it."""

MOST_OFFERED = 5
OVER = frozenset({"closed", "rejected", "merged", "withdrawn"})
_CHINA = timezone(timedelta(hours=8))
_LIKELY = 0.3  # confidence of a category from which it says what the case is about

_DAYS = (
    (re.compile(r"(今天|今朝|今日|今早|今儿|刚才|刚刚|方才|早上|上午|中午|下午)"), 0, 0),
    (re.compile(r"(昨天|昨日|昨晚|昨儿|尋日|琴日)"), 1, 1),
    (re.compile(r"(?<!大)(前天|前日|前儿)"), 2, 2),
    (re.compile(r"(大前天)"), 3, 3),
    (re.compile(r"(前几天|前两天|前两日|前阵子|这几天)"), 1, 9),
    (re.compile(r"(上周|上礼拜|上星期|上个礼拜)"), 3, 14),
    (re.compile(r"(上个月|上月)"), 5, 62),
)
_DAYS_AGO = re.compile(r"(\d{1,2})天(?:前|以前|之前)")
_NEWEST = re.compile(r"(刚才|刚刚|刚报|最近|最新|最后|上面|上一[个件条]|刚)")
_ORDINAL = re.compile(r"第([1-5一二三四五两])[个件条]")
_ORDINALS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_NOTHING_SAID = re.compile(
    r"(办得?怎么样|怎么样|什么|时候|进度|处理|解决|反映|投诉|问题|案件|编号|多久|结果|消息|催|赶紧|赶快|快点|有没有|人来|还没|已经|那个|这个|刚才|昨天|前天|上次|之前|报的|报过|查询|查|了|吗|的|我|你|们|请|帮|一下|到|哪|步)"
)


def is_merged(case: Case) -> bool:
    """Whether the case goes on within another: its reporter may urge and supplement, not withdraw."""
    return bool(case["status"] == "merged")


def is_over(case: Case) -> bool:
    """Whether nothing more happens to the case, or to the one in which it goes on."""
    return (case.get("outcome") or case)["status"] in OVER


def is_settled(case: Case) -> bool:
    """Whether the outcome can be judged: closed, by itself or within another."""
    return (case.get("outcome") or case)["status"] in ("closed", "merged")


def fitting(kind: str, cases: Sequence[Case]) -> list[Case]:
    """The cases with which this kind of errand can be run; all when it can with none, so that it is told why."""
    if kind == STATUS:
        return list(cases)
    if kind == RATE:
        fit = [case for case in cases if is_settled(case) and not case.get("grade")]
    elif kind == WITHDRAW:
        fit = [case for case in cases if case["status"] not in OVER]
    else:
        fit = [case for case in cases if not is_over(case)]
    return fit or list(cases)


def meant(cases: Sequence[Case], heard: Heard, now: datetime) -> list[Case]:
    """The cases, newest first, that the words can mean: one when it is clear, else those to choose from."""
    found = sorted(cases, key=lambda case: str(case.get("received_at") or ""), reverse=True)
    if len(found) <= 1:
        return found
    words = normalise(heard.words).text
    ordinal = _ORDINAL.search(words)
    if ordinal:
        at = _ORDINALS.get(ordinal.group(1)) or int(ordinal.group(1))
        if at <= len(found):
            return [found[at - 1]]
    about = [(_likeness(case, heard, words), case) for case in found]
    best = max(score for score, _ in about)
    if best > 0:
        found = [case for score, case in about if score == best]
    on_day = _on_day(found, words, now)
    if on_day:
        found = on_day
    if len(found) > 1 and _NEWEST.search(words):
        found = found[:1]
    return found[:MOST_OFFERED]


def _on_day(cases: list[Case], words: str, now: datetime) -> list[Case]:
    """The cases reported on the day that the words name; none when they name none."""
    match = _DAYS_AGO.search(words)
    span = (int(match.group(1)),) * 2 if match else None
    for said, latest, earliest in _DAYS:
        if span is None and said.search(words):
            span = (latest, earliest)
    if span is None:
        return []
    today = now.astimezone(_CHINA).date()
    latest, earliest = span
    days = [(_day(case), case) for case in cases]
    return [case for day, case in days if day and latest <= (today - day).days <= earliest]


def _day(case: Case) -> date | None:
    at = case.get("received_at")
    return datetime.fromisoformat(str(at)).astimezone(_CHINA).date() if at else None


def _likeness(case: Case, heard: Heard, words: str) -> int:
    """How much the words speak of this case: its category, and pieces of its own words."""
    category = case.get("category") or {}
    score = 0
    for code, confidence in heard.categories[:3]:
        if code == category.get("code") and confidence >= _LIKELY:
            score += 3
    location = case.get("location") or {}
    told = "".join(str(part or "") for part in (category.get("name"), case.get("description"), location.get("text")))
    told = normalise(told).text
    said = re.sub(r"[\s，,。！？!?]", "|", _NOTHING_SAID.sub("|", words))
    pieces = {said[i : i + 2] for i in range(len(said) - 1) if "|" not in said[i : i + 2]}
    return score + sum(2 for piece in pieces if piece in told)
