"""The scribe: reads a leg's recording as it grows, finds utterances, has them recognised, and keeps the words.

It reads from the disk, never from the connection: when recognition lags it is behind, and loses nothing. How far it
has come is kept with the words in one transaction, so that after a crash at most the utterance that was being
recognised is done again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from channels.hotline import metrics
from channels.hotline.leg_store import Heard, Leg, LegStore, ScribeLost
from channels.hotline.line import Line
from channels.hotline.recognition import Recognition
from channels.hotline.recording import SAMPLE_BYTES, Recording, RecordingUnreadable
from channels.hotline.segmenter import Pauses, Segmenter, Span
from channels.hotline.voice import NewActivity, VoiceActivity, telephone_band
from channels.speech.port import RecogniserMissing, Speech, Transcription
from groundwork.keys import KeyRing

log = logging.getLogger(__name__)

PARTIAL_SECONDS = 1.2
"""So often what is being said is recognised; with the time it takes, words appear every two seconds."""
_SHORTEST_PARTIAL = 0.8
_LATE_SECONDS = 6.0
"""A leg that is further behind makes no partials: finals first."""
_LOOK_SECONDS = 0.25
_TAKE_SECONDS = 2.0
_DEAF_SECONDS = 60.0
"""So long is not asked again where there is no recogniser."""
_RENEW_SECONDS = 5.0
_AT_A_TIME = 50
_HOTWORDS = 60
_WINDOWS_AT_A_TIME = 60
_CALLS_REMEMBERED = 500


class Scribe:
    """Writes one leg down. ``line`` is there while this process records it, too."""

    def __init__(
        self,
        leg: Leg,
        owner: str,
        store: LegStore,
        recognition: Recognition,
        recording: Recording,
        *,
        activity: VoiceActivity,
        line: Callable[[], Line | None],
        clock: Callable[[], datetime],
        hotwords: list[str],
        pauses: Pauses | None = None,
    ):
        """``hotwords`` of the call: shared by its legs, the likeliest first."""
        assert leg.rate is not None
        self._leg = leg
        self._owner = owner
        self._store = store
        self._recognition = recognition
        self._recording = recording
        self._activity = activity
        self._line = line
        self._clock = clock
        self._hotwords = hotwords
        self._rate = leg.rate
        # the judge may hear another rate than the recording has
        self._window = int(activity.window * self._rate / telephone_band(b"", self._rate)[1])
        self._pauses = pauses
        self._at = leg.transcribed
        self._kept = leg.transcribed
        self._renewed = time.monotonic()
        self._segmenter = Segmenter(self._window, self._rate, pauses, at=self._at)
        self._partial: asyncio.Task[None] | None = None
        self._partial_at = 0.0

    async def run(self) -> None:
        """Write until the leg is over and all of it is written down. Raises ScribeLost, RecogniserMissing."""
        try:
            while True:
                line = self._line()
                over = line is None and await self._is_over()
                if line is not None:
                    line.news.clear()
                await self._write_down()
                if over:
                    return await self._end()
                await self._wait(line)
        finally:
            if self._partial is not None:
                self._partial.cancel()

    async def _write_down(self) -> None:
        """All that is on the disk and not judged yet."""
        while True:
            length = await asyncio.to_thread(self._recording.refresh)
            windows = min((length - self._at) // self._window, _WINDOWS_AT_A_TIME)
            if windows <= 0:
                break
            until = self._at + windows * self._window
            for span in await asyncio.to_thread(self._judged, self._at, until):
                await self._keep(span)
            self._at = until
            self._maybe_partial(length)
            await self._renew()
        await self._renew()

    def _judged(self, first: int, until: int) -> list[Span]:
        pcm = self._recording.read(first, until)
        ended = []
        step = self._window * SAMPLE_BYTES
        for place in range(0, len(pcm), step):
            heard, _ = telephone_band(pcm[place : place + step], self._rate)
            span = self._segmenter.feed(self._activity.probability(heard))
            if span is not None:
                ended.append(span)
        return ended

    async def _keep(self, span: Span) -> None:
        """Have an utterance recognised and keep its words."""
        self._stop_partial()
        began = time.monotonic()
        behind = (self._recording.samples - span.end) / self._rate
        speech = await self._speech(span)
        assert self._leg.started_at is not None
        spoken_at = self._leg.started_at.timestamp() + span.end / self._rate
        final = asyncio.ensure_future(self._recognition.final(speech, spoken_at, tuple(self._hotwords)))
        try:
            # the lease lives while the recogniser works or is away
            while not (await asyncio.wait({final}, timeout=_RENEW_SECONDS))[0]:
                await self._progress(self._kept)
            words = final.result()
        finally:
            final.cancel()
        self._learn(words)
        heard = Heard(
            span.start,
            span.end,
            words.text.strip(),
            [(segment.start, segment.end, segment.text) for segment in words.segments],
            words.model,
        )
        number = await self._progress(span.end, heard=heard)
        if number is not None:
            metrics.UTTERANCES.labels(self._leg.side.value).inc()
            metrics.FINAL_SECONDS.observe(max(0.0, behind) + time.monotonic() - began)

    async def _end(self) -> None:
        span = self._segmenter.finish()
        if span is not None:
            await self._keep(span)
        self._stop_partial()
        await self._store.progress(self._leg.uuid, self._owner, self._recording.samples, self._clock(), all_done=True)

    def _maybe_partial(self, length: int) -> None:
        speaking = self._segmenter.speaking
        if (
            speaking is None
            or (self._partial is not None and not self._partial.done())
            or time.monotonic() - self._partial_at < PARTIAL_SECONDS
            or (speaking.end - speaking.start) / self._rate < _SHORTEST_PARTIAL
            or (length - self._at) / self._rate > _LATE_SECONDS
        ):
            return
        self._partial_at = time.monotonic()
        self._partial = asyncio.create_task(self._tell_partial(speaking), name=f"partial {self._leg.uuid}")

    async def _tell_partial(self, span: Span) -> None:
        try:
            words = await self._recognition.partial(await self._speech(span), tuple(self._hotwords))
            if words is not None and words.text:
                await self._store.partial(
                    self._leg.uuid, self._owner, start=span.start, text=words.text, now=self._clock()
                )
        except Exception:  # the final tells
            log.warning("a partial failed", exc_info=True)

    def _stop_partial(self) -> None:
        if self._partial is not None and not self._partial.done():
            self._partial.cancel()
        self._partial_at = time.monotonic()

    async def _speech(self, span: Span) -> Speech:
        return Speech(await asyncio.to_thread(self._recording.read, span.start, span.end), self._rate)

    def _learn(self, words: Transcription) -> None:
        """What the recogniser was told to expect is worth passing on with what is said next in the call."""
        fresh = [word for word in words.hotwords if word not in self._hotwords]
        self._hotwords[:0] = fresh
        del self._hotwords[_HOTWORDS:]

    async def _renew(self) -> None:
        """Say how far all is decided, now and then: silence moves on, too."""
        settled = self._segmenter.settled
        if time.monotonic() - self._renewed >= _RENEW_SECONDS:
            await self._progress(max(self._kept, settled))

    async def _progress(self, until: int, *, heard: Heard | None = None) -> int | None:
        number = await self._store.progress(self._leg.uuid, self._owner, until, self._clock(), heard=heard)
        self._kept = until
        self._renewed = time.monotonic()
        return number

    async def _is_over(self) -> bool:
        leg = await self._store.leg(self._leg.uuid, self._clock())
        return leg is None or leg.closed_at is not None

    async def _wait(self, line: Line | None) -> None:
        if line is None:
            await asyncio.sleep(_LOOK_SECONDS)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await line.news.wait()


class Scribes:
    """The scribes of this process: one for each leg that it records, and for legs whose process died."""

    def __init__(
        self,
        store: LegStore,
        recognition: Recognition,
        keys: KeyRing,
        folder: Path,
        new_activity: NewActivity,
        *,
        owner: str,
        clock: Callable[[], datetime],
        line: Callable[[str], Line | None],
        pauses: Pauses | None = None,
    ):
        """``line``: the line of a leg, while this process has it."""
        self._store = store
        self._recognition = recognition
        self._keys = keys
        self._folder = folder
        self._new_activity = new_activity
        self._owner = owner
        self._clock = clock
        self._line = line
        self._pauses = pauses
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._hotwords: dict[str, list[str]] = {}
        self._deaf_until = float("-inf")

    def begin(self, uuid: str) -> None:
        """Write a leg down that has begun here."""
        if uuid not in self._at_work and time.monotonic() >= self._deaf_until:
            self._start(uuid, self._take_one(uuid))

    async def run(self) -> None:
        """Take up legs that nobody writes down, for ever."""
        while True:
            if time.monotonic() >= self._deaf_until:
                try:
                    await self.take_up()
                except Exception:  # the database may be away for a while
                    log.warning("legs could not be taken up", exc_info=True)
            await asyncio.sleep(_TAKE_SECONDS)

    async def take_up(self) -> int:
        """Once of ``run``. Returns how many were taken."""
        legs = await self._store.take(self._owner, self._clock(), _AT_A_TIME)
        for leg in legs:
            if leg.uuid in self._at_work:  # ours, its lease expired while the database was away
                self._at_work[leg.uuid].cancel()
                await asyncio.gather(self._at_work[leg.uuid], return_exceptions=True)
            self._start(leg.uuid, self._write(leg))
        return len(legs)

    async def end(self) -> None:
        """Let all legs go, at once, to whoever goes on with them."""
        tasks = dict(self._at_work)
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        for uuid in tasks:
            with suppress(Exception):
                await self._store.let_go(uuid, self._owner)

    def _start(self, uuid: str, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name=f"scribe {uuid}")
        self._at_work[uuid] = task

        def done(task: asyncio.Task[None]) -> None:
            if self._at_work.get(uuid) is task:
                del self._at_work[uuid]

        task.add_done_callback(done)

    async def _take_one(self, uuid: str) -> None:
        leg = await self._store.take_one(uuid, self._owner, self._clock())
        if leg is not None:
            await self._write(leg)

    async def _write(self, leg: Leg) -> None:
        uuid = leg.uuid
        try:
            recording = await asyncio.to_thread(Recording, self._folder / leg.path, self._keys)
            activity = self._new_activity(telephone_band(b"", recording.rate)[1])
            await Scribe(
                leg,
                self._owner,
                self._store,
                self._recognition,
                recording,
                activity=activity,
                line=lambda: self._line(uuid),
                clock=self._clock,
                hotwords=self._hotwords.setdefault(leg.call, []),
                pauses=self._pauses,
            ).run()
            self._forget(leg.call)
        except ScribeLost:
            log.warning("a leg was taken over", extra={"leg": uuid})
        except RecogniserMissing:
            # recordings stay complete; they are written down when there is a recogniser
            self._deaf_until = time.monotonic() + _DEAF_SECONDS
            log.warning("there is no recogniser: calls are recorded and not written down")
            await self._store.let_go(uuid, self._owner)
        except RecordingUnreadable as error:
            log.error("a recording cannot be read", extra={"leg": uuid, "reason": str(error)})
        except Exception:  # the database may be away: the lease ends, and the leg is taken up again
            log.exception("a leg was left", extra={"leg": uuid})

    def _forget(self, call: str) -> None:
        """Of calls that were over long ago no words need be expected."""
        self._hotwords[call] = self._hotwords.pop(call)  # the newest is last
        while len(self._hotwords) > _CALLS_REMEMBERED:
            del self._hotwords[next(iter(self._hotwords))]
