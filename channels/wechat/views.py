"""WeChat's callbacks: ``GET /channels/wechat`` checks the address, ``POST`` brings messages and events."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from channels.wechat import metrics
from channels.wechat.attendant import Attendant
from channels.wechat.gate import Gate, Refused
from groundwork.problem import Problem

log = logging.getLogger(__name__)

PATH = "/channels/wechat"
_LARGEST = 1024 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class WeChatChannel:
    """What the views work with."""

    gate: Gate
    attendant: Attendant
    clock: Callable[[], datetime]


WECHAT = web.AppKey("wechat", WeChatChannel)


def add_wechat_routes(app: web.Application) -> None:
    """Give ``app`` the callbacks. ``app[WECHAT]`` must be there when it starts, unless the channel is off."""
    app.router.add_get(PATH, check, allow_head=False)
    app.router.add_post(PATH, receive)


async def check(request: web.Request) -> web.Response:
    """WeChat asks whether the address is ours."""
    channel = _channel(request)
    try:
        return web.Response(text=channel.gate.echo(request.query))
    except Refused as refused:
        raise _refusal(refused) from refused


async def receive(request: web.Request) -> web.Response:
    """A message or event of a user; the answer is text, or ``success`` when it follows later or there is none."""
    channel = _channel(request)
    try:
        body = await _body(request)
        callback = channel.gate.open(request.query, body, channel.clock())
    except Refused as refused:
        raise _refusal(refused) from refused
    words = await channel.attendant.attend(callback)
    if not words:
        return web.Response(text="success")
    document = channel.gate.reply(callback, words, channel.clock(), secrets.token_hex(8))
    return web.Response(body=document, content_type="text/xml", charset="utf-8")


async def _body(request: web.Request) -> bytes:
    """Raises Refused when it is larger than WeChat's ever are."""
    if (request.content_length or 0) > _LARGEST:
        raise Refused("too_large")
    body = bytearray()
    async for chunk in request.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > _LARGEST:
            raise Refused("too_large")
    return bytes(body)


def _channel(request: web.Request) -> WeChatChannel:
    channel = request.app.get(WECHAT)
    if channel is None:
        raise Problem(404, "channel_off", "微信渠道没有开通。")
    return channel


_REFUSALS = {
    "too_large": (413, "too_large", "发送的内容太大。"),
    "malformed": (400, "bad_request", "不是微信的消息格式。"),
    "stale": (403, "stale", "请求的时间戳已过期。"),
    "signature": (403, "bad_signature", "签名不对。"),
    "decryption": (403, "bad_signature", "消息不能解密。"),
    "not_encrypted": (403, "not_encrypted", "安全模式下只接受加密的消息。"),
    "encrypted": (403, "encrypted", "明文模式下不接受加密的消息。"),
}


def _refusal(refused: Refused) -> Problem:
    metrics.REFUSED.labels(refused.reason).inc()
    log.warning("a WeChat callback was refused", extra={"reason": refused.reason})
    status, code, detail = _REFUSALS[refused.reason]
    return Problem(status, code, detail)
