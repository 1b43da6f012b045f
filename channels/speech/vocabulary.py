"""Words that may be said, such as a city's places and what its residents report, found by their sound."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.city_names import city_names
from bot.corpus import NLU_DATA
from bot.language.hearing import THINGS
from channels.speech.sounds import Syllable, readings, unlike

_WORD = re.compile("[一-龥]{1,12}")
_FARTHEST = 0.34
"""Farther than this, for each of its characters, from what was heard a word is not likely to have been said."""
_FARTHEST_PAIR = 0.6
"""The same for a whole word of two characters, which many things sound like."""
_FARTHEST_SINGLE = 0.21
_ELASTIC = 3
"""Words of so many characters may have been heard with a syllable more or less."""
_MOST = 14
"""So many words of one length are given for one place."""
_NOT_SPOKEN = 9.0
"""The cost of taking digits or punctuation for a syllable."""


class Place(NamedTuple):
    """A word that may have been said up to the syllable ``end``.

    ``apart``: by how many syllables what was heard differs from it.
    """

    end: int
    word: str
    apart: float


@dataclass(frozen=True, slots=True)
class _Group:
    """The words of one length: by word and place the number of the character."""

    words: list[str]
    characters: npt.NDArray[np.intp]


class Vocabulary:
    """Words that may be said, by their sound."""

    def __init__(self, words: Iterable[str]):
        """Words with other than Chinese characters, or with more than twelve, are left out."""
        self._columns: dict[Syllable | None, npt.NDArray[np.float32]] = {}
        numbers: dict[Syllable, int] = {}
        characters: dict[tuple[Syllable, ...], int] = {}
        spelt: dict[int, dict[str, list[int]]] = {}
        self._words = frozenset(word for word in words if _WORD.fullmatch(word))
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
        self._groups = [_Group(list(group), np.array(list(group.values()), dtype=np.intp)) for group in spelt.values()]

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def __len__(self) -> int:
        return len(self._words)

    def near(self, heard: Sequence[Syllable | None]) -> list[list[Place]]:
        """By the syllable at which it begins: the words that sound like a stretch of what was heard."""
        places: list[list[Place]] = [[] for _ in heard]
        if not heard or not self._groups:
            return places
        costs = np.stack([self._column(syllable) for syllable in heard])[:, self._readings].min(axis=2)
        left_out = np.array([_NOT_SPOKEN if syllable is None else 1.0 for syllable in heard], dtype=np.float32)
        for group in self._groups:
            for start in range(len(heard)):
                places[start] += _begun(group, costs, left_out, start)
        return places

    def _column(self, syllable: Syllable | None) -> npt.NDArray[np.float32]:
        """How unlike each syllable of the inventory is to this one."""
        if syllable not in self._columns:
            self._columns[syllable] = np.array(
                [_NOT_SPOKEN if syllable is None else unlike(each, syllable) for each in self._inventory],
                dtype=np.float32,
            )
        return self._columns[syllable]


def _begun(group: _Group, costs: npt.NDArray[np.float32], left_out: npt.NDArray[np.float32], start: int) -> list[Place]:
    """The words of ``group`` that begin at the syllable ``start``.

    ``costs`` by heard syllable and character. A syllable too many costs ``left_out``, one that is missing 1.
    """
    length = group.characters.shape[1]
    if length < _ELASTIC:
        if start + length > len(costs):
            return []
        apart = sum(costs[start + place, group.characters[:, place]] for place in range(length))
        return _nearest(group, [(start + length, np.asarray(apart))])
    reach = min(length + 1, len(costs) - start)
    if reach < length - 1:
        return []
    skipped = np.concatenate(([0.0], np.cumsum(left_out[start : start + reach]))).astype(np.float32)
    above = [np.full(len(group.words), each, dtype=np.float32) for each in skipped]
    for place in range(length):
        row = [above[0] + 1]
        for at in range(1, reach + 1):
            wrong = above[at - 1] + costs[start + at - 1, group.characters[:, place]]
            row.append(np.minimum(np.minimum(wrong, above[at] + 1), row[at - 1] + left_out[start + at - 1]))
        above = row
    ends = range(length - 1, reach + 1)
    return _nearest(group, [(start + end, above[end]) for end in ends])


def _nearest(group: _Group, ways: Sequence[tuple[int, npt.NDArray[np.float32]]]) -> list[Place]:
    length = group.characters.shape[1]
    farthest = {1: _FARTHEST_SINGLE, 2: _FARTHEST_PAIR}.get(length, _FARTHEST * length)
    found = [
        (float(apart[number]), end, group.words[number])
        for end, apart in ways
        for number in np.nonzero(apart <= farthest + 1e-4)[0]
    ]
    most = None if length == 1 else _MOST  # of single characters those of the same sound are many
    return [Place(end, word, apart) for apart, end, word in sorted(found)[:most]]


def city_names_and_things() -> set[str]:
    """The places of the city's folder (``YHT_CITY_DIR``) and the lexicon's things."""
    return {*city_names(None), *THINGS, *_matters()}


def _matters() -> Iterator[str]:
    """What the taxonomy's categories are called and told by."""
    with (NLU_DATA / "taxonomy.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield row["name"]
            yield from (row["typical_words"] or "").split()
