"""Telegram's webhook: ``POST /channels/telegram``."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from channels.gateway.message import Json
from channels.telegram import metrics
from channels.telegram.attendant import Attendant
from channels.telegram.inbox import Inbox
from groundwork.problem import Problem

log = logging.getLogger(__name__)

PATH = "/channels/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (its name)
_LARGEST = 1024 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class TelegramChannel:
    """What the view works with. Without a ``secret`` updates are not taken here but fetched."""

    secret: str
    inbox: Inbox
    attendant: Attendant
    clock: Callable[[], datetime]


TELEGRAM = web.AppKey("telegram", TelegramChannel)


def add_telegram_routes(app: web.Application) -> None:
    """Give ``app`` the webhook. ``app[TELEGRAM]`` must be there when it starts, unless the channel is off."""
    app.router.add_post(PATH, receive)


async def receive(request: web.Request) -> web.Response:
    """An update. Answered as soon as it is kept; Telegram sends it again until then."""
    channel = request.app.get(TELEGRAM)
    if channel is None or not channel.secret:
        raise Problem(404, "channel_off", "Telegram 渠道没有开通，或不用 webhook。")
    given = request.headers.get(SECRET_HEADER, "").encode(errors="surrogateescape")
    if not hmac.compare_digest(given, channel.secret.encode()):
        raise _refusal("secret", Problem(403, "bad_secret", "密钥不对。"))
    update = await _update(request)
    await channel.inbox.store([update], channel.clock())
    channel.attendant.ring()
    return web.json_response({})


async def _update(request: web.Request) -> Json:
    too_large = Problem(413, "too_large", "发送的内容太大。")
    if (request.content_length or 0) > _LARGEST:
        raise _refusal("too_large", too_large)
    body = bytearray()
    async for chunk in request.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > _LARGEST:
            raise _refusal("too_large", too_large)
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        update = None
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(update, dict) or not isinstance(number, int) or not 0 <= number < 2**63:
        raise _refusal("malformed", Problem(400, "bad_request", "不是 Telegram 的消息格式。"))
    return update


def _refusal(reason: str, problem: Problem) -> Problem:
    metrics.REFUSED.labels(reason).inc()
    log.warning("a call of the Telegram webhook was refused", extra={"reason": reason})
    return problem
