"""The queue before the recogniser: finals in the order of their age, partials only when nobody waits for a final."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from channels.hotline import metrics
from channels.speech.port import (
    AudioUnreadable,
    Recogniser,
    RecogniserBusy,
    RecogniserMissing,
    RecogniserUnavailable,
    Speech,
    Transcription,
)

log = logging.getLogger(__name__)

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_NOTHING = Transcription("", (), "")


class Recognition:
    """Gives the recogniser so many utterances at a time. The sound is on the disk, so nothing is lost by waiting."""

    def __init__(self, recogniser: Recogniser, *, at_once: int = 2, first_pause: float = _FIRST_PAUSE):
        self._recogniser = recogniser
        self._free = at_once
        self._pause = first_pause
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    async def final(self, speech: Speech, spoken_at: float, hotwords: Sequence[str]) -> Transcription:
        """The words of an utterance; waits as long as it takes. The oldest (by ``spoken_at``) is next.

        What cannot be read as sound has no words. Raises RecogniserMissing.
        """
        pause = self._pause
        while True:
            try:
                async with self._turn(spoken_at):
                    return await self._recogniser.transcribe(speech, hotwords=hotwords)
            except RecogniserMissing:
                raise
            except RecogniserUnavailable as error:
                metrics.RECOGNISER_FAILURES.labels(type(error).__name__).inc()
                log.warning("the recogniser does not answer", extra={"reason": str(error)})
            except AudioUnreadable as error:
                log.error("an utterance is no sound", extra={"reason": str(error), "seconds": speech.seconds})
                return _NOTHING
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def partial(self, speech: Speech, hotwords: Sequence[str]) -> Transcription | None:
        """What is being said, as far as it is heard; None when others have more need of the recogniser."""
        if self._waiting or not self._free:
            return None
        try:
            async with self._turn(float("inf")):
                return await self._recogniser.transcribe(speech, hotwords=hotwords, partial=True)
        except RecogniserBusy:
            return None
        except (RecogniserUnavailable, AudioUnreadable):
            return None  # the final tells

    @asynccontextmanager
    async def _turn(self, age: float) -> AsyncIterator[None]:
        if self._free:
            self._free -= 1
        else:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (age, next(self._count), turn))
            try:
                await turn  # whoever ends hands their place over
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._leave()
                raise
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
