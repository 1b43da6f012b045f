"""One address for everything: passes on what the intake answers, and serves the start page and the chat page itself."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from xml.sax.saxutils import escape

import aiohttp
from aiohttp import WSMsgType, web
from multidict import CIMultiDict
from yarl import URL

from channels.assets import REVALIDATE, STEADY, Assets
from groundwork.problem import Problem
from groundwork.settings import ROOT, Network
from groundwork.web import REQUEST_ID, is_trusted

log = logging.getLogger(__name__)

SESSION = web.AppKey("session", aiohttp.ClientSession)
"""The process's HTTP client."""

INTAKE_ROOMS = ("/api", "/open311", "/assets/pages", "/desk", "/console", "/board", "/open")
"""What lies below these addresses is the intake's."""

_DOWN_DETAIL = "受理系统暂时没有响应，请稍后再试。"
_DOWN_HEADERS = {"Retry-After": "5", "Cache-Control": "no-store"}
_CHUNK = 64 * 1024
_HEARTBEAT_SECONDS = 25.0
_LONGEST_FRAME = 1024 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=2, sock_read=60)

# RFC 9110 7.6.1: these speak about one connection only
_HOP_BY_HOP = frozenset(
    name.lower()
    for name in (
        "Connection",
        "Keep-Alive",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
    )
)
# the connection to the intake makes its own
_OURS = frozenset({"expect", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id"})
_HANDSHAKE = "sec-websocket-"


class Passage:
    """Passes requests on to the intake at ``url`` and its answers back, without keeping either in memory."""

    def __init__(self, url: str, trusted: tuple[Network, ...]):
        self._url = url
        self._trusted = trusted

    async def view(self, request: web.Request) -> web.StreamResponse:
        """Pass ``request`` on."""
        target = URL(self._url + request.rel_url.raw_path_qs, encoded=True)
        if request.headers.get("Upgrade", "").lower() == "websocket" and request.method == "GET":
            return await self._web_socket(request, target)
        response: web.StreamResponse | None = None
        try:
            async with request.app[SESSION].request(
                request.method,
                target,
                headers=self._headers(request),
                data=request.content if request.can_read_body else None,
                allow_redirects=False,
                timeout=_TIMEOUT,
                skip_auto_headers=("Accept", "Content-Type", "User-Agent"),
                # an answer's body passes as it is, compressed or not
                auto_decompress=False,
            ) as upstream:
                response = web.StreamResponse(status=upstream.status, reason=upstream.reason)
                _copy(upstream.headers, response.headers)
                response.headers.setdefault("X-Request-Id", request[REQUEST_ID])
                await response.prepare(request)
                async for chunk in upstream.content.iter_chunked(_CHUNK):
                    await response.write(chunk)
                await response.write_eof()
                return response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if response is not None and response.prepared:
                # the answer has begun; only breaking off tells that it is not all
                if request.transport is not None:
                    request.transport.abort()
                return response
            log.warning("the intake does not answer", extra={"reason": type(error).__name__})
            return _down(request)

    async def _web_socket(self, request: web.Request, target: URL) -> web.StreamResponse:
        headers = self._headers(request)
        for name in [name for name in headers if name.lower().startswith(_HANDSHAKE)]:
            headers.popall(name, None)
        offered = [
            part.strip() for part in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if part.strip()
        ]
        try:
            async with request.app[SESSION].ws_connect(
                target, headers=headers, protocols=offered, heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_LONGEST_FRAME
            ) as inner:
                outer = web.WebSocketResponse(
                    protocols=[inner.protocol] if inner.protocol else (), max_msg_size=_LONGEST_FRAME
                )
                await outer.prepare(request)
                await _both_ways(outer, inner)
                return outer
        except aiohttp.WSServerHandshakeError as error:
            raise _refused_handshake(error.status) from error
        except (aiohttp.ClientError, TimeoutError, OSError):
            return _down(request)

    def _headers(self, request: web.Request) -> CIMultiDict[str]:
        headers: CIMultiDict[str] = CIMultiDict()
        _copy(request.headers, headers, leave_out=_OURS)
        # without it the client would ask for compression that the browser may not know
        headers.setdefault("Accept-Encoding", "identity")
        peer = request.remote or "127.0.0.1"
        behind_proxy = is_trusted(peer, self._trusted)
        told = request.headers
        headers["X-Forwarded-For"] = ", ".join(part for part in (told.get("X-Forwarded-For", ""), peer) if part)
        headers["X-Forwarded-Proto"] = told.get("X-Forwarded-Proto", request.scheme) if behind_proxy else request.scheme
        headers["X-Forwarded-Host"] = told.get("X-Forwarded-Host", request.host) if behind_proxy else request.host
        headers["X-Request-Id"] = request[REQUEST_ID]
        return headers


def _copy(source: Mapping[str, str], target: CIMultiDict[str], leave_out: frozenset[str] = frozenset()) -> None:
    """Copy the headers that are not about the connection. ``source`` may have a name several times."""
    about_connection = {name.strip().lower() for name in source.get("Connection", "").split(",")}
    for name, value in source.items():
        if name.lower() not in _HOP_BY_HOP | leave_out | about_connection:
            target.add(name, value)


async def _both_ways(outer: web.WebSocketResponse, inner: aiohttp.ClientWebSocketResponse) -> None:
    """Pass frames between the two until one side closes, then close the other."""

    async def pump(
        source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
        sink: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    ) -> None:
        async for frame in source:
            if frame.type is WSMsgType.TEXT:
                await sink.send_str(frame.data)
            elif frame.type is WSMsgType.BINARY:
                await sink.send_bytes(frame.data)
        await sink.close(code=source.close_code or aiohttp.WSCloseCode.OK)

    pumps = [asyncio.create_task(pump(outer, inner)), asyncio.create_task(pump(inner, outer))]
    await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    for task in pumps:
        task.cancel()
    await asyncio.gather(*pumps, return_exceptions=True)


def _refused_handshake(status: int) -> Problem:
    known = status if status in {item.value for item in HTTPStatus} and status >= 400 else 502
    return Problem(known, "connection_refused", "连接被拒绝，请重新登录后再试。")


def _down(request: web.Request) -> web.Response:
    """The intake does not answer: said in the form that the asker reads."""
    if request.path.startswith("/open311/"):
        if request.path.endswith(".json"):
            body = json.dumps([{"code": 503, "description": _DOWN_DETAIL}], ensure_ascii=False)
            return web.Response(status=503, text=body, content_type="application/json", headers=_DOWN_HEADERS)
        error = f"<error><code>503</code><description>{escape(_DOWN_DETAIL)}</description></error>"
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<errors>{error}</errors>'
        return web.Response(status=503, text=body, content_type="text/xml", headers=_DOWN_HEADERS)
    if "text/html" in request.headers.get("Accept", "") and request.method == "GET":
        page = (_FRONT_PAGE / "intake_down.html").read_text(encoding="utf-8")
        return web.Response(status=503, text=page, content_type="text/html", headers=_DOWN_HEADERS)
    raise Problem(503, "intake_down", _DOWN_DETAIL, headers=_DOWN_HEADERS)


_FRONT_PAGE = ROOT / "channels" / "front_page"
_CHAT_PAGE = ROOT / "channels" / "webchat" / "page"


def add_front_routes(app: web.Application, passage: Passage) -> None:
    """Give ``app`` the intake's addresses, the start page, the chat page and the files of both."""
    for room in INTAKE_ROOMS:
        app.router.add_route("*", room, passage.view)
        app.router.add_route("*", room + "/{rest:.*}", passage.view)
    start, chat, vendor = (
        Assets(_FRONT_PAGE, REVALIDATE),
        Assets(_CHAT_PAGE, REVALIDATE),
        Assets(ROOT / "vendor", STEADY),
    )

    async def start_page(request: web.Request) -> web.Response:
        return start.answer(request, "index.html")

    async def chat_page(request: web.Request) -> web.Response:
        return chat.answer(request, "index.html")

    async def icon(request: web.Request) -> web.Response:
        return start.answer(request, "icon.svg")

    app.router.add_get("/", start_page)
    app.router.add_get("/chat", chat_page)
    app.router.add_get("/favicon.ico", icon)
    app.router.add_get("/assets/front/{path:.+}", start.view)
    app.router.add_get("/assets/chat/{path:.+}", chat.view)
    app.router.add_get("/assets/vendor/{path:.+}", vendor.view)
