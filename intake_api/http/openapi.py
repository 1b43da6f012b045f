"""The interface described by itself: OpenAPI 3.1 from the table of operations, and a page that shows it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from groundwork.problem import ProblemDocument
from intake_api.http.routing import Operation

_REF = "#/components/schemas/{model}"
_ALWAYS = {400: "bad_json", 401: "unauthenticated", 403: "forbidden", 503: "storage_unavailable, city_not_loaded"}


def describe(operations: Sequence[Operation], server: str, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    models: list[tuple[type[BaseModel], Any]] = [(ProblemDocument, "serialization")]
    for operation in operations:
        if operation.body is not None:
            models.append((operation.body, "validation"))
        models.extend((answer, "serialization") for answer in operation.answers.values() if answer is not None)
    names, definitions = models_json_schema(list(dict.fromkeys(models)), ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "一号通 API",
            "version": version,
            "description": "一个号码，一个队列：城市管理诉求的受理、查询与回告。错误一律为 RFC 9457 problem+json。",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server or "/"}],
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "yht token issue --role … --name …"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "yht_session",
                    "description": "POST /api/v1/session; changes carry the header X-CSRF-Token.",
                },
            },
        },
    }


def _operation(operation: Operation, names: Mapping[Any, dict[str, Any]]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    parameters += [
        {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in operation.headers.items()
    ]
    if operation.query is not None:
        parameters += _query(operation.query)
    described: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": parameters,
        "responses": _responses(operation, names),
        "security": [] if operation.needs is None else [{"token": []}, {"session": []}],
    }
    if operation.needs:
        described["x-permissions"] = [permission.value for permission in operation.needs]
    if operation.body is not None:
        schema = names[operation.body, "validation"]
        described["requestBody"] = {"required": True, "content": {operation.request_media: {"schema": schema}}}
    elif operation.request_media == "multipart/form-data":
        file = {"type": "string", "contentMediaType": "application/octet-stream"}
        schema = {"type": "object", "required": ["file"], "properties": {"file": file}}
        described["requestBody"] = {"required": True, "content": {operation.request_media: {"schema": schema}}}
    elif operation.request_media == "text/csv":
        content = {operation.request_media: {"schema": {"type": "string"}}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _responses(operation: Operation, names: Mapping[Any, dict[str, Any]]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, model in operation.answers.items():
        responses[str(status)] = {"description": operation.summary}
        if model is not None:
            content = {"application/json": {"schema": names[model, "serialization"]}}
            responses[str(status)]["content"] = content
        elif status == 200:
            responses[str(status)]["content"] = {"application/octet-stream": {}}
    problem = {"application/problem+json": {"schema": names[ProblemDocument, "serialization"]}}
    always = {
        k: v for k, v in _ALWAYS.items() if k == 503 or operation.needs is not None or (k == 400 and operation.body)
    }
    for status, codes in sorted({**always, **operation.problems}.items()):
        responses[str(status)] = {"description": f"code: {codes}", "content": problem}
    return responses


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    parameters = []
    for name, described in schema["properties"].items():
        plain = _inlined(described, definitions)
        text = plain.pop("description", "")
        plain.pop("title", None)
        parameter: dict[str, Any] = {"name": name, "in": "query", "required": False, "schema": plain}
        if text:
            parameter["description"] = text
        if plain.get("type") == "array" or any(part.get("type") == "array" for part in plain.get("anyOf", ())):
            parameter |= {"style": "form", "explode": False}
        parameters.append(parameter)
    return parameters


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


def add_description(app: web.Application, operations: Sequence[Operation], server: str, version: str) -> None:
    """Serve ``/api/v1/openapi.json`` and ``/api/v1/docs``."""
    document = describe(operations, server, version)
    body = json.dumps(document, ensure_ascii=False).encode()
    page = render(document).encode()

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json", charset="utf-8")

    async def docs(_request: web.Request) -> web.Response:
        return web.Response(body=page, content_type="text/html", charset="utf-8")

    app.router.add_get("/api/v1/openapi.json", openapi)
    app.router.add_get("/api/v1/docs", docs)


_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.6 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;max-width:60rem;
margin:0 auto;padding:1rem}
h2{margin-top:2rem;border-bottom:1px solid #8884}
details{border:1px solid #8884;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}
summary{cursor:pointer}
code,pre{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9em}
pre{overflow-x:auto;background:#8881;padding:.6rem;border-radius:4px}
table{border-collapse:collapse;width:100%;font-size:.92em}
td,th{text-align:left;vertical-align:top;border-bottom:1px solid #8883;padding:.25rem .5rem .25rem 0}
.method{display:inline-block;min-width:4rem;font-weight:700}
.muted{opacity:.75}
"""


def render(document: Mapping[str, Any]) -> str:
    """The description as one page without scripts or other files."""
    tags: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation["tags"][0], []).append(_shown(path, method, operation))
    models = "".join(
        f"<details id='{html.escape(name)}'><summary><code>{html.escape(name)}</code></summary>"
        f"<pre>{html.escape(json.dumps(schema, ensure_ascii=False, indent=2))}</pre></details>"
        for name, schema in document["components"]["schemas"].items()
    )
    info = document["info"]
    parts = "".join(f"<h2>{html.escape(tag)}</h2>{''.join(shown)}" for tag, shown in tags.items())
    return (
        "<!doctype html><html lang='zh-CN'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>{html.escape(info['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{html.escape(info['title'])} <span class='muted'>{html.escape(info['version'])}</span></h1>"
        f"<p>{html.escape(info['description'])}</p><p><a href='openapi.json'>openapi.json</a></p>"
        f"{parts}<h2>数据结构</h2>{models}</body></html>"
    )


def _shown(path: str, method: str, operation: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{html.escape(parameter['name'])}</code></td><td>{html.escape(parameter['in'])}</td>"
        f"<td>{html.escape(parameter.get('description', ''))}</td></tr>"
        for parameter in operation["parameters"]
    )
    sent = "".join(
        f"<p>请求体 {html.escape(media)}：{_link(content['schema'])}</p>"
        for media, content in operation.get("requestBody", {}).get("content", {}).items()
    )
    answers = "".join(
        f"<tr><td>{status}</td><td>{html.escape(answer['description'])}</td><td>"
        + "".join(_link(content.get("schema", {})) for content in answer.get("content", {}).values())
        + "</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return (
        f"<details><summary><span class='method'>{method.upper()}</span><code>{html.escape(path)}</code> "
        f"{html.escape(operation['summary'])}</summary><p>{html.escape(operation['description'])}</p>"
        f"<table>{rows}</table>{sent}<table>{answers}</table></details>"
    )


def _link(schema: Mapping[str, Any]) -> str:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return f"<a href='#{html.escape(name)}'><code>{html.escape(name)}</code></a>" if name else ""
