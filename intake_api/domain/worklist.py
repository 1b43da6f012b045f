"""What waits for whom: each role's work lists, the most urgent first. Nobody finds another's work in theirs (S4)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from intake_api.domain.access import Role
from intake_api.domain.case import OPEN, Status
from intake_api.domain.stages import WAITING
from intake_api.domain.task import TaskKind, TaskState


class Work(StrEnum):
    """The work lists."""

    PRESSED = "pressed"  # 督办和催办
    TO_ACCEPT = "to_accept"  # 待签收
    IN_HAND = "in_hand"  # 处置中
    TO_SUPPORT = "to_support"  # 协办待反馈
    SUSPENDED = "suspended"  # 挂账
    TO_FILE = "to_file"  # 待受理
    CALL_BACK = "call_back"  # 待回访
    TO_TELL = "to_tell"  # 电话告知
    TO_DISPATCH = "to_dispatch"  # 待派遣
    TO_ADJUDICATE = "to_adjudicate"  # 退单待裁定
    EXTENSIONS = "extensions"  # 延期审批
    ASSISTANCE = "assistance"  # 协办审批
    TO_VERIFY = "to_verify"  # 待核实
    OVERDUE = "overdue"  # 超时
    SUSPENSIONS = "suspensions"  # 挂账审批
    REOPENINGS = "reopenings"  # 重办审批
    SUPERVISED = "supervised"  # 督办中
    TO_CHECK = "to_check"  # 待核查


@dataclass(frozen=True, slots=True)
class WorkList:
    """One work list: which cases are on it, for whom, and what is to be done with them.

    ``task`` and ``task_state``: cases with such a side task. ``own``: only those that one's own department leads, or,
    where a task is named, those in which the task is its own. ``by_phone``: those of which somebody is to be told by
    telephone. ``pressed``: those that are supervised, or that a resident urged.
    """

    work: Work
    label: str
    help: str
    role: Role
    status: frozenset[Status] = OPEN
    task: TaskKind | None = None
    task_state: TaskState | None = None
    own: bool = False
    overdue: bool = False
    supervised: bool = False
    by_phone: bool = False
    pressed: bool = False

    @property
    def stage(self) -> str:
        """The stage whose internal limit runs for all on the list; empty: they are late by their due time."""
        [*stages] = {WAITING.get(state, "") for state in self.status}
        return stages[0] if len(stages) == 1 else ""

    @property
    def over(self) -> bool:
        """Whether no clock runs for what is to be done: its cases are settled, or their residents wait for a call."""
        return self.by_phone or not self.status & OPEN


_HELD = frozenset({Status.DISPATCHED, Status.ACCEPTED, Status.SUSPENDED, Status.REPORTED_DONE})
_TO_DO = frozenset({Status.DISPATCHED, Status.ACCEPTED})
_CLOSED = frozenset({Status.CLOSED})


def _in(*states: Status) -> frozenset[Status]:
    return frozenset(states)


_LISTS = (
    WorkList(Work.PRESSED, "督办和催办", "有督办，或诉求人催过，先办这些", Role.HANDLER, _TO_DO,
             own=True, pressed=True),
    WorkList(Work.TO_ACCEPT, "待签收", "已派到本部门，签收后开始办理", Role.HANDLER, _in(Status.DISPATCHED), own=True),
    WorkList(Work.IN_HAND, "处置中", "本部门在办，督办、催办和先到期的在前", Role.HANDLER, _in(Status.ACCEPTED),
             own=True),
    WorkList(Work.TO_SUPPORT, "协办待反馈", "本部门协办，办完要反馈", Role.HANDLER, _HELD,
             TaskKind.ASSIST, TaskState.GRANTED, own=True),
    WorkList(Work.SUSPENDED, "挂账", "经批准暂缓，到期自动恢复", Role.HANDLER, _in(Status.SUSPENDED), own=True),
    WorkList(Work.TO_FILE, "待受理", "核对分类和地点，立案或告知不予受理", Role.OPERATOR, _in(Status.RECEIVED)),
    WorkList(Work.CALL_BACK, "待回访", "已结案，问诉求人是否解决、是否满意", Role.OPERATOR, _CLOSED,
             TaskKind.CALL_BACK, TaskState.GRANTED),
    WorkList(Work.TO_TELL, "电话告知", "来电反映或加入的人收不到消息，打电话告诉他们", Role.OPERATOR,
             frozenset(Status), by_phone=True),
    WorkList(Work.TO_DISPATCH, "待派遣", "已立案，派到责任部门", Role.DISPATCHER, _in(Status.FILED)),
    WorkList(Work.TO_ADJUDICATE, "退单待裁定", "部门退回，改派或裁定归谁办", Role.DISPATCHER, _in(Status.RETURNED)),
    WorkList(Work.EXTENSIONS, "延期审批", "部门申请延长办结时限", Role.DISPATCHER, OPEN,
             TaskKind.EXTEND, TaskState.ASKED),
    WorkList(Work.ASSISTANCE, "协办审批", "部门请别的部门协办", Role.DISPATCHER, OPEN,
             TaskKind.ASSIST, TaskState.ASKED),
    WorkList(Work.TO_VERIFY, "待核实", "部门报告已办好，核实后结案或返工", Role.VERIFIER, _in(Status.REPORTED_DONE)),
    WorkList(Work.OVERDUE, "超时", "过了办结时限还没有办结", Role.SUPERVISOR, overdue=True),
    WorkList(Work.SUSPENSIONS, "挂账审批", "部门申请暂缓办理", Role.SUPERVISOR, OPEN,
             TaskKind.SUSPEND, TaskState.ASKED),
    WorkList(Work.REOPENINGS, "重办审批", "诉求人不满意或没有解决", Role.SUPERVISOR, _CLOSED,
             TaskKind.REOPEN, TaskState.ASKED),
    WorkList(Work.SUPERVISED, "督办中", "已发督办，还没有办结", Role.SUPERVISOR, supervised=True),
    WorkList(Work.TO_CHECK, "待核查", "到现场看，回复情况并附照片", Role.INSPECTOR, OPEN, TaskKind.CHECK),
)  # fmt: skip

LISTS = {each.work: each for each in _LISTS}
"""All work lists, those of each role in the order of urgency."""


def lists_of(roles: Collection[Role]) -> list[WorkList]:
    """What may wait for somebody with ``roles``."""
    return [each for each in _LISTS if each.role in roles]
