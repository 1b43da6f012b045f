"""How residents of this city speak: the likelihood of a text, from the assistant's utterances and the city's names."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

_LONGEST = 3
_CHARACTERS = 6000  # so many are in use; one that was never seen is one of them
_APART = re.compile(r"[\W_]+")


class Language:
    """A model of character trigrams, smoothed after Witten and Bell."""

    START: ClassVar = "^" * (_LONGEST - 1)
    """The context in which a text begins."""
    END: ClassVar = "$"

    def __init__(self, texts: Iterable[str]):
        """``texts``: what people say, one utterance each."""
        self._seen: Counter[str] = Counter()
        for text in texts:
            line = self._framed(text)
            for at in range(_LONGEST - 1, len(line)):
                for length in range(1, _LONGEST + 1):
                    self._seen[line[at - length + 1 : at + 1]] += 1
        self._times: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        for gram, count in self._seen.items():
            self._times[gram[:-1]] += count
            self._kinds[gram[:-1]] += 1

    def likelihood(self, text: str) -> float:
        """The natural logarithm of the probability of ``text``; punctuation does not count."""
        line = self._framed(text)
        return sum(self.log_chance(line[at - _LONGEST + 1 : at + 1]) for at in range(_LONGEST - 1, len(line)))

    def log_chance(self, gram: str) -> float:
        """The natural logarithm of the probability that the last character of ``gram`` follows the two before it."""
        chance = 1 / _CHARACTERS
        for length in range(1, _LONGEST + 1):
            part = gram[_LONGEST - length :]
            times = self._times[part[:-1]]
            if times:
                kinds = self._kinds[part[:-1]]
                chance = (self._seen[part] + kinds * chance) / (times + kinds)
        return math.log(chance)

    def _framed(self, text: str) -> str:
        return self.START + _APART.sub("", text) + self.END
