"""The AudioSocket server: a PBX connects once for each leg, names it, and sends its sound."""

from __future__ import annotations

import asyncio
import logging
import socket
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from channels.hotline.call import Side
from channels.hotline.frames import Decoder, Frame, Kind, Malformed
from channels.hotline.leg_store import LineBusy
from channels.hotline.line import Line, Lines
from channels.hotline.recording import RecordingUnreadable

log = logging.getLogger(__name__)

_READ = 64 * 1024
_NAME_SECONDS = 5.0
_SILENT_SECONDS = 60.0
"""A PBX sends a frame each 20 ms, also of silence: after this much of nothing the connection is dead."""
_BREATH_SECONDS = 0.1
"""Frames come each 20 ms on each leg; they are taken some at a time. What comes meanwhile waits in the socket."""
_RETRY_SECONDS = 0.5
_RETRIES = 10


class Trunk:
    """Answers the PBX on ``host``:``port``. ``silent_seconds``: so long may a connection say nothing."""

    def __init__(self, lines: Lines, host: str, port: int, *, silent_seconds: float = _SILENT_SECONDS):
        self._lines = lines
        self._host = host
        self._port = port
        self._silent = silent_seconds
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises OSError."""
        self._server = await asyncio.start_server(self._accept, self._host, self._port, limit=_READ)

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Accept nothing more, and let all connections go; what they brought is kept."""
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            _notice_death(writer)
            await _Connection(self._lines, reader, self._silent).serve()
        except asyncio.CancelledError:
            pass  # we stop
        except Exception:
            log.exception("a connection of the exchange failed")
        finally:
            self._connections.discard(task)
            writer.close()


class _Connection:
    """One connection of the PBX."""

    def __init__(self, lines: Lines, reader: asyncio.StreamReader, silent: float):
        self._lines = lines
        self._reader = reader
        self._silent = silent
        self._decoder = Decoder()
        self._leg: UUID | None = None
        self._line: Line | None = None

    async def serve(self) -> None:
        reason = ""
        try:
            reason = await self._hear()
        except Malformed as error:
            # what came before it is sound and stays; the PBX may connect again
            log.warning("a connection of the exchange is not AudioSocket", extra={"reason": str(error)})
        except TimeoutError:
            log.warning("a connection of the exchange says nothing", extra={"leg": str(self._leg or "")})
        except (ConnectionError, LineBusy, RecordingUnreadable, OSError) as error:
            log.warning("a connection of the exchange ends", extra={"reason": type(error).__name__})
        finally:
            if self._line is not None:
                await asyncio.shield(self._lines.close(self._line, reason))
            elif self._leg is not None and reason:
                await self._lines.hung_up(str(self._leg))  # before anything was heard

    async def _hear(self) -> str:
        """Hear until the end. Returns why the leg is over; empty when the connection just broke."""
        while True:
            patience = self._silent if self._leg else _NAME_SECONDS
            async with asyncio.timeout(patience):
                data = await self._reader.read(_READ)
            if not data:
                if self._decoder.is_amid_frame:
                    log.warning("a connection ended within a frame", extra={"leg": str(self._leg or "")})
                return ""
            for frame in self._decoder.feed(data):
                ended = await self._take(frame)
                if ended:
                    return ended
            if self._line is not None and self._line.lost:
                return ""
            if len(data) < _READ // 4:
                await asyncio.sleep(_BREATH_SECONDS)

    async def _take(self, frame: Frame) -> str:
        if frame.kind == Kind.UUID:
            if self._leg is not None:
                raise Malformed("a second UUID")
            self._leg = frame.leg
        elif self._leg is None:
            raise Malformed("the first frame is no UUID")
        elif frame.rate is not None:
            if self._line is None:
                self._line = await self._open(str(self._leg), frame.rate)
            elif frame.rate != self._line.leg.rate:
                raise Malformed("sound of another rate")
            await self._line.hear(frame.payload)
        elif frame.kind == Kind.DTMF:
            if self._line is not None:
                await self._lines.pressed(self._line, frame.key)
        elif frame.kind == Kind.ERROR:
            log.warning("the exchange cannot go on", extra={"leg": str(self._leg), "code": frame.code})
            return "error"
        else:
            return "hang_up"
        return ""

    async def _open(self, uuid: str, rate: int) -> Line:
        """Begin the line; while the database is away the PBX's sound waits in the socket."""
        for attempt in range(_RETRIES):
            try:
                return await self._lines.open(uuid, rate, side=Side.CALLER)
            except SQLAlchemyError:
                log.warning("a line cannot be opened yet", extra={"leg": uuid, "attempt": attempt})
                await asyncio.sleep(_RETRY_SECONDS)
        raise ConnectionError("the database is away")


def _notice_death(writer: asyncio.StreamWriter) -> None:
    """Have the system look whether the other side still lives."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # a bigger buffer for what comes while the disk is slow: a minute and more of a telephone's sound
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
