"""Two problems in one message: where the second begins, and what each is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.language.segments import SHORTEST, cuts

LONGEST = 150
"""Characters above which a text is a letter: letters tell one story from many sides."""
SURE = 0.5
"""Confidence that each part needs on its own."""
_STILL_POSSIBLE = 0.12

Ranking = Sequence[tuple[str, float]]
Classify = Callable[[list[str]], Sequence[Ranking]]


@dataclass(frozen=True)
class Part:
    """A part of a normalised text, half-open, that speaks of one problem."""

    start: int
    end: int
    categories: Ranking


def parts(text: str, classify: Classify) -> list[Part]:
    """The two problems of a text, or nothing when it speaks of one.

    The text is cut where a second problem may begin; a cut counts when both sides are surely about something and
    neither could be about what the other is.
    """
    if len(text) > LONGEST:
        return []
    candidates = [cut for cut in cuts(text) if cut >= SHORTEST and len(text) - cut >= SHORTEST]
    if not candidates:
        return []
    sides = [side for cut in candidates for side in (text[:cut], text[cut:])]
    rankings = classify(sides)
    best: tuple[float, list[Part]] | None = None
    for i, cut in enumerate(candidates):
        left, right = rankings[2 * i], rankings[2 * i + 1]
        if not left or not right or left[0][0] == right[0][0]:
            continue
        sure = min(left[0][1], right[0][1])
        mixed = max(dict(right).get(left[0][0], 0.0), dict(left).get(right[0][0], 0.0))
        if sure < SURE or mixed > _STILL_POSSIBLE:
            continue
        if best is None or sure > best[0]:
            best = sure, [Part(0, cut, left), Part(cut, len(text), right)]
    return best[1] if best else []
