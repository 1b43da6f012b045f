"""Who may do what with a case: every role, every action, on cases of one's own department and of others."""

from __future__ import annotations

import pytest

from intake_api.domain.access import Role
from intake_api.domain.action import Action, Doer, may
from intake_api.domain.event import Actor, ActorKind

ACTOR = Actor(ActorKind.STAFF, "7", "某")
LEAD, SUPPORT = "hedong", "greening"

NOBODY: frozenset[str] = frozenset()
# role → action → on which cases: own (leads), helped (supports), foreign, reported or followed (by the resident spoken for)
EVERYWHERE = frozenset({"own", "helped", "foreign", "reported", "followed"})
MATRIX: dict[Role, dict[frozenset[str], str]] = {
    Role.OPERATOR: {
        EVERYWHERE: "file reject check merge contact close withdraw urge supplement follow rate note",
    },
    Role.DISPATCHER: {EVERYWHERE: "merge dispatch adjudicate assist_decide extend_decide note"},
    Role.HANDLER: {
        frozenset({"own"}): "accept return assist extend suspend resume contact report_done",
        frozenset({"helped"}): "assist_report",
        frozenset({"own", "helped"}): "note",
    },
    Role.VERIFIER: {EVERYWHERE: "check verify rework note"},
    Role.SUPERVISOR: {EVERYWHERE: "adjudicate suspend_decide resume reopen reopen_decide urge note supervise"},
    Role.INSPECTOR: {EVERYWHERE: "check_report"},
    Role.CHANNEL: {
        frozenset({"reported"}): "withdraw rate",
        frozenset({"reported", "followed"}): "urge supplement",
        EVERYWHERE: "follow",
    },
    Role.PARTNER: {},
    Role.BOARD: {},
    Role.SYSADMIN: {},
    Role.SECADMIN: {},
    Role.AUDITOR: {},
}
DOERS = {
    "own": lambda role: Doer(ACTOR, frozenset({role}), LEAD),
    "helped": lambda role: Doer(ACTOR, frozenset({role}), SUPPORT),
    "foreign": lambda role: Doer(ACTOR, frozenset({role}), "lamps"),
    "reported": lambda role: Doer(ACTOR, frozenset({role}), None, speaks_for_reporter=True),
    "followed": lambda role: Doer(ACTOR, frozenset({role}), None, speaks_for_follower=True),
}


def allowed(role: Role, action: Action) -> frozenset[str]:
    return next((where for where, actions in MATRIX[role].items() if action.value in actions.split()), NOBODY)


@pytest.mark.parametrize("case", list(DOERS))
@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("role", list(Role))
def test_what_a_role_may_do_and_where(role: Role, action: Action, case: str) -> None:
    assert may(action, DOERS[case](role), LEAD, (SUPPORT,)) is (case in allowed(role, action))


def test_a_handler_without_a_department_may_do_nothing() -> None:
    doer = Doer(ACTOR, frozenset({Role.HANDLER}), None)
    assert not any(may(action, doer, None, ()) for action in Action)


def test_who_has_two_roles_may_do_what_either_may() -> None:
    doer = Doer(ACTOR, frozenset({Role.OPERATOR, Role.DISPATCHER}))
    assert may(Action.FILE, doer, LEAD, ()) and may(Action.DISPATCH, doer, LEAD, ())


def test_each_action_is_somebodys() -> None:
    assert {action for role in MATRIX.values() for actions in role.values() for action in actions.split()} == set(
        Action
    )
