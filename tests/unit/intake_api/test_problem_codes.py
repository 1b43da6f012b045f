"""Every problem code that the intake can answer is described where it is answered, and no other is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from groundwork.problem import Problem
from intake_api.http.app import OPERATIONS
from intake_api.http.problem_codes import problem_codes

ROOT = Path(__file__).resolve().parents[3]
RAISED = re.compile(r"Problem\(\s*\d{3},\s*\"(\w+)\"")
REFUSED = re.compile(r"Refused\(\s*\"(\w+)\"")
NEEDED = re.compile(r"self\._need\(\w+, \"(\w+)\"")
NOT_OF_AN_OPERATION = {"internal", "bad_request", "not_found", "method_not_allowed"}
"""Answered whatever the address is, and told in the description's introduction."""
DESCRIBED = {code for operation in OPERATIONS for codes in problem_codes(operation).values() for code in codes}


def raised() -> set[str]:
    found: set[str] = set()
    for path in [*(ROOT / "intake_api" / "http").glob("*.py"), ROOT / "groundwork" / "web.py"]:
        found.update(RAISED.findall(path.read_text(encoding="utf-8")))
    for name in ("acting.py", "domain/casework.py"):
        text = (ROOT / "intake_api" / name).read_text(encoding="utf-8")
        found.update(REFUSED.findall(text))
        found.update(f"{field}_missing" for field in NEEDED.findall(text))
    return found - NOT_OF_AN_OPERATION


def test_codes_that_are_raised_and_codes_that_are_described_are_the_same() -> None:
    assert raised() - DESCRIBED == set()
    assert DESCRIBED - raised() == set()


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation.operation_id for operation in OPERATIONS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("member", ["status", "code", "detail", "type"])
def test_a_problem_cannot_say_two_things_by_one_name(member: str) -> None:
    with pytest.raises(ValueError, match=member):
        Problem(409, "not_in_this_state", "现在不能。", extra={member: "closed"})
