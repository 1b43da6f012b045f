"""Errors in Open311's own form, for everything below ``/open311``: refused input, wrong addresses, failures of ours."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from groundwork.problem import Problem
from groundwork.web import REQUEST_ID
from intake_api.open311.formats import Answer, respond, suffix_of

log = logging.getLogger(__name__)

ROOM = "/open311"

_HTTP = {
    400: "请求的格式不对。",
    404: "没有这个地址。读取服务目录：/open311/v2/services.xml；地址要以 .xml 或 .json 结尾。",
    405: "这个地址不支持该操作。",
    413: "发送的内容太大。",
    415: "不支持这种内容类型。",
}


class Refused(Exception):
    """A request that cannot be served. ``description`` says in Chinese which parameter is wrong and what to do."""

    def __init__(self, status: int, description: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {description}")
        self.status = status
        self.description = description
        self.headers = headers or {}


def missing(parameter: str, what: str = "") -> Refused:
    """A required parameter is not there."""
    return Refused(400, f"缺少参数 {parameter}{f'：{what}' if what else ''}。")


@web.middleware
async def open311_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turn whatever goes wrong below ``/open311`` into Open311's form; leave all else alone."""
    if request.path != ROOM and not request.path.startswith(ROOM + "/"):
        return await handler(request)
    try:
        return await handler(request)
    except Refused as error:
        return _answer(request, error.status, error.description, error.headers)
    except Problem as problem:
        return _answer(request, problem.status, problem.detail, problem.headers)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return _answer(request, error.status, _HTTP.get(error.status, "请求不能处理。"), allow)
    except Exception:
        log.exception("request failed", extra={"request_id": request.get(REQUEST_ID), "path": request.path})
        return _answer(request, 500, "系统出错了，请稍后再试。", {})


def _answer(request: web.Request, status: int, description: str, headers: dict[str, str]) -> web.Response:
    errors = [{"code": str(status), "description": description}]
    return respond(Answer("errors", errors, status, headers), suffix_of(request.path))
