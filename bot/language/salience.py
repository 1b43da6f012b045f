"""Which of the places named in a letter are those that it is about: the others are only mentioned on the way.

A letter names the place of its matter at the beginning, in its title and once more in its first sentences; places for
comparison, former homes, the ways to an office come later, and whoever repeats a name a third time says nothing new.
What is marked in letters of residents by people follows the same habit. Pure; runs on both Pythons.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from bot.language.places import kind_of

LONG = 70
"""Characters of a normalised text above which it is a letter, in which not everything that is named is meant."""

_TITLE = re.compile(r"[。？！，：,!?:]")
_LONGEST_TITLE = 40
_WEIGHED_LENGTH = 14
_MANY = 10
_KEPT_FROM = 0.45

# logistic regression on few and general features, so that they hold for letters of any city
_BIAS = -0.4
_CERTAIN, _BEGINS, _ENDS = 0.8, 0.9, 1.3
_THIRD_TIME, _AS_IN_TITLE = -2.2, 0.7
_LATE, _FAR = -1.7, -0.8
_ONE_OF_MANY = -0.14
_CHARACTER, _ESTATE = 0.15, 0.9


class Seen(NamedTuple):
    """A place that the model sees in a normalised text: its span, and how sure it is of the whole and of its ends."""

    start: int
    end: int
    certainty: float
    begins: float
    ends: float


def salient(text: str, places: Sequence[Seen]) -> list[Seen]:
    """Those of the ``places`` of a letter that it is about, in its order."""
    title = _TITLE.search(text, 0, _LONGEST_TITLE)
    title_ends = title.start() if title else _LONGEST_TITLE
    kept: list[Seen] = []
    names: list[str] = []
    titled: list[str] = []
    for place in places:
        name = text[place.start : place.end]
        score = (
            _BIAS
            + _CERTAIN * math.log(place.certainty + 1e-3)
            + _BEGINS * place.begins
            + _ENDS * place.ends
            + _THIRD_TIME * (sum(_same(name, other) for other in names) >= 2)
            + _AS_IN_TITLE * (place.start >= title_ends and any(_same(name, other) for other in titled))
            + _LATE * place.start / len(text)
            + _FAR * math.log(1 + place.start / 20)
            + _ONE_OF_MANY * min(len(places), _MANY)
            + _CHARACTER * min(len(name), _WEIGHED_LENGTH)
            + _ESTATE * (kind_of(name) == "estate")
        )
        if 1 / (1 + math.exp(-score)) >= _KEPT_FROM:
            kept.append(place)
        names.append(name)
        if place.start < title_ends:
            titled.append(name)
    return kept


def _same(name: str, other: str) -> bool:
    return name in other or other in name
