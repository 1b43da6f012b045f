"""What happened to a case: append-only events, each sealed with the hash of the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

FIRST_HASH = "0" * 64
"""What the first event of a case is chained to."""


class ActorKind(StrEnum):
    """Who acts."""

    CHANNEL = "channel"  # a program that speaks for a resident
    STAFF = "staff"  # a person with an account
    PARTNER = "partner"  # another system
    SYSTEM = "system"  # a rule of ours


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. ``name`` is that of an account or token, never a resident's."""

    kind: ActorKind
    id: str
    name: str


SYSTEM = Actor(ActorKind.SYSTEM, "system", "系统")


class EventKind(StrEnum):
    """Kinds of events."""

    RECEIVED = "received"  # 收到诉求（受理登记）
    FILED = "filed"  # 立案
    REJECTED = "rejected"  # 不予受理
    CHECK_ASKED = "check_asked"  # 请求核查: an inspector is to look
    CHECK_REPORTED = "check_reported"  # 核查回复
    MERGED = "merged"  # 并入另一件（并案）
    TOOK_IN = "took_in"  # 并入一件: the other side of a merger
    DISPATCHED = "dispatched"  # 派遣
    ACCEPTED = "accepted"  # 签收
    RETURNED = "returned"  # 退单
    ADJUDICATED = "adjudicated"  # 裁定（指定）
    ASSIST_ASKED = "assist_asked"  # 请求协办
    ASSIST_DECIDED = "assist_decided"  # 协办审批
    ASSIST_REPORTED = "assist_reported"  # 协办反馈
    EXTENSION_ASKED = "extension_asked"  # 申请延期
    EXTENSION_DECIDED = "extension_decided"  # 延期审批
    SUSPENSION_ASKED = "suspension_asked"  # 申请挂账
    SUSPENSION_REFUSED = "suspension_refused"  # 不同意挂账
    SUSPENDED = "suspended"  # 挂账
    RESUMED = "resumed"  # 恢复办理
    CONTACTED = "contacted"  # 联系诉求人
    REPORTED_DONE = "reported_done"  # 处置反馈
    VERIFIED = "verified"  # 核实结案
    REWORK = "rework"  # 返工
    ANSWERED = "answered"  # 直接结案: answered on the spot
    RATED = "rated"  # 评价（回访）
    CALL_BACK_LAPSED = "call_back_lapsed"  # 回访未果: nobody was reached in time
    REOPENED = "reopened"  # 重办
    REOPENING_REFUSED = "reopening_refused"  # 不同意重办
    WITHDRAWN = "withdrawn"  # 撤诉
    WITHDRAWAL_NOTED = (
        "withdrawal_noted"  # 撤诉（继续办理）: a hazard, or a case that others wait for, is seen to all the same
    )
    URGED = "urged"  # 催办
    SUPPLEMENTED = "supplemented"  # 补充
    FOLLOWED = "followed"  # 有人加入
    NOTED = "noted"  # 备注
    SUPERVISED = "supervised"  # 督办
    CORRECTED = "corrected"  # 更正: category, place
    RELEASED = "released"  # 公开说明: a text that everybody may read
    UNRELEASED = "unreleased"  # 撤下公开说明
    COMMENTED = "commented"  # a partner's words on a case

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return _LABELS[self]


_LABELS = {
    EventKind.RECEIVED: "收到诉求",
    EventKind.FILED: "立案",
    EventKind.REJECTED: "不予受理",
    EventKind.CHECK_ASKED: "请求核查",
    EventKind.CHECK_REPORTED: "核查回复",
    EventKind.MERGED: "并入另一件",
    EventKind.TOOK_IN: "并入一件",
    EventKind.DISPATCHED: "派遣",
    EventKind.ACCEPTED: "签收",
    EventKind.RETURNED: "退单",
    EventKind.ADJUDICATED: "裁定",
    EventKind.ASSIST_ASKED: "请求协办",
    EventKind.ASSIST_DECIDED: "协办审批",
    EventKind.ASSIST_REPORTED: "协办反馈",
    EventKind.EXTENSION_ASKED: "申请延期",
    EventKind.EXTENSION_DECIDED: "延期审批",
    EventKind.SUSPENSION_ASKED: "申请挂账",
    EventKind.SUSPENSION_REFUSED: "不同意挂账",
    EventKind.SUSPENDED: "挂账",
    EventKind.RESUMED: "恢复办理",
    EventKind.CONTACTED: "联系诉求人",
    EventKind.REPORTED_DONE: "处置反馈",
    EventKind.VERIFIED: "核实结案",
    EventKind.REWORK: "返工",
    EventKind.ANSWERED: "直接结案",
    EventKind.RATED: "评价",
    EventKind.REOPENED: "重办",
    EventKind.CALL_BACK_LAPSED: "回访未果",
    EventKind.REOPENING_REFUSED: "不同意重办",
    EventKind.WITHDRAWN: "撤诉",
    EventKind.WITHDRAWAL_NOTED: "撤诉（继续办理）",
    EventKind.URGED: "催办",
    EventKind.SUPPLEMENTED: "补充",
    EventKind.FOLLOWED: "有人加入",
    EventKind.NOTED: "备注",
    EventKind.SUPERVISED: "督办",
    EventKind.CORRECTED: "更正",
    EventKind.RELEASED: "公开说明",
    EventKind.UNRELEASED: "撤下公开说明",
    EventKind.COMMENTED: "外部系统补充",
}


AMONG_STAFF = frozenset(
    {
        EventKind.NOTED,
        EventKind.CHECK_ASKED,
        EventKind.CHECK_REPORTED,
        EventKind.RETURNED,
        EventKind.ADJUDICATED,
        EventKind.TOOK_IN,
        EventKind.ASSIST_ASKED,
        EventKind.ASSIST_DECIDED,
        EventKind.ASSIST_REPORTED,
        EventKind.EXTENSION_ASKED,
        EventKind.SUSPENSION_ASKED,
        EventKind.SUSPENSION_REFUSED,
        EventKind.SUPERVISED,
        EventKind.CALL_BACK_LAPSED,
    }
)
"""What goes on inside the administration; channels are not shown it."""

WITH_THE_REPORTER = frozenset(
    {
        EventKind.CONTACTED,
        EventKind.SUPPLEMENTED,
        EventKind.URGED,
        EventKind.RATED,
        EventKind.WITHDRAWAL_NOTED,
        EventKind.REOPENING_REFUSED,
        EventKind.COMMENTED,
    }
)
"""What passes between the city and who reported; others who follow the case are not shown it."""

BY_REPORTER, BY_FOLLOWER = "reporter", "follower"
"""Whose words an urging or a supplement is, in its ``data`` (``by``); staff's have none."""


def are_of_others(events: Iterable[SealedEvent]) -> set[int]:
    """Which events carry words of residents who joined the case: the reporter learns that, and not the words.

    By their numbers. Before it was noted whose words they are, those that came once somebody had joined may be.
    """
    found, joined = set(), False
    for sealed in events:
        event = sealed.event
        joined = joined or event.kind in (EventKind.FOLLOWED, EventKind.TOOK_IN)
        if event.kind in (EventKind.SUPPLEMENTED, EventKind.URGED) and event.actor.kind is ActorKind.CHANNEL:
            by = event.data.get("by", BY_FOLLOWER if joined else BY_REPORTER)
            if by == BY_FOLLOWER:
                found.add(sealed.seq)
    return found


@dataclass(frozen=True, slots=True)
class Event:
    """One move. ``data`` is JSON and holds nothing personal, for events stay when personal data goes."""

    kind: EventKind
    at: datetime
    actor: Actor
    from_status: str | None
    to_status: str | None
    reason: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SealedEvent:
    """An event in its place: ``seq`` counts from 1 within the case."""

    event: Event
    seq: int
    prev_hash: str
    hash: str


_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_json(value: object) -> bytes:
    """The one way of writing a JSON value, for hashes: sorted keys, no spaces, UTF-8."""
    return _CANONICAL.encode(value).encode()


def event_hash(case_id: int, seq: int, prev_hash: str, event: Event) -> str:
    """SHA-256 over everything the event says, its place, and the hash before it."""
    content = {
        "case": case_id,
        "seq": seq,
        "prev_hash": prev_hash,
        "kind": event.kind.value,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": {"kind": event.actor.kind.value, "id": event.actor.id, "name": event.actor.name},
        "from_status": event.from_status,
        "to_status": event.to_status,
        "reason": event.reason,
        "data": event.data,
    }
    return hashlib.sha256(canonical_json(content)).hexdigest()


def seal(case_id: int, events: Iterable[Event], seq: int = 0, prev_hash: str = FIRST_HASH) -> list[SealedEvent]:
    """Chain ``events`` behind the event ``seq`` with ``prev_hash``."""
    sealed = []
    for event in events:
        seq += 1
        digest = event_hash(case_id, seq, prev_hash, event)
        sealed.append(SealedEvent(event, seq, prev_hash, digest))
        prev_hash = digest
    return sealed


def is_intact(case_id: int, events: Iterable[SealedEvent]) -> bool:
    """Whether nothing was changed, left out or put in between (the end cannot be seen from here)."""
    prev_hash = FIRST_HASH
    for seq, sealed in enumerate(events, start=1):
        if sealed.seq != seq or sealed.prev_hash != prev_hash:
            return False
        if sealed.hash != event_hash(case_id, seq, prev_hash, sealed.event):
            return False
        prev_hash = sealed.hash
    return True
