"""Who is responsible: the most specific rule in force."""

from __future__ import annotations

from datetime import date

import pytest

from intake_api.domain.responsibility import Basis, Department, ResponsibilityMatrix, Rule
from intake_api.domain.taxonomy import Category, Limit, Unit, Urgency

EAST, WEST = "101", "001"
DEPARTMENTS = [
    Department("district", "区平台", "区级平台"),
    Department("greening", "绿化市容局", "环卫部门"),
    Department("enforcement", "执法局", "城管部门"),
    Department("east", "东镇", "town", EAST),
    Department("west", "西街道", "town", WEST),
    Department("clean-west", "西街道保洁队", "保洁单位", WEST),
]
RULES = [
    Rule("11*", "*", "greening", (), Basis.LAW),
    Rule("1101", EAST, "east", ("greening",), Basis.AGREEMENT),
    Rule("1101", WEST, "west", (), Basis.LAW),
    Rule("1101", WEST, "enforcement", (), Basis.APPOINTMENT, date(2026, 5, 1), date(2026, 12, 31)),
    Rule("12*", WEST, "west", (), Basis.AGREEMENT),
    Rule("*", EAST, "district", (), Basis.AGREEMENT),
]
MATRIX = ResponsibilityMatrix(DEPARTMENTS, RULES, {EAST: "east", WEST: "west"}, "district")


def category(code: str, lead: str = "民政部门") -> Category:
    return Category(code, "event", "市容环境", code, (), lead, Limit(1, Unit.WORKING_DAY), Urgency.NORMAL, ())


@pytest.mark.parametrize(
    ("code", "town", "on", "lead", "basis"),
    [
        # a category and town before a division
        ("1101", EAST, date(2026, 6, 1), "east", Basis.AGREEMENT),
        ("1103", EAST, date(2026, 6, 1), "greening", Basis.LAW),
        # a division before everything of a town
        ("1103", None, date(2026, 6, 1), "greening", Basis.LAW),
        ("1299", EAST, date(2026, 6, 1), "district", Basis.AGREEMENT),
        # a ruling (指定) before the law, while it is in force
        ("1101", WEST, date(2026, 6, 1), "enforcement", Basis.APPOINTMENT),
        ("1101", WEST, date(2026, 4, 30), "west", Basis.LAW),
        ("1101", WEST, date(2026, 12, 31), "enforcement", Basis.APPOINTMENT),
        ("1101", WEST, date(2027, 1, 1), "west", Basis.LAW),
        # a town's rule does not speak where the town is not known
        ("1201", None, date(2026, 6, 1), "district", Basis.TERRITORY),
        # no rule: the town in which it lies (属地兜底)
        ("9001", WEST, date(2026, 6, 1), "west", Basis.TERRITORY),
    ],
)
def test_the_most_specific_rule_in_force_decides(
    code: str, town: str | None, on: date, lead: str, basis: Basis
) -> None:
    assignment = MATRIX.assign(category(code), town, on)
    assert (assignment.lead.id, assignment.basis) == (lead, basis)


def test_supporting_departments_come_with_the_rule() -> None:
    assignment = MATRIX.assign(category("1101"), EAST, date(2026, 6, 1))
    assert [unit.id for unit in assignment.supporting] == ["greening"]
    assert assignment.rule == "1101 × 101"


@pytest.mark.parametrize(("town", "lead"), [(WEST, "enforcement"), (None, "enforcement")])
def test_without_a_rule_the_department_of_the_taxonomy_takes_it(town: str | None, lead: str) -> None:
    assignment = MATRIX.assign(category("9099", "城管部门"), town, date(2026, 6, 1))
    assert (assignment.lead.id, assignment.basis) == (lead, Basis.LAW)


def test_a_towns_own_unit_of_that_kind_takes_it_only_there() -> None:
    cleaning = category("9098", "保洁单位")
    assert MATRIX.assign(cleaning, WEST, date(2026, 6, 1)).lead.id == "clean-west"
    assert MATRIX.assign(cleaning, None, date(2026, 6, 1)).lead.id == "district"
