"""Middlewares and routes that every HTTP process has: request id, errors, security headers, health, metrics."""

from __future__ import annotations

import ipaddress
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Middleware
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest
from pydantic import ValidationError

from groundwork.problem import FieldError, Problem
from groundwork.settings import Network, Settings

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Check = Callable[[web.Request], Awaitable[bool]]

REQUEST_ID = web.RequestKey("request_id", str)
TRUSTED = web.AppKey("trusted_proxies", tuple)
READY: web.AppKey[Mapping[str, Check]] = web.AppKey("readiness_checks", Mapping[str, Check])

REQUESTS = Histogram(
    "yht_http_request_seconds",
    "Time of answering HTTP requests, by route and status.",
    ["process", "method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "geolocation=(self), microphone=(self), camera=(self)",
    # styles may be set by scripts (maps place their layers so); scripts only come from files of ours
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob: https:; media-src 'self' blob:; "
        "style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'self'"
    ),
}

_HTTP_PROBLEMS = {
    404: ("not_found", "没有这个地址。"),
    405: ("method_not_allowed", "这个地址不支持该操作。"),
    413: ("too_large", "发送的内容太大。"),
    415: ("unsupported_media_type", "不支持这种内容类型。"),
    400: ("bad_request", "请求的格式不对。"),
}

_VALIDATION_DETAILS = {
    "missing": "缺少这一项。",
    "extra_forbidden": "不认识这一项。",
    "string_too_short": "内容太短。",
    "string_too_long": "内容太长。",
    "json_invalid": "不是合法的 JSON。",
}


def client_address(request: web.Request) -> str:
    """Address of the person or partner asking: the last hop that is not a trusted proxy (loopback always is one)."""
    peer = request.remote or "127.0.0.1"
    hops = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    trusted: tuple[Network, ...] = request.config_dict.get(TRUSTED, ())
    while hops and is_trusted(peer, trusted):
        peer = hops.pop()
    return peer


def is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    """Whether ``address`` is loopback or in one of the ``trusted`` networks. What is no address is not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return parsed.is_loopback or any(parsed in network for network in trusted)


def validation_problem(error: ValidationError, where: str = "") -> Problem:
    """The 422 for a body (or, with ``where="?"``, a query) that does not fit its model."""
    errors = []
    for item in error.errors(include_url=False, include_input=False):
        path = "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in item["loc"])
        detail = _VALIDATION_DETAILS.get(item["type"], "")
        if not detail:
            detail = (
                item["msg"].removeprefix("Value error, ")
                if item["type"] == "value_error"
                else f"不合要求（{item['msg']}）。"
            )
        errors.append(FieldError(pointer=f"{where or '/'}{path}" if path else where, detail=detail))
    return Problem(422, "invalid", "提交的内容有误，请按提示修改。", errors=errors)


async def read_json(request: web.Request) -> object:
    """The request's JSON body. Raises Problem 400 ``bad_json``."""
    try:
        return await request.json()
    except (ValueError, LookupError, RecursionError) as error:  # also a charset or a number that Python cannot read
        raise Problem(400, "bad_json", "请求体不是合法的 JSON。") from error


def process_middleware(process: str) -> Middleware:
    """One middleware for what every answer needs: a request id, errors as problem+json, security headers, timing."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if given.isascii() and given.isprintable() and 0 < len(given) <= 64 else secrets.token_hex(8)
        request[REQUEST_ID] = request_id
        started = time.perf_counter()
        try:
            response = await handler(request)
        except Problem as problem:
            response = problem.response(request_id)
        except ValidationError as error:
            response = validation_problem(error).response(request_id)
        except HttpProcessingError:  # headers of a part of a multipart body
            response = Problem(400, *_HTTP_PROBLEMS[400]).response(request_id)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            code, detail = _HTTP_PROBLEMS.get(error.status, ("http_error", "请求不能处理。"))
            allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
            response = Problem(error.status, code, detail, headers=allow).response(request_id)
        except Exception:
            log.exception("request failed", extra={"request_id": request_id, "path": request.path})
            response = Problem(500, "internal", "系统出错了，请稍后再试。您已提交的内容不会丢失。").response(request_id)
        route = request.match_info.route.resource
        REQUESTS.labels(process, request.method, route.canonical if route else "none", str(response.status)).observe(
            time.perf_counter() - started
        )
        if not response.prepared:
            response.headers["X-Request-Id"] = request_id
            for name, value in SECURITY_HEADERS.items():
                response.headers.setdefault(name, value)
        return response

    return middleware


async def healthz(_request: web.Request) -> web.Response:
    """The process lives."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """200 when all checks pass, else 503; the body names each check."""
    checks: Mapping[str, Check] = request.app[READY]
    results = {}
    for name, check in checks.items():
        try:
            results[name] = await check(request)
        except Exception:  # a check that fails in any way says: not ready
            log.warning("readiness check failed", extra={"check": name}, exc_info=True)
            results[name] = False
    ready = all(results.values())
    return web.json_response(
        {"status": "ready" if ready else "starting", "checks": results}, status=200 if ready else 503
    )


async def metrics(request: web.Request) -> web.Response:
    """Prometheus metrics, for loopback and trusted proxies' networks only."""
    if not is_trusted(client_address(request), request.app[TRUSTED]):
        raise Problem(404, "not_found", "没有这个地址。")
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def install(
    app: web.Application,
    settings: Settings,
    checks: Mapping[str, Check],
    *,
    metrics_view: Callable[[web.Request], Awaitable[web.Response]] = metrics,
) -> None:
    """Give ``app`` the routes that every process has, and its readiness checks.

    ``metrics_view`` is for a process that tells the figures of others too.
    """
    app[TRUSTED] = settings.trusted_proxies
    app[READY] = checks
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics_view)
