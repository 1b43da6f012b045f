"""Misheard words put right: by their sound, by what residents say, and by listening once more.

A model that does not know a name writes what it knows of nearly the same sound. Each such stretch has candidates; one
is taken when three kinds of evidence together speak for it: how alike they sound, how likely the sentence is with it
(``Language``), and how likely the recogniser finds it in the very sound (``Acoustic``). A word that was not said does
not pass the last, however well known it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from channels.speech.language import Language
from channels.speech.sounds import Syllable, readings, syllables, unlike
from channels.speech.vocabulary import Vocabulary

Acoustic = Callable[[str], float]
"""The logarithm of the likelihood that a text was spoken in the sound at hand."""

_UNIT = re.compile("[㐀-鿿]|[^㐀-鿿]+")
# found on telephone speech together with read news; each has a wide plateau around it
_LANGUAGE_WEIGHT = 0.8
_NAME_BONUS = 5.0
"""For each character that a name changes: the recogniser learnt from films, where these names are not said."""
_UNLIKE_COST = 14.0
"""For each syllable that sounds different."""
_NAMES = 40
_WORDS = 30
_LISTENED_TO = 14
"""So many candidates are listened to for each window: it takes time."""
_FARTHEST_WORD = 0.45
"""Syllables apart at which a common word is no candidate; for a name the cost alone decides."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Put ``word`` in the place of ``text[start:end]``. ``prior`` is what speaks for it before listening."""

    start: int
    end: int
    word: str
    prior: float

    def done(self, text: str) -> str:
        """``text`` with the edit made."""
        return text[: self.start] + self.word + text[self.end :]


class Repair:
    """Puts right what was misheard of a city's names and its residents' words."""

    def __init__(self, names: Vocabulary, words: Vocabulary, language: Language):
        """``names``: what is said here and hardly anywhere else. ``words``: common ones."""
        self._names = names
        self._words = words
        self._language = language

    def put_right(self, text: str, acoustic: Acoustic, more_names: Vocabulary) -> tuple[str, list[str]]:
        """``text`` put right, and the words that were put in.

        ``more_names``: expected in this call beside the city's.
        """
        candidates = self._candidates(text, more_names)
        if not candidates:
            return text, []
        heard = acoustic(text)
        worth = [(edit.prior + acoustic(edit.done(text)) - heard, edit) for edit in candidates]
        taken: list[Edit] = []
        for value, edit in sorted(worth, key=lambda each: each[0], reverse=True):
            if value > 0 and all(edit.end <= other.start or other.end <= edit.start for other in taken):
                taken.append(edit)
        for edit in sorted(taken, key=lambda each: each.start, reverse=True):
            text = edit.done(text)
        return text, [edit.word for edit in taken]

    def _candidates(self, text: str, more_names: Vocabulary) -> list[Edit]:
        """The edits worth listening to, the likeliest first."""
        spoken = _spoken(text)
        likelihood = self._language.likelihood(text)
        found: dict[tuple[int, int, str], Edit] = {}
        for vocabulary, count, bonus in (
            (more_names, _NAMES, _NAME_BONUS),
            (self._names, _NAMES, _NAME_BONUS),
            (self._words, _WORDS, 0.0),
        ):
            for word in vocabulary.likeliest(text, count):
                start, end, apart = _place(spoken, word)
                said = text[start:end]
                if start == end or said == word or (start, end, word) in found:
                    continue
                if len(word) <= len(said) and (said in self._names or said in more_names):
                    continue  # a name that was heard as it is written is right
                if not bonus and (apart > _FARTHEST_WORD or said in self._words):
                    continue
                edit = Edit(start, end, word, 0.0)
                prior = (
                    _LANGUAGE_WEIGHT * (self._language.likelihood(edit.done(text)) - likelihood)
                    + bonus * _changed(said, word)
                    - _UNLIKE_COST * apart
                )
                if prior > 0:
                    found[start, end, word] = Edit(start, end, word, prior)
        return sorted(found.values(), key=lambda edit: edit.prior, reverse=True)[:_LISTENED_TO]


def _changed(said: str, word: str) -> int:
    if len(said) != len(word):
        return max(len(said), len(word))
    return sum(a != b for a, b in zip(said, word, strict=True))


def _spoken(text: str) -> list[tuple[int, Syllable | None]]:
    """The syllables of ``text`` with the place of each; None where a run of anything else begins."""
    places = [match.start() for match in _UNIT.finditer(text)]
    return list(zip(places, syllables(text), strict=True))


def _place(spoken: list[tuple[int, Syllable | None]], word: str) -> tuple[int, int, float]:
    """Where in the text ``word`` sounds most alike: start, end, and how many syllables it is apart."""
    above = [(0.0, start) for start in range(len(spoken) + 1)]
    for ways in readings(word):
        row = [(above[0][0] + 1, 0)]
        for at, (_, syllable) in enumerate(spoken, 1):
            cost = min(unlike(way, syllable) for way in ways) if syllable else 9.0
            row.append(
                min(
                    (above[at - 1][0] + cost, above[at - 1][1]),
                    (above[at][0] + 1, above[at][1]),
                    (row[at - 1][0] + (1 if syllable else 9), row[at - 1][1]),
                )
            )
        above = row
    apart, _, end, start = min(
        (cost, abs(end - start - len(word)), end, start) for end, (cost, start) in enumerate(above)
    )
    return (spoken[start][0], spoken[end - 1][0] + 1, apart) if end > start else (0, 0, apart)
