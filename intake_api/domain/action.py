"""What can be done with a case, and who may do it: one table for people, departments' programs and channels.

Supervision, command and execution are separate (S4): who receives does not dispatch, who dispatches does not handle,
and who handles does not verify. What the state of a case allows is said by ``casework``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from intake_api.domain.access import Role
from intake_api.domain.event import Actor


class Action(StrEnum):
    """Every action of the life cycle."""

    FILE = "file"  # 立案
    REJECT = "reject"  # 不予受理
    CHECK = "check"  # 请巡查员核查
    CHECK_REPORT = "check_report"  # 核查回复
    MERGE = "merge"  # 并案
    DISPATCH = "dispatch"  # 派遣
    ACCEPT = "accept"  # 签收
    RETURN = "return"  # 退单
    ADJUDICATE = "adjudicate"  # 裁定（指定）
    ASSIST = "assist"  # 请求协办
    ASSIST_DECIDE = "assist_decide"  # 协办审批
    ASSIST_REPORT = "assist_report"  # 协办反馈
    EXTEND = "extend"  # 申请延期
    EXTEND_DECIDE = "extend_decide"  # 延期审批
    SUSPEND = "suspend"  # 申请挂账
    SUSPEND_DECIDE = "suspend_decide"  # 挂账审批
    RESUME = "resume"  # 恢复办理
    CONTACT = "contact"  # 联系诉求人
    REPORT_DONE = "report_done"  # 处置反馈
    VERIFY = "verify"  # 核实结案
    REWORK = "rework"  # 返工
    CLOSE = "close"  # 直接结案
    REOPEN = "reopen"  # 重办
    REOPEN_DECIDE = "reopen_decide"  # 重办审批
    WITHDRAW = "withdraw"  # 撤诉
    URGE = "urge"  # 催办
    SUPPLEMENT = "supplement"  # 补充
    FOLLOW = "follow"  # 加入
    RATE = "rate"  # 评价、回访
    NOTE = "note"  # 备注
    SUPERVISE = "supervise"  # 督办

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return _LABELS[self]


_LABELS = {
    Action.FILE: "立案",
    Action.REJECT: "不予受理",
    Action.CHECK: "请求核查",
    Action.CHECK_REPORT: "核查回复",
    Action.MERGE: "并案",
    Action.DISPATCH: "派遣",
    Action.ACCEPT: "签收",
    Action.RETURN: "退单",
    Action.ADJUDICATE: "裁定",
    Action.ASSIST: "请求协办",
    Action.ASSIST_DECIDE: "协办审批",
    Action.ASSIST_REPORT: "协办反馈",
    Action.EXTEND: "申请延期",
    Action.EXTEND_DECIDE: "延期审批",
    Action.SUSPEND: "申请挂账",
    Action.SUSPEND_DECIDE: "挂账审批",
    Action.RESUME: "恢复办理",
    Action.CONTACT: "联系诉求人",
    Action.REPORT_DONE: "处置反馈",
    Action.VERIFY: "核实结案",
    Action.REWORK: "返工",
    Action.CLOSE: "直接结案",
    Action.REOPEN: "重办",
    Action.REOPEN_DECIDE: "重办审批",
    Action.WITHDRAW: "撤诉",
    Action.URGE: "催办",
    Action.SUPPLEMENT: "补充",
    Action.FOLLOW: "加入",
    Action.RATE: "评价",
    Action.NOTE: "备注",
    Action.SUPERVISE: "督办",
}


class Reach(StrEnum):
    """On which cases a role may do an action."""

    ALL = "all"  # every case
    LEAD = "lead"  # cases that one's own department leads (主办)
    SUPPORT = "support"  # cases that one's own department supports (协办)
    INVOLVED = "involved"  # either
    REPORTER = "reporter"  # cases of the reporter that one speaks for
    JOINED = "joined"  # those, and cases that the resident one speaks for follows


_ALL, _LEAD, _SUPPORT, _INVOLVED = Reach.ALL, Reach.LEAD, Reach.SUPPORT, Reach.INVOLVED
_REPORTER, _JOINED = Reach.REPORTER, Reach.JOINED
_CHANNEL, _OPERATOR, _DISPATCHER = Role.CHANNEL, Role.OPERATOR, Role.DISPATCHER
_HANDLER, _VERIFIER, _SUPERVISOR, _INSPECTOR = Role.HANDLER, Role.VERIFIER, Role.SUPERVISOR, Role.INSPECTOR

WHO: Mapping[Action, Mapping[Role, Reach]] = {
    Action.FILE: {_OPERATOR: _ALL},
    Action.REJECT: {_OPERATOR: _ALL},
    Action.CHECK: {_OPERATOR: _ALL, _VERIFIER: _ALL},
    Action.CHECK_REPORT: {_INSPECTOR: _ALL},
    Action.MERGE: {_OPERATOR: _ALL, _DISPATCHER: _ALL},
    Action.DISPATCH: {_DISPATCHER: _ALL},
    Action.ACCEPT: {_HANDLER: _LEAD},
    Action.RETURN: {_HANDLER: _LEAD},
    Action.ADJUDICATE: {_DISPATCHER: _ALL, _SUPERVISOR: _ALL},
    Action.ASSIST: {_HANDLER: _LEAD},
    Action.ASSIST_DECIDE: {_DISPATCHER: _ALL},
    Action.ASSIST_REPORT: {_HANDLER: _SUPPORT},
    Action.EXTEND: {_HANDLER: _LEAD},
    Action.EXTEND_DECIDE: {_DISPATCHER: _ALL},
    Action.SUSPEND: {_HANDLER: _LEAD},
    Action.SUSPEND_DECIDE: {_SUPERVISOR: _ALL},
    Action.RESUME: {_HANDLER: _LEAD, _SUPERVISOR: _ALL},
    Action.CONTACT: {_HANDLER: _LEAD, _OPERATOR: _ALL},
    Action.REPORT_DONE: {_HANDLER: _LEAD},
    Action.VERIFY: {_VERIFIER: _ALL},
    Action.REWORK: {_VERIFIER: _ALL},
    Action.CLOSE: {_OPERATOR: _ALL},
    Action.REOPEN: {_SUPERVISOR: _ALL},
    Action.REOPEN_DECIDE: {_SUPERVISOR: _ALL},
    Action.WITHDRAW: {_CHANNEL: _REPORTER, _OPERATOR: _ALL},
    Action.URGE: {_CHANNEL: _JOINED, _OPERATOR: _ALL, _SUPERVISOR: _ALL},
    Action.SUPPLEMENT: {_CHANNEL: _JOINED, _OPERATOR: _ALL},
    # a resident who joins has nothing to do with the case before
    Action.FOLLOW: {_CHANNEL: _ALL, _OPERATOR: _ALL},
    Action.RATE: {_CHANNEL: _REPORTER, _OPERATOR: _ALL},
    Action.NOTE: {
        _OPERATOR: _ALL, _DISPATCHER: _ALL, _HANDLER: _INVOLVED, _VERIFIER: _ALL, _SUPERVISOR: _ALL,
    },
    Action.SUPERVISE: {_SUPERVISOR: _ALL},
}  # fmt: skip
"""Who may do what. A role that is not named may not."""


@dataclass(frozen=True, slots=True)
class Doer:
    """Who acts: the actor as events name them, their roles, and their department's id.

    ``speaks_for_reporter``: a channel that acts for the reporter of this case; ``speaks_for_follower``: for one who
    follows it.
    """

    actor: Actor
    roles: frozenset[Role]
    department: str | None = None
    speaks_for_reporter: bool = False
    speaks_for_follower: bool = False


def may(action: Action, doer: Doer, lead: str | None, supporting: tuple[str, ...]) -> bool:
    """Whether ``doer`` may do ``action`` on a case of these departments, whatever its state."""
    return any(_reaches(reach, doer, lead, supporting) for role, reach in WHO[action].items() if role in doer.roles)


def _reaches(reach: Reach, doer: Doer, lead: str | None, supporting: tuple[str, ...]) -> bool:
    if reach is Reach.ALL:
        return True
    if reach is Reach.REPORTER:
        return doer.speaks_for_reporter
    if reach is Reach.JOINED:
        return doer.speaks_for_reporter or doer.speaks_for_follower
    if not doer.department:
        return False
    leads, supports = doer.department == lead, doer.department in supporting
    return {Reach.LEAD: leads, Reach.SUPPORT: supports, Reach.INVOLVED: leads or supports}[reach]
