"""Misheard words put right: by their sound, by what residents say, and by listening once more.

A model that does not know a name writes what it knows of nearly the same sound (将穿路 for 江川路), and often several
words of a sentence at once. So the whole sentence is read anew: of all the ways to make it of words that sound like
what was written, those that residents most likely say (``Language``) are listened to in the very sound
(``Evidence``), beside what was heard first. A word that was not said does not pass, however well known it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from channels.speech.language import Language
from channels.speech.sounds import Syllable, syllables
from channels.speech.vocabulary import Place, Vocabulary

Evidence = Callable[[Sequence[str]], list[float]]
"""For each text how much the sound at hand speaks for it: a log-likelihood, up to a constant."""

_UNIT = re.compile("[㐀-鿿]|[^㐀-鿿]+")
_APART = re.compile(r"[\W_]+")
_UNLIKE_COST = 10.0
"""What a syllable of another sound costs, in nats, until the sound is listened to. Found on speech of our own."""
_KEPT = 60
"""So many beginnings of the sentence are followed up at each syllable."""
_LISTENED_TO = 20
"""So many readings are listened to: each takes some 20 ms."""
_EXPECTED = -3.0
"""Log-probability, at least, of a character of a word that was said to be expected."""
_STRANGE = -5.0
"""Nats for each character. A sentence that is worth less even as it reads best is about something else: it is kept."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """The beginning of a sentence, read in one way."""

    said: float  # log-probability that it is said
    apart: float  # syllables by which it differs from what was heard
    words: tuple[tuple[int, str], ...]  # with the number of the unit at which each begins

    @property
    def text(self) -> str:
        return "".join(word for _, word in self.words)

    @property
    def value(self) -> float:
        return self.said - _UNLIKE_COST * self.apart


class Repair:
    """Puts right what was misheard of a city's names and its residents' words."""

    def __init__(self, names: Vocabulary, words: Vocabulary, language: Language):
        """``names``: what is said here and hardly anywhere else. ``words``: common ones, single characters too."""
        self._names = names
        self._words = words
        self._language = language

    def put_right(
        self, heard: str, evidence: Evidence, expected: Vocabulary, count: int = _LISTENED_TO
    ) -> tuple[str, list[str]]:
        """``heard`` put right, and the names that had to be put in.

        ``expected``: names of this call, beside the city's. ``count``: how many readings are listened to.
        """
        units = _UNIT.findall(heard)
        likeliest = self._readings(units, syllables(heard), expected)[:count]
        if not likeliest or likeliest[0].value < _STRANGE * (1 + len(_APART.sub("", likeliest[0].text))):
            return heard, []
        if all(reading.text != heard for reading in likeliest):
            likeliest.append(_Reading(self._language.likelihood(heard), 0.0, tuple(enumerate(units))))
        if len(likeliest) == 1:
            return heard, []
        weighed = evidence([reading.text for reading in likeliest])
        _, best = max(
            zip(
                (reading.said + weight for reading, weight in zip(likeliest, weighed, strict=True)),
                likeliest,
                strict=True,
            ),
            key=lambda pair: pair[0],
        )
        return best.text, [word for _, word in best.words if self._is_name(word, expected) and word not in heard]

    def _is_name(self, word: str, expected: Vocabulary) -> bool:
        return len(word) > 1 and (word in self._names or word in expected)

    def _readings(
        self, units: Sequence[str], spoken: Sequence[Syllable | None], expected: Vocabulary
    ) -> list[_Reading]:
        """The ways to read what was heard, the likeliest first, each text once."""
        if not any(spoken):
            return []
        places = [
            [Place(at + 1, units[at], 0.0), *names, *words, *more]
            for at, (names, words, more) in enumerate(
                zip(self._names.near(spoken), self._words.near(spoken), expected.near(spoken), strict=True)
            )
        ]
        begun: list[dict[str, tuple[float, str, _Reading]]] = [{} for _ in range(len(units) + 1)]
        begun[0][""] = (0.0, Language.START, _Reading(0.0, 0.0, ()))
        chances: dict[str, float] = {}
        for at, here in enumerate(places):
            kept = sorted(begun[at].items(), key=lambda item: item[1][0], reverse=True)[:_KEPT]
            for said, (_, context, reading) in kept:
                for end, word, apart in here:
                    chance, after = self._said(context, word, chances)
                    if word in expected:
                        chance = max(chance, _EXPECTED * len(word))
                    longer = _Reading(reading.said + chance, reading.apart + apart, (*reading.words, (at, word)))
                    known = begun[end].get(said + word)
                    if known is None or known[0] < longer.value:
                        begun[end][said + word] = (longer.value, after, longer)
        ended = [
            _Reading(reading.said + self._language.log_chance(context + Language.END), reading.apart, reading.words)
            for _, context, reading in begun[-1].values()
        ]
        return sorted(ended, key=lambda reading: reading.value, reverse=True)

    def _said(self, context: str, word: str, chances: dict[str, float]) -> tuple[float, str]:
        """The log-probability of ``word`` after ``context``, and the context of what follows."""
        total = 0.0
        for character in _APART.sub("", word):
            gram = context + character
            if gram not in chances:
                chances[gram] = self._language.log_chance(gram)
            total += chances[gram]
            context = gram[1:]
        return total, context
