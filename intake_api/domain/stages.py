"""How long a case spent in each of the six stages (S3, S6), from its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from intake_api.domain.case import Status
from intake_api.domain.event import Event, EventKind

STAGES = ("信息收集", "案卷建立", "任务派遣", "任务处理", "处理反馈", "核查结案")
"""信息收集: until the report is with us · 案卷建立: until it is filed · 任务派遣: until a department has it ·
任务处理: until the department has done it · 处理反馈: until verification begins · 核查结案: until it is closed."""

WAITING = {Status.RECEIVED: "案卷建立", Status.FILED: "任务派遣", Status.REPORTED_DONE: "核查结案"}
"""States in which a case waits for the hotline itself, and the stage whose internal limit runs then."""

_BEGINS = {
    EventKind.RECEIVED: "案卷建立",
    EventKind.FILED: "任务派遣",
    EventKind.DISPATCHED: "任务处理",
    EventKind.RETURNED: "任务派遣",
    EventKind.REPORTED_DONE: "处理反馈",
    EventKind.REWORK: "任务处理",
    EventKind.REOPENED: "任务处理",
}
_ENDS = frozenset({Status.CLOSED, Status.REJECTED, Status.MERGED, Status.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage that a case went through; a return or rework brings a stage again. ``ended_at`` None: it goes on.

    ``seconds``: as the clock on the wall goes, less what the case was suspended (挂账).
    """

    name: str
    began_at: datetime
    ended_at: datetime | None
    seconds: int


def stages(events: Iterable[Event], now: datetime, first_word_at: datetime | None = None) -> list[Stage]:
    """The stages of a case in order; ``first_word_at``: when the reporter began to tell it, where that is known."""
    found: list[Stage] = []
    name, began, standing, held_since = "", now, 0.0, None

    def end(at: datetime | None) -> None:
        until = at or now
        held = standing + ((until - held_since).total_seconds() if held_since else 0.0)
        found.append(Stage(name, began, at, max(0, round((until - began).total_seconds() - held))))

    for event in events:
        if event.kind is EventKind.RECEIVED and first_word_at is not None and first_word_at < event.at:
            found.append(Stage(STAGES[0], first_word_at, event.at, round((event.at - first_word_at).total_seconds())))
        if event.kind is EventKind.SUSPENDED:
            held_since = event.at
        elif event.kind is EventKind.RESUMED and held_since is not None:
            standing, held_since = standing + (event.at - held_since).total_seconds(), None
        following = _BEGINS.get(event.kind)
        if event.kind is EventKind.CHECK_ASKED and name == "处理反馈":
            following = "核查结案"
        over = event.to_status is not None and Status(event.to_status) in _ENDS
        if following is None and not over:
            continue
        if over and event.kind is EventKind.VERIFIED and name == "处理反馈":
            # verified at once: looking at it is the verification
            end(began)
            found.append(Stage("核查结案", began, event.at, max(0, round((event.at - began).total_seconds()))))
        elif name:
            end(event.at)
        name, began, standing, held_since = (following or ""), event.at, 0.0, None
    if name:
        end(None)
    return found
