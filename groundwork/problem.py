"""Errors as partners and people see them: RFC 9457 ``application/problem+json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict


class FieldError(BaseModel):
    """A field that was not accepted. ``pointer``: a JSON pointer (RFC 6901) in the body, or ``?name`` of the query."""

    pointer: str
    detail: str


_MEMBERS = frozenset({"type", "title", "status", "code", "detail", "errors", "instance"})


class Problem(Exception):
    """An answer that is an error. Raise it anywhere below a view; the middleware writes it.

    ``code`` is stable and for programs, ``detail`` is Chinese and for people, ``extra`` are further members.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        if extra and not _MEMBERS.isdisjoint(extra):
            raise ValueError(f"members of every problem: {sorted(_MEMBERS & set(extra))}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    def body(self, instance: str = "") -> dict[str, object]:
        """The members of the problem document; ``instance`` is the request's id."""
        document: dict[str, object] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [error.model_dump() for error in self.errors]
        if instance:
            document["instance"] = f"urn:request:{instance}"
        return document | self.extra

    def response(self, instance: str = "") -> web.Response:
        """The HTTP answer."""
        return web.json_response(
            self.body(instance), status=self.status, content_type="application/problem+json", headers=self.headers
        )


class ProblemDocument(BaseModel):
    """The shape of a problem document, for the interface's description."""

    model_config = ConfigDict(title="Problem", extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] | None = None
    instance: str | None = None
