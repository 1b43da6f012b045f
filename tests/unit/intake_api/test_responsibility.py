"""Who is responsible: the most specific rule in force."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake_api.domain.responsibility import (
    Basis,
    Department,
    Origin,
    ResponsibilityMatrix,
    Rule,
    Source,
    difference,
)
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


CODES = st.sampled_from(["1101", "1102", "1201", "9001"])
AREAS = st.sampled_from(["*", EAST, WEST])
DATES = st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
ANY_RULES = st.lists(
    st.builds(
        Rule,
        st.sampled_from(["1101", "110*", "11*", "12*", "*", "9001"]),
        AREAS,
        st.sampled_from([department.id for department in DEPARTMENTS]),
        st.just(()),
        st.sampled_from([Basis.LAW, Basis.AGREEMENT, Basis.APPOINTMENT]),
        DATES,
        DATES,
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(ANY_RULES, CODES, st.sampled_from([None, EAST, WEST]), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_an_explanation_names_one_winner_which_is_who_gets_the_case(
    rules: list[Rule], code: str, town: str | None, on: date
) -> None:
    matrix = ResponsibilityMatrix(DEPARTMENTS, rules, {EAST: "east", WEST: "west"}, "district")
    explained = matrix.explain(category(code, "城管部门"), town, on)
    winners = [candidate for candidate in explained.candidates if candidate.wins]
    assert [winner.lead for winner in winners] == [explained.assignment.lead]
    assert explained.assignment == matrix.assign(category(code, "城管部门"), town, on)
    assert explained.candidates[0].wins
    assert all(candidate.words for candidate in explained.candidates)


def test_every_rule_that_might_have_decided_is_told_with_its_reason() -> None:
    explained = MATRIX.explain(category("1101"), WEST, date(2026, 4, 1))
    assert [(candidate.name, candidate.words) for candidate in explained.candidates] == [
        ("1101 × 001", "写明这个分类，写明这个街镇，法定：适用的规则里最具体的一条"),
        ("11* × *", "分类 11* 不如 1101 具体"),
        ("1101 × 001", "2026-05-01 才生效"),
        ("分类目录：民政部门", "没有唯一对应的部门"),
        ("属地", "前面已经有结果，轮不到"),
        ("区级", "前面已经有结果，轮不到"),
    ]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule("11*", "*", "greening", (), Basis.LAW), "分类 11* 不如 1101 具体"),
        (Rule("1101", "*", "greening", (), Basis.LAW), "适用全区，不如写明街镇的具体"),
        (Rule("1101", WEST, "greening", (), Basis.LAW), "同样具体，法定让位于商定"),
        (
            Rule("1101", WEST, "greening", (), Basis.AGREEMENT, date(2025, 1, 1)),
            "同样具体，起始日期较早，新的优先",
        ),
    ],
)
def test_a_rule_that_lost_says_to_what(rule: Rule, words: str) -> None:
    winner = Rule("1101", WEST, "west", (), Basis.AGREEMENT, date(2026, 1, 1))
    matrix = ResponsibilityMatrix(DEPARTMENTS, [rule, winner], {WEST: "west"}, "district")
    explained = matrix.explain(category("1101"), WEST, date(2026, 4, 1))
    assert [one.words for one in explained.candidates if one.rule == rule] == [words]


def test_without_any_rule_the_explanation_goes_down_to_the_town() -> None:
    explained = MATRIX.explain(category("9001"), WEST, date(2026, 4, 1))
    assert explained.candidates[0].name == "属地"
    assert explained.candidates[0].words == "没有规则，由所在街镇兜底"


def test_of_two_rulings_of_one_day_the_later_holds() -> None:
    rulings = [
        Rule("1101", WEST, lead, (), Basis.APPOINTMENT, date(2026, 5, 1), origin=Origin(number, Source.RULING))
        for number, lead in ((7, "greening"), (8, "west"))
    ]
    matrix = ResponsibilityMatrix(DEPARTMENTS, rulings, {WEST: "west"}, "district")
    assert matrix.assign(category("1101"), WEST, date(2026, 5, 1)).lead.id == "west"


def test_a_rule_whose_department_was_dissolved_is_silent() -> None:
    gone = Rule("1101", WEST, "dissolved", (), Basis.APPOINTMENT)
    helped = Rule("1101", EAST, "east", ("dissolved", "greening"), Basis.LAW)
    matrix = ResponsibilityMatrix(DEPARTMENTS, [gone, helped], {EAST: "east", WEST: "west"}, "district")
    assert matrix.assign(category("1101"), WEST, date(2026, 5, 1)).lead.id == "west"
    assert [unit.id for unit in matrix.assign(category("1101"), EAST, date(2026, 5, 1)).supporting] == ["greening"]


def test_a_table_tells_what_it_would_change() -> None:
    on = date(2026, 6, 1)
    kept, dropped = Rule("11*", "*", "greening", (), Basis.LAW), Rule("12*", "*", "west", (), Basis.LAW)
    past = Rule("13*", "*", "west", (), Basis.LAW, None, date(2026, 5, 31))
    new = Rule("12*", "*", "east", (), Basis.AGREEMENT)
    change = difference([kept, dropped, past], [kept, new, new], on)
    assert (change.added, change.ended, change.kept) == ((new,), (dropped,), 1)
