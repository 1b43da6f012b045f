"""The recogniser's process: the port over HTTP, on loopback."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from aiohttp import web
from prometheus_client import Counter, Histogram

from channels.speech.port import (
    AudioTooLong,
    AudioUnreadable,
    Recogniser,
    RecogniserBusy,
    RecogniserMissing,
    RecogniserUnavailable,
    Speech,
    Transcription,
)
from channels.speech.remote import PATH, transcription_content
from groundwork.problem import Problem
from groundwork.settings import Settings
from groundwork.web import install, process_middleware

log = logging.getLogger(__name__)

_MOST_BYTES = 32 * 1024 * 1024
"""More than the longest speech at the highest rate has."""

SECONDS = Histogram(
    "yht_speech_seconds",
    "Time of recognising, waiting included, by kind (final, partial, recording).",
    ["kind"],
    buckets=(0.25, 0.5, 1, 2, 3, 5, 10, 20, 40, 80),
)
REFUSED = Counter("yht_speech_refused_total", "Speech that was not recognised, by reason.", ["reason"])


class Listener(Recogniser, Protocol):
    """A recogniser that also reads recordings, and is loaded before it is asked."""

    async def start(self) -> None:
        """Make ready. Raises RecogniserMissing."""
        ...

    async def close(self) -> None:
        """End it."""
        ...

    async def transcribe_recording(self, recording: bytes, *, hotwords: Sequence[str] = ()) -> Transcription:
        """The words of a voice message. Raises as the port."""
        ...


LISTENER: web.AppKey[Listener] = web.AppKey("listener", Listener)
LOADED = web.AppKey("loaded", list[bool])


def create_app(settings: Settings, listener: Listener) -> web.Application:
    """The application of the recogniser's process. Without a model it starts all the same and says so when asked."""
    app = web.Application(middlewares=[process_middleware("speech")], client_max_size=_MOST_BYTES)
    app[LISTENER], app[LOADED] = listener, [False]

    async def load() -> None:
        try:
            await listener.start()
            app[LOADED][0] = True
        except RecogniserMissing as error:
            log.warning("no speech recognition: voice messages are kept, not understood", extra={"reason": str(error)})

    async def loaded(_app: web.Application) -> AsyncIterator[None]:
        loading = asyncio.create_task(load(), name="load the model")  # it takes seconds: who asks meanwhile is told
        yield
        loading.cancel()
        await asyncio.gather(loading, return_exceptions=True)
        await listener.close()

    async def ready(request: web.Request) -> bool:
        return request.app[LOADED][0]

    app.cleanup_ctx.append(loaded)
    install(app, settings, {"model": ready})
    app.router.add_post(PATH, transcribe)
    return app


async def transcribe(request: web.Request) -> web.Response:
    """Recognise PCM (with ``rate``) or a recording (without)."""
    listener, hotwords = request.app[LISTENER], request.query.getall("hotword", [])
    rate, partial = request.query.get("rate"), request.query.get("partial") == "1"
    body = await request.read()
    try:
        if rate is None:
            with SECONDS.labels("recording").time():
                transcription = await listener.transcribe_recording(body, hotwords=hotwords)
        else:
            speech = Speech(body, int(rate) if rate.isdecimal() and len(rate) < 7 else 0)
            with SECONDS.labels("partial" if partial else "final").time():
                transcription = await listener.transcribe(speech, hotwords=hotwords, partial=partial)
    except (RecogniserUnavailable, AudioUnreadable) as error:
        problem = _problem(error)
        REFUSED.labels(problem.code).inc()
        raise problem from error
    return web.json_response(transcription_content(transcription))


def _problem(error: RecogniserUnavailable | AudioUnreadable) -> Problem:
    match error:
        case RecogniserBusy():
            return Problem(503, "busy", "语音识别正忙，请稍后再试。", headers={"Retry-After": "2"})
        case RecogniserMissing():
            return Problem(503, "model_missing", "没有安装语音识别的模型。")
        case RecogniserUnavailable():
            return Problem(503, "recogniser_unavailable", "语音识别暂时不可用。", headers={"Retry-After": "5"})
        case AudioTooLong():
            return Problem(413, "audio_too_long", "录音太长。")
        case _:
            return Problem(422, "audio_unreadable", "这不是能识别的录音。")
