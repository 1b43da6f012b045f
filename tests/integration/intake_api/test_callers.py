"""A caller's earlier cases."""

from __future__ import annotations

import pytest

from tests.integration.intake_api.conftest import Intake

PATH = "/api/v1/cases/of-caller"


def reporter(phone: str, user: str) -> dict[str, str]:
    return {"name": "张伟", "phone": phone, "channel_user": user}


@pytest.mark.parametrize("written", ["13812345678", "138 1234 5678", "+86 138-1234-5678"])
async def test_a_callers_cases_are_found_however_the_number_is_written_and_shown_masked(
    intake: Intake, written: str
) -> None:
    _, older = await intake.file(reporter=reporter("13812345678", "u1"))
    _, newer = await intake.file(reporter=reporter("138-1234-5678", "u2"), channel="hotline")
    await intake.file(reporter=reporter("13900000000", "u3"))
    status, answer = await intake.call("POST", PATH, {"phone": written}, role="operator")
    assert status == 200
    assert [case["case_no"] for case in answer["items"]] == [newer["case_no"], older["case_no"]]
    assert {case["reporter"]["phone"] for case in answer["items"]} == {"138****5678"}


async def test_looking_for_a_caller_is_recorded_without_the_number(intake: Intake) -> None:
    await intake.call("POST", PATH, {"phone": "13812345678"}, role="operator")
    _, trail = await intake.call("GET", "/api/v1/audit?action=look_up_caller", role="auditor")
    assert len(trail["items"]) == 1
    assert "13812345678" not in str(trail)


@pytest.mark.parametrize("phone", ["", "没有号码"])
async def test_without_a_number_nobody_is_looked_for(intake: Intake, phone: str) -> None:
    status, answer = await intake.call("POST", PATH, {"phone": phone}, role="operator")
    assert (status, answer["code"]) == (422, "invalid")
