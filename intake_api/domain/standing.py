"""Where a case stands, as far as the rules of its life need to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from intake_api.domain import case_number
from intake_api.domain.case import Status
from intake_api.domain.clock import Due
from intake_api.domain.task import Task, TaskKind


class Grade(StrEnum):
    """How satisfied a reporter is (回访五级)."""

    VERY_SATISFIED = "very_satisfied"  # 非常满意
    SATISFIED = "satisfied"  # 满意
    FAIRLY_SATISFIED = "fairly_satisfied"  # 基本满意
    DISSATISFIED = "dissatisfied"  # 不满意
    VERY_DISSATISFIED = "very_dissatisfied"  # 非常不满意

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {
            "very_satisfied": "非常满意",
            "satisfied": "满意",
            "fairly_satisfied": "基本满意",
            "dissatisfied": "不满意",
            "very_dissatisfied": "非常不满意",
        }[self]

    @property
    def is_satisfied(self) -> bool:
        """Whether it counts for 满意率: 非常满意, 满意, 基本满意."""
        return self in (Grade.VERY_SATISFIED, Grade.SATISFIED, Grade.FAIRLY_SATISFIED)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a case that was brought back (重办) or rated again keeps of what went before; nothing here is ever undone.

    ``late``: a round ended after its due time. ``extensions``, ``orders``: approved extensions and supervision orders
    of the rounds before. ``reported``: a department had reported it done. ``dissatisfied``, ``unsolved``: said in a
    rating that a newer one replaced.
    """

    late: bool = False
    extensions: int = 0
    orders: int = 0
    reported: bool = False
    dissatisfied: bool = False
    unsolved: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A case as it stands. Departments are ids, times are aware.

    ``department`` leads it, or is proposed to while it is not dispatched. ``responsible`` answers for it: the first
    that it was dispatched to, until another has accepted it (首接负责). ``worked_by``: ids of those who handled it, who
    may not verify it. ``orders`` counts the supervision orders in force (督办), ``order_level`` is the highest of them,
    0 when there is none. ``merged_into`` is the id of the case in which it goes on. ``others`` counts those who wait
    for the outcome beside the reporter, ``repeats`` the closed cases before that this one repeats, where that matters:
    when the reporter withdraws, and when somebody urges, joins or is merged.
    """

    id: int
    status: Status
    received_at: datetime
    category: str | None = None
    town: str | None = None
    department: str | None = None
    supporting: tuple[str, ...] = ()
    basis: str | None = None
    rule: str | None = None
    responsible: str | None = None
    clock: Due | None = None
    fast_track: bool = False
    filed_at: datetime | None = None
    dispatched_at: datetime | None = None
    accepted_at: datetime | None = None
    reported_at: datetime | None = None
    closed_at: datetime | None = None
    contacted_at: datetime | None = None
    suspended_until: datetime | None = None
    worked_by: tuple[str, ...] = ()
    returns: int = 0
    reworks: int = 0
    urges: int = 0
    reopenings: int = 0
    orders: int = 0
    order_level: int = 0
    merged_into: int | None = None
    grade: Grade | None = None
    solved: bool | None = None
    rated_at: datetime | None = None
    tasks: tuple[Task, ...] = ()
    others: int = 0
    repeats: int = 0
    earlier: Earlier = Earlier()

    @property
    def number(self) -> str:
        """The case number people use."""
        return case_number.format_number(self.id)

    def open_tasks(self, kind: TaskKind) -> tuple[Task, ...]:
        """Tasks of a kind that still have to be decided or done."""
        return tuple(task for task in self.tasks if task.kind is kind and task.state.is_open)

    @property
    def due_at(self) -> datetime | None:
        """By when it has to be settled."""
        return self.clock.at if self.clock else None

    @property
    def extensions(self) -> int:
        """Approved extensions in all its rounds."""
        return self.earlier.extensions + (self.clock.extensions if self.clock else 0)
