"""A case reported elsewhere is told to who knows its number and the end of its phone; nobody gets there by trying."""

from __future__ import annotations

import pytest

from intake_api.domain.case_number import format_number
from intake_api.domain.phone_check import MOST_WRONG, knows_phone
from tests.integration.intake_api.conftest import Intake, Json, only_sqlite

UNKNOWN = format_number(90_000)


async def check(intake: Intake, number: str, last_four: str = "5678", user: str = "u9") -> tuple[int, Json]:
    body = {"channel": "web", "channel_user": user, "last_four": last_four}
    return await intake.call("POST", f"/api/v1/cases/{number}/phone-check", body)


async def test_the_right_digits_tell_how_it_stands_and_nothing_of_the_reporter(intake: Intake) -> None:
    _, case = await intake.file()
    status, shown = await check(intake, case["case_no"])
    assert status == 200
    assert (shown["case_no"], shown["status"], shown["department"]) == (
        case["case_no"],
        case["status"],
        case["department"],
    )
    assert (shown["description"], shown["location"]["lat"], shown["reporter"]["phone"]) == ("", None, "")


async def test_wrong_digits_and_a_wrong_number_are_answered_alike(intake: Intake) -> None:
    _, case = await intake.file()
    _, silent = await intake.file(reporter={"channel_user": "u2"})
    wrong = await check(intake, case["case_no"], "0000")
    assert wrong[0] == 404
    for other in (await check(intake, UNKNOWN), await check(intake, silent["case_no"], "0000", "u8")):
        assert other[0] == 404
    assert (await check(intake, silent["case_no"], "0000", "u7"))[1]["detail"] == wrong[1]["detail"]


async def test_after_five_wrong_answers_for_a_case_nobody_is_answered_until_the_next_day(intake: Intake) -> None:
    _, case = await intake.file()
    for at in range(MOST_WRONG):
        assert (await check(intake, case["case_no"], "0000", f"u{10 + at}"))[0] == 404
    status, problem = await check(intake, case["case_no"], user="u30")
    assert (status, problem["code"]) == (429, "too_many_tries")
    intake.clock.forward(hours=25)
    assert (await check(intake, case["case_no"], user="u30"))[0] == 200


async def test_one_asker_may_be_wrong_five_times_over_all_cases(intake: Intake) -> None:
    _, case = await intake.file()
    _, other = await intake.file(description="东门也有垃圾")
    for number in (case["case_no"], other["case_no"], UNKNOWN, case["case_no"], other["case_no"]):
        assert (await check(intake, number, "0000"))[0] == 404
    assert (await check(intake, case["case_no"]))[0] == 429
    assert (await check(intake, case["case_no"], user="u10"))[0] == 200


@only_sqlite
@pytest.mark.parametrize("last_four", ["", "123", "12345", "abcd", "１２３４"])
async def test_what_are_no_four_digits_is_refused(intake: Intake, last_four: str) -> None:
    _, case = await intake.file()
    assert (await check(intake, case["case_no"], last_four))[0] == 422


@pytest.mark.parametrize(
    ("phone", "last_four", "known"),
    [
        ("13812345678", "5678", True),
        ("021-64125678", "5678", True),
        ("021-64125678-801", "5678", True),
        ("021-64125678-801", "8801", False),
        ("138****5678", "5678", False),
        ("5678", "5678", False),
        ("", "0000", False),
    ],
)
def test_only_a_whole_phone_counts_and_its_extension_does_not(phone: str, last_four: str, known: bool) -> None:
    assert knows_phone(phone, last_four) is known
