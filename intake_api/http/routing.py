"""Routes that describe themselves: what is served and what ``openapi.json`` says come from the same table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from groundwork.problem import Problem
from groundwork.web import read_json, validation_problem
from intake_api.domain.access import Permission
from intake_api.http.authentication import authenticate

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Operation:
    """One method of one address.

    ``needs``: permissions of which the caller has one; empty: any valid caller; None: public. ``answers`` gives the
    model of each good status (None: no JSON). ``problems`` names the codes that callers should expect.
    """

    method: str
    path: str
    handler: Handler
    tag: str
    summary: str
    description: str = ""
    needs: tuple[Permission, ...] | None = ()
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[int, type[BaseModel] | None] = field(default_factory=dict)
    problems: Mapping[int, str] = field(default_factory=dict)
    request_media: str = "application/json"


def register(app: web.Application, operations: Iterable[Operation]) -> None:
    """Serve the operations."""
    for operation in operations:
        app.router.add_route(operation.method, operation.path, _guarded(operation))


def _guarded(operation: Operation) -> Handler:
    if operation.needs is None:
        return operation.handler
    needs = operation.needs

    async def guarded(request: web.Request) -> web.StreamResponse:
        principal = await authenticate(request)
        if needs and not any(principal.may(permission) for permission in needs):
            raise Problem(403, "forbidden", "您没有权限进行这项操作。")
        return await operation.handler(request)

    return guarded


async def body_of(request: web.Request, model: type[Model]) -> Model:
    """The JSON body as ``model``. Raises Problem 400 ``bad_json``, 422 ``invalid``."""
    return model.model_validate(await read_json(request))


def query_of(request: web.Request, model: type[Model]) -> Model:
    """The query as ``model``; empty parameters count as absent. Raises Problem 422 ``invalid``."""
    values: dict[str, Any] = {name: value for name, value in request.query.items() if value.strip()}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise validation_problem(error, "?") from error


def json_answer(model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """``model`` as JSON."""
    return web.Response(
        body=model.model_dump_json(by_alias=True).encode(),
        status=status,
        content_type="application/json",
        charset="utf-8",
        headers=headers,
    )
