"""The figures by which the work is judged (lifecycle, 指标): each a quotient of two counts, each with its definition.

A count (``Measure``) is a condition on a case; the storage counts the cases that meet it, and the same condition lists
them, so that behind every number stand the cases that make it up. All but the first are taken over the cases *filed* in
the period, so that numerator and denominator speak of the same cases.

What came of those cases, and what of them has fallen due, is both taken at the moment of asking: a case filed on the
last day of a month and due in the next is closed, or overdue, in the figures of the month in which it was filed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Measure(StrEnum):
    """What is counted."""

    RECEIVED = "received"  # 受理: received in the period
    FILED = "filed"  # 立案: filed in the period
    CLOSED = "closed"  # 结案
    DUE = "due"  # 应结案: the due time has come, or it is closed
    DUE_CLOSED = "due_closed"  # 应结案中已结案
    DUE_IN_TIME = "due_in_time"  # 应结案中按期结案: the department had done it by the due time
    OVERDUE = "overdue"  # 超期未结
    DISPATCHED = "dispatched"  # 派遣
    CONTACTED = "contacted"  # 派遣后已联系诉求人
    ASSIGNED = "assigned"  # 派给过: as dispatched; of a department, all that it was ever given and kept or returned
    RETURNED = "returned"  # 被退单; of a department, by itself
    NOT_RETURNED = "not_returned"  # 未被退单
    REWORKED = "reworked"  # 被返工
    REPORTED = "reported"  # 处置反馈
    EXTENDED = "extended"  # 获准延期
    REPEATED = "repeated"  # 重复
    REOPENED = "reopened"  # 重办
    ANSWERED = "answered"  # 回访有效: the reporter answered
    SOLVED = "solved"  # 回访已解决
    SATISFIED = "satisfied"  # 回访满意: 非常满意, 满意, 基本满意
    URGED = "urged"  # 被催办
    SUPERVISED = "supervised"  # 被督办

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return _MEASURES[self]


_MEASURES = {
    Measure.RECEIVED: "受理",
    Measure.FILED: "立案",
    Measure.CLOSED: "结案",
    Measure.DUE: "应结案",
    Measure.DUE_CLOSED: "应结案中已结案",
    Measure.DUE_IN_TIME: "按期结案",
    Measure.OVERDUE: "超期未结",
    Measure.DISPATCHED: "派遣",
    Measure.CONTACTED: "已联系诉求人",
    Measure.ASSIGNED: "派给过",
    Measure.RETURNED: "被退单",
    Measure.NOT_RETURNED: "未被退单",
    Measure.REWORKED: "被返工",
    Measure.REPORTED: "已反馈",
    Measure.EXTENDED: "获准延期",
    Measure.REPEATED: "重复",
    Measure.REOPENED: "重办",
    Measure.ANSWERED: "回访有效",
    Measure.SOLVED: "回访已解决",
    Measure.SATISFIED: "回访满意",
    Measure.URGED: "被催办",
    Measure.SUPERVISED: "被督办",
}


@dataclass(frozen=True, slots=True)
class Rate:
    """A figure: ``numerator`` / ``denominator``, with its name and its definition in Chinese."""

    code: str
    label: str
    numerator: Measure
    denominator: Measure
    definition: str


BASIS = (
    "统计期内立案的案件（受理数按受理时间），结案、超期等一律截至查询时；以后再查，数字会随办理情况变化。"
    "重办的案件以各次办理中最差的一次计：超过时限、延期、督办、不满意、未解决，都不因重办而消去。"
    "分部门时案件归负责的部门（首接负责：改派后新部门签收以前，仍归前一部门），"
    "退单归退单的部门，所以一件案件可以派给过几个部门，合计不重复计。"
)
"""Which cases every figure speaks of, and as they stand when."""

RATES: tuple[Rate, ...] = (
    Rate("handled", "办结率", Measure.CLOSED, Measure.FILED, "结案数 ÷ 立案数（闵行口径）"),
    Rate(
        "closed",
        "结案率",
        Measure.DUE_CLOSED,
        Measure.DUE,
        "应结案中已结案数 ÷ 应结案数（截至查询时，已结案或时限已到）",
    ),
    Rate("on_time", "按期结案率", Measure.DUE_IN_TIME, Measure.DUE, "按期结案数 ÷ 应结案数"),
    Rate("responded", "响应率", Measure.CONTACTED, Measure.DISPATCHED, "已联系诉求人的案件数 ÷ 派遣数"),
    Rate("solved", "解决率", Measure.SOLVED, Measure.ANSWERED, "回访确认已解决数 ÷ 回访有效数"),
    Rate("satisfied", "满意率", Measure.SATISFIED, Measure.ANSWERED, "非常满意、满意、基本满意之和 ÷ 回访有效数"),
    Rate("dispatch_accuracy", "派遣准确率", Measure.NOT_RETURNED, Measure.ASSIGNED, "未被退单数 ÷ 派遣数"),
    Rate(
        "returned",
        "退单率",
        Measure.RETURNED,
        Measure.ASSIGNED,
        "被退单的案件数 ÷ 派遣数（分部门时：本部门退的 ÷ 派给过本部门的）",
    ),
    Rate("reworked", "返工率", Measure.REWORKED, Measure.REPORTED, "被返工的案件数 ÷ 已反馈数"),
    Rate("extended", "延期率", Measure.EXTENDED, Measure.DISPATCHED, "获准延期的案件数 ÷ 派遣数"),
    Rate("repeated", "重复率", Measure.REPEATED, Measure.FILED, "重复案件数 ÷ 立案数"),
)
"""All figures, in the order in which they are shown."""


class Dimension(StrEnum):
    """By what the figures are broken down."""

    CHANNEL = "channel"
    CATEGORY = "category"
    DIVISION = "division"
    DEPARTMENT = "department"
    TOWN = "town"
    DAY = "day"

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {
            "channel": "渠道",
            "category": "类别",
            "division": "分区",
            "department": "负责部门",
            "town": "街镇",
            "day": "日期",
        }[self]


OWN = frozenset({Measure.ASSIGNED, Measure.RETURNED, Measure.NOT_RETURNED})
"""Measures of what a department itself did with a case: they do not pass to the one that has it now, and a case may
count for several departments."""

Counts = Mapping[Measure, int]


def value_of(rate: Rate, counts: Counts) -> float | None:
    """The figure, 0 … 1; None when there is nothing to divide by."""
    below = counts.get(rate.denominator, 0)
    return counts.get(rate.numerator, 0) / below if below else None


def percent(value: float | None) -> str:
    """``93.72 %``, ``—`` when there is none."""
    return "—" if value is None else f"{100 * value:.2f} %"


@dataclass(frozen=True, slots=True)
class Score:
    """A department's score, 0 … 100, and what each figure gave: code → (weight, value, points).

    A figure without cases is left out and its weight shared among the others; a department without any has no score.
    """

    total: float | None
    parts: Mapping[str, tuple[int, float | None, float | None]]


def score(counts: Counts, weights: Mapping[str, int], less_is_better: frozenset[str]) -> Score:
    """Weigh a department's figures (S13). ``weights``: code of a figure → points of 100, city data."""
    rates = {rate.code: rate for rate in RATES}
    parts: dict[str, tuple[int, float | None, float | None]] = {}
    gained = 0.0
    counted = 0
    for code, weight in weights.items():
        value = value_of(rates[code], counts)
        points = None if value is None else weight * (1 - value if code in less_is_better else value)
        parts[code] = (weight, value, points)
        if points is not None:
            gained += points
            counted += weight
    return Score(100 * gained / counted if counted else None, parts)
