"""One's own password and sessions, and what the security administrator may do about others'."""

from __future__ import annotations

from tests.integration.intake_api.conftest import Intake, only_sqlite
from tests.integration.intake_api.desk import GOOD, Person, account, attempt, enter, found, path_of


async def change(person: Person, old: str, new: str) -> tuple[int, str]:
    status, problem = await person.call("PUT", "/account/password", {"old": old, "new": new})
    return status, problem.get("code", "")


async def test_a_changed_password_counts_from_now_on_and_other_sessions_end(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    elsewhere, person = await enter(intake, "李强"), await enter(intake, "李强")
    assert await change(person, "Not-the-old-1", "Xinde-2026-mima") == (422, "wrong_password")
    assert await change(person, GOOD, "short") == (422, "weak_password")
    assert await change(person, GOOD, "Xinde-2026-mima") == (204, "")
    assert (await elsewhere.call("GET", "/session"))[0] == 401
    assert (await person.call("GET", "/session"))[0] == 200
    assert (await attempt(intake, "李强"))[0] == 401
    assert (await attempt(intake, "李强", "Xinde-2026-mima"))[0] == 200


@only_sqlite
async def test_the_last_five_passwords_do_not_come_back(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    person = await enter(intake, "李强")
    used = [GOOD]
    for n in range(1, 5):
        assert await change(person, used[-1], f"Xinde-2026-{n}") == (204, "")
        used.append(f"Xinde-2026-{n}")
    for old in used:
        assert await change(person, used[-1], old) == (422, "password_reused"), old
    assert await change(person, used[-1], "Xinde-2026-5") == (204, "")
    assert await change(person, "Xinde-2026-5", GOOD) == (204, "")


@only_sqlite
async def test_guessing_the_old_password_from_inside_locks_too(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    person = await enter(intake, "李强")
    for n in range(5):
        assert await change(person, f"Guess-2026-{n}", "Xinde-2026-mima") == (422, "wrong_password")
    assert await change(person, GOOD, "Xinde-2026-mima") == (423, "account_locked")


async def test_an_old_password_is_changed_before_anything_else(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    intake.clock.forward(days=89)
    assert (await enter(intake, "李强")).duties == []
    intake.clock.forward(days=1)
    person = await enter(intake, "李强")
    assert person.duties == ["change_password"]
    status, problem = await person.call("GET", "/cases")
    assert (status, problem["code"]) == (403, "duty_first")
    assert await change(person, GOOD, "Xinde-2026-mima") == (204, "")
    assert (await person.call("GET", "/cases"))[0] == 200


async def test_the_security_administrator_can_have_a_password_changed_at_once(intake: Intake) -> None:
    await found(intake)
    await account(intake, "李强", "operator")
    security, person = await enter(intake, "吴安全"), await enter(intake, "李强")
    assert (await security.call("POST", "/staff/4/require-password"))[0] == 204
    assert (await person.call("GET", "/session"))[0] == 401
    again = await enter(intake, "李强")
    assert again.duties == ["change_password"]
    assert await change(again, GOOD, GOOD) == (422, "password_reused")
    assert await change(again, GOOD, "Xinde-2026-mima") == (204, "")
    assert (await enter(intake, "李强", "Xinde-2026-mima")).duties == []


async def test_no_administrator_alone_takes_over_an_account_that_has_a_password(intake: Intake) -> None:
    await found(intake)
    await account(intake, "李强", "operator")
    system, security = await enter(intake, "周系统"), await enter(intake, "吴安全")
    person, auditor = await enter(intake, "李强"), await enter(intake, "郑审计")
    status, problem = await system.call("POST", "/staff/4/invitation")
    assert (status, problem["code"]) == (409, "has_password")
    for way_round in ("disable", "enable"):
        assert (await system.call("POST", f"/staff/4/{way_round}"))[0] == 204
    assert (await system.call("POST", "/staff/4/invitation"))[0] == 409
    person = await enter(intake, "李强")
    assert (await system.call("DELETE", "/staff/4/password"))[0] == 403
    assert (await security.call("DELETE", "/staff/4/password"))[0] == 204
    assert (await person.call("GET", "/session"))[0] == 401
    assert (await attempt(intake, "李强"))[1]["code"] == "login_failed"
    assert (await security.call("DELETE", "/staff/4/password"))[1]["code"] == "no_password"
    assert (await security.call("POST", "/staff/4/invitation"))[0] == 403
    status, made = await system.call("POST", "/staff/4/invitation")
    assert status == 201
    body = {"password": "Xinde-2026-mima"}
    assert (await intake.call("POST", path_of(made["link"]), body, role=None))[0] == 200
    assert (await enter(intake, "李强", "Xinde-2026-mima")).duties == []
    _, trail = await auditor.call("GET", "/audit?action=set_password")
    assert trail["items"][0]["target"] == "staff:4 link:周系统"


async def test_a_locked_account_is_seen_and_unlocked(intake: Intake) -> None:
    await found(intake)
    await account(intake, "李强", "operator")
    for _ in range(5):
        await attempt(intake, "李强", "Wrong-2026-pw")
    assert (await attempt(intake, "李强"))[0] == 423
    security = await enter(intake, "吴安全")
    _, listed = await security.call("GET", "/staff")
    assert [one["name"] for one in listed["items"] if one["locked_until"]] == ["李强"]
    assert (await security.call("POST", "/staff/4/unlock"))[0] == 204
    assert (await attempt(intake, "李强"))[0] == 200


async def test_sessions_are_listed_and_ended(intake: Intake) -> None:
    await found(intake)
    await account(intake, "李强", "operator")
    first, second = await enter(intake, "李强"), await enter(intake, "李强")
    _, own = await second.call("GET", "/account/sessions")
    assert sorted(one["present"] for one in own["items"]) == [False, True]
    [other] = [one["id"] for one in own["items"] if not one["present"]]
    assert (await second.call("DELETE", f"/account/sessions/{other}"))[0] == 204
    assert (await first.call("GET", "/session"))[0] == 401
    assert (await second.call("DELETE", f"/account/sessions/{other}"))[0] == 404
    security = await enter(intake, "吴安全")
    _, seen = await security.call("GET", "/staff/4/sessions")
    assert len(seen["items"]) == 1
    assert await security.call("DELETE", "/staff/4/sessions") == (200, {"ended": 1})
    assert (await second.call("GET", "/session"))[0] == 401


@only_sqlite
async def test_nobody_ends_a_session_of_somebody_else(intake: Intake) -> None:
    await account(intake, "李强", "operator")
    await account(intake, "钱二", "operator")
    one, other = await enter(intake, "李强"), await enter(intake, "钱二")
    _, own = await other.call("GET", "/account/sessions")
    for called in (own["items"][0]["id"], "", "%", "_" * 16):
        assert (await one.call("DELETE", f"/account/sessions/{called}"))[0] == 404
    assert (await other.call("GET", "/session"))[0] == 200
