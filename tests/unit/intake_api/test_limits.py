"""How long a case may take: by category, by filing condition, on the fast track."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intake_api.domain.city import City
from intake_api.domain.limits import UnknownCondition, limit_for, raised
from intake_api.domain.place import Precision
from intake_api.domain.policy import FastTrack, Policy
from intake_api.domain.taxonomy import Limit, Taxonomy, Unit, Urgency

FAST = Policy(fast_track=FastTrack(("1101", "0101"), Limit(2, Unit.CALENDAR_HOUR)))


@pytest.mark.parametrize(
    ("code", "condition", "policy", "precision", "limit", "rule"),
    [
        ("0101", None, Policy(), None, Limit(24, Unit.CALENDAR_HOUR), "taxonomy:0101"),
        # the condition wins over the category, hours or days
        ("0101", "missing", Policy(), None, Limit(2, Unit.CALENDAR_HOUR), "condition:0101:missing"),
        ("0101", "sunken", Policy(), None, Limit(5, Unit.WORKING_DAY), "condition:0101:sunken"),
        # that of the category itself over that of its group
        ("0103", "sunken", Policy(), None, Limit(7, Unit.WORKING_DAY), "condition:0103:sunken"),
        # the fast track wins over both …
        ("1101", None, FAST, Precision.POINT, Limit(2, Unit.CALENDAR_HOUR), "fast_track:1101"),
        ("1101", "heap", FAST, None, Limit(2, Unit.CALENDAR_HOUR), "fast_track:1101"),
        # … but not where a crew could not find the place, nor over what is pressing
        ("1101", "heap", FAST, Precision.NONE, Limit(4, Unit.CALENDAR_HOUR), "condition:1101:heap"),
        ("0101", "missing", FAST, Precision.POINT, Limit(2, Unit.CALENDAR_HOUR), "condition:0101:missing"),
    ],
)
def test_the_limit_that_holds(
    city: City,
    taxonomy: Taxonomy,
    code: str,
    condition: str | None,
    policy: Policy,
    precision: Precision | None,
    limit: Limit,
    rule: str,
) -> None:
    chosen = city.filing_conditions.get(code, condition) if condition else None
    applied = limit_for(taxonomy.get(code), chosen, policy, precision)
    assert (applied.limit, applied.rule) == (limit, rule)
    assert applied.fast_track is rule.startswith("fast_track")
    assert limit.words in applied.words


def test_a_condition_can_be_more_pressing_than_its_category(city: City, taxonomy: Taxonomy) -> None:
    missing = city.filing_conditions.get("0101", "missing")
    assert limit_for(taxonomy.get("0101"), missing, Policy()).urgency is Urgency.EMERGENCY
    noisy = city.filing_conditions.get("0101", "noisy")
    assert limit_for(taxonomy.get("0101"), noisy, Policy()).urgency is taxonomy.get("0101").urgency


@pytest.mark.parametrize(
    ("code", "reported", "urgency", "limit", "rule"),
    [
        # somebody in an open manhole: danger to life, whatever its category
        ("0101", Urgency.EMERGENCY, Urgency.EMERGENCY, Limit(2, Unit.CALENDAR_HOUR), "urgency:emergency"),
        ("1101", Urgency.URGENT, Urgency.URGENT, Limit(12, Unit.CALENDAR_HOUR), "urgency:urgent"),
        ("0115", Urgency.URGENT, Urgency.URGENT, Limit(24, Unit.CALENDAR_HOUR), "urgency:urgent"),
        # never less than the category: gas keeps its hour
        ("1403", Urgency.EMERGENCY, Urgency.EMERGENCY, Limit(1, Unit.CALENDAR_HOUR), "taxonomy:1403"),
        ("1403", Urgency.NORMAL, Urgency.EMERGENCY, Limit(1, Unit.CALENDAR_HOUR), "taxonomy:1403"),
    ],
)
def test_a_report_may_be_more_pressing_than_its_category_and_never_less(
    taxonomy: Taxonomy, code: str, reported: Urgency, urgency: Urgency, limit: Limit, rule: str
) -> None:
    applied = raised(limit_for(taxonomy.get(code), None, Policy()), reported)
    assert (applied.urgency, applied.limit, applied.rule) == (urgency, limit, rule)
    assert limit.words in applied.words


@pytest.mark.parametrize(
    ("code", "text", "condition", "signs"),
    [
        ("0103", "小区门口的雨水井盖不见了，很危险", "missing", ("不见了",)),
        ("0103", "汽车一压井盖就响", "noisy", ("响",)),
        ("0102", "井蓋凸起來了", "sunken", ("凸",)),  # traditional characters
        ("0103", "井盖没有移位，就是路面下沉", "sunken", ("下沉",)),  # what is denied is no sign
        ("0103", "井盖松动，半边移位没了", "missing", ("没了", "移位")),  # more signs, more pressing
        ("0103", "井盖有问题", None, ()),
        ("1501", "井盖不见了", None, ()),  # another category's condition
    ],
)
def test_the_words_of_a_report_propose_a_condition(
    city: City, code: str, text: str, condition: str | None, signs: tuple[str, ...]
) -> None:
    proposal = city.filing_conditions.propose(code, text)
    assert (proposal.condition.id if proposal else None) == condition
    assert (proposal.signs if proposal else ()) == signs


def test_a_proposal_is_explained(city: City) -> None:
    proposal = city.filing_conditions.propose("0103", "井盖丢了，移位了")
    assert proposal is not None
    assert proposal.words == "文字中有“丢了”“移位”，像是立案条件“井盖缺失或移位，行人车辆可能掉落”"


def test_of_two_with_equal_signs_the_more_pressing_is_proposed(city: City) -> None:
    proposal = city.filing_conditions.propose("0101", "井盖松动移位")
    assert proposal is not None
    assert proposal.condition.id == "missing"


def test_a_condition_of_another_category_is_unknown(city: City) -> None:
    with pytest.raises(UnknownCondition):
        city.filing_conditions.get("1501", "missing")


def test_a_city_may_have_no_conditions(city: City) -> None:
    assert replace(city, conditions=()).filing_conditions.of("0101") == ()
