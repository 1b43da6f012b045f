"""Sound from an operator's browser, by WebSocket: the microphone as it is spoken, or a WAV file for training.

The first frame is JSON (``Hello``); then binary frames of PCM, or of a WAV file in parts, which is played at the pace
of speech once ``{"end":true}`` has come. Answers: ``{"call_id","leg","seconds"}``, where ``seconds`` is how long it may
last, null when as long as one likes; ``{"ending_in","reason"}`` before it ends by itself; ``{"ended":true,"reason"}``
at the end. Reasons: ``asked``, ``file`` (it is played), ``limit`` (of calls for training: nobody may be there any
more). All of it goes the way of a call from the exchange.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from channels.hotline.call import Side, Step
from channels.hotline.call_store import Announced
from channels.hotline.line import Line
from channels.hotline.problems import in_words
from channels.hotline.recording import SAMPLE_BYTES
from channels.hotline.schemas import Hello
from channels.hotline.views import BASE, HOTLINE, Hotline
from channels.hotline.wave_file import NotPlayable, pcm_of
from groundwork.problem import Problem

log = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 15.0
_HELLO_SECONDS = 10.0
_LONGEST_FRAME = 256 * 1024
_STEP_SECONDS = 0.1
_WARN_SECONDS = 60.0


@dataclass(frozen=True)
class Microphones:
    """The browsers that speak to this process."""

    sockets: set[web.WebSocketResponse]


MICROPHONES = web.AppKey("microphones", Microphones)


def add_microphone_routes(app: web.Application) -> None:
    """Give ``app`` the browser's way in."""
    app[MICROPHONES] = Microphones(set())
    app.router.add_get(f"{BASE}/microphone", in_words(microphone))
    app.on_shutdown.append(_close_sockets)


async def microphone(request: web.Request) -> web.StreamResponse:
    """A call from the operator's browser; they have taken it already."""
    hotline = request.app[HOTLINE]
    guest = await hotline.door.operator(request)
    if not hotline.door.is_own(request):
        raise Problem(403, "csrf", "只能从本系统的页面使用麦克风。")
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_LONGEST_FRAME)
    await socket.prepare(request)
    request.app[MICROPHONES].sockets.add(socket)
    line: Line | None = None
    try:
        hello = _hello(await socket.receive(timeout=_HELLO_SECONDS))
        if hello is None:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"hello_expected")
            return socket
        sound: bytes | None = None
        rate = hello.rate
        if hello.format == "wav":
            sound, rate = pcm_of(await _file(socket, hotline.upload_limit))
        uuid = str(uuid4())
        now = hotline.clock()
        await hotline.calls.leg_of(uuid, Side.CALLER, now, training=hello.training)
        call, _ = await hotline.calls.announce(Announced({Side.CALLER: uuid}, number=hello.number), now)
        await hotline.calls.step(call.id, Step.TAKE, operator=guest.operator, now=now)
        hotline.trail.soon(guest.operator.id, guest.credential)
        line = await hotline.lines.open(uuid, rate)
        length = len(sound) / SAMPLE_BYTES / rate if sound is not None else None
        until = _until(length, hotline.trial_limit if hello.training else None)
        await socket.send_json({"call_id": call.id, "leg": uuid, "seconds": until.seconds})
        work = _listen(socket, line) if sound is None else _played(socket, line, sound, rate)
        reason = await _lasting(socket, until, work)
        await hotline.lines.close(line, "hang_up")
        line = None
        if not socket.closed:
            await socket.send_json({"ended": True, "reason": reason})
            await socket.close()
    except NotPlayable:
        await _refuse(socket, "请选择 16 位单声道 PCM 的 WAV 文件。", WSCloseCode.UNSUPPORTED_DATA)
    except _TooLarge:
        words = f"文件太大，最多 {hotline.upload_limit // 1024 // 1024} MB。"
        await _refuse(socket, words, WSCloseCode.MESSAGE_TOO_BIG)
    except (TimeoutError, ConnectionError):
        pass
    finally:
        request.app[MICROPHONES].sockets.discard(socket)
        if line is not None:
            await asyncio.shield(_hang_up(hotline, line))
    return socket


@dataclass(frozen=True)
class _Until:
    """How long a call lasts at most, None: nobody knows; and what then ends it."""

    seconds: float | None
    reason: str


def _until(length: float | None, limit: timedelta | None) -> _Until:
    if limit is not None and (length is None or length > limit.total_seconds()):
        return _Until(limit.total_seconds(), "limit")
    return _Until(round(length, 1) if length is not None else None, "file")


async def _lasting(socket: web.WebSocketResponse, until: _Until, work: Coroutine[Any, Any, bool]) -> str:
    """Do ``work``, which answers whether it was asked to end, for so long at most. Returns why it ended."""
    warning = asyncio.create_task(_warn(socket, until))
    try:
        async with asyncio.timeout(until.seconds if until.reason == "limit" else None):
            return "asked" if await work else "file"
    except TimeoutError:
        return "limit"
    finally:
        warning.cancel()
        await asyncio.gather(warning, return_exceptions=True)


async def _warn(socket: web.WebSocketResponse, until: _Until) -> None:
    if until.seconds is None or (until.reason == "file" and until.seconds <= _WARN_SECONDS):
        return
    await asyncio.sleep(max(0.0, until.seconds - _WARN_SECONDS))
    await socket.send_json({"ending_in": min(_WARN_SECONDS, until.seconds), "reason": until.reason})


class _TooLarge(Exception):
    """The file is larger than uploads may be."""


async def _refuse(socket: web.WebSocketResponse, words: str, code: WSCloseCode) -> None:
    with contextlib.suppress(ConnectionError):  # who is gone needs no answer
        await socket.send_json({"error": words})
        await socket.close(code=code)


async def _hang_up(hotline: Hotline, line: Line) -> None:
    # there is no exchange that would connect again: the browser is gone, and with it the call
    await hotline.lines.close(line, "hang_up")


def _hello(frame: WSMessage) -> Hello | None:
    try:
        return Hello.model_validate(json.loads(frame.data)) if frame.type is WSMsgType.TEXT else None
    except ValueError:
        return None


def _is_end(frame: WSMessage) -> bool:
    try:
        said = json.loads(frame.data)
    except ValueError:
        return False
    return isinstance(said, dict) and bool(said.get("end"))


async def _listen(socket: web.WebSocketResponse, line: Line) -> bool:
    """Hear the microphone until the operator ends or the browser is gone."""
    odd = b""
    async for frame in socket:
        if frame.type is WSMsgType.BINARY:
            data = odd + frame.data
            whole = len(data) // 2 * 2
            odd = data[whole:]
            await line.hear(data[:whole])
        elif frame.type is WSMsgType.TEXT and _is_end(frame):
            break
    return True


async def _file(socket: web.WebSocketResponse, limit: int) -> bytes:
    content = bytearray()
    async for frame in socket:
        if frame.type is WSMsgType.BINARY:
            content += frame.data
            if len(content) > limit:
                raise _TooLarge
        elif frame.type is WSMsgType.TEXT and _is_end(frame):
            break
    return bytes(content)


async def _played(socket: web.WebSocketResponse, line: Line, sound: bytes, rate: int) -> bool:
    """Play a file at the pace of speech, until its end or until the operator ends it. Returns whether they did."""
    step = int(rate * _STEP_SECONDS) * 2
    loop = asyncio.get_running_loop()
    begun = loop.time()
    ending = asyncio.create_task(_until_end(socket))
    try:
        for number, place in enumerate(range(0, len(sound) // 2 * 2, step), 1):
            await line.hear(sound[place : place + step][: len(sound) // 2 * 2 - place])
            pause = begun + number * _STEP_SECONDS - loop.time()
            done, _ = await asyncio.wait({ending}, timeout=max(0.0, pause))
            if done:
                return True
        return False
    finally:
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)


async def _until_end(socket: web.WebSocketResponse) -> None:
    async for frame in socket:
        if frame.type is WSMsgType.TEXT and _is_end(frame):
            return


async def _close_sockets(app: web.Application) -> None:
    for socket in tuple(app[MICROPHONES].sockets):
        await socket.close(code=WSCloseCode.GOING_AWAY)
