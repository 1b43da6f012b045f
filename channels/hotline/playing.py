"""A call's recording as one WAV file that is made while it is played: decrypted piece by piece, any range of it.

With two legs it has two channels, the caller left; the leg that began later is preceded by silence, so that offsets
of the transcript fit. Sound of 16,000 samples and more per second stays as it is; legs of different rates are played
at the first one's, the other thinned or repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from channels.hotline.leg_store import Leg
from channels.hotline.recording import SAMPLE_BYTES, Recording
from channels.hotline.showing import offset_of
from channels.hotline.voice import samples_of
from channels.hotline.wave_file import HEADER_BYTES, header, side_by_side
from groundwork.keys import KeyRing

_SECONDS_AT_A_TIME = 5


@dataclass(frozen=True, slots=True)
class _Track:
    """A leg's recording, and the sample of the whole at which it begins."""

    recording: Recording
    begins: int
    rate: int

    def read(self, first: int, until: int) -> bytes:
        """Sound of samples ``first`` … ``until`` of the whole, silence before and behind the leg's own."""
        silence = max(0, min(until, self.begins) - first)
        low, high = max(0, first - self.begins), max(0, until - self.begins)
        pcm = self._at_rate(low, high) if high > low else b""
        return (bytes(silence * SAMPLE_BYTES) + pcm).ljust((until - first) * SAMPLE_BYTES, b"\0")

    @property
    def samples(self) -> int:
        """Where it ends, in samples of the whole."""
        return int(self.begins + self.recording.samples * self.rate // self.recording.rate)

    def _at_rate(self, low: int, high: int) -> bytes:
        own = self.recording.rate
        if own == self.rate:
            return self.recording.read(low, high)
        first = low * own // self.rate
        samples = samples_of(self.recording.read(first, high * own // self.rate + 1))
        picked = (min(at * own // self.rate - first, len(samples) - 1) for at in range(low, high))
        return b"".join(samples[at].to_bytes(SAMPLE_BYTES, "little", signed=True) for at in picked) if samples else b""


class Playing:
    """The file of these legs. Raises RecordingUnreadable. Blocks for as long as the disk does."""

    def __init__(self, legs: Sequence[Leg], folder: Path, keys: KeyRing):
        recordings = [Recording(folder / leg.path, keys) for leg in legs]
        self._rate = recordings[0].rate
        self._tracks = [
            _Track(recording, round(offset_of(leg, legs) * self._rate), self._rate)
            for leg, recording in zip(legs, recordings, strict=True)
        ][:2]
        self._samples = max(track.samples for track in self._tracks)
        self._frame = len(self._tracks) * SAMPLE_BYTES
        self.size = HEADER_BYTES + self._samples * self._frame
        """Bytes of the whole file."""

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """The file's bytes from ``start`` up to, not including, ``end``."""
        at = start
        if at < HEADER_BYTES:
            head = header(self._rate, self._samples, len(self._tracks))
            yield head[at : min(end, HEADER_BYTES)]
            at = HEADER_BYTES
        while at < end:
            first = (at - HEADER_BYTES) // self._frame
            until = min(self._samples, first + _SECONDS_AT_A_TIME * self._rate)
            sound = self._frames(first, until)
            skip = (at - HEADER_BYTES) - first * self._frame
            piece = sound[skip : skip + end - at]
            if not piece:
                return
            yield piece
            at += len(piece)

    def _frames(self, first: int, until: int) -> bytes:
        channels = [track.read(first, until) for track in self._tracks]
        return channels[0] if len(channels) == 1 else side_by_side(*channels)
