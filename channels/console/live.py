"""Keeps the consoles of this process up to date: the list when it changes, the open transcript as it grows.

A page that was away tells how far it had read and gets what it missed. Whatever process changed something, it is seen
in the database within a second; what this process did, at once.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from channels.console.chats import Chats
from channels.console.sources import Source
from channels.gateway.handover import FIRST_ANSWER, Staff
from channels.gateway.message import Json
from channels.gateway.people import People
from channels.gateway.staffing import Hours, Staffing
from channels.staff.doorkeeper import Doorkeeper
from groundwork.problem import Problem

log = logging.getLogger(__name__)

SIGNED_OUT = 4401
"""The close code for a session that is over."""

_LOOK_SECONDS = 1.0
_ALIVE_SECONDS = 20.0
_HEARTBEAT_SECONDS = 20.0
_LONGEST_FRAME = 8192
_CALL_ANSWER_SECONDS = 15  # GB/T 33358-2016, for the page to show


@dataclass(eq=False)
class _Console:
    """One open page."""

    request: web.Request
    socket: web.WebSocketResponse
    staff: Staff
    open: str = ""
    after: str = ""
    shown: str = ""
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Live:
    """The consoles of this process."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        chats: Chats,
        doorkeeper: Doorkeeper,
        *,
        people: People,
        staffing: Staffing,
        hours: Hours,
        clock: Callable[[], datetime],
        attending: Callable[[Staff, web.Request], AbstractContextManager[None]],
    ):
        """``sources`` by the kind of what they show. ``attending``: calls are understood for whoever is connected."""
        self._sources = sources
        self._chats = chats
        self._people = people
        self._staffing = staffing
        self._hours = hours
        self._doorkeeper = doorkeeper
        self._clock = clock
        self._attending = attending
        self._consoles: set[_Console] = set()
        self._look = asyncio.Event()
        self._list = ""

    async def overview(self) -> Json:
        """Everything in the list, and who is there."""
        now = self._clock()
        found = await asyncio.gather(*(source.items(now) for source in self._sources.values()))
        items = [item for some in found for item in some]
        present = await self._staffing.present(now)
        opens_at = self._hours.opens_at(now)
        return {
            "items": [item.as_json() for item in items],
            "operators": [
                {"id": one.staff.id, "name": one.staff.name, "state": one.state.value, "since": one.since.isoformat()}
                for one in present
            ],
            "dangers": await self._chats.dangers(now),
            "office_open": self._hours.open(now),
            "opens_at": opens_at.isoformat() if opens_at else None,
            "targets": {"chat": int(FIRST_ANSWER.total_seconds()), "call": _CALL_ANSWER_SECONDS},
        }

    async def page(self, identity: str, after: str, *, revealed: bool = False, reader: str = "") -> Json | None:
        """What follows in the transcript of an item, for the operator ``reader``; None when there is none."""
        kind, _, number = identity.partition(":")
        source = self._sources.get(kind)
        found = await source.page(number, after, revealed=revealed, reader=reader) if source else None
        if found is None:
            return None
        return {"of": identity, "entries": found.entries, "next": found.next} | found.more

    def tell(self) -> None:
        """Something was changed: look at once."""
        self._look.set()

    async def follow(self, kind: str, news: asyncio.Event) -> None:
        """Show open transcripts of this kind as they grow, for ever; ``news`` is set when one did."""
        while True:
            await news.wait()
            news.clear()
            for console in self._consoles:
                if console.open.startswith(f"{kind}:"):
                    console.news.set()

    async def run(self) -> None:
        """Look into the database for ever; once for all consoles of this process."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), _LOOK_SECONDS)
            self._look.clear()
            if not self._consoles:
                continue
            try:
                self._list = _dumps(await self.overview())
            except Exception:  # the database may be away for a while
                log.warning("the consoles' list could not be read", exc_info=True)
            for console in self._consoles:
                console.news.set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A console's WebSocket. Raises Problem before it is open."""
        if not self._doorkeeper.is_own(request):
            raise Problem(403, "foreign_page", "请从话务台页面打开。")
        staff = (await self._doorkeeper.server(request, anew=True)).staff
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_LONGEST_FRAME)
        await socket.prepare(request)
        console = _Console(request, socket, staff)
        self._consoles.add(console)
        self._look.set()
        tasks = [asyncio.create_task(self._show(console)), asyncio.create_task(self._stay(console))]
        try:
            with self._attending(staff, request):
                await self._talk(console)
        except ConnectionError:
            pass
        finally:
            self._consoles.discard(console)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return socket

    async def close(self) -> None:
        """Close all connections: the pages connect again."""
        for console in list(self._consoles):
            await console.socket.close(code=WSCloseCode.GOING_AWAY)

    async def _talk(self, console: _Console) -> None:
        staff = console.staff
        await console.socket.send_json({"me": {"id": staff.id, "name": staff.name}}, dumps=_dumps)
        async for frame in console.socket:
            if frame.type is WSMsgType.TEXT:
                await self._hear(console, frame.data)

    async def _hear(self, console: _Console, data: str) -> None:
        """``{"open", "after", "csrf"}``: the transcript to be shown from there on."""
        try:
            said = json.loads(data)
            wanted, after, csrf = str(said.get("open") or ""), str(said.get("after") or ""), str(said.get("csrf") or "")
        except (ValueError, AttributeError):
            return
        if wanted and wanted != console.open:
            try:
                await self._doorkeeper.record(console.request, "read", _target(wanted), csrf=csrf)
            except Problem as problem:
                await console.socket.send_json({"of": wanted, "problem": problem.body()}, dumps=_dumps)
                return
        console.open, console.after = wanted, after
        console.news.set()

    async def _show(self, console: _Console) -> None:
        while not console.socket.closed:
            await console.news.wait()
            console.news.clear()
            try:
                if self._list != console.shown:
                    console.shown = self._list
                    await console.socket.send_str(f'{{"list": {console.shown}}}')
                while console.open:
                    identity, after = console.open, console.after
                    found = await self.page(identity, after, reader=console.staff.id)
                    if found is None or console.open != identity or found["next"] == after:
                        break
                    await console.socket.send_json(found, dumps=_dumps)
                    if console.after == after:
                        console.after = found["next"]
            except ConnectionError:
                return
            except Exception:  # the database may be away for a while
                log.warning("a console could not be shown the news", exc_info=True)

    async def _stay(self, console: _Console) -> None:
        """Tell that somebody is there as long as their session lasts; then the connection ends."""
        while True:
            try:
                now = self._clock()
                await self._staffing.seen(console.staff, now)
                await self._people.renew(console.staff.id, now)
                await asyncio.sleep(_ALIVE_SECONDS)
                console.staff = (await self._doorkeeper.server(console.request, anew=True)).staff
            except Problem as problem:
                if problem.status in (401, 403):
                    with suppress(ConnectionError):
                        await console.socket.close(code=SIGNED_OUT, message=b"signed_out")
                    return
                await asyncio.sleep(1)
            except Exception:
                log.warning("a console's sign of life was not noted", exc_info=True)
                await asyncio.sleep(_ALIVE_SECONDS)


def _target(identity: str) -> str:
    kind, _, number = identity.partition(":")
    return f"{'handover' if kind == 'chat' else kind}:{number}"


def _dumps(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False)
