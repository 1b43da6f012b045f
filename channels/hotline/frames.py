"""AudioSocket as a PBX speaks it: frames of one byte of type, a length of two bytes (big-endian), and a payload.

Source: Asterisk's AudioSocket (``res_audiosocket``; FreeSWITCH by its module of the same protocol). Pure.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

_SILENCE = 0x02
"""A frame that older senders put where nothing is heard; it says nothing."""
_HEADER = struct.Struct(">BH")
LONGEST_PAYLOAD = 0xFFFF
_UUID_BYTES = 16


class Kind(IntEnum):
    """Types of frames that are not sound."""

    HANGUP = 0x00  # the call is over
    UUID = 0x01  # which leg this connection carries: always the first frame
    DTMF = 0x03  # a key was pressed: one ASCII character
    ERROR = 0xFF  # the PBX cannot go on; one byte says why


AUDIO_RATES = {
    0x10: 8_000,
    0x11: 12_000,
    0x12: 16_000,
    0x13: 24_000,
    0x14: 32_000,
    0x15: 44_100,
    0x16: 48_000,
}
"""Types of frames with sound (signed 16-bit little-endian, one channel), and their samples per second."""

TELEPHONE = 0x10
"""Sound as telephones have it: 8,000 samples per second, 320 bytes each 20 ms."""

_KEYS = frozenset("0123456789*#ABCDabcd")


class Malformed(Exception):
    """The bytes are not AudioSocket. Nothing after them can be trusted: close the connection."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. ``kind`` is a Kind or a type of AUDIO_RATES."""

    kind: int
    payload: bytes = b""

    @property
    def rate(self) -> int | None:
        """Samples per second; None for a frame without sound."""
        return AUDIO_RATES.get(self.kind)

    @property
    def leg(self) -> UUID:
        """The leg that a frame of the kind UUID names."""
        return UUID(bytes=self.payload)

    @property
    def key(self) -> str:
        """The key that a frame of the kind DTMF tells."""
        return self.payload.decode("ascii").upper()

    @property
    def code(self) -> int:
        """Why the PBX cannot go on, of a frame of the kind ERROR: 1 hang-up, 2 frame forwarding, 4 memory; 0 unsaid."""
        return self.payload[0] if self.payload else 0

    def encoded(self) -> bytes:
        """The bytes on the wire."""
        return _HEADER.pack(self.kind, len(self.payload)) + self.payload


class Decoder:
    """Makes frames of bytes that come in pieces of any size."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    @property
    def is_amid_frame(self) -> bool:
        """Whether the bytes so far end within a frame."""
        return bool(self._waiting)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that ``data`` completes, in order. Raises Malformed at the first that cannot be one."""
        self._waiting += data
        while len(self._waiting) >= _HEADER.size:
            kind, length = _HEADER.unpack_from(self._waiting)
            _check(kind, length)
            if len(self._waiting) < _HEADER.size + length:
                return
            payload = bytes(self._waiting[_HEADER.size : _HEADER.size + length])
            del self._waiting[: _HEADER.size + length]
            if kind == _SILENCE:
                continue
            if kind == Kind.DTMF and chr(payload[0]) not in _KEYS:
                raise Malformed("a key that no telephone has")
            yield Frame(kind, payload)


def _check(kind: int, length: int) -> None:
    """Raises Malformed as soon as the header tells, so that nothing has to be waited for."""
    if kind in AUDIO_RATES:
        if length % 2:
            raise Malformed(f"half a sample: {length} bytes of sound")
    elif kind == Kind.UUID:
        if length != _UUID_BYTES:
            raise Malformed(f"a UUID of {length} bytes")
    elif kind == Kind.DTMF:
        if length != 1:
            raise Malformed(f"a key of {length} bytes")
    elif kind == Kind.HANGUP:
        # some senders add a reason; it says nothing to us
        if length > 1:
            raise Malformed(f"a hang-up of {length} bytes")
    elif kind == Kind.ERROR:
        if length > 1:
            raise Malformed(f"an error of {length} bytes")
    elif kind != _SILENCE:
        raise Malformed(f"frames of type 0x{kind:02x} are unknown")
