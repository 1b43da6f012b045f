"""How well a call was written down and served: figures of one call, and of many. Pure.

Definitions (``DEFINITIONS`` has them as people read them): characters corrected = edit distance between what was
recognised and what the operator left, in characters without punctuation and spaces; the error rate is that by the
characters recognised. Answered within 15 s, waiting, abandoned: GB/T 33358-2016. Abandoned: the caller hung up before
anybody answered; those are not among the answered.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from channels.hotline.call import ANSWER_WITHIN, Call, State
from channels.hotline.form import FieldName, Form

MANY = 5
MANY_SHARE = 0.1
FILE_WITHIN = timedelta(minutes=3)
"""Thresholds for review of our own: no standard sets them."""


def distance(one: str, other: str) -> int:
    """Edit distance: insertions, removals and replacements of one character."""
    if len(one) < len(other):
        one, other = other, one
    row = list(range(len(other) + 1))
    for number, character in enumerate(one, 1):
        before, row[0] = row[0], number
        for place, against in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (character != against))
    return row[-1]


def letters(text: str) -> str:
    """``text`` without punctuation and spaces, which speech does not have."""
    return "".join(character for character in text if unicodedata.category(character)[0] in "LN")


@dataclass(frozen=True, slots=True)
class Correction:
    """What was recognised, and what the operator left of it."""

    recognised: str
    left: str


class Fault(StrEnum):
    """What a reviewer should look at in a call."""

    ABANDONED = "abandoned"  # the caller hung up before anybody answered
    MANY_CORRECTIONS = "many_corrections"  # at least MANY characters and MANY_SHARE of those recognised
    CATEGORY_CHANGED = "category_changed"
    PLACE_CHANGED = "place_changed"
    FILED_LATE = "filed_late"  # more than FILE_WITHIN after hanging up
    ANSWERED_LATE = "answered_late"  # after ANSWER_WITHIN

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {
            "abandoned": "放弃",
            "many_corrections": "改字多",
            "category_changed": "改了分类",
            "place_changed": "改了地点",
            "filed_late": "立案晚",
            "answered_late": "接听晚",
        }[self]

    @property
    def points(self) -> int:
        """How much it weighs in the order of calls to review."""
        return {
            "abandoned": 5,
            "many_corrections": 4,
            "category_changed": 3,
            "place_changed": 2,
            "filed_late": 2,
            "answered_late": 1,
        }[self]


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one call. Rates and verdicts are None where there was nothing to judge."""

    waited_seconds: float | None
    """From the ringing to the answer, or to the caller's hanging up before it; None while it rings."""
    answered: bool
    abandoned: bool
    recognised: int
    """Characters that were recognised."""
    corrected: int
    category_changed: bool | None
    place_changed: bool | None
    seconds_to_file: float | None
    """From the caller's hanging up to the filing; negative when it was filed before."""
    after_call_seconds: float | None

    @property
    def in_time(self) -> bool:
        """Whether it was answered within ANSWER_WITHIN."""
        return self.answered and (self.waited_seconds or 0.0) <= ANSWER_WITHIN.total_seconds()

    @property
    def error_rate(self) -> float | None:
        """Characters corrected by characters recognised."""
        return share(self.corrected, self.recognised)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is to be looked at, the weightiest first."""
        rate = self.error_rate or 0.0
        found = {
            Fault.ABANDONED: self.abandoned,
            Fault.MANY_CORRECTIONS: self.corrected >= MANY and rate >= MANY_SHARE,
            Fault.CATEGORY_CHANGED: bool(self.category_changed),
            Fault.PLACE_CHANGED: bool(self.place_changed),
            Fault.FILED_LATE: (self.seconds_to_file or 0.0) > FILE_WITHIN.total_seconds(),
            Fault.ANSWERED_LATE: self.answered and not self.in_time,
        }
        return tuple(fault for fault, is_found in found.items() if is_found)

    @property
    def points(self) -> int:
        """The order of calls to review: the sum of their faults' points."""
        return sum(fault.points for fault in self.faults)


def quality(
    call: Call, corrections: Iterable[Correction], form: Form | None = None, filed_at: datetime | None = None
) -> Quality:
    """The figures of a call; ``form`` is the one that was filed, if any was."""
    pairs = [(letters(each.recognised), letters(each.left)) for each in corrections]
    ended = call.hung_up_at
    until = call.answered_at or (ended if call.is_abandoned else None)
    return Quality(
        waited_seconds=(until - call.rang_at).total_seconds() if until else None,
        answered=call.answered_at is not None,
        abandoned=call.is_abandoned,
        recognised=sum(len(recognised) for recognised, _ in pairs),
        corrected=sum(distance(recognised, left) for recognised, left in pairs if recognised != left),
        category_changed=form.changed(FieldName.CATEGORY, "code") if form else None,
        place_changed=form.changed(FieldName.PLACE, "text") if form else None,
        seconds_to_file=(filed_at - ended).total_seconds() if filed_at and ended else None,
        after_call_seconds=(call.finished_at - ended).total_seconds()
        if call.finished_at and ended and call.answered_at
        else None,
    )


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts and sums of many calls, to be added up; shares and means are None where there is nothing to divide by."""

    calls: int = 0
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    waited_seconds: float = 0.0
    longest_wait: float = 0.0
    finished: int = 0
    """Calls of which the work after the call is done; ``after_call_seconds`` is their sum."""
    after_call_seconds: float = 0.0
    filed: int = 0
    """Calls in which a case was filed and the caller has hung up; ``filing_seconds`` is their sum."""
    filing_seconds: float = 0.0
    recognised: int = 0
    corrected: int = 0
    category_judged: int = 0
    category_changed: int = 0
    place_judged: int = 0
    place_changed: int = 0

    @classmethod
    def of(cls, one: Quality) -> Tally:
        """The tally of one call. A case filed before the caller hung up took 0 seconds."""
        return cls(
            calls=1,
            answered=int(one.answered),
            in_time=int(one.in_time),
            abandoned=int(one.abandoned),
            waited_seconds=one.waited_seconds or 0.0,
            longest_wait=one.waited_seconds or 0.0,
            finished=int(one.after_call_seconds is not None),
            after_call_seconds=one.after_call_seconds or 0.0,
            filed=int(one.seconds_to_file is not None),
            filing_seconds=max(0.0, one.seconds_to_file or 0.0),
            recognised=one.recognised,
            corrected=one.corrected,
            category_judged=int(one.category_changed is not None),
            category_changed=int(bool(one.category_changed)),
            place_judged=int(one.place_changed is not None),
            place_changed=int(bool(one.place_changed)),
        )

    def __add__(self, other: Tally) -> Tally:
        summed = {
            each.name: getattr(self, each.name) + getattr(other, each.name)
            for each in fields(self)
            if each.name != "longest_wait"
        }
        return Tally(longest_wait=max(self.longest_wait, other.longest_wait), **summed)

    @property
    def settled(self) -> int:
        """Calls that were answered or given up: those that do not ring any more."""
        return self.answered + self.abandoned

    @property
    def in_time_share(self) -> float | None:
        """Answered within ANSWER_WITHIN by all that do not ring any more."""
        return share(self.in_time, self.settled)

    @property
    def connected_share(self) -> float | None:
        """Answered at all by the same (to be at least 95 % over 24 h)."""
        return share(self.answered, self.settled)

    @property
    def mean_wait(self) -> float | None:
        """Seconds, of the same."""
        return share(self.waited_seconds, self.settled)

    @property
    def mean_after_call(self) -> float | None:
        """Seconds of work after the call."""
        return share(self.after_call_seconds, self.finished)

    @property
    def mean_to_file(self) -> float | None:
        """Seconds from hanging up to the filing."""
        return share(self.filing_seconds, self.filed)

    @property
    def error_rate(self) -> float | None:
        """Characters corrected by characters recognised."""
        return share(self.corrected, self.recognised)

    @property
    def category_accepted_share(self) -> float | None:
        """Categories that were filed as they were suggested."""
        return share(self.category_judged - self.category_changed, self.category_judged)

    @property
    def place_accepted_share(self) -> float | None:
        """Places that were filed as they were suggested."""
        return share(self.place_judged - self.place_changed, self.place_judged)


def share(part: float, whole: float) -> float | None:
    """``part`` by ``whole``; None when there is nothing to divide by."""
    return part / whole if whole else None


DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "in_time_share": "振铃 15 秒内接听的 ÷（接听 + 放弃）。还在振铃的不算。GB/T 33358-2016 要求 15 秒内接听。",
        "connected_share": "接听的 ÷（接听 + 放弃）。GB/T 33358-2016 要求 24 小时内不低于 95%。",
        "wait": "从振铃到接听；没有接到的，到来电人挂断。还在振铃的不算。",
        "abandoned": "没有人接听，来电人就挂断的。",
        "after_call": "从来电人挂断到坐席按“话后完成”，只算接听过的。",
        "to_file": "从来电人挂断到第一件立案；挂断以前就立案的算 0 秒。",
        "error_rate": "坐席改动的字（增、删、换各算一个，标点和空格不算）÷ 识别出的字。没有改的句子按识别正确算。",
        "category": "立案的分类就是系统给的第一个，算采纳；换成别的算改动。系统没有给分类的不算。",
        "place": "立案的地点就是系统听出的，算采纳；改了文字算改动。系统没有听出地点的不算。",
        "operator": "一通电话算在最后接听的坐席名下；没有人接听的单列。练习的电话都不算。",
    }
)
"""What each figure means, in Chinese, as it is shown beside it."""

REVIEW_ORDER = (
    "每通按问题计分，分高的在前，同分的新来电在前："
    + "，".join(f"{fault.label} {fault.points}" for fault in Fault)
    + f"。改字多：改动 {MANY} 个字以上且占识别的 {MANY_SHARE:.0%} 以上；"
    + f"立案晚：挂断后超过 {FILE_WITHIN.total_seconds() / 60:.0f} 分钟；接听晚：超过 15 秒。"
)
"""By which rule calls come up for review, as it is shown above them."""


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How calls are answered: those that ring now, and the tally of all of them."""

    waiting: int
    longest_wait_seconds: float
    tally: Tally


def service_level(calls: Sequence[Call], now: datetime) -> ServiceLevel:
    """The service level of ``calls`` as they stand ``now``."""
    waits = [(now - call.rang_at).total_seconds() for call in calls if call.state is State.RINGING]
    tally = sum((Tally.of(quality(call, ())) for call in calls), Tally())
    return ServiceLevel(len(waits), max(waits, default=0.0), tally)
