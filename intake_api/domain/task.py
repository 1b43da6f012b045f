"""Side tasks of a case: something asked of somebody, which is decided or answered while the case goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TaskKind(StrEnum):
    """What is asked, and of whom."""

    CHECK = "check"  # 核查: an inspector looks on the spot
    ASSIST = "assist"  # 协办: another department helps; a dispatcher grants, the department reports
    EXTEND = "extend"  # 延期: a dispatcher decides
    SUSPEND = "suspend"  # 挂账: a supervisor decides
    REOPEN = "reopen"  # 重办: the reporter is not satisfied; a supervisor decides
    CALL_BACK = "call_back"  # 回访: an operator asks the reporter, unless they rate by themselves

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {
            "check": "核查",
            "assist": "协办",
            "extend": "延期",
            "suspend": "挂账",
            "reopen": "重办",
            "call_back": "回访",
        }[self]


class TaskState(StrEnum):
    """Where a task stands."""

    ASKED = "asked"  # waits for a decision
    GRANTED = "granted"  # decided, waits to be done
    REFUSED = "refused"  # decided against; does not count
    DONE = "done"  # answered
    VOID = "void"  # overtaken by what happened to the case

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self in (TaskState.ASKED, TaskState.GRANTED)


@dataclass(frozen=True, slots=True)
class Task:
    """One task. ``id`` is 0 until it is stored; ``department`` is who is to help (协办).

    ``until``: the end asked for (挂账), or by when it should be done (回访). ``asked_by`` is an actor's id.
    """

    kind: TaskKind
    state: TaskState
    asked_by: str
    asked_at: datetime
    reason: str = ""
    department: str | None = None
    until: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    answer: str = ""
    id: int = 0
