"""The port of speech recognition. Behind it: Whisper in a process of its own, one reached over HTTP, one in memory.

All adapters pass the tests of ``tests/unit/channels/speech/conformance.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

RATES = range(8_000, 48_001)
"""Sampling rates that are taken, in samples per second: telephone band to studio."""
LONGEST_SECONDS = 180.0
"""The longest speech that is taken in one call."""
_SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Speech:
    """Sound as signed 16-bit little-endian linear PCM, one channel, ``rate`` samples per second."""

    pcm: bytes
    rate: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.pcm) / _SAMPLE_BYTES / self.rate

    def check(self) -> None:
        """Raises AudioUnreadable when this cannot be speech as the port takes it."""
        if self.rate not in RATES:
            raise AudioUnreadable(f"a sampling rate of {self.rate} is not taken")
        if len(self.pcm) % _SAMPLE_BYTES:
            raise AudioUnreadable("half a sample at the end: not 16-bit PCM")
        if self.seconds > LONGEST_SECONDS:
            raise AudioTooLong(f"{self.seconds:.0f} s, at most {LONGEST_SECONDS:.0f} s are taken")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech without a long pause. ``start`` and ``end`` are seconds from the beginning of the sound."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Transcription:
    """What was said: simplified characters, with punctuation. Empty text and no segments where nobody spoke.

    ``text`` is the segments' texts, joined. ``model`` names what recognised it. ``hotwords`` are the words that the
    model was told to expect, the likeliest first: worth passing on with what is said next in the same call.
    """

    text: str
    segments: tuple[Segment, ...]
    model: str
    hotwords: tuple[str, ...] = ()


class RecogniserUnavailable(Exception):
    """Nothing is recognised now: no model, or its process does not answer. Keep the sound; ask again later."""


class RecogniserBusy(RecogniserUnavailable):
    """Too much is waiting already. A partial is best left out; a final is worth asking again in a second or two."""


class RecogniserMissing(RecogniserUnavailable):
    """There is no recogniser in this installation. Asking again is of no use until it is set up and started."""


class AudioUnreadable(Exception):
    """This is no sound that can be read. Asking again with the same bytes is of no use."""


class AudioTooLong(AudioUnreadable):
    """It is longer than LONGEST_SECONDS. Give it in parts."""


class Recogniser(Protocol):
    """Turns speech into text.

    Calls may overlap; each is answered on its own. Nothing of the sound or the text is kept or logged.
    """

    async def transcribe(self, speech: Speech, *, hotwords: Sequence[str] = (), partial: bool = False) -> Transcription:
        """The words of ``speech``. Silence, music and noise have none.

        ``hotwords``: names and things that are likely to be said, the likeliest first, in any number; the adapter takes
        as many as its model can use. They make their own spelling likelier and must never appear unsaid.

        ``partial``: the speaker goes on and the text is replaced soon: speed counts more than accuracy, and it may be
        refused (RecogniserBusy) while finals wait.

        Raises RecogniserUnavailable or one of its kinds, AudioUnreadable or one of its kinds.
        """
        ...
