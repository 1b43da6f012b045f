"""Puts the telephone together, and runs it while the process does."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from channels.gateway.database import Database
from channels.hotline.attendance import Attendance
from channels.hotline.call_store import CallStore
from channels.hotline.city_rules import CityRules
from channels.hotline.doorkeeper import Doorkeeper
from channels.hotline.leg_store import LegStore
from channels.hotline.line import Line, Lines
from channels.hotline.live import Live
from channels.hotline.recognition import Recognition
from channels.hotline.registry import Registry
from channels.hotline.scribe import Scribes
from channels.hotline.segmenter import Pauses
from channels.hotline.trunk import Trunk
from channels.hotline.upkeep import Upkeep
from channels.hotline.views import Hotline
from channels.hotline.voice import NewActivity, SileroActivity
from channels.speech.port import Recogniser
from groundwork.keys import KeyRing
from groundwork.settings import BadSettings, Settings


@dataclass(frozen=True)
class Switchboard:
    """The running telephone. ``trunk`` is None when no exchange is served."""

    hotline: Hotline
    upkeep: Upkeep
    trunk: Trunk | None


@asynccontextmanager
async def running(
    settings: Settings,
    database: Database,
    session: aiohttp.ClientSession,
    recogniser: Recogniser,
    clock: Callable[[], datetime],
    *,
    new_activity: NewActivity = SileroActivity,
    pauses: Pauses | None = None,
) -> AsyncIterator[Switchboard]:
    """The telephone while the block lasts. Raises BadSettings."""
    folder = settings.recordings_dir
    keys = _keys(settings)
    owner = secrets.token_hex(8)
    calls, legs = CallStore(database), LegStore(database)
    registry = Registry(session, settings.intake_url)
    city = CityRules(registry)
    recognition = Recognition(recogniser)

    def line_of(uuid: str) -> Line | None:
        return lines.open_lines.get(uuid)

    scribes = Scribes(
        legs, recognition, keys, folder, new_activity, owner=owner, clock=clock, line=line_of, pauses=pauses
    )  # fmt: skip
    lines = Lines(
        calls, legs, keys, folder, clock=clock, opened=lambda line: scribes.begin(line.leg.uuid)
    )  # fmt: skip
    live = Live(calls)
    attendance = Attendance(calls, legs, registry, clock=clock)
    upkeep = Upkeep(calls, legs, city, folder, clock=clock)
    hotline = Hotline(
        calls=calls,
        legs=legs,
        lines=lines,
        live=live,
        attendance=attendance,
        registry=registry,
        door=Doorkeeper(registry),
        city=city,
        keys=keys,
        folder=folder,
        clock=clock,
        upload_limit=settings.upload_limit_mb * 1024 * 1024,
    )
    async with AsyncExitStack() as stack:
        trunk = None
        if settings.audiosocket_port:
            trunk = Trunk(lines, settings.audiosocket_host, settings.audiosocket_port)
            try:
                await trunk.start()
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise BadSettings(f"YHT_AUDIOSOCKET_PORT: cannot listen ({reason})") from error
        stack.push_async_callback(scribes.end)
        stack.push_async_callback(lines.end)
        if trunk is not None:
            stack.push_async_callback(trunk.stop)
        for name, work in (
            ("lines", lines.run()),
            ("scribes", scribes.run()),
            ("live calls", live.run()),
            ("attendance", attendance.run()),
            ("call upkeep", upkeep.run()),
        ):
            await stack.enter_async_context(_beside(name, work))
        yield Switchboard(hotline, upkeep, trunk)


def _keys(settings: Settings) -> KeyRing:
    return KeyRing.chosen(settings.recording_keys, default_keys(settings.var_dir), "YHT_RECORDING_KEYS")


def default_keys(var_dir: Path) -> Path:
    """Where the keys of recordings are kept unless a setting says otherwise."""
    return var_dir / "secrets" / "recordings.keys"


@asynccontextmanager
async def _beside(name: str, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
