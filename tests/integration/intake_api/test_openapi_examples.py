"""The examples of the interface are true: a running intake takes the bodies and answers in the same form.

After a change of what is sent or answered, write them anew:
``YHT_WRITE_EXAMPLES=1 .venv/bin/python -m pytest tests/integration/intake_api/test_openapi_examples.py``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import jsonschema_rs
import pytest

from intake_api.http.app import OPERATIONS
from intake_api.http.examples import Example, read_examples
from intake_api.http.openapi import describe
from tests.integration.intake_api.conftest import Intake, Json, only_sqlite
from tests.integration.intake_api.example_walk import shown, walk, write_examples

DOCUMENT = describe(OPERATIONS, "", "0", read_examples())
METHODS = [method for methods in DOCUMENT["paths"].values() for method in methods.values()]


def faults(content: Json) -> list[str]:
    """What an example does not keep of its schema."""
    schema = content["schema"] | {"components": DOCUMENT["components"]}
    validator = jsonschema_rs.validator_for(schema)
    return [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(content["example"])]


@only_sqlite
async def test_every_operation_takes_its_example_and_answers_like_it(intake: Intake) -> None:
    calls = await walk(intake)
    assert set(calls) == {operation.operation_id for operation in OPERATIONS}
    if os.environ.get("YHT_WRITE_EXAMPLES"):
        write_examples(calls)
        read_examples.cache_clear()
    assert differences(read_examples(), calls) == []


def differences(written: Mapping[str, Example], calls: Mapping[str, Example]) -> list[str]:
    """Where the written examples are not what was called and answered just now."""
    found = []
    for name, example in calls.items():
        kept, now = written.get(name), shown(name, example)
        if kept is None:
            found.append(f"{name}: no example")
        elif kept.body != now.get("body"):
            found.append(f"{name}: another body was sent")
        elif kept.status != now["status"] or form(kept.answer) != form(now.get("answer")):
            found.append(f"{name}: answered in another form")
    return found


def form(value: object) -> object:
    """The form of an answer: its fields, whatever they hold."""
    return sorted(value) if isinstance(value, dict) else type(value).__name__


@pytest.mark.parametrize("operation", METHODS, ids=[operation["operationId"] for operation in METHODS])
def test_examples_fit_their_schemas(operation: Json) -> None:
    contents = list(operation.get("requestBody", {}).get("content", {}).values())
    for answer in operation["responses"].values():
        contents.extend(answer.get("content", {}).values())
    assert [fault for content in contents if "example" in content for fault in faults(content)] == []


def test_every_json_body_and_good_answer_has_an_example() -> None:
    without = []
    for operation in METHODS:
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {"example": None})
        good = [answer for status, answer in operation["responses"].items() if status < "300"]
        shown_answer = [
            answer["content"]["application/json"] for answer in good if "application/json" in answer.get("content", {})
        ]
        if "example" not in body or (shown_answer and not any("example" in content for content in shown_answer)):
            without.append(operation["operationId"])
    assert without == []
