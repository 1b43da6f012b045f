"""A case: what a resident reported, where it stands, who is responsible and by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from intake_api.domain import case_number
from intake_api.domain.clock import Due
from intake_api.domain.event import SYSTEM, Actor, Event, EventKind
from intake_api.domain.limits import AppliedLimit
from intake_api.domain.place import Place, Precision
from intake_api.domain.responsibility import Assignment
from intake_api.domain.taxonomy import Category, Urgency


class Status(StrEnum):
    """Where a case stands (lifecycle: states)."""

    RECEIVED = "received"  # stored, an operator has yet to look at it
    FILED = "filed"  # 立案: category and place are settled
    DISPATCHED = "dispatched"  # sent to the department responsible
    ACCEPTED = "accepted"  # the department works on it
    RETURNED = "returned"  # the department sent it back with a reason
    SUSPENDED = "suspended"  # 挂账: the clock stands until a set date
    REPORTED_DONE = "reported_done"  # the department says it is done
    CLOSED = "closed"  # verified, or answered on the spot
    REJECTED = "rejected"  # not for the city; the reporter was told why
    MERGED = "merged"  # goes on within another case
    WITHDRAWN = "withdrawn"  # the reporter took it back

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return _LABELS[self]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self in OPEN


_LABELS = {
    Status.RECEIVED: "待受理",
    Status.FILED: "已立案",
    Status.DISPATCHED: "已派遣",
    Status.ACCEPTED: "处置中",
    Status.RETURNED: "已退单",
    Status.SUSPENDED: "挂账",
    Status.REPORTED_DONE: "已反馈",
    Status.CLOSED: "已结案",
    Status.REJECTED: "不予受理",
    Status.MERGED: "已并案",
    Status.WITHDRAWN: "已撤诉",
}

OPEN = frozenset(Status) - {Status.CLOSED, Status.REJECTED, Status.MERGED, Status.WITHDRAWN}
"""States in which a case is not over."""

RUNNING = OPEN - {Status.SUSPENDED}
"""States in which its clock runs."""


def is_overdue(status: Status, due_at: datetime | None, now: datetime) -> bool:
    """超时: not over, the due time is past, and the clock runs. What is suspended (挂账) is not overdue."""
    return due_at is not None and due_at < now and status in RUNNING


class Channel(StrEnum):
    """By which way a report came."""

    WEB = "web"  # chat page
    WECHAT = "wechat"  # official account
    TELEGRAM = "telegram"  # bot
    HOTLINE = "hotline"  # telephone
    INSPECTOR = "inspector"  # 巡查上报
    API = "api"  # another program
    OPEN311 = "open311"  # GeoReport v2

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {
            "web": "网页",
            "wechat": "微信",
            "telegram": "Telegram",
            "hotline": "电话",
            "inspector": "巡查",
            "api": "接口",
            "open311": "Open311",
        }[self]


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reported: ``channel_user`` is the channel's id for them.

    ``confidential``: departments see neither name nor phone.
    """

    name: str = ""
    phone: str = ""
    channel_user: str = ""
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line of the conversation that led to the report."""

    role: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported, before the rules have spoken.

    ``category_confidence`` is 0 … 1, 1 when people chose it; ``act`` is report, suggest, praise, consult, … or empty.
    ``urgency`` is what was heard in it: it makes a case more pressing than its category, never less.
    """

    channel: Channel
    description: str
    reporter: Reporter
    category_confidence: float = 1.0
    act: str = ""
    occurred_at: datetime | None = None
    transcript: tuple[Utterance, ...] = ()
    attachments: tuple[str, ...] = ()
    urgency: Urgency = Urgency.NORMAL


@dataclass(frozen=True, slots=True)
class AutoFile:
    """When a case is filed without an operator: the city's thresholds."""

    confidence: float
    precision: frozenset[Precision]


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands. ``id`` is 0 until it is stored. ``due`` is None while there is no category."""

    report: Report
    status: Status
    category: Category | None
    urgency: Urgency
    place: Place
    assignment: Assignment | None
    due: Due | None
    received_at: datetime
    filed_at: datetime | None
    condition: str | None = None
    fast_track: bool = False
    repeat_of: int | None = None
    id: int = 0

    @property
    def number(self) -> str:
        """The case number people use."""
        return case_number.format_number(self.id)


def receive(
    report: Report,
    *,
    category: Category | None,
    place: Place,
    assignment: Assignment | None,
    due: Due | None,
    policy: AutoFile,
    actor: Actor,
    now: datetime,
    limit: AppliedLimit | None = None,
    condition: str | None = None,
    repeat_of: int | None = None,
) -> tuple[Case, tuple[Event, ...]]:
    """Take a report in: filed at once when category and place pass the city's thresholds, else received (待受理).

    ``limit`` and ``condition``: what decided the due time. ``repeat_of``: id of a case of the same place and category
    that was closed lately (重复).
    """
    doubts = _doubts(report, category, place, policy)
    urgency = report.urgency if category is None else limit.urgency if limit else category.urgency
    decided: dict[str, object] = {
        "channel": report.channel.value,
        "category": category.code if category else None,
        "category_confidence": report.category_confidence,
        "precision": place.precision.value,
        "grid_cell": place.grid_cell,
        "town": place.town_code,
        "department": assignment.lead.id if assignment else None,
        "supporting": [unit.id for unit in assignment.supporting] if assignment else [],
        "basis": assignment.basis.value if assignment else None,
        "responsibility_rule": assignment.rule if assignment else None,
        "condition": condition,
        "repeat_of": case_number.format_number(repeat_of) if repeat_of else None,
        "due": due.as_json() if due else None,
        "attachments": len(report.attachments),
        "urgency": urgency.value,
    }
    if doubts:
        decided["left_to_operator"] = doubts
    events = [Event(EventKind.RECEIVED, now, actor, None, Status.RECEIVED, "", decided)]
    if not doubts:
        thresholds = {"confidence": policy.confidence, "precision": sorted(policy.precision)}
        events.append(
            Event(
                EventKind.FILED,
                now,
                SYSTEM,
                Status.RECEIVED,
                Status.FILED,
                "分类和位置达到自动立案标准",
                {"automatic": True, "thresholds": thresholds},
            )
        )
    case = Case(
        report=report,
        status=Status.RECEIVED if doubts else Status.FILED,
        category=category,
        urgency=urgency,
        place=place,
        assignment=assignment,
        due=due,
        received_at=now,
        filed_at=None if doubts else now,
        condition=condition,
        fast_track=limit.fast_track if limit else False,
        repeat_of=repeat_of,
    )
    return case, tuple(events)


def _doubts(report: Report, category: Category | None, place: Place, policy: AutoFile) -> list[str]:
    """Why an operator has to look first, in Chinese; empty when nobody has to."""
    doubts = []
    if category is None:
        doubts.append("未能确定分类")
    elif report.category_confidence < policy.confidence:
        doubts.append("分类把握不足")
    if place.precision not in policy.precision:
        doubts.append(f"位置不够明确（{place.precision.label}）")
    return doubts
