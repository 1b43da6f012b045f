"""How the channels do: a page for the city's IT, and figures for Prometheus, over all processes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from aiohttp import web

from channels.assets import REVALIDATE, Assets
from channels.front import SESSION
from channels.gateway import metrics
from channels.gateway.backlog import untold
from channels.gateway.database import Database
from channels.gateway.message import Json
from channels.gateway.pulse import Beat, Pulse
from channels.gateway.store import Store
from channels.telegram.account import Account as TelegramAccount
from channels.telegram.tables import chats
from channels.wechat.tables import followers
from groundwork.problem import Problem
from groundwork.settings import ROOT, Settings
from groundwork.web import TRUSTED, client_address, is_trusted

log = logging.getLogger(__name__)

_EVERY_SECONDS = 15.0
_QUICK = aiohttp.ClientTimeout(total=5, sock_connect=2)
_ROLE = "sysadmin"
_NAMES = {"web": "网页", "wechat": "微信公众号", "telegram": "Telegram"}
_SILENT = Beat(None, None, None, "", 0)


@dataclass(frozen=True)
class ChannelStatus:
    """What the page and the figures are made from."""

    channels: tuple[str, ...]
    store: Store
    database: Database
    pulse: Pulse
    telegram: TelegramAccount | None
    settings: Settings
    clock: Callable[[], datetime]

    async def report(self) -> Json:
        """Each channel's last messages, errors and backlog, as JSON."""
        beats, unanswered = await self.pulse.beats(), await self.store.backlog()
        channels = [
            await self._channel(name, beats.get(name, _SILENT), unanswered.get(name, 0)) for name in self.channels
        ]
        off = [{"channel": name, "name": label} for name, label in _NAMES.items() if name not in self.channels]
        return {"at": self.clock().isoformat(), "channels": channels, "off": off}

    async def run(self) -> None:
        """Keep the figures up to date, for ever."""
        while True:
            try:
                await self._figures()
            except Exception:  # the database may be away for a while
                log.warning("the channels' figures could not be made", exc_info=True)
            await asyncio.sleep(_EVERY_SECONDS)

    async def _channel(self, name: str, beat: Beat, unanswered: int) -> Json:
        backlog = {"unanswered": unanswered}
        facts: Json = {
            "channel": name,
            "name": _NAMES[name],
            "last_in": _iso(beat.in_at),
            "last_out": _iso(beat.out_at),
            "last_error": _iso(beat.error_at),
            "error": beat.error,
            "errors_today": beat.errors_today,
            "backlog": backlog,
        }
        if name == "wechat":
            facts["mode"] = self.settings.wechat_mode
        users = {"wechat": followers, "telegram": chats}.get(name)
        if users is not None:
            left = await untold(self.database, users, self.clock())
            backlog |= {"owed": left.owed, "waiting_for_contact": left.waiting}
        if name == "telegram" and self.telegram is not None:
            facts["mode"] = self.settings.telegram_mode
            backlog["updates"] = await self.telegram.inbox.waiting()
            if self.settings.telegram_mode == "polling":
                holding = await self.telegram.pollers.holding(self.clock())
                facts["poller"] = {
                    "holder": holding.holder if holding and holding.alive else None,
                    "polled_at": _iso(holding.polled_at) if holding else None,
                }
        return facts

    async def _figures(self) -> None:
        for channel in (await self.report())["channels"]:
            name = channel["channel"]
            for direction in ("in", "out"):
                at = channel[f"last_{direction}"]
                metrics.LAST_SECONDS.labels(name, direction).set(datetime.fromisoformat(at).timestamp() if at else 0)
            for what, count in channel["backlog"].items():
                metrics.BACKLOG.labels(name, what).set(count)
            metrics.ERRORS_TODAY.labels(name).set(channel["errors_today"])


STATUS = web.AppKey("status", ChannelStatus)


def add_status_routes(app: web.Application) -> None:
    """Give ``app`` the page ``/status`` and its data. ``app[STATUS]`` must be there when it starts."""
    files = Assets(ROOT / "channels" / "front_page", REVALIDATE)

    async def page(request: web.Request) -> web.Response:
        return files.answer(request, "status.html")

    app.router.add_get("/status", page)
    app.router.add_get("/status.json", status)


async def status(request: web.Request) -> web.Response:
    """The report, for this machine, trusted networks, and system administrators who are logged in at the desk."""
    if not is_trusted(client_address(request), request.app[TRUSTED]) and not await _is_administrator(request):
        raise Problem(403, "forbidden", "渠道状态只给本机、可信网段和已登录的系统管理员看。请先在工作台登录。")
    report = await request.app[STATUS].report()
    return web.json_response(report, headers={"Cache-Control": "no-store"})


async def _is_administrator(request: web.Request) -> bool:
    """Whether the intake knows the asker's cookie as one of a system administrator."""
    cookie = request.headers.get("Cookie")
    if not cookie:
        return False
    url = f"{request.app[STATUS].settings.intake_url}/api/v1/account"
    try:
        headers = {"Cookie": cookie, "X-Forwarded-For": client_address(request)}
        async with request.app[SESSION].get(url, headers=headers, timeout=_QUICK) as response:
            if response.status != 200:
                return False
            account = await response.json()
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return False
    staff = account.get("staff") or {}
    return _ROLE in (staff.get("roles") or ()) and not account.get("duties")


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at and at.year > 1970 else None
