"""Sound from an operator's browser, by WebSocket: the microphone as it is spoken, or a WAV file for training.

The first frame is JSON (``Hello``); then binary frames of PCM, or of a WAV file in parts, which is played at the pace
of speech once ``{"end":true}`` has come. Answers: ``{"call_id","leg"}``, and ``{"ended":true}`` at the end. All of it
goes the way of a call from the exchange.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from uuid import uuid4

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web
from yarl import URL

from channels.hotline.call import Side, Step
from channels.hotline.call_store import Announced
from channels.hotline.doorkeeper import in_words
from channels.hotline.line import Line
from channels.hotline.schemas import Hello
from channels.hotline.views import BASE, HOTLINE, Hotline
from channels.hotline.wave_file import NotPlayable, pcm_of
from groundwork.problem import Problem

log = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 15.0
_HELLO_SECONDS = 10.0
_LONGEST_FRAME = 256 * 1024
_STEP_SECONDS = 0.1


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
    origin = request.headers.get("Origin")
    if origin and URL(origin).authority != request.host:
        # a page of another site would bring the operator's cookie along
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
        await socket.send_json({"call_id": call.id, "leg": uuid})
        if sound is None:
            await _listen(socket, line)
        else:
            await _played(socket, line, sound, rate)
        await hotline.lines.close(line, "hang_up")
        line = None
        if not socket.closed:
            await socket.send_json({"ended": True})
            await socket.close()
    except NotPlayable:
        await socket.send_json({"error": "请选择 16 位单声道 PCM 的 WAV 文件。"})
        await socket.close(code=WSCloseCode.UNSUPPORTED_DATA)
    except _TooLarge:
        await socket.send_json({"error": f"文件太大，最多 {hotline.upload_limit // 1024 // 1024} MB。"})
        await socket.close(code=WSCloseCode.MESSAGE_TOO_BIG)
    except (TimeoutError, ConnectionError):
        pass
    finally:
        request.app[MICROPHONES].sockets.discard(socket)
        if line is not None:
            await asyncio.shield(_hang_up(hotline, line))
    return socket


class _TooLarge(Exception):
    """The file is larger than uploads may be."""


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


async def _listen(socket: web.WebSocketResponse, line: Line) -> None:
    """Hear the microphone until the operator ends or the browser is gone."""
    odd = b""
    async for frame in socket:
        if frame.type is WSMsgType.BINARY:
            data = odd + frame.data
            whole = len(data) // 2 * 2
            odd = data[whole:]
            await line.hear(data[:whole])
        elif frame.type is WSMsgType.TEXT and _is_end(frame):
            return


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


async def _played(socket: web.WebSocketResponse, line: Line, sound: bytes, rate: int) -> None:
    """Play a file at the pace of speech, until its end or until the operator ends it."""
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
                return
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
