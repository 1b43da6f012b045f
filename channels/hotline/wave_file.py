"""WAV as browsers play it and as operators upload it for training: 16-bit PCM, one or two channels."""

from __future__ import annotations

import io
import struct
import wave

HEADER_BYTES = 44
_SAMPLE_BYTES = 2


class NotPlayable(Exception):
    """The bytes are no WAV with 16-bit PCM in one channel. Convert the file first."""


def header(rate: int, samples: int, channels: int = 1) -> bytes:
    """The header of a WAV file with ``samples`` of each channel; sizes beyond the format's 4 GB say the most it can."""
    frame = channels * _SAMPLE_BYTES
    size = min(samples * frame, 0xFFFFFFFF - HEADER_BYTES)
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", size + HEADER_BYTES - 8, b"WAVE", b"fmt ", 16, 1, channels, rate, rate * frame, frame, 16,
        b"data", size,
    )  # fmt: skip


def pcm_of(content: bytes) -> tuple[bytes, int]:
    """PCM and samples per second of a WAV file. Raises NotPlayable."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            if file.getsampwidth() != _SAMPLE_BYTES or file.getnchannels() != 1:
                raise NotPlayable("not 16-bit PCM in one channel")
            return file.readframes(file.getnframes()), file.getframerate()
    except (wave.Error, EOFError, RuntimeError) as error:
        raise NotPlayable("not a WAV file") from error


def side_by_side(left: bytes, right: bytes) -> bytes:
    """Two channels in one: the shorter is followed by silence. Samples of 16 bits, little-endian."""
    length = max(len(left), len(right))
    both = bytearray(2 * length)
    for place, channel in enumerate((left, right)):
        for byte in range(_SAMPLE_BYTES):
            part = channel[byte::_SAMPLE_BYTES].ljust(length // _SAMPLE_BYTES, b"\0")
            both[_SAMPLE_BYTES * place + byte :: 2 * _SAMPLE_BYTES] = part
    return bytes(both)
