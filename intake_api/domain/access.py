"""Who may do what: one table. Supervision, command, execution and administration stay in separate hands."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """The roles of the contract."""

    CHANNEL = "channel"  # a channel's gateway or actions, speaking for residents
    OPERATOR = "operator"  # 受理员
    DISPATCHER = "dispatcher"  # 派遣员
    HANDLER = "handler"  # 处置部门经办人
    VERIFIER = "verifier"  # 核查员
    SUPERVISOR = "supervisor"  # 督办
    INSPECTOR = "inspector"  # 巡查员（网格监督员）
    PARTNER = "partner"  # another system
    BOARD = "board"  # a screen on a wall that shows the supervision board
    SYSADMIN = "sysadmin"  # 系统管理员
    SECADMIN = "secadmin"  # 安全管理员
    AUDITOR = "auditor"  # 审计员

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {
            "channel": "渠道",
            "operator": "受理员",
            "dispatcher": "派遣员",
            "handler": "处置人员",
            "verifier": "核查员",
            "supervisor": "督办员",
            "inspector": "巡查员",
            "partner": "外部系统",
            "board": "大屏",
            "sysadmin": "系统管理员",
            "secadmin": "安全管理员",
            "auditor": "审计员",
        }[self]


class Permission(StrEnum):
    """What can be allowed."""

    FILE = "file"  # file and preview cases, upload attachments, resolve places
    READ_ALL = "read_all"  # read every case
    SEE_BOARD = "see_board"  # the supervision board and its hot spots, without words of residents
    HANG_BOARD = "hang_board"  # let a screen on a wall show the board
    READ_DEPARTMENT = "read_department"  # read the cases of one's own department
    READ_REPORTERS = "read_reporters"  # read cases of the reporter one speaks for
    KNOW_CALLERS = "know_callers"  # find cases by the phone they were reported from, with a record
    REVEAL = "reveal"  # see the reporter's name and phone, with a record
    INSPECT = "inspect"  # read the cases that an inspector is to look at
    CORRECT = "correct"  # correct category and place of a case
    EDIT_MATRIX = "edit_matrix"  # add and end rules of the responsibility matrix
    TEACH = "teach"  # decide which corrections the assistant learns from
    SEE_MODEL = "see_model"  # how well the assistant understands, and since when
    SERVE = "serve"  # serve residents at the operators' console
    UNDERSTAND = "understand"  # ask the assistant what a text means
    LOOK_UP = "look_up"  # places, departments
    OUTBOX = "outbox"  # deliver messages to residents
    MANAGE_STAFF = "manage_staff"  # open, invite, disable and enable accounts
    SEE_STAFF = "see_staff"  # the list of accounts
    MANAGE_TOKENS = "manage_tokens"  # issue and revoke tokens of programs
    ASSIGN_ROLES = "assign_roles"  # say which roles an account has
    GUARD_ACCOUNTS = "guard_accounts"  # unlock, force a password change, reset second factors, see and end sessions
    READ_AUDIT = "read_audit"  # read and export the audit trail
    RELEASE = "release"  # decide what everybody may read of a case
    FEED = "feed"  # be told what happens to cases, without reasons and persons
    MANAGE_WEBHOOKS = "manage_webhooks"  # whom we call when something happens
    ERASE_PERSONAL = "erase_personal"  # erase a person's data, or hand it out to them
    SEARCH_KNOWLEDGE = "search_knowledge"  # find the article that answers a question, note one without an answer
    READ_KNOWLEDGE = "read_knowledge"  # all articles in every state, their history, unanswered questions
    WRITE_KNOWLEDGE = "write_knowledge"  # write articles of one's own department
    PUBLISH_KNOWLEDGE = "publish_knowledge"  # write articles of every department, publish and withdraw them


ADMINISTRATORS = (Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR)
"""Three separate administrators (等保三级): one person is never two of them, nor handles cases."""

STAFF_ROLES = tuple(role for role in Role if role not in (Role.CHANNEL, Role.PARTNER, Role.BOARD))
"""Roles that people have; the others belong to programs, by token."""

_P = Permission
_ASKS = frozenset({_P.SEARCH_KNOWLEDGE, _P.READ_KNOWLEDGE})
_PUBLISHES = _ASKS | {_P.WRITE_KNOWLEDGE, _P.PUBLISH_KNOWLEDGE}
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CHANNEL: frozenset({_P.FILE, _P.READ_REPORTERS, _P.LOOK_UP, _P.OUTBOX, _P.SEARCH_KNOWLEDGE}),
    Role.OPERATOR: frozenset(
        {
            _P.FILE,
            _P.READ_ALL,
            _P.REVEAL,
            _P.KNOW_CALLERS,
            _P.CORRECT,
            _P.RELEASE,
            _P.SERVE,
            _P.UNDERSTAND,
            _P.LOOK_UP,
            _P.SEE_MODEL,
        }
    )
    | _ASKS,
    Role.DISPATCHER: frozenset({_P.READ_ALL, _P.REVEAL, _P.CORRECT, _P.UNDERSTAND, _P.LOOK_UP, _P.SEE_MODEL})
    | _PUBLISHES,
    Role.HANDLER: frozenset({_P.READ_DEPARTMENT, _P.REVEAL, _P.LOOK_UP, _P.SEE_MODEL, _P.WRITE_KNOWLEDGE}) | _ASKS,
    Role.VERIFIER: frozenset({_P.READ_ALL, _P.REVEAL, _P.UNDERSTAND, _P.LOOK_UP, _P.SEE_MODEL}) | _ASKS,
    Role.SUPERVISOR: frozenset(
        {
            _P.READ_ALL,
            _P.CORRECT,
            _P.HANG_BOARD,
            _P.EDIT_MATRIX,
            _P.TEACH,
            _P.RELEASE,
            _P.SERVE,
            _P.UNDERSTAND,
            _P.LOOK_UP,
            _P.SEE_MODEL,
        }
    )
    | _PUBLISHES,
    Role.INSPECTOR: frozenset({_P.FILE, _P.INSPECT, _P.LOOK_UP, _P.SEE_MODEL}),
    Role.PARTNER: frozenset({_P.LOOK_UP, _P.FEED}),
    Role.BOARD: frozenset({_P.SEE_BOARD}),
    Role.SYSADMIN: frozenset(
        {_P.MANAGE_STAFF, _P.SEE_STAFF, _P.MANAGE_TOKENS, _P.MANAGE_WEBHOOKS, _P.LOOK_UP, _P.SEE_MODEL}
    ),
    Role.SECADMIN: frozenset({_P.ASSIGN_ROLES, _P.GUARD_ACCOUNTS, _P.ERASE_PERSONAL, _P.SEE_STAFF, _P.LOOK_UP}),
    Role.AUDITOR: frozenset({_P.READ_AUDIT}),
}


def permissions(roles: Iterable[Role]) -> frozenset[Permission]:
    """All that somebody with ``roles`` may do."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def objection(roles: Iterable[Role]) -> str | None:
    """Why one person must not have these roles together, in Chinese; None if they may."""
    chosen = set(roles)
    if not chosen:
        return "至少要有一个角色。"
    machines = chosen - set(STAFF_ROLES)
    if machines:
        return f"{'、'.join(role.label for role in sorted(machines))}是程序的角色，请签发令牌。"
    if chosen & set(ADMINISTRATORS) and len(chosen) > 1:
        return "系统管理员、安全管理员、审计员必须各由专人担任，不能兼任其他角色。"
    if {Role.HANDLER, Role.VERIFIER} <= chosen:
        return "处置和核查必须分开：处置人员不能兼任核查员。"
    if Role.HANDLER in chosen and chosen & {Role.DISPATCHER, Role.SUPERVISOR}:
        return "处置和派遣、督办必须分开：延期、协办、挂账由他们审批，处置人员不能兼任派遣员、督办员。"
    return None
