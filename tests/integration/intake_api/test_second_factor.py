"""Logging in with a second factor: enrolment, codes, recovery codes, a lost phone."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import CursorResult, text

from groundwork.keys import KeyRing
from intake_api.domain.second_factor import code_at, step_of
from intake_api.storage import second_factors
from intake_api.storage.database import Database
from tests.integration.intake_api.conftest import Intake, only_sqlite
from tests.integration.intake_api.desk import GOOD, account, attempt, code, enter, found


@pytest.mark.parametrize("role", ["supervisor", "sysadmin", "secadmin", "auditor"])
@only_sqlite
async def test_privileged_staff_can_do_nothing_before_they_have_a_second_factor(intake: Intake, role: str) -> None:
    await account(intake, "沈督办", role)
    person = await enter(intake, "沈督办", enrol=False)
    assert person.duties == ["enrol"]
    for path in ("/cases", "/staff", "/audit", "/account/sessions", "/departments"):
        status, problem = await person.call("GET", path)
        assert (status, problem["code"], problem["duties"]) == (403, "duty_first", ["enrol"])
    assert (await person.call("GET", "/account"))[0] == 200
    await person.enrol()
    assert (await person.call("GET", "/account/sessions"))[0] == 200


async def test_after_enrolment_a_code_is_asked_for_and_works_once(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    person = await enter(intake, "李强")
    assert person.duties == []
    await person.enrol()
    status, problem, cookie = await attempt(intake, "李强")
    assert (status, problem["code"], cookie) == (401, "code_required", "")
    now = code(intake, "李强")
    answers = await asyncio.gather(*(attempt(intake, "李强", code=now) for _ in range(3)))
    assert sorted(status for status, _, _ in answers) == [200, 401, 401]
    assert (await attempt(intake, "李强", code=now))[0] == 401
    assert (await attempt(intake, "李强", code=code(intake, "李强")))[0] == 200


async def test_a_wrong_password_does_not_tell_that_there_is_a_second_factor(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    await (await enter(intake, "李强")).enrol()
    status, problem, _ = await attempt(intake, "李强", "Wrong-2026-pw")
    assert (status, problem["code"]) == (401, "login_failed")


async def test_wrong_codes_lock_like_wrong_passwords(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    await (await enter(intake, "李强")).enrol()
    right = code(intake, "李强")
    wrong = str((int(right) + 1) % 10**6).zfill(6)
    for _ in range(5):
        assert (await attempt(intake, "李强"))[0] == 401  # asking for the code in between forgets nothing
        assert (await attempt(intake, "李强", code=wrong))[0] == 401
    assert (await attempt(intake, "李强", code=right))[0] == 423


async def test_a_recovery_code_opens_once(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    person = await enter(intake, "李强")
    codes = await person.enrol()
    assert len(codes) == 10
    assert (await attempt(intake, "李强", code=codes[3].upper()))[0] == 200
    assert (await attempt(intake, "李强", code=codes[3]))[0] == 401
    _, shown = await person.call("GET", "/account")
    assert shown["second_factor"]["recovery_codes_left"] == 9
    status, renewed = await person.call("POST", "/account/recovery-codes", {"code": code(intake, "李强")})
    assert status == 200
    assert (await attempt(intake, "李强", code=codes[4]))[0] == 401
    assert (await attempt(intake, "李强", code=renewed["codes"][0]))[0] == 200


async def test_the_secret_is_shown_once_as_text_and_picture(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    person = await enter(intake, "李强")
    _, first = await person.call("POST", "/account/second-factor")
    assert first["address"].startswith("otpauth://totp/")
    assert first["secret"] in first["address"]
    assert first["qr_svg"].startswith("<svg")
    assert "http" not in first["qr_svg"].replace("http://www.w3.org/2000/svg", "")
    _, second = await person.call("POST", "/account/second-factor")
    # the first was given up; only the newest counts
    intake.clock.forward(seconds=30)
    body = {"code": code_at(first["secret"], step_of(intake.clock.now))}
    assert (await person.call("POST", "/account/second-factor/confirm", body))[0] == 422
    body = {"code": code_at(second["secret"], step_of(intake.clock.now))}
    assert (await person.call("POST", "/account/second-factor/confirm", body))[0] == 200
    status, problem = await person.call("POST", "/account/second-factor")
    assert (status, problem["code"]) == (409, "already_enrolled")
    assert second["secret"] not in str(await person.call("GET", "/account"))


async def test_enrolling_ends_sessions_elsewhere(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    elsewhere, person = await enter(intake, "李强"), await enter(intake, "李强")
    await person.enrol()
    assert (await elsewhere.call("GET", "/session"))[0] == 401
    assert (await person.call("GET", "/session"))[0] == 200


async def test_who_may_do_without_can_stop_with_a_code_and_the_privileged_cannot(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    person = await enter(intake, "李强")
    await person.enrol()
    assert (await person.call("POST", "/account/second-factor/remove", {"code": "000000"}))[0] == 422
    assert (await person.call("POST", "/account/second-factor/remove", {"code": code(intake, "李强")}))[0] == 204
    assert (await attempt(intake, "李强"))[0] == 200
    await account(intake, "沈督办", "supervisor")
    supervisor = await enter(intake, "沈督办")
    status, problem = await supervisor.call("POST", "/account/second-factor/remove", {"code": code(intake, "沈督办")})
    assert (status, problem["code"]) == (409, "compulsory")


async def test_a_lost_phone_is_reset_by_the_security_administrator(intake: Intake) -> None:
    await found(intake)
    await account(intake, "沈督办", "supervisor")
    supervisor, security = await enter(intake, "沈督办"), await enter(intake, "吴安全")
    system = await enter(intake, "周系统")
    assert (await system.call("DELETE", "/staff/4/second-factor"))[0] == 403
    assert (await security.call("DELETE", "/staff/4/second-factor"))[0] == 204
    assert (await supervisor.call("GET", "/session"))[0] == 401
    del intake.secrets["沈督办"]
    again = await enter(intake, "沈督办", enrol=False)
    assert again.duties == ["enrol"]
    assert (await security.call("DELETE", "/staff/4/second-factor"))[0] == 409


async def test_a_new_link_does_not_get_round_the_second_factor(intake: Intake) -> None:
    await found(intake)
    await account(intake, "沈督办", "supervisor")
    await enter(intake, "沈督办")
    system = await enter(intake, "周系统")
    status, made = await system.call("POST", "/staff/4/invitation")
    assert status == 201
    token = made["link"].rpartition("/")[2]
    body = {"password": "Xinde-2026-mima"}
    assert (await intake.call("POST", f"/api/v1/invitations/{token}", body, role=None))[0] == 200
    assert (await attempt(intake, "沈督办", "Xinde-2026-mima"))[1]["code"] == "code_required"
    assert (await attempt(intake, "沈督办", GOOD))[1]["code"] == "login_failed"


@only_sqlite
async def test_a_program_has_no_account_of_its_own(intake: Intake) -> None:
    status, problem = await intake.call("POST", "/api/v1/account/second-factor", role="operator")
    assert (status, problem["code"]) == (403, "people_only")


async def kept_secrets(
    intake: Intake, statement: str = "SELECT secret FROM second_factors", **values: str
) -> list[str]:
    database = Database(intake.settings.cases_database)
    async with database.write() as session:
        result = cast("CursorResult[Any]", await session.execute(text(statement), values))
        found = [str(row[0]) for row in result] if result.returns_rows else []
    await database.close()
    return found


def keys_file(intake: Intake) -> Path:
    return intake.settings.var_dir / "secrets" / "second-factors.keys"


async def seal_again(intake: Intake) -> int:
    """What the intake does when it starts."""
    database = Database(intake.settings.cases_database)
    async with database.write() as session:
        unreadable = await second_factors.seal_all(session, KeyRing.read(keys_file(intake)))
    await database.close()
    return unreadable


async def test_whoever_has_the_database_alone_has_no_secret(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    await (await enter(intake, "李强")).enrol()
    (kept,) = await kept_secrets(intake)
    assert intake.secrets["李强"] not in kept
    assert keys_file(intake).stat().st_mode & 0o077 == 0


async def test_secrets_kept_unsealed_are_sealed_at_the_start_and_their_codes_go_on(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    await (await enter(intake, "李强")).enrol()
    secret = intake.secrets["李强"]
    await kept_secrets(intake, "UPDATE second_factors SET secret = :secret", secret=secret)
    assert (await attempt(intake, "李强", code=code(intake, "李强")))[0] == 200
    assert await seal_again(intake) == 0
    assert secret not in (await kept_secrets(intake))[0]
    intake.clock.forward(minutes=2)
    assert (await attempt(intake, "李强", code=code(intake, "李强")))[0] == 200


@only_sqlite
async def test_after_a_new_key_the_old_one_is_no_longer_needed(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    await (await enter(intake, "李强")).enrol()
    file, new = keys_file(intake), base64.b64encode(bytes(32)).decode()
    file.write_text(f"{new}\n{file.read_text()}")
    assert await seal_again(intake) == 0
    file.write_text(new)
    assert await seal_again(intake) == 0


@only_sqlite
async def test_without_the_keys_codes_are_refused_and_recovery_codes_still_open(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    codes = await (await enter(intake, "李强")).enrol()
    (kept,) = await kept_secrets(intake)
    last = "A" if kept[-5] != "A" else "B"
    await kept_secrets(intake, "UPDATE second_factors SET secret = :kept", kept=kept[:-5] + last + kept[-4:])
    assert (await attempt(intake, "李强", code=code(intake, "李强")))[0] == 401
    assert (await attempt(intake, "李强", code=codes[0]))[0] == 200
    keys_file(intake).write_text(base64.b64encode(bytes(32)).decode())
    assert await seal_again(intake) == 1
