"""The interface described by itself: OpenAPI 3.1 from the table of operations."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from groundwork.problem import ProblemDocument
from intake_api.domain.access import PERMISSIONS, Role
from intake_api.http.authentication import COOKIE, CSRF_HEADER
from intake_api.http.examples import Example, read_examples
from intake_api.http.openapi_page import render
from intake_api.http.problem_codes import problem_codes
from intake_api.http.routing import LARGEST_ID, Operation

_REF = "#/components/schemas/{model}"
_NUMBER = {"type": "integer", "minimum": 1, "exclusiveMaximum": LARGEST_ID}
_PATH: Mapping[str, tuple[str, Mapping[str, Any], str]] = {
    "case_no": (
        "A case number: nine digits (eleven, thirteen … once there are 90 million cases), the last a check digit.",
        {"type": "string", "pattern": "^[1-9][0-9]{8}([0-9]{2}){0,5}$"},
        "483920175",
    ),
    "attachment_id": ("As answered by the upload.", {"type": "string", "pattern": "^[0-9a-f]{32}$"}, "0" * 32),
    "code": ("A code of the taxonomy.", {"type": "string", "pattern": "^[0-9]{4}$"}, "1101"),
    "session_id": ("As the list names it.", {"type": "string", "pattern": "^[0-9a-f]{16}$"}, "3f9ac02b11d84e57"),
    "call_id": ("As the telephone names it.", {"type": "string", "pattern": "^[0-9a-f]{16}$"}, "5d0c1f8a92b7e634"),
    "token": (
        "What the one-time link ends with.",
        {"type": "string", "pattern": "^[0-9A-Za-z_-]{1,200}$"},
        "nV0xq3J2m8sYw1",
    ),
}
"""Parameters in addresses that are no plain numbers: description, schema, example."""

_INFO = """一个号码，一个队列：城市管理诉求的受理、查询与回告。

- 错误一律为 RFC 9457 `application/problem+json`：`code` 稳定、供程序判断，每个操作列出自己的全部代码；`detail` 是\
给人看的中文；`errors` 指出有误的字段。
- 请求体里不认识的字段会被忽略，不报错。
- 每个回答都带 `X-Request-Id`；请求可以自带一个（最长 64 个可见 ASCII 字符），查日志时用它。
- `401`、`503` 和限次的回答带 `Retry-After` 或 `WWW-Authenticate`；地址没有的方法回答 `405` 并带 `Allow`。
- 时间一律带时区（RFC 3339），经纬度为 WGS84 度数。
- Open311 GeoReport v2 在 `/open311/v2`，另有说明（docs/open311.md）。

Errors are problem+json with stable `code`s; unknown fields are ignored; times carry a zone."""


def describe(
    operations: Sequence[Operation], server: str, version: str, examples: Mapping[str, Example] | None = None
) -> dict[str, Any]:
    """The OpenAPI 3.1 document; ``examples``: by the ids of operations."""
    models: list[tuple[type[BaseModel], Any]] = [(ProblemDocument, "serialization")]
    for operation in operations:
        if operation.body is not None:
            models.append((operation.body, "validation"))
        models.extend((answer, "serialization") for answer in operation.answers.values() if answer is not None)
    names, definitions = models_json_schema(list(dict.fromkeys(models)), ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        example = (examples or {}).get(operation.operation_id)
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, names, example)
    tags = dict.fromkeys(operation.tag for operation in operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "一号通 API",
            "version": version,
            "description": _INFO,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server or "/"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {"schemas": definitions.get("$defs", {}), "securitySchemes": _SECURITY},
    }


_SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "For programs: `yht token issue --role … --name …`, or POST /api/v1/tokens.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "For people: POST /api/v1/session sets it.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": CSRF_HEADER,
        "description": "`csrf_token` of the session, with every change that is made by a session.",
    },
}


def _operation(operation: Operation, names: Mapping[Any, dict[str, Any]], example: Example | None) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.operation_id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": _parameters(operation),
        "responses": _responses(operation, names, example),
        "security": _security(operation),
    }
    if operation.needs is not None:
        described["x-permissions"] = [permission.value for permission in operation.needs]
        described["x-roles"] = [role.value for role in _roles(operation)]
    content = _request_content(operation, names)
    if content is not None:
        if example is not None and example.body is not None:
            content["example"] = example.body
        required = not operation.body_may_lack
        described["requestBody"] = {"required": required, "content": {operation.request_media: content}}
    return described


def _roles(operation: Operation) -> Sequence[Role]:
    """Whose operation it is."""
    if operation.roles or not operation.needs:
        return operation.roles or tuple(Role)
    needs = frozenset(operation.needs)
    return [role for role in Role if PERMISSIONS[role] & needs]


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.needs is None:
        return []
    session: dict[str, list[str]] = {"session": []}
    return [{"token": []}, session if operation.method == "GET" else session | {"csrf": []}]


def _request_content(operation: Operation, names: Mapping[Any, dict[str, Any]]) -> dict[str, Any] | None:
    if operation.body is not None:
        return {"schema": names[operation.body, "validation"]}
    if operation.request_media == "multipart/form-data":
        file = {"type": "string", "contentMediaType": "application/octet-stream"}
        return {"schema": {"type": "object", "required": ["file"], "properties": {"file": file}}}
    if operation.request_media == "text/csv":
        return {"schema": {"type": "string"}}
    return None


# parameters


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    parameters = [_path_parameter(name) for name in re.findall(r"{(\w+)}", operation.path)]
    parameters += [
        {
            "name": name,
            "in": "header",
            "required": name in operation.headers,
            "description": text,
            # what HTTP lets pass in a header, without spaces around
            "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,198}[!-~])?$"},
        }
        for name, text in {**operation.headers, **operation.optional_headers}.items()
    ]
    if "ETag" in operation.answer_headers:
        text = "The ETag of an earlier answer: while it holds, the answer is 304."
        parameters.append(
            {
                "name": "If-None-Match",
                "in": "header",
                "required": False,
                "description": text,
                "schema": {"type": "string"},
            }
        )
    return parameters + (_query(operation.query) if operation.query is not None else [])


def _path_parameter(name: str) -> dict[str, Any]:
    text, schema, example = _PATH.get(name, ("", _NUMBER, 1))
    described: dict[str, Any] = {"name": name, "in": "path", "required": True, "schema": dict(schema)}
    return described | ({"description": text} if text else {}) | {"example": example}


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema(by_alias=True)
    definitions, required = schema.get("$defs", {}), schema.get("required", ())
    parameters = []
    for name, described in schema["properties"].items():
        plain = _without_null(_inlined(described, definitions))
        text = plain.pop("description", "")
        plain.pop("title", None)
        parameter: dict[str, Any] = {"name": name, "in": "query", "required": name in required, "schema": plain}
        if text:
            parameter["description"] = text
        if plain.get("type") == "array" or any(part.get("type") == "array" for part in plain.get("anyOf", ())):
            parameter |= {"style": "form", "explode": False}
        parameters.append(parameter)
    return parameters


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is left out where a field would be null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if not choices:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return rest | (choices[0] if len(choices) == 1 else {"anyOf": choices})


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema with its references put in place, for parameters stand alone."""
    if isinstance(schema, list):
        return [_inlined(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return {**_inlined(definitions[name], definitions), **rest}
    return {key: _inlined(value, definitions) for key, value in schema.items()}


# answers

_REQUEST_ID = {"X-Request-Id": {"schema": {"type": "string"}, "description": "By which the logs know the request."}}
_PROBLEM_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": "`Bearer`, where neither token nor session was good."},
    423: {"Retry-After": "Seconds until it is worth trying again."},
    429: {"Retry-After": "Seconds until it is worth trying again."},
    503: {"Retry-After": "Seconds until it is worth trying again."},
}


def _responses(operation: Operation, names: Mapping[Any, dict[str, Any]], example: Example | None) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, model in operation.answers.items():
        headers = _headers(operation.answer_headers)
        response: dict[str, Any] = {"description": operation.summary, "headers": headers}
        if model is not None:
            content = {"schema": names[model, "serialization"]}
            if example is not None and example.status == status:
                content["example"] = example.answer
            response["content"] = {"application/json": content}
        elif operation.answer_media:
            response["content"] = {media: {"schema": {"type": "string"}} for media in operation.answer_media}
        responses[str(status)] = response
    if "ETag" in operation.answer_headers:
        responses["304"] = {"description": "The caller knows it already.", "headers": _headers({"ETag": "As known."})}
    for status, codes in problem_codes(operation).items():
        responses[str(status)] = _problem(status, codes, names)
    return responses


def _headers(headers: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"schema": {"type": "string"}, "description": text} for name, text in headers.items()} | _REQUEST_ID


def _problem(status: int, codes: Sequence[str], names: Mapping[Any, dict[str, Any]]) -> dict[str, Any]:
    narrowed = {"properties": {"status": {"const": status}, "code": {"enum": list(codes)}}}
    schema = {"allOf": [names[ProblemDocument, "serialization"], narrowed]}
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(codes)}",
        "headers": _headers(_PROBLEM_HEADERS.get(status, {})),
        "content": {"application/problem+json": {"schema": schema}},
    }


def add_description(app: web.Application, operations: Sequence[Operation], server: str, version: str) -> None:
    """Serve ``/api/v1/openapi.json`` and ``/api/v1/docs``."""

    @cache  # written when somebody asks: it takes longer than everything else at the start
    def document() -> dict[str, Any]:
        return describe(operations, server, version, read_examples())

    @cache
    def body() -> bytes:
        return json.dumps(document(), ensure_ascii=False).encode()

    @cache
    def page() -> bytes:
        return render(document()).encode()

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=body(), content_type="application/json", charset="utf-8")

    async def docs(_request: web.Request) -> web.Response:
        return web.Response(body=page(), content_type="text/html", charset="utf-8")

    app.router.add_get("/api/v1/openapi.json", openapi)
    app.router.add_get("/api/v1/docs", docs)
