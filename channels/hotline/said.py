"""What the caller said, as one text, with the way back from each character to the utterance it came from. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from channels.hotline.form import Words

_ENDS = "。！？!?，,；;、：:…"
_SENTENCE = re.compile(r"[^。！？!?；;，,\n]+[。！？!?；;，,\n]*")
LONGEST = 5000
"""Characters that the intake understands at a time."""


@dataclass(frozen=True, slots=True)
class Clause:
    """Part of the text between two marks, with its span."""

    text: str
    start: int
    end: int


class Said:
    """The caller's utterances joined: ``pieces`` are pairs of an utterance's number and its text as it now reads.

    Of a very long call the end is left out of the text: what it is about was said before.
    """

    def __init__(self, pieces: Iterable[tuple[int, str]]):
        self._starts: list[int] = []
        self._utterances: list[tuple[int, int]] = []
        text = ""
        for number, piece in pieces:
            if not piece.strip():
                continue
            if text and text[-1] not in _ENDS:
                text += "，"
            if len(text) + len(piece) > LONGEST:
                break
            self._starts.append(len(text))
            self._utterances.append((number, len(piece)))
            text += piece
        self.text = text

    def words(self, start: int, end: int) -> tuple[Words, ...]:
        """Where the half-open span of code points was said: one span for each utterance that it touches."""
        found = []
        first = max(0, bisect_right(self._starts, start) - 1)
        for at, (number, length) in zip(self._starts[first:], self._utterances[first:], strict=True):
            if at >= end:
                break
            low, high = max(start - at, 0), min(end - at, length)
            if low < high:
                found.append(Words(number, low, high))
        return tuple(found)

    def where(self, phrase: str) -> tuple[Words, ...]:
        """Where ``phrase`` was said the first time; empty when it was not said so."""
        at = self.text.find(phrase) if phrase else -1
        return self.words(at, at + len(phrase)) if at >= 0 else ()

    def clauses(self, start: int = 0, end: int | None = None) -> list[Clause]:
        """What stands between the marks of the text, or of the half-open span of it, in order."""
        until = len(self.text) if end is None else end
        found = _SENTENCE.finditer(self.text, start, until)
        return [Clause(match.group(), match.start(), match.end()) for match in found]
