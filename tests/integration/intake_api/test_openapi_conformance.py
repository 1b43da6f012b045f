"""The interface keeps its own description, whatever is sent: each operation is called with input that fits the
description and with input that does not, by machine, the same each time. It never answers 500."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from intake_api import administration
from intake_api.http.app import OPERATIONS
from intake_api.http.authentication import COOKIE
from intake_api.http.problem_codes import problem_codes
from intake_api.http.routing import Operation
from tests.integration.intake_api.conftest import Assistant, Clock, Intake, running, settings_of
from tests.integration.intake_api.desk import account, enter
from tests.integration.intake_api.example_walk import walk

Result = TypeVar("Result")

EXAMPLES = 6
"""Calls of one operation with valid input, and as many with invalid input."""
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
LONGEST_ADDRESS = 8_000
"""Bytes. A longer request line is refused by the HTTP server before any operation sees it."""
PEOPLE_ONLY = ("/api/v1/account", "/api/v1/session")
SAVING = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@dataclass
class Interface:
    """An intake that answers on a port of its own, in a loop of its own."""

    intake: Intake
    loop: asyncio.AbstractEventLoop
    case_numbers: list[str] = field(default_factory=list)
    people: int = 0

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do something in the intake's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=60)

    def credentials(self, operation: Operation, described: dict[str, Any]) -> dict[str, str]:
        """Headers by which somebody asks who may; nobody's are used for two operations."""
        if operation.needs is None:
            return {}
        self.people += 1
        if operation.path.startswith(PEOPLE_ONLY):
            name = f"核对员{self.people}"
            self.run(account(self.intake, name, "operator"))
            person = self.run(enter(self.intake, name))
            return {"Cookie": f"{COOKIE}={person.cookie}", "X-CSRF-Token": person.csrf}
        role = described["x-roles"][0]
        department = "hedong" if role == "handler" else None
        token = self.run(administration.issue_token(self.intake.settings, role, f"核对{self.people}", department))
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def interface(loaded_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interface]:
    """An intake with cases in all states, after a walk through everything."""
    folder = tmp_path_factory.mktemp("conformance")
    shutil.copy(loaded_file, folder / "cases.db")
    ready, over = threading.Event(), asyncio.Event()
    made: list[Interface] = []

    async def serve() -> None:
        async with running(
            settings_of(f"sqlite+aiosqlite:///{folder / 'cases.db'}", folder), Clock(), Assistant()
        ) as intake:
            await walk(intake)
            _, listed = await intake.call("GET", "/api/v1/cases?limit=200", role="operator")
            made.append(Interface(intake, asyncio.get_running_loop(), [item["case_no"] for item in listed["items"]]))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(timeout=60)
    yield made[0]
    made[0].loop.call_soon_threadsafe(over.set)
    thread.join(timeout=30)


@pytest.fixture(scope="module")
def description(interface: Interface) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(str(interface.intake.client.make_url("/api/v1/openapi.json")))


def strategy(
    described: APIOperation, operation: Operation, mode: GenerationMode, interface: Interface
) -> st.SearchStrategy[Case]:
    """Calls of an operation; half of the valid ones, and of those with an invalid body, name what there is."""
    known = {"case_no": interface.case_numbers, "id": [1, 2, 3], "item_id": [1, 2, 3], "code": ["1101", "1403"]}
    in_path = [name for name in known if f"{{{name}}}" in operation.path]

    elsewhere = operation.body is not None  # what is invalid may be the address, and it would not be any more

    def name(case: Case, values: tuple[Any, ...] | None) -> Case:
        if isinstance((case.query or {}).get("wait"), int | float):
            case.query["wait"] = min(case.query["wait"], 0.05)  # the feed holds its answer back so long
        if values is not None and (mode is GenerationMode.POSITIVE or elsewhere):
            case.path_parameters = {**case.path_parameters, **dict(zip(in_path, values, strict=True))}
        return case

    values = st.tuples(*(st.sampled_from(known[each]) for each in in_path))
    return st.builds(
        name, described.as_strategy(generation_mode=mode), st.one_of(st.none(), values) if in_path else st.none()
    )


def takes_anything(operation: Operation, mode: GenerationMode) -> bool:
    """Nothing invalid can be sent to an operation without parameters and body."""
    bare = "{" not in operation.path and not operation.headers
    no_input = operation.body is None and operation.query is None and operation.request_media == "application/json"
    return mode is GenerationMode.NEGATIVE and bare and no_input


CALLS = [
    pytest.param(operation, mode, id=f"{operation.operation_id}-{mode.value}")
    for operation in OPERATIONS
    for mode in GenerationMode
    if not takes_anything(operation, mode)
]


@pytest.mark.parametrize(("operation", "mode"), CALLS)
def test_the_interface_keeps_its_description(
    operation: Operation, mode: GenerationMode, interface: Interface, description: schemathesis.BaseSchema
) -> None:
    described = description[operation.path][operation.method]
    headers = interface.credentials(operation, described.definition.raw)
    documented = problem_codes(operation)

    @SAVING
    @given(case=strategy(described, operation, mode, interface))
    def call(case: Case) -> None:
        assume(len(address(case)) < LONGEST_ADDRESS)
        response = case.call(headers=headers, timeout=30)
        excused = mode is GenerationMode.POSITIVE or is_tidied(case) or names_unknown(case, described)
        rejection = [] if excused else [checks.negative_data_rejection]
        case.validate_response(response, checks=[*CHECKS, *rejection])
        if response.status_code >= 400:
            assert response.json()["code"] in documented[response.status_code]

    call()


def address(case: Case) -> str:
    """The address a call asks for, as it goes over the wire."""
    request = case.as_transport_kwargs()
    return str(requests.Request("GET", request["url"], params=request.get("params")).prepare().url)


def is_tidied(case: Case) -> bool:
    """Padding is taken off before a value is measured, and an empty parameter counts as left out."""
    sent = parse_qsl(urlsplit(address(case)).query, keep_blank_values=True)  # an empty object is an empty text there
    texts = [*(value for _, value in sent), *texts_of(case.body)]
    return any(text != text.replace("\x00", "").strip() or not text for text in texts)


def names_unknown(case: Case, described: APIOperation) -> bool:
    """Parameters that an operation does not know are passed over."""
    known = {each["name"] for each in described.definition.raw.get("parameters", []) if each.get("in") == "query"}
    return not known.issuperset(case.query or {})


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_of(each)


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.needs is not None], ids=lambda each: each.operation_id
)
def test_nothing_is_done_for_those_who_may_not(operation: Operation, interface: Interface) -> None:
    ids = dict.fromkeys(("id", "item_id", "token_id", "question_id"), 1)
    values = ids | {"case_no": interface.case_numbers[0], "session_id": "0" * 16, "call_id": "0" * 16}
    url = interface.intake.client.make_url(operation.path.format_map(values))
    for headers in ({}, {"Authorization": "Bearer yht_wrong"}, {"Cookie": f"{COOKIE}=wrong"}):
        answer = requests.request(operation.method, str(url), headers=headers, json={}, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    if operation.needs:
        role = "auditor" if "auditor" not in roles_of(operation) else "channel"
        token = interface.run(administration.issue_token(interface.intake.settings, role, "路人", None))
        answer = requests.request(
            operation.method, str(url), headers={"Authorization": f"Bearer {token}"}, json={}, timeout=30
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def roles_of(operation: Operation) -> set[str]:
    from intake_api.domain.access import PERMISSIONS

    return {role.value for role, may in PERMISSIONS.items() if may & set(operation.needs or ())}
