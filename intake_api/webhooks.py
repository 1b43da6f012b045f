"""Telling other systems what happened: each subscription in order, by one process at a time, until it is heard."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import logging
import random
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from prometheus_client import Counter, Gauge, Histogram
from yarl import URL

from groundwork.settings import Network
from intake_api.domain.feed import as_json
from intake_api.domain.webhook import (
    DELIVERY_HEADER,
    EVENT_HEADER,
    SIGNATURE_HEADER,
    TIME_OUT,
    Outcome,
    Verdict,
    signature,
    verdict,
)
from intake_api.storage import cities, feed, webhooks
from intake_api.storage.database import Database, StorageUnavailable
from intake_api.storage.webhooks import LEASE, Item, LeaseLost

log = logging.getLogger(__name__)

DELIVERIES = Counter("yht_webhook_deliveries_total", "Attempts at webhook deliveries, by how they ended.", ["result"])
SECONDS = Histogram("yht_webhook_delivery_seconds", "Time of one attempt at a webhook delivery.")
BEHIND = Gauge("yht_webhook_behind", "Feed positions that a subscription has not been told yet.", ["webhook"])
LETTERS = Gauge("yht_webhook_dead_letters", "Events that a subscription could not be told.", ["webhook"])

_LOOK_SECONDS = 0.5
_FIGURES_SECONDS = 15.0
_AT_ONCE = 8  # subscriptions that one process serves at the same time
_TURN_SECONDS = 20.0  # how long one is served while others may wait
_GRACE_SECONDS = 2.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenAddress(OSError):
    """The address lies where we must not call: inside our own network, unless YHT_WEBHOOK_PRIVATE names it."""


class Guard:
    """Keeps webhooks from reaching into our own network (SSRF). ``private``: networks that they may reach all the same.

    What counts is the address that is connected to, so a name that turns to another address is caught, too.
    """

    def __init__(self, private: Sequence[Network]) -> None:
        self._private = tuple(private)

    def objection(self, url: str) -> str | None:
        """Why a URL cannot be a subscription's, in Chinese; None if it can."""
        try:
            parsed = URL(url)
        except ValueError:
            return "地址写得不对。"
        if parsed.scheme not in ("http", "https") or not parsed.host:
            return "地址要以 https:// 开头。"
        if parsed.user is not None or parsed.password is not None:
            return "地址里不能带用户名和密码。"
        if parsed.scheme == "http" and not self._private:
            return "地址要以 https:// 开头；http 只能用于 YHT_WEBHOOK_PRIVATE 列出的内网。"
        literal = _literal(parsed.host)
        if literal is not None and not self.allows(literal, secure=parsed.scheme == "https"):
            return "这个地址在内网，不能调用；需要时由系统管理员写进 YHT_WEBHOOK_PRIVATE。"
        return None

    def allows(self, address: Address, *, secure: bool) -> bool:
        """Whether this address may be called; without TLS only in the networks named."""
        address = _unwrapped(address)
        if any(address in network for network in self._private):
            return True
        return secure and address.is_global and not address.is_multicast and not address.is_reserved

    def resolver(self, *, secure: bool) -> AbstractResolver:
        """Resolves names to addresses that may be called."""
        return _GuardedResolver(self, secure)


class _GuardedResolver(AbstractResolver):
    def __init__(self, guard: Guard, secure: bool) -> None:
        self._guard = guard
        self._secure = secure
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        allowed = [
            item
            for item in found
            if self._guard.allows(ipaddress.ip_address(item["host"].partition("%")[0]), secure=self._secure)
        ]
        if not allowed:
            raise ForbiddenAddress("域名指向内网地址，不能调用")
        return allowed

    async def close(self) -> None:
        await self._inner.close()


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class Post:
    """Sends one delivery."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._sessions = {
            scheme: aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=guard.resolver(secure=scheme == "https")),
                timeout=aiohttp.ClientTimeout(total=TIME_OUT.total_seconds()),
                headers={"User-Agent": "Yihaotong-Webhook/1", "Content-Type": "application/json; charset=utf-8"},
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            for scheme in ("http", "https")
        }

    async def send(self, item: Item, body: bytes) -> Outcome:
        """Try once. Never raises but when it is cancelled."""
        objection = self._guard.objection(item.url)
        if objection:
            return Outcome(Verdict.FAILED, objection)
        headers = {
            SIGNATURE_HEADER: signature(item.secrets, int(time.time()), body),
            DELIVERY_HEADER: item.delivery,
            EVENT_HEADER: item.entry.kind,
        }
        session = self._sessions[URL(item.url).scheme]
        try:
            async with session.post(item.url, data=body, headers=headers, allow_redirects=False) as response:
                meaning = verdict(response.status)
                error = "" if meaning is Verdict.DELIVERED else f"对方回答 HTTP {response.status}"
                return Outcome(meaning, error, _retry_after(response.headers.get("Retry-After", "")))
        except ForbiddenAddress as error:
            return Outcome(Verdict.FAILED, str(error))
        except TimeoutError:
            return Outcome(Verdict.FAILED, f"{TIME_OUT.total_seconds():.0f} 秒内没有应答")
        except aiohttp.ClientConnectorError as error:
            why = str(error.os_error) if isinstance(error.os_error, ForbiddenAddress) else "连接不上"
            return Outcome(Verdict.FAILED, why)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Outcome(Verdict.FAILED, f"连接出错（{type(error).__name__}）")

    async def close(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.close()


def _retry_after(value: str) -> timedelta | None:
    return timedelta(seconds=int(value)) if value.isascii() and value.isdecimal() and len(value) < 9 else None


class Dispatcher:
    """Serves the subscriptions that no other process serves."""

    def __init__(self, database: Database, post: Post, key: bytes, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._post = post
        self._key = key
        self._now = now
        self._name = secrets.token_hex(8)
        self._woken = asyncio.Event()
        self._serving: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._figures_at = 0.0

    def wake(self) -> None:
        """There is something new."""
        self._woken.set()

    async def run(self) -> None:
        """Serve until cancelled."""
        while True:
            with _survived("webhooks not looked after"):
                await self._take_up()
                await self._show_figures()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _LOOK_SECONDS)
            self._woken.clear()

    async def stop(self) -> None:
        """Finish deliveries under way within two seconds, or leave them to be made again."""
        self._stopping = True
        if self._serving:
            _, unfinished = await asyncio.wait(self._serving, timeout=_GRACE_SECONDS)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    async def _take_up(self) -> None:
        free = _AT_ONCE - len(self._serving)
        if free <= 0:
            return
        now = self._now()
        async with self._database.read() as session:
            if not await webhooks.any_due(session, now):
                return
        async with self._database.write() as session:
            claimed = await webhooks.claim(session, by=self._name, limit=free, now=now)
        for webhook_id in claimed:
            task = asyncio.create_task(self._serve(webhook_id))
            self._serving.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        self.wake()

    async def _serve(self, webhook_id: int) -> None:
        until = time.monotonic() + _TURN_SECONDS
        try:
            with _survived("webhook not served", webhook=webhook_id), contextlib.suppress(LeaseLost):
                while not self._stopping and time.monotonic() < until and await self._deliver_next(webhook_id):
                    pass
        finally:
            with _survived("lease not let go", webhook=webhook_id):
                async with self._database.write() as session:
                    await webhooks.release(session, webhook_id, self._name)

    async def _deliver_next(self, webhook_id: int) -> bool:
        """Whether another may follow at once."""
        renewed = time.monotonic()
        async with self._database.write() as session:
            item = await webhooks.next_item(session, webhook_id, by=self._name, key=self._key, now=self._now())
            names = await cities.department_names(session) if item else {}
        if item is None:
            return False
        if time.monotonic() - renewed > (LEASE - TIME_OUT).total_seconds():
            return True  # held up: the lease might end before the delivery does
        body = json.dumps(as_json(item.entry, item.audience, names), ensure_ascii=False).encode()
        with SECONDS.time():
            outcome = await self._post.send(item, body)
        async with self._database.write() as session:
            settled = await webhooks.settle(
                session,
                item,
                outcome,
                by=self._name,
                chance=random.random(),  # noqa: S311 (it spreads load)
                now=self._now(),
            )
        DELIVERIES.labels(settled.value if settled else "dead_letter").inc()
        if settled is not Verdict.DELIVERED:
            log.warning("webhook not delivered", extra={"webhook": webhook_id, "error": outcome.error})
        return settled in (Verdict.DELIVERED, None)

    async def _show_figures(self) -> None:
        if time.monotonic() < self._figures_at:
            return
        self._figures_at = time.monotonic() + _FIGURES_SECONDS
        async with self._database.read() as session:
            newest = await feed.head(session)
            rows = await webhooks.several(session)
            letters = await webhooks.letter_counts(session)
        BEHIND.clear()
        LETTERS.clear()
        for row in rows:
            BEHIND.labels(str(row.id)).set(newest - row.position)
            LETTERS.labels(str(row.id)).set(letters.get(row.id, 0))


@contextlib.contextmanager
def _survived(what: str, **extra: object) -> Iterator[None]:
    """Whatever goes wrong inside is logged; it is tried again later."""
    try:
        yield
    except StorageUnavailable:
        log.warning("%s: the database does not answer", what, extra=extra)
    except Exception:
        log.exception(what, extra=extra)
