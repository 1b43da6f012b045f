"""A recogniser in memory: it tells speech from silence by loudness, and says what it was given to say."""

from __future__ import annotations

import array
import sys
from collections import deque
from collections.abc import Iterable, Sequence

from channels.speech.port import Segment, Speech, Transcription

_AUDIBLE = 300
"""Mean amplitude, of 32,767, from which a frame counts as speech."""
_FRAME_SECONDS = 0.02
_PAUSE_FRAMES = 25


class ScriptedRecogniser:
    """Says ``words`` one after another, one for each stretch of sound; ``otherwise`` when they are used up."""

    def __init__(self, words: Iterable[str] = (), *, otherwise: str = "喂，你好。"):
        self._words = deque(words)
        self._otherwise = otherwise
        self.failing: Exception | None = None
        """Raised by every call while it is set: a recogniser that is away."""
        self.heard: list[tuple[Speech, tuple[str, ...], bool]] = []
        """The calls so far: speech, hot words, whether partial."""

    async def transcribe(self, speech: Speech, *, hotwords: Sequence[str] = (), partial: bool = False) -> Transcription:
        """As the port says. A partial does not use up a word: the final that follows says it."""
        self.heard.append((speech, tuple(hotwords), partial))
        if self.failing is not None:
            raise self.failing
        speech.check()
        waiting = deque(self._words) if partial else self._words
        segments = tuple(
            Segment(start, end, waiting.popleft() if waiting else self._otherwise) for start, end in _audible(speech)
        )
        text = "".join(segment.text for segment in segments)
        return Transcription(text, segments, "scripted", tuple(hotwords))


def _audible(speech: Speech) -> list[tuple[float, float]]:
    """The stretches of sound, in seconds, parted by half a second of silence."""
    samples = array.array("h")
    samples.frombytes(speech.pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    frame = max(1, int(speech.rate * _FRAME_SECONDS))
    stretches: list[list[int]] = []
    for number, at in enumerate(range(0, len(samples), frame)):
        part = samples[at : at + frame]
        if sum(map(abs, part)) < _AUDIBLE * len(part):
            continue
        if stretches and number - stretches[-1][1] <= _PAUSE_FRAMES:
            stretches[-1][1] = number + 1
        else:
            stretches.append([number, number + 1])
    length = speech.seconds
    return [
        (round(first * frame / speech.rate, 3), min(round(last * frame / speech.rate, 3), length))
        for first, last in stretches
    ]
