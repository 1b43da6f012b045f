"""The sentences of a letter that say what it is about: a sentence model takes 10 ms for each, and the core is two."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from bot.embedding.port import Array

TELLING = 2
"""Sentences of a letter that are looked at."""

_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]*")
_CLAUSE = re.compile(r"[^，,、\s]+[，,、\s]*")
_SHORTEST = 12
LONGEST = 80
"""Characters that a sentence may have."""


def sentences(text: str) -> list[str]:
    """``text`` in sentences of some ten to eighty characters: scraps join a neighbour, run-on ones part at commas."""
    pieces: list[str] = []
    for sentence in _SENTENCE.findall(text):
        pieces += [sentence] if len(sentence) <= LONGEST else _parted(sentence)
    found: list[str] = []
    for piece in pieces:
        if found and (len(found[-1]) < _SHORTEST or (piece is pieces[-1] and len(piece) < _SHORTEST)):
            found[-1] += piece
        else:
            found.append(piece)
    return [sentence for sentence in map(str.strip, found) if sentence]


def telling(text: str, margins: Callable[[Sequence[str]], Array]) -> list[str]:
    """The ``TELLING`` sentences with the highest of their ``margins`` (sentences × categories), in their order.

    A text no longer than a sentence may be tells as a whole.
    """
    found = sentences(text)
    if len(text) <= LONGEST or len(found) <= 1:
        return [text]
    best = np.argsort(-margins(found).max(axis=1), kind="stable")[:TELLING]
    return [found[i] for i in sorted(best)]


def _parted(sentence: str) -> list[str]:
    parts: list[str] = []
    for clause in _CLAUSE.findall(sentence):
        if parts and len(parts[-1]) + len(clause) <= LONGEST:
            parts[-1] += clause
        else:
            parts.append(clause)
    return parts
