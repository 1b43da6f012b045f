"""Words that may be said, such as a city's places and what its residents report, found by their sound."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.city_names import city_names
from bot.corpus import NLU_DATA
from bot.language.hearing import THINGS
from channels.speech.sounds import Syllable, readings, syllables, unlike

_NAME = re.compile("[一-龥]{2,12}")
_KIND = re.compile("(?:路|街|弄|巷|道|镇|村|站|苑|城|园|区|桥|里|庭|府|湾|河|口|号)$")
_KIND_WEIGHT = 0.3
"""How much the kind in a name tells (the 路 of a road): it is heard of a thousand names."""
_ALIKE = 0.3
"""Farther than this from all that was heard a word is not likely to have been said. Found on telephone speech."""
_SHORT_ALIKE = 0.16
"""The same for a word of two characters, which many things sound like."""


@dataclass(frozen=True, slots=True)
class _Group:
    """The words of one length: by word and place the number of the character, and how much it tells."""

    words: list[str]
    characters: npt.NDArray[np.intp]
    weights: npt.NDArray[np.float32]


class Vocabulary:
    """Words that may be said, by their sound."""

    def __init__(self, words: Iterable[str]):
        """Words with other than Chinese characters, or with one only, are left out: their sound tells too little."""
        self._columns: dict[Syllable | None, npt.NDArray[np.float32]] = {}
        numbers: dict[Syllable, int] = {}
        characters: dict[tuple[Syllable, ...], int] = {}
        spelt: dict[int, dict[str, list[int]]] = {}
        self._words = frozenset(word for word in words if _NAME.fullmatch(word))
        for word in sorted(self._words):
            spelt.setdefault(len(word), {})[word] = [
                characters.setdefault(each, len(characters)) for each in readings(word)
            ]
        for syllable in (syllable for alternatives in characters for syllable in alternatives):
            numbers.setdefault(syllable, len(numbers))
        self._inventory: list[Syllable] = list(numbers)
        most = max(map(len, characters), default=1)
        # by character and alternative the number of the syllable; the first again where there is but one
        self._readings = np.array(
            [[numbers[each] for each in (*ways, *ways[:1] * (most - len(ways)))] for ways in characters], dtype=np.intp
        ).reshape(len(characters), most)
        self._groups = [
            _Group(list(group), np.array(list(group.values()), dtype=np.intp), np.array(list(map(_weights, group))))
            for group in spelt.values()
        ]

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def __len__(self) -> int:
        return sum(len(group.words) for group in self._groups)

    def likeliest(self, heard: str, count: int) -> list[str]:
        """At most ``count`` words that sound like a stretch of ``heard``, the most alike first, then the longest."""
        said = syllables(heard)
        if not said or not self._groups:
            return []
        costs = np.stack([self._column(syllable) for syllable in said])[:, self._readings].min(axis=2)
        found = []
        for group in self._groups:
            length = group.characters.shape[1]
            bound = _SHORT_ALIKE if length == 2 else _ALIKE
            for number, apart in enumerate(_apart(group, costs)):
                if apart <= bound:
                    found.append((round(float(apart), 3), -length, group.words[number]))
        return [word for _, _, word in sorted(found)[:count]]

    def _column(self, syllable: Syllable | None) -> npt.NDArray[np.float32]:
        """How unlike each syllable of the inventory is to this one."""
        if syllable not in self._columns:
            self._columns[syllable] = np.array([unlike(each, syllable) for each in self._inventory], dtype=np.float32)
        return self._columns[syllable]


def _apart(group: _Group, costs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """For each word how far it is from the most similar stretch: 0 said just so, 1 not said at all.

    ``costs`` by heard syllable and character. An alignment that may begin and end anywhere in what was heard; a
    syllable that is left out or put in counts like a wrong one.
    """
    above = np.zeros((len(costs) + 1, len(group.words)), dtype=np.float32)
    for place in range(group.characters.shape[1]):
        weight = group.weights[:, place]
        wrong = costs[:, group.characters[:, place]] * weight
        row = np.empty_like(above)
        row[0] = above[0] + weight
        for at in range(len(costs)):
            row[at + 1] = np.minimum(np.minimum(above[at] + wrong[at], above[at + 1] + weight), row[at] + weight)
        above = row
    nearest: npt.NDArray[np.float32] = above.min(axis=0) / group.weights.sum(axis=1)
    return nearest


def _weights(word: str) -> list[float]:
    weights = [1.0] * len(word)
    if len(word) > 2 and _KIND.search(word):
        weights[-1] = _KIND_WEIGHT
    return weights


def city_names_and_things() -> set[str]:
    """The places of the city's folder (``YHT_CITY_DIR``) and the lexicon's things."""
    return {*city_names(None), *THINGS, *_matters()}


def _matters() -> Iterator[str]:
    """What the taxonomy's categories are called and told by."""
    with (NLU_DATA / "taxonomy.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield row["name"]
            yield from (row["typical_words"] or "").split()
