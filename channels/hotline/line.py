"""A line: one leg's sound while it comes in. It goes to the disk first; everything else reads it from there.

The process that holds the connection records; writing down may be done by another one after a crash.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from channels.hotline import metrics
from channels.hotline.call import Side, Step
from channels.hotline.call_store import CallStore
from channels.hotline.leg_store import Leg, LegStore, LineBusy
from channels.hotline.recording import SAMPLE_BYTES, Recorder, RecordingBusy
from groundwork.keys import KeyRing

T = TypeVar("T")

log = logging.getLogger(__name__)

CHUNK_SECONDS = 0.2
"""Sound is put on the disk in chunks of this length: so much may be lost when the process is killed."""
SYNC_SECONDS = 2.0
"""So often the disk is told to keep it: so much may be lost when the power fails."""
_THREADS = 4
_CLOSING_SECONDS = 0.2
_CLOSING_LOOKS = 25


class Line:
    """One leg's way to the disk. Made by ``Lines.open``."""

    def __init__(self, leg: Leg, owner: str, recorder: Recorder, threads: ThreadPoolExecutor):
        """``owner`` tells this connection from the leg's earlier and later ones."""
        self.leg = leg
        self.owner = owner
        self._recorder = recorder
        self._chunk_bytes = int((leg.rate or 0) * CHUNK_SECONDS) * SAMPLE_BYTES
        self._threads = threads
        self._waiting = bytearray()
        self._lock = asyncio.Lock()
        self.news = asyncio.Event()
        """Set when there is more on the disk."""
        self.lost = False
        """Another process has the leg now: nothing more is to be written."""

    @property
    def samples(self) -> int:
        """So much is on the disk."""
        return self._recorder.samples

    async def hear(self, pcm: bytes) -> None:
        """Take sound: whole samples. Returns when it is on the disk or will be with the next chunk."""
        self._waiting += pcm
        if len(self._waiting) >= self._chunk_bytes:
            await self.flush()

    async def flush(self) -> None:
        """Put what waits on the disk."""
        async with self._lock:
            if not self._waiting:
                return
            pcm = bytes(self._waiting)
            self._waiting.clear()
            await asyncio.get_running_loop().run_in_executor(self._threads, self._recorder.append, pcm)
        metrics.SOUND_SECONDS.inc(len(pcm) / SAMPLE_BYTES / (self.leg.rate or 1))
        self.news.set()

    async def sync(self) -> None:
        """Have the disk keep it."""
        async with self._lock:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._recorder.sync)

    async def close(self) -> None:
        """Keep everything and end."""
        await self.flush()
        async with self._lock:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._recorder.close)
        self.news.set()


class Lines:
    """The lines of this process. ``folder`` holds the recordings."""

    def __init__(
        self,
        call_store: CallStore,
        leg_store: LegStore,
        keys: KeyRing,
        folder: Path,
        *,
        clock: Callable[[], datetime],
        opened: Callable[[Line], None],
    ):
        """``opened`` is told of each new line."""
        self._call_store = call_store
        self._leg_store = leg_store
        self._keys = keys
        self._folder = folder
        self._clock = clock
        self._opened = opened
        self._threads = ThreadPoolExecutor(_THREADS, "recording")
        self.open_lines: dict[str, Line] = {}

    async def open(self, uuid: str, rate: int, *, side: Side = Side.CALLER, training: bool = False) -> Line:
        """Begin to record a leg, or go on after a break. Raises LineBusy, RecordingUnreadable, OSError."""
        before = self.open_lines.get(uuid)
        if before is not None:  # the exchange has connected again: the connection it had is dead
            await self.close(before, "")
        now = self._clock()
        await self._call_store.leg_of(uuid, side, now, training=training)
        known = await self._leg_store.leg(uuid, now)
        assert known is not None
        if known.closed_at is not None:
            raise LineBusy(uuid)
        path = known.path or f"{now:%Y/%m/%d}/{uuid}.yhtr"
        first = 0
        if known.rate and known.started_at:
            # what was said between the connections is missing: later words keep their place in time
            first = int((now - known.started_at).total_seconds() * known.rate)
        recorder = await self._recorder(path, rate, first)
        owner = secrets.token_hex(8)
        try:
            leg = await self._leg_store.connect(uuid, owner, rate=rate, path=path, now=now)
            line = Line(leg, owner, recorder, self._threads)
            self.open_lines[uuid] = line
            if leg.side is Side.OPERATOR:
                await self._call_store.exchange_says(leg.call, Step.ANSWER, now)
        except BaseException:
            self.open_lines.pop(uuid, None)
            await self._run(recorder.close)
            raise
        metrics.LINES.set(len(self.open_lines))
        self._opened(line)
        return line

    async def close(self, line: Line, reason: str) -> None:
        """The connection is gone; with a ``reason`` (hang-up, error) the leg is over, without it may come back."""
        uuid = line.leg.uuid
        if self.open_lines.get(uuid) is line:
            del self.open_lines[uuid]
        metrics.LINES.set(len(self.open_lines))
        metrics.CONNECTIONS.labels(reason or "broken").inc()
        try:
            await line.close()
        finally:
            ours = await self._leg_store.disconnect(
                uuid, line.owner, samples=line.samples, reason=reason, now=self._clock()
            )
            line.news.set()
        if ours and reason:
            await self.hung_up(uuid)

    async def hung_up(self, uuid: str) -> None:
        """The leg is over: with the caller's, the call."""
        leg = await self._leg_store.leg(uuid, self._clock())
        # asked again: a leg that was announced only after it connected has changed its call and its side
        if leg is not None and leg.side is Side.CALLER:
            await self._call_store.exchange_says(leg.call, Step.HANG_UP, self._clock())

    async def pressed(self, line: Line, key: str) -> None:
        """A key was pressed on the telephone."""
        await self._leg_store.pressed(line.leg.uuid, key, self._clock())

    async def run(self) -> None:
        """Keep what was recorded and say that the lines live, for ever."""
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            with suppress(Exception):
                await self.beat()

    async def beat(self) -> None:
        """Once of ``run``."""
        lines = dict(self.open_lines)
        try:
            await asyncio.gather(*(line.sync() for line in lines.values()))
            lengths = {uuid: (line.owner, line.samples) for uuid, line in lines.items()}
            for uuid in await self._leg_store.recorded(lengths, self._clock()) if lengths else ():
                log.warning("a line was taken over", extra={"leg": uuid})
                lines[uuid].lost = True
        except Exception:  # the database or the disk may be away for a while; recording goes on
            log.exception("lines could not be kept")

    async def end(self) -> None:
        """Let all lines go: the exchange will connect again, to another process or to this one later."""
        for line in list(self.open_lines.values()):
            await self.close(line, "")
        await asyncio.to_thread(self._threads.shutdown)

    async def _recorder(self, path: str, rate: int, first: int) -> Recorder:
        """Opens the recording; one whose last connection is just being closed is waited for. Raises LineBusy."""
        for _ in range(_CLOSING_LOOKS):
            with suppress(RecordingBusy):
                return await self._run(lambda: Recorder(self._folder / path, self._keys, rate, first=first))
            await asyncio.sleep(_CLOSING_SECONDS)
        raise LineBusy(path)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
