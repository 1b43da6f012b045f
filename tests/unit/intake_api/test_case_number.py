"""Case numbers as people read, say and mistype them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_api.domain.case_number import (
    NotACaseNumber,
    WrongCheckDigit,
    format_number,
    grouped,
    parse,
    spoken,
)

ids = st.integers(min_value=1, max_value=90_000_000)
late_ids = st.integers(min_value=90_000_001, max_value=9 * 10**9)


@given(ids)
def test_a_number_has_nine_digits_and_leads_back_to_its_case(case_id: int) -> None:
    number = format_number(case_id)
    assert len(number) == 9
    assert number[0] != "0"
    assert parse(number) == case_id


@given(late_ids)
def test_later_cases_get_longer_numbers_that_lead_back_as_well(case_id: int) -> None:
    number = format_number(case_id)
    assert len(number) == 11
    assert parse(number) == case_id


def test_the_last_short_and_the_first_long_number_stand_side_by_side() -> None:
    assert (len(format_number(90_000_000)), len(format_number(90_000_001))) == (9, 11)


def test_no_two_cases_share_a_number() -> None:
    assert len({format_number(case_id) for case_id in range(1, 20_001)}) == 20_000


def test_neighbouring_cases_have_unlike_numbers() -> None:
    for case_id in range(1, 500):
        pair = zip(format_number(case_id), format_number(case_id + 1), strict=True)
        assert sum(a != b for a, b in pair) >= 3


@given(ids | late_ids, st.data())
def test_one_wrong_digit_is_noticed(case_id: int, data: st.DataObject) -> None:
    number = format_number(case_id)
    at = data.draw(st.integers(1, len(number) - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != number[at]]))
    with pytest.raises(WrongCheckDigit):
        parse(number[:at] + digit + number[at + 1 :])


@given(ids | late_ids, st.data())
def test_two_neighbouring_digits_swapped_are_noticed(case_id: int, data: st.DataObject) -> None:
    number = format_number(case_id)
    at = data.draw(st.integers(0, len(number) - 2))
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if swapped != number and swapped[0] != "0":
        with pytest.raises(WrongCheckDigit):
            parse(swapped)


@pytest.mark.parametrize("write", [grouped, spoken, lambda n: f" {n[:3]}-{n[3:6]}－{n[6:]} "])
@pytest.mark.parametrize("case_id", [1, 2, 77, 123_456])
def test_a_number_is_understood_however_it_is_written(write: object, case_id: int) -> None:
    assert callable(write)
    assert parse(write(format_number(case_id))) == case_id


def test_full_width_and_chinese_digits_are_understood() -> None:
    number = format_number(5)
    assert parse("".join(chr(ord(d) + 0xFEE0) for d in number)) == 5
    assert parse("".join("〇一二三四五六七八九"[int(d)] for d in number)) == 5


def test_a_number_is_said_in_threes_with_yao_for_one() -> None:
    assert spoken("483920175") == "四八三，九二零，幺七五"
    assert grouped("483920175") == "483 920 175"


@pytest.mark.parametrize("text", ["", "12345", "1234567890", "路灯不亮", "012345678", "48392017x", "9" * 40])
def test_what_is_no_number_is_said_to_be_none(text: str) -> None:
    with pytest.raises(NotACaseNumber):
        parse(text)
