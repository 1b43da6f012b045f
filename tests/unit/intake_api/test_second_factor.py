"""One-time codes as authenticator apps make them, and codes on paper."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from intake_api.domain.second_factor import (
    RECOVERY_CODES,
    STEP,
    address,
    code_at,
    matching_step,
    new_recovery_codes,
    new_secret,
    recovery_form,
    step_of,
)

RFC = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 9, 22, 2, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
        (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert code_at(RFC, seconds // STEP, digits=8) == code


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_phone_that_is_half_a_minute_off_gets_in(seconds: int) -> None:
    step = step_of(NOW + timedelta(seconds=seconds))
    assert matching_step(RFC, code_at(RFC, step), NOW, 0) == step


@pytest.mark.parametrize("seconds", [-60, 60, 3600])
def test_a_code_of_another_time_does_not(seconds: int) -> None:
    assert matching_step(RFC, code_at(RFC, step_of(NOW + timedelta(seconds=seconds))), NOW, 0) is None


def test_a_used_code_and_older_ones_do_not_work_again() -> None:
    present = step_of(NOW)
    used = matching_step(RFC, code_at(RFC, present), NOW, 0)
    assert used == present
    for step in (present - 1, present):
        assert matching_step(RFC, code_at(RFC, step), NOW, used) is None
    assert matching_step(RFC, code_at(RFC, present + 1), NOW, used) == present + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34 5"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert matching_step(RFC, code, NOW, 0) is None


def test_a_code_may_be_typed_with_the_gap_the_phone_shows() -> None:
    code = code_at(RFC, step_of(NOW))
    assert matching_step(RFC, f" {code[:3]} {code[3:]}", NOW, 0) == step_of(NOW)


def test_secrets_are_new_each_time_and_fit_the_apps() -> None:
    one, other = new_secret(), new_secret()
    assert one != other
    assert len(base64.b32decode(one)) == 20
    assert "=" not in one


def test_the_address_names_the_system_and_the_person() -> None:
    assert address("JBSWY3DP", "王芳（七宝）", "一号通").startswith(
        "otpauth://totp/%E4%B8%80%E5%8F%B7%E9%80%9A:%E7%8E%8B%E8%8A%B3%EF%BC%88%E4%B8%83%E5%AE%9D%EF%BC%89?secret=JBSWY3DP&issuer=%E4%B8%80"
    )


def test_recovery_codes_are_many_different_and_read_however_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == RECOVERY_CODES
    form = recovery_form(codes[0])
    assert form
    assert recovery_form(codes[0].upper().replace("-", " ")) == recovery_form(codes[0].replace("-", "－")) == form
    assert recovery_form("123456") is None
