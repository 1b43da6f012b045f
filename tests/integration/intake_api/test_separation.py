"""Three administrators in three hands: who may call what, over everything that the interface offers."""

from __future__ import annotations

import pytest

from intake_api.domain.access import ADMINISTRATORS, Permission, Role, permissions
from intake_api.domain.action import Action
from intake_api.http.app import OPERATIONS
from intake_api.http.routing import Operation
from tests.integration.intake_api.conftest import Intake, only_sqlite
from tests.integration.intake_api.desk import account, enter, found

EVERYBODY = frozenset(Role)
NOBODY: frozenset[Role] = frozenset()
CASE_STAFF = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.HANDLER, Role.VERIFIER, Role.SUPERVISOR})
SYSTEM, SECURITY, AUDIT = frozenset({Role.SYSADMIN}), frozenset({Role.SECADMIN}), frozenset({Role.AUDITOR})
READERS = CASE_STAFF | {Role.CHANNEL, Role.INSPECTOR}
LOOKERS = EVERYBODY - AUDIT - {Role.BOARD}
UNDERSTANDERS = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.VERIFIER, Role.SUPERVISOR})
KNOWLEDGE_WRITERS = frozenset({Role.HANDLER, Role.DISPATCHER, Role.SUPERVISOR})
FILERS = frozenset({Role.CHANNEL, Role.OPERATOR, Role.INSPECTOR})

# whoever adds an operation says here who may call it
EXPECTED: dict[str, frozenset[Role]] = {
    "POST /api/v1/cases": FILERS,
    "POST /api/v1/cases/preview": FILERS,
    "GET /api/v1/cases": READERS,
    "GET /api/v1/cases/{case_no}": READERS,
    "GET /api/v1/cases/{case_no}/events": READERS,
    "GET /api/v1/cases/{case_no}/clock": READERS,
    # what of these each may do on which cases: tests/unit/intake_api/test_who_may.py
    **{f"POST /api/v1/cases/{{case_no}}/actions/{action.value}": READERS for action in Action},
    "POST /api/v1/cases/{case_no}/actions/correct": frozenset({Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR}),
    "GET /api/v1/console/operator": frozenset({Role.OPERATOR, Role.SUPERVISOR}),
    "POST /api/v1/console/records": frozenset({Role.OPERATOR, Role.SUPERVISOR}),
    "GET /api/v1/office-hours": LOOKERS,
    "GET /api/v1/events": CASE_STAFF | {Role.PARTNER},
    "GET /api/v1/webhooks": SYSTEM | {Role.HANDLER, Role.PARTNER},
    "POST /api/v1/webhooks": SYSTEM,
    "GET /api/v1/webhooks/{id}": SYSTEM | {Role.HANDLER, Role.PARTNER},
    "PATCH /api/v1/webhooks/{id}": SYSTEM,
    "DELETE /api/v1/webhooks/{id}": SYSTEM,
    "POST /api/v1/webhooks/{id}/secret": SYSTEM,
    "GET /api/v1/webhooks/{id}/dead-letters": SYSTEM | {Role.HANDLER, Role.PARTNER},
    "POST /api/v1/webhooks/{id}/dead-letters/replay": SYSTEM,
    "POST /api/v1/personal/erasures": SECURITY,
    "GET /api/v1/personal/erasures": SECURITY,
    "POST /api/v1/cases/claim-next": CASE_STAFF,
    "GET /api/v1/cases/{case_no}/priority": CASE_STAFF,
    "GET /api/v1/cases/{case_no}/claim": CASE_STAFF,
    "POST /api/v1/cases/{case_no}/claim": CASE_STAFF,
    "POST /api/v1/cases/{case_no}/release-claim": CASE_STAFF,
    "GET /api/v1/cases/{case_no}/telephone-news": frozenset({Role.OPERATOR}),
    "POST /api/v1/cases/{case_no}/telephone-news/{id}": frozenset({Role.OPERATOR}),
    "GET /api/v1/views": CASE_STAFF,
    "POST /api/v1/views": CASE_STAFF,
    "PUT /api/v1/views/{id}": CASE_STAFF,
    "DELETE /api/v1/views/{id}": CASE_STAFF,
    "POST /api/v1/cases/bulk": CASE_STAFF,
    "POST /api/v1/cases/of-caller": frozenset({Role.OPERATOR}),
    "POST /api/v1/cases/similar": READERS,
    "POST /api/v1/cases/{case_no}/phone-check": frozenset({Role.CHANNEL}),
    "GET /api/v1/cases/{case_no}/similar": CASE_STAFF | {Role.CHANNEL},
    "GET /api/v1/hotspots": CASE_STAFF - {Role.HANDLER} | {Role.BOARD},
    "GET /api/v1/work": CASE_STAFF | {Role.INSPECTOR},
    "GET /api/v1/board": CASE_STAFF - {Role.HANDLER} | {Role.BOARD},
    "GET /api/v1/board/screens": frozenset({Role.SUPERVISOR}),
    "POST /api/v1/board/screens": frozenset({Role.SUPERVISOR}),
    "DELETE /api/v1/board/screens/{id}": frozenset({Role.SUPERVISOR}),
    "GET /api/v1/figures": CASE_STAFF,
    "GET /api/v1/figures/cases": CASE_STAFF,
    "GET /api/v1/figures/export": CASE_STAFF,
    "GET /api/v1/figures/scorecard": CASE_STAFF,
    "GET /api/v1/responsibility": CASE_STAFF,
    "GET /api/v1/responsibility/dry-run": CASE_STAFF,
    "GET /api/v1/responsibility/export.csv": CASE_STAFF,
    "GET /api/v1/responsibility/history": CASE_STAFF,
    "POST /api/v1/responsibility": frozenset({Role.SUPERVISOR}),
    "POST /api/v1/responsibility/import": frozenset({Role.SUPERVISOR}),
    "POST /api/v1/responsibility/{id}/end": frozenset({Role.SUPERVISOR}),
    "GET /api/v1/cases/{case_no}/public": frozenset({Role.OPERATOR, Role.SUPERVISOR}),
    "POST /api/v1/cases/{case_no}/actions/release": frozenset({Role.OPERATOR, Role.SUPERVISOR}),
    "POST /api/v1/cases/{case_no}/actions/unrelease": frozenset({Role.OPERATOR, Role.SUPERVISOR}),
    "POST /api/v1/attachments": FILERS | CASE_STAFF,
    "POST /api/v1/places/resolve": LOOKERS,
    "GET /api/v1/departments": LOOKERS,
    "POST /api/v1/nlu/parse": UNDERSTANDERS,
    "GET /api/v1/training-examples": frozenset({Role.SUPERVISOR}),
    "GET /api/v1/training-examples/export": frozenset({Role.SUPERVISOR}),
    "POST /api/v1/training-examples/{id}/review": frozenset({Role.SUPERVISOR}),
    "GET /api/v1/knowledge/search": CASE_STAFF | {Role.CHANNEL},
    "POST /api/v1/knowledge/questions": CASE_STAFF | {Role.CHANNEL},
    "GET /api/v1/knowledge/questions": CASE_STAFF,
    "POST /api/v1/knowledge/questions/{question_id}/settle": KNOWLEDGE_WRITERS,
    "POST /api/v1/knowledge/import": KNOWLEDGE_WRITERS,
    "GET /api/v1/knowledge": CASE_STAFF,
    "POST /api/v1/knowledge": KNOWLEDGE_WRITERS,
    "GET /api/v1/knowledge/{id}": CASE_STAFF,
    "PUT /api/v1/knowledge/{id}": KNOWLEDGE_WRITERS,
    "POST /api/v1/knowledge/{id}/publish": frozenset({Role.DISPATCHER, Role.SUPERVISOR}),
    "POST /api/v1/knowledge/{id}/withdraw": frozenset({Role.DISPATCHER, Role.SUPERVISOR}),
    "GET /api/v1/knowledge/{id}/history": CASE_STAFF,
    "GET /api/v1/model": CASE_STAFF | {Role.INSPECTOR, Role.SYSADMIN},
    "POST /api/v1/calls/{call_id}/heard": CASE_STAFF - {Role.HANDLER},
    "POST /api/v1/calls/{call_id}/deeds": frozenset({Role.OPERATOR, Role.SUPERVISOR}),
    "POST /api/v1/outbox/claim": frozenset({Role.CHANNEL}),
    "POST /api/v1/outbox/{item_id}/delivered": frozenset({Role.CHANNEL}),
    "POST /api/v1/outbox/{item_id}/failed": frozenset({Role.CHANNEL}),
    "GET /api/v1/session": EVERYBODY,
    "GET /api/v1/principal": EVERYBODY,
    "DELETE /api/v1/session": EVERYBODY,
    "GET /api/v1/staff": SYSTEM | SECURITY,
    "POST /api/v1/staff": SYSTEM,
    "POST /api/v1/staff/{id}/invitation": SYSTEM,
    "POST /api/v1/staff/{id}/disable": SYSTEM,
    "POST /api/v1/staff/{id}/enable": SYSTEM,
    "PUT /api/v1/staff/{id}/roles": SECURITY,
    "POST /api/v1/staff/{id}/unlock": SECURITY,
    "POST /api/v1/staff/{id}/require-password": SECURITY,
    "DELETE /api/v1/staff/{id}/password": SECURITY,
    "DELETE /api/v1/staff/{id}/second-factor": SECURITY,
    "GET /api/v1/staff/{id}/sessions": SECURITY,
    "DELETE /api/v1/staff/{id}/sessions": SECURITY,
    "GET /api/v1/tokens": SYSTEM,
    "POST /api/v1/tokens": SYSTEM,
    "DELETE /api/v1/tokens/{token_id}": SYSTEM,
    "GET /api/v1/audit": AUDIT,
    "GET /api/v1/audit/export": AUDIT,
    "GET /api/v1/account": EVERYBODY,
    "PUT /api/v1/account/password": EVERYBODY,
    "POST /api/v1/account/second-factor": EVERYBODY,
    "POST /api/v1/account/second-factor/confirm": EVERYBODY,
    "POST /api/v1/account/second-factor/remove": EVERYBODY,
    "POST /api/v1/account/recovery-codes": EVERYBODY,
    "GET /api/v1/account/sessions": EVERYBODY,
    "DELETE /api/v1/account/sessions/{session_id}": EVERYBODY,
}
PUBLIC = {
    "GET /api/v1/attachments/{attachment_id}",  # asks for itself: signed address or permission
    "GET /api/v1/categories",
    "GET /api/v1/categories/{code}",
    "GET /api/v1/city",
    "GET /api/v1/public/cases",
    "GET /api/v1/public/cases/{case_no}",
    "POST /api/v1/session",
    "GET /api/v1/invitations/{token}",
    "POST /api/v1/invitations/{token}",
}
# views that write the audit row themselves, with more than the address tells
THEMSELVES = (
    "/api/v1/staff",
    "/api/v1/account",
    "/api/v1/tokens",
    "/api/v1/board/screens",
    "/api/v1/session",
    "/api/v1/training-examples/{id}",
    "/api/v1/responsibility",
    "/api/v1/knowledge",
    "/api/v1/cases/bulk",
    "/api/v1/webhooks",
    "/api/v1/personal",
    "/api/v1/cases/{case_no}/actions/release",
    "/api/v1/cases/{case_no}/actions/unrelease",
    "/api/v1/console/records",
    "/api/v1/calls/{call_id}/deeds",
)
HARMLESS = {
    "POST /api/v1/cases/preview",
    "POST /api/v1/places/resolve",
    "POST /api/v1/nlu/parse",
    "POST /api/v1/cases/similar",
}  # change nothing


def name_of(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def test_every_operation_says_who_may_call_it() -> None:
    assert {name_of(operation) for operation in OPERATIONS if operation.needs is None} == PUBLIC
    assert {name_of(operation) for operation in OPERATIONS if operation.needs is not None} == set(EXPECTED)


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.needs is not None], ids=name_of)
def test_each_role_may_call_what_the_table_says(operation: Operation) -> None:
    allowed = {role for role in Role if not operation.needs or set(operation.needs) & permissions([role])}
    assert allowed == EXPECTED[name_of(operation)]


@only_sqlite
@pytest.mark.parametrize("role", list(Role))
async def test_the_interface_refuses_each_role_what_the_table_refuses(intake: Intake, role: Role) -> None:
    named = f"{role.value}@hedong" if role is Role.HANDLER else role.value
    for operation in OPERATIONS:
        if operation.needs is None:
            continue
        path = operation.path.format(
            case_no="0", id="0", item_id="0", token_id="0", session_id="0", question_id="0", call_id="0"
        )
        headers = {"Authorization": f"Bearer {await intake.token(named)}"}
        async with intake.client.request(operation.method, path, headers=headers, json={}) as answer:
            status = answer.status
            problem = await answer.json() if answer.content_type == "application/problem+json" else {}
        refused = (status, problem.get("code")) == (403, "forbidden")
        assert refused == (role not in EXPECTED[name_of(operation)]), (name_of(operation), status)


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_every_change_by_staff_leaves_a_row(operation: Operation) -> None:
    changes = operation.method != "GET" and operation.needs is not None
    by_staff = any(role not in (Role.CHANNEL, Role.PARTNER) for role in EXPECTED.get(name_of(operation), NOBODY))
    if not changes or not by_staff or name_of(operation) in HARMLESS:
        return
    assert operation.action or operation.path.startswith(THEMSELVES)


def test_no_administrator_has_a_part_of_another_or_of_the_handling_of_cases() -> None:
    shared = {Permission.SEE_STAFF, Permission.LOOK_UP}  # to see whom, and which departments there are
    parts = {role: permissions([role]) - shared for role in ADMINISTRATORS}
    for role, part in parts.items():
        others = [parts[other] for other in ADMINISTRATORS if other is not role]
        assert all(part.isdisjoint(other) for other in others)
        assert part.isdisjoint(
            {
                Permission.READ_ALL,
                Permission.READ_DEPARTMENT,
                Permission.READ_REPORTERS,
                Permission.REVEAL,
                Permission.FILE,
            }
        )
    assert permissions([Role.AUDITOR]) == {Permission.READ_AUDIT}


async def test_an_account_can_do_nothing_until_the_security_administrator_grants_its_roles(intake: Intake) -> None:
    await found(intake)
    system, security = await enter(intake, "周系统"), await enter(intake, "吴安全")
    body = {"name": "王芳", "roles": ["handler"], "department_id": "drainage"}
    _, created = await system.call("POST", "/staff", body)
    token = created["link"].rpartition("/")[2]
    await intake.call("POST", f"/api/v1/invitations/{token}", {"password": "Liuxi-2026-xin"}, role=None)
    person = await enter(intake, "王芳")
    assert (await person.call("GET", "/cases"))[0] == 403
    path = f"/staff/{created['id']}/roles"
    assert (await system.call("PUT", path, {"roles": ["handler"]}))[0] == 403
    _, listed = await security.call("GET", "/staff")
    assert [(one["name"], one["requested_roles"]) for one in listed["items"] if one["requested_roles"]] == [
        ("王芳", ["handler"])
    ]
    assert (await security.call("PUT", path, {"roles": ["handler"]}))[0] == 204
    assert (await person.call("GET", "/cases"))[0] == 200  # in the session that was open already
    assert (await security.call("PUT", path, {"roles": []}))[0] == 204
    assert (await person.call("GET", "/cases"))[0] == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"roles": ["sysadmin", "operator"]}, "/roles"),
        ({"roles": ["handler", "verifier"], "department_id": "drainage"}, "/roles"),
        ({"roles": ["partner"]}, "/roles"),
        ({"roles": ["handler"]}, "/department_id"),
        ({"roles": ["handler"], "department_id": "none"}, "/department_id"),
    ],
)
@only_sqlite
async def test_roles_that_do_not_go_together_are_not_granted(intake: Intake, body: object, pointer: str) -> None:
    await found(intake)
    await account(intake, "钱二", "operator")
    security = await enter(intake, "吴安全")
    status, problem = await security.call("PUT", "/staff/4/roles", body)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


@only_sqlite
async def test_no_administrator_changes_their_own_account(intake: Intake) -> None:
    await found(intake)
    system, security = await enter(intake, "周系统"), await enter(intake, "吴安全")
    for person, method, path in (
        (system, "POST", "/staff/1/disable"),
        (system, "POST", "/staff/1/invitation"),
        (security, "PUT", "/staff/2/roles"),
        (security, "DELETE", "/staff/2/second-factor"),
        (security, "POST", "/staff/2/unlock"),
    ):
        status, problem = await person.call(method, path, {"roles": ["sysadmin"]})
        assert (status, problem["code"]) == (403, "own_account")


async def test_the_last_administrator_of_a_kind_stays(intake: Intake) -> None:
    await found(intake)
    system, security = await enter(intake, "周系统"), await enter(intake, "吴安全")
    for path in ("/staff/2/disable", "/staff/3/disable"):
        status, problem = await system.call("POST", path)
        assert (status, problem["code"]) == (409, "last_administrator")
    for number in (1, 3):
        status, problem = await security.call("PUT", f"/staff/{number}/roles", {"roles": ["operator"]})
        assert (status, problem["code"]) == (409, "last_administrator")
    await account(intake, "新审计", "auditor")
    assert (await system.call("POST", "/staff/3/disable"))[0] == 204
    assert (await system.call("POST", "/staff/4/disable"))[0] == 409


async def test_a_disabled_account_is_out_at_once_and_back_with_a_new_password(intake: Intake) -> None:
    await found(intake)
    await account(intake, "钱二", "operator")
    system, person = await enter(intake, "周系统"), await enter(intake, "钱二")
    assert (await system.call("POST", "/staff/4/disable"))[0] == 204
    assert (await person.call("GET", "/session"))[0] == 401
    with pytest.raises(AssertionError):
        await enter(intake, "钱二")
    assert (await system.call("POST", "/staff/4/enable"))[0] == 204
    assert (await enter(intake, "钱二")).duties == ["change_password"]


async def test_tokens_are_issued_for_programs_shown_once_and_revoked(intake: Intake) -> None:
    await found(intake)
    system = await enter(intake, "周系统")
    status, _ = await system.call("POST", "/tokens", {"role": "operator", "name": "想看案件"})
    assert status == 422
    status, created = await system.call("POST", "/tokens", {"role": "partner", "name": "区城运平台"})
    assert status == 201
    headers = {"Authorization": f"Bearer {created['token']}"}
    async with intake.client.get("/api/v1/departments", headers=headers) as answer:
        assert answer.status == 200
    _, listed = await system.call("GET", "/tokens")
    assert created["token"] not in str(listed)
    assert (await system.call("DELETE", f"/tokens/{created['id']}"))[0] == 204
    async with intake.client.get("/api/v1/departments", headers=headers) as answer:
        assert answer.status == 401
    assert (await system.call("DELETE", f"/tokens/{created['id']}"))[0] == 404
