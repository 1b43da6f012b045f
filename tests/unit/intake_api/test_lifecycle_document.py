"""docs/lifecycle.md says what the code does."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from groundwork.settings import ROOT
from intake_api.domain.action import WHO, Action, Reach
from intake_api.domain.case import OPEN, Status
from intake_api.domain.casework import STATES
from intake_api.domain.event import Actor, ActorKind, Event, EventKind
from intake_api.noticing import OUTCOMES, kind_of
from tests.unit.intake_api.test_casework import AFTER

DOCUMENT = (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8")
REACH = {
    Reach.ALL: "",
    Reach.LEAD: "（主办）",
    Reach.SUPPORT: "（协办）",
    Reach.INVOLVED: "（主办或协办）",
    Reach.REPORTER: "（本人的）",
    Reach.JOINED: "（本人的和加入的）",
}
ON_GRANTING = {Action.REOPEN_DECIDE: Status.DISPATCHED}


def states(found: frozenset[Status]) -> str:
    if found == frozenset(Status):
        return "全部"
    return "未了结" if found == OPEN else "、".join(status.label for status in Status if status in found)


def row(action: Action) -> str:
    after = (AFTER | ON_GRANTING).get(action)
    who = "、".join(role.label + REACH[reach] for role, reach in WHO[action].items())
    cells = (f"`{action.value}` {action.label}", states(STATES[action]), after.label if after else "不变", who)
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("action", list(Action))
def test_each_action_stands_in_the_table_as_it_is(action: Action) -> None:
    assert row(action) in DOCUMENT.splitlines()


def test_each_notice_to_residents_stands_in_the_table_and_who_else_hears_it() -> None:
    actors = (Actor(kind, "1", "某") for kind in ActorKind)
    variants = ({}, {"granted": True}, {"because": "hazard"}, {"because": "others"}, {"automatic": True})
    told = {
        kind_of(Event(kind, datetime.now(UTC), actor, None, None, "", data))
        for actor in actors
        for kind in EventKind
        for data in variants
    } - {None}
    table = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ?([^|]*?) ?\|$", DOCUMENT, re.MULTILINE))
    assert set(table) == told
    assert {kind for kind, others in table.items() if others == "是"} == OUTCOMES


def test_each_state_is_named() -> None:
    over = "、".join(status.label for status in Status if status not in OPEN)
    unfinished = "、".join(status.label for status in Status if status in OPEN)
    assert f"未了结：{unfinished}。了结：{over}。" in DOCUMENT
