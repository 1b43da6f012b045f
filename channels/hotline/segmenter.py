"""Cuts a leg's sound into utterances: where somebody begins to speak, and where a pause says that a sentence is over.

Pure: fed with the probability of speech in each window, it tells spans in samples.
"""

from __future__ import annotations

from dataclasses import dataclass

from channels.hotline.voice import WINDOW_SECONDS


@dataclass(frozen=True, slots=True)
class Pauses:
    """What counts as what. Seconds, and probabilities of speech."""

    begins: float = 0.5  # probability from which a window counts as speech
    goes_on: float = 0.35  # and from which it still does, once somebody speaks
    shortest: float = 0.2  # speech that is shorter is a click or a breath
    pause: float = 0.7  # so long a silence ends an utterance
    margin: float = 0.25  # kept before and behind, so that no consonant is cut off
    longest: float = 25.0  # then the next short pause ends it, so that words do not come too late
    short_pause: float = 0.25
    at_last: float = 30.0  # cut wherever it is: a recogniser hears no more at a time


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a leg's sound: samples from ``start`` up to, not including, ``end``. ``over``: the speaker has paused."""

    start: int
    end: int
    over: bool = True


class Segmenter:
    """One leg's. ``window`` and ``rate`` as the judge of the sound has them; ``at``: the first sample to come."""

    def __init__(self, window: int, rate: int, pauses: Pauses | None = None, *, at: int = 0):
        self._pauses = pauses or Pauses()
        self._window = window
        self._margin = int(self._pauses.margin * rate)
        self._rate = rate
        self._at = at
        self._floor = at  # samples before belong to an earlier utterance
        self._start: int | None = None
        self._voiced = 0
        self._silent = 0

    @property
    def settled(self) -> int:
        """Up to here all is decided: what comes later may still belong to an utterance that is not over."""
        return max(self._floor, self._at - self._margin) if self._start is None else self._begin(self._start)

    @property
    def speaking(self) -> Span | None:
        """What is being said, so far; None while nobody speaks."""
        if self._start is None or self._voiced * WINDOW_SECONDS < self._pauses.shortest:
            return None
        return Span(self._begin(self._start), self._at, over=False)

    def feed(self, probability: float) -> Span | None:
        """The next window's probability of speech. Returns the utterance that it ends, if it does."""
        pauses = self._pauses
        speech = probability >= (pauses.begins if self._start is None else pauses.goes_on)
        start_of_window, self._at = self._at, self._at + self._window
        if self._start is None:
            if speech:
                self._start, self._voiced, self._silent = start_of_window, 1, 0
            return None
        if speech:
            self._voiced += 1
            self._silent = 0
        else:
            self._silent += 1
        seconds = (self._at - self._start) / self._rate
        silence = self._silent * WINDOW_SECONDS
        needed = pauses.short_pause if seconds >= pauses.longest else pauses.pause
        if silence >= needed or seconds >= pauses.at_last:
            return self._ended()
        return None

    def finish(self) -> Span | None:
        """The leg is over: what was being said, if anything."""
        return self._ended() if self._start is not None else None

    def _begin(self, start: int) -> int:
        return max(self._floor, start - self._margin)

    def _ended(self) -> Span | None:
        assert self._start is not None
        start, voiced = self._start, self._voiced
        # what is kept behind is part of the pause, never of the next utterance
        end = min(self._at, self._at - self._silent * self._window + self._margin)
        self._start = None
        if voiced * WINDOW_SECONDS < self._pauses.shortest:
            return None
        begin = self._begin(start)
        self._floor = end
        return Span(begin, end)
