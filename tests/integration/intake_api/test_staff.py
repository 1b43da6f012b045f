"""Staff accounts: founding, invitations, log-in, lock-out, sessions."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from intake_api import administration
from intake_api.http.authentication import COOKIE
from intake_api.storage.database import Database
from tests.integration.intake_api.conftest import Intake, Json, only_sqlite
from tests.integration.intake_api.desk import GOOD, THREE, account, enter, found, path_of


async def log_in(intake: Intake, name: str, password: str = GOOD, **headers: str) -> tuple[int, Json]:
    body = {"name": name, "password": password}
    return await intake.call("POST", "/api/v1/session", body, role=None, **headers)


async def test_the_founding_link_makes_three_administrators_once(intake: Intake) -> None:
    # the clock of the test stands still, that of the command line does not
    link = await administration.founding_link(intake.settings)
    assert link is not None
    assert link.startswith(f"{intake.settings.base_url}/desk/invitation/")
    status, shown = await intake.call("GET", path_of(link), role=None)
    assert (status, shown["kind"], shown["roles"]) == (200, "founding", ["sysadmin", "secadmin", "auditor"])
    assert (await intake.call("POST", path_of(link), {"administrators": THREE}, role=None))[0] == 200
    status, problem = await intake.call("POST", path_of(link), {"administrators": THREE}, role=None)
    assert (status, problem["code"]) == (410, "invitation_used")
    assert await administration.founding_link(intake.settings) is None


async def test_a_newer_founding_link_ends_the_older(intake: Intake) -> None:
    older = await administration.founding_link(intake.settings)
    newer = await administration.founding_link(intake.settings)
    assert older is not None
    assert newer is not None
    assert (await intake.call("GET", path_of(older), role=None))[0] == 410
    assert (await intake.call("GET", path_of(newer), role=None))[0] == 200


@only_sqlite
@pytest.mark.parametrize(
    ("people", "pointer"),
    [
        (THREE[:2], "/administrators"),
        ([THREE[0], THREE[0], THREE[2]], "/administrators"),
        ([THREE[0], THREE[1], THREE[2] | {"name": "周系统"}], "/administrators"),
        ([THREE[0], THREE[1] | {"password": "weak"}, THREE[2]], "/administrators/1/password"),
        ([THREE[0] | {"role": "operator"}, *THREE[1:]], "/administrators/0/role"),
        (None, "/administrators"),
    ],
)
async def test_founders_must_be_three_different_people_with_good_passwords(
    intake: Intake, people: object, pointer: str
) -> None:
    link = await administration.founding_link(intake.settings)
    assert link is not None
    status, problem = await intake.call("POST", path_of(link), {"administrators": people}, role=None)
    assert status == 422
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert (await intake.call("GET", path_of(link), role=None))[0] == 200


async def test_an_added_account_sets_its_password_by_a_link_that_works_once(intake: Intake) -> None:
    await found(intake)
    administrator = await enter(intake, "周系统")
    body = {"name": "王芳", "roles": ["handler"], "department_id": "drainage"}
    status, created = await administrator.call("POST", "/staff", body)
    assert status == 201
    path = path_of(created["link"])
    _, shown = await intake.call("GET", path, role=None)
    assert shown["name"] == "王芳"
    _, problem = await intake.call("POST", path, {"password": "short"}, role=None)
    assert problem["code"] == "weak_password"
    answers = await asyncio.gather(*(intake.call("POST", path, {"password": GOOD}, role=None) for _ in range(4)))
    assert sorted(status for status, _ in answers) == [200, 410, 410, 410]
    status, session = await log_in(intake, "王芳")
    assert status == 200
    assert session["staff"]["department"] == {"id": "drainage", "name": "青禾区排水管理所"}


async def test_a_link_ends_after_three_days(intake: Intake) -> None:
    link = await administration.add_staff(intake.settings, "李强", ["operator"], None)
    intake.clock.forward(days=3000)
    status, problem = await intake.call("GET", path_of(link), role=None)
    assert (status, problem["code"]) == (410, "invitation_used")


@only_sqlite
@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"name": "赵一", "roles": ["sysadmin", "auditor"]}, 422, "/roles"),
        ({"name": "赵一", "roles": ["channel"]}, 422, "/roles"),
        ({"name": "赵一", "roles": ["king"]}, 422, "/roles/0"),
        ({"name": "赵一", "roles": ["handler"]}, 422, "/department_id"),
        ({"name": "赵一", "roles": ["handler"], "department_id": "none"}, 422, "/department_id"),
        ({"name": " 周系统 ", "roles": ["operator"]}, 409, "/name"),
    ],
)
async def test_accounts_that_must_not_be_are_refused(intake: Intake, body: Json, status: int, pointer: str) -> None:
    await found(intake)
    administrator = await enter(intake, "周系统")
    found_status, problem = await administrator.call("POST", "/staff", body)
    assert (found_status, problem["errors"][0]["pointer"]) == (status, pointer)


async def test_administrators_see_staff_and_no_cases(intake: Intake) -> None:
    await found(intake)
    for name, expected in (("周系统", 200), ("吴安全", 200), ("郑审计", 403)):
        administrator = await enter(intake, name)
        status, listed = await administrator.call("GET", "/staff")
        assert status == expected
        if status == 200:
            assert [person["name"] for person in listed["items"]] == ["周系统", "吴安全", "郑审计"]
        assert (await administrator.call("GET", "/cases"))[0] == 403


async def test_the_cookie_is_kept_from_scripts_and_changes_need_the_csrf_token(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    async with intake.client.post("/api/v1/session", json={"name": "李强", "password": GOOD}) as answer:
        cookie = answer.cookies[COOKIE]
        token = (await answer.json())["csrf_token"]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")
    body = {"text": "稻香新苑"}
    for wrong in ({}, {"X_CSRF_Token": "x"}):
        status, problem = await intake.call("POST", "/api/v1/places/resolve", body, role=None, **wrong)
        assert (status, problem["code"]) == (403, "csrf")
    _, shown = await intake.call("GET", "/api/v1/session", role=None)
    assert shown["csrf_token"] == token
    assert (await intake.call("POST", "/api/v1/places/resolve", body, role=None, X_CSRF_Token=token))[0] == 200


async def test_logging_out_ends_the_session(intake: Intake) -> None:
    await found(intake)
    async with intake.client.post("/api/v1/session", json={"name": "周系统", "password": GOOD}) as answer:
        cookie = answer.cookies[COOKIE].value
        token = (await answer.json())["csrf_token"]
    assert (await intake.call("DELETE", "/api/v1/session", role=None, X_CSRF_Token=token))[0] == 204
    status, _ = await intake.call("GET", "/api/v1/session", role=None, Cookie=f"{COOKIE}={cookie}")
    assert status == 401


@only_sqlite
async def test_a_session_ends_when_idle_and_after_twelve_hours_of_use(intake: Intake) -> None:
    await found(intake)
    await log_in(intake, "周系统")
    for _ in range(4):  # pages that ask by themselves do not keep it alive
        intake.clock.forward(minutes=4)
        status, _ = await intake.call("GET", "/api/v1/session", role=None, X_YHT_Background="1")
    assert status == 401
    await log_in(intake, "周系统")
    for minutes in range(10, 12 * 60, 10):
        intake.clock.forward(minutes=10)
        assert (await intake.call("GET", "/api/v1/session", role=None))[0] == 200, minutes
    intake.clock.forward(minutes=11)
    assert (await intake.call("GET", "/api/v1/session", role=None))[0] == 401


@pytest.mark.parametrize("name", ["周系统", "无此人"])
async def test_five_failures_lock_a_name_whether_it_exists_or_not(intake: Intake, name: str) -> None:
    await found(intake)
    answers = [await log_in(intake, name, "wrong-password") for _ in range(5)]
    assert {(status, problem["code"]) for status, problem in answers} == {(401, "login_failed")}
    status, problem = await log_in(intake, name)
    assert (status, problem["code"]) == (423, "account_locked")
    intake.clock.forward(minutes=15)
    assert (await log_in(intake, name))[0] == (200 if name == "周系统" else 401)


async def test_guesses_at_the_same_moment_are_counted_too(intake: Intake) -> None:
    await found(intake)
    await asyncio.gather(*(log_in(intake, "周系统", f"wrong-{n}") for n in range(8)))
    assert (await log_in(intake, "周系统"))[0] == 423


@only_sqlite
async def test_one_address_that_guesses_many_names_is_stopped(intake: Intake) -> None:
    await found(intake)
    there = {"X_Forwarded_For": "203.0.113.9"}
    for n in range(30):
        await log_in(intake, f"猜{n}", "wrong", **there)
    assert (await log_in(intake, "周系统", **there))[0] == 429
    assert (await log_in(intake, "周系统", X_Forwarded_For="203.0.113.10"))[0] == 200


async def test_what_staff_do_is_recorded(intake: Intake) -> None:
    await found(intake)
    await log_in(intake, "周系统", "wrong")
    administrator = await enter(intake, "周系统")
    await administrator.call("POST", "/staff", {"name": "钱二", "roles": ["operator"]})
    database = Database(intake.settings.cases_database)
    async with database.read() as reading:
        rows = await reading.execute(text("SELECT actor_name, action, result FROM audit ORDER BY id"))
        trail = [tuple(row) for row in rows]
    await database.close()
    assert trail[-7:] == [
        ("周系统", "found_administrator", "ok"),
        ("吴安全", "found_administrator", "ok"),
        ("郑审计", "found_administrator", "ok"),
        ("周系统", "log_in", "failed"),
        ("周系统", "log_in", "ok"),
        ("周系统", "enrol_second_factor", "ok"),
        ("周系统", "add_staff", "ok"),
    ]
