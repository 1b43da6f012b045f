"""Routes that describe themselves: what is served and what ``openapi.json`` says come from the same table."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from groundwork.problem import Problem
from groundwork.web import read_json, validation_problem
from intake_api.domain.access import Permission, Role
from intake_api.domain.event import ActorKind
from intake_api.domain.staff import Duty
from intake_api.http.authentication import Principal, authenticate
from intake_api.http.resources import DATABASE, NOW
from intake_api.storage import audit
from intake_api.storage.database import StorageUnavailable

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Operation:
    """One method of one address.

    ``needs``: permissions of which the caller has one; empty: any valid caller; None: public. ``answers`` gives the
    model of each good status (None: no JSON, but ``answer_media`` if that is not empty). ``problems`` names the codes
    that this operation answers beside those that all share (``problem_codes``). ``action``: what the audit trail calls
    it when staff did it; empty for views that record themselves, and for plain reading. ``despite``: duties (an old
    password, a second factor to set up) that do not stand in the way. ``name`` tells it from all others; empty: the
    handler's. ``roles``: whose it is, where that is narrower than ``needs``.
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
    optional_headers: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[int, type[BaseModel] | None] = field(default_factory=dict)
    problems: Mapping[int, str] = field(default_factory=dict)
    request_media: str = "application/json"
    action: str = ""
    despite: frozenset[Duty] = frozenset()
    name: str = ""
    roles: tuple[Role, ...] = ()
    body_may_lack: bool = False
    """The body may be left out, which means an empty object."""
    answer_media: tuple[str, ...] = ()
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of good answers. With an ``ETag``, what the caller knows already is answered 304."""

    @property
    def operation_id(self) -> str:
        """Its name for programs, unlike all others."""
        return self.name or self.handler.__name__


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
        if principal.duties - operation.despite:
            raise _duty_first(principal.duties)
        recorded = operation.action and principal.actor.kind is ActorKind.STAFF
        try:
            if needs and not any(principal.may(permission) for permission in needs):
                raise Problem(403, "forbidden", "您没有权限进行这项操作。")
            # what is given away is recorded first
            if recorded and operation.method == "GET":
                await _note(request, principal, operation.action, _target(request), "ok")
            response = await operation.handler(request)
        except Problem as problem:
            if problem.status == 403 and principal.actor.kind is ActorKind.STAFF:
                await _note(request, principal, "refused", f"{operation.method} {request.path}", "refused")
            raise
        if recorded and operation.method != "GET":
            try:
                await _note(request, principal, operation.action, _target(request), "ok")
            except StorageUnavailable:
                # it is done, and in the events of its case: an error would say that it is not
                log.exception("not in the audit trail", extra={"action": operation.action, "by": principal.scope})
        return response

    return guarded


def _duty_first(duties: frozenset[Duty]) -> Problem:
    words = "您的角色须先启用双因素登录。" if Duty.ENROL in duties else "您的密码须先更换。"
    return Problem(403, "duty_first", words, extra={"duties": sorted(duties)})


async def _note(request: web.Request, principal: Principal, action: str, target: str, result: str) -> None:
    async with request.app[DATABASE].write() as session:
        await audit.note(
            session, principal.actor, action, target=target, result=result, address=principal.address,
            now=request.app[NOW](),
        )  # fmt: skip


def _target(request: web.Request) -> str:
    """What was acted on, from the address: ``case:483920175``, ``training-examples:3``, or the path's last part."""
    for name, value in request.match_info.items():
        kind = name.removesuffix("_no").removesuffix("_id")
        return f"{request.path.split('/')[3] if kind == 'id' else kind}:{value}"
    return request.path.rsplit("/", 1)[-1]


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


LARGEST_ID = 2**62


def number_of(request: web.Request, name: str) -> int | None:
    """A number in the address; None for what is no number, or larger than any that is given out."""
    text = request.match_info[name]
    # the length first: Python reads no number of thousands of digits
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or int(text) >= LARGEST_ID:
        return None
    return int(text)


def json_answer(model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """``model`` as JSON."""
    return web.Response(
        body=model.model_dump_json(by_alias=True).encode(),
        status=status,
        content_type="application/json",
        charset="utf-8",
        headers=headers,
    )
