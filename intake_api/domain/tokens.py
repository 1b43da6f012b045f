"""Words for finding a case again.

A text is indexed by the pairs of its neighbouring Han characters and by the last one of each run, by its Latin words
and by its numbers. So whatever stands in a text is found, however a dictionary would cut it: 稻香 in 稻香新苑 as well
as the whole name. A question is cut into words by a dictionary (jieba, with the city's names), so that 华联超市垃圾
finds what speaks of 垃圾 first and 华联超市 later; each word must be there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.language.masking import mask_text
from bot.language.normalise import simplify

Cut = Callable[[str], Iterable[str]]
"""A dictionary's way of cutting a run of Han characters into words."""

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_HAN}]+|[^\\W{_HAN}_]+")
_IS_HAN = re.compile(f"[{_HAN}]")
_QUOTED = re.compile(r'["“”„«»「」『』]([^"“”„«»「」『』]+)["“”„«»「」『』]')
_PUNCTUATION = frozenset(",.;:!?、。()[]《》〈〉【】…~·")
_LONGEST = 40  # characters of a Latin word or number
_MOST = 60  # terms of a question


@dataclass(frozen=True, slots=True)
class TextQuery:
    """What a text must have: all ``terms``, for each prefix a term that begins so, and each phrase as it stands."""

    terms: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to look up; a phrase alone (signs only) is not."""
        return bool(self.terms or self.prefixes)


def plain(text: str) -> str:
    """The one form in which texts and questions meet: simplified, half width, lower case, personal numbers masked."""
    return simplify(unicodedata.normalize("NFKC", mask_text(text))).casefold()


def terms(plain_text: str) -> set[str]:
    """What a text in its plain form is found by."""
    found: set[str] = set()
    for run in _RUN.findall(plain_text):
        if _IS_HAN.match(run):
            found.update(run[i : i + 2] for i in range(len(run) - 1))
            found.add(run[-1])
        else:
            found.add(run[:_LONGEST])
    return found


def words(plain_text: str, cut: Cut) -> list[str]:
    """The words of a text as the dictionary cuts it, without single characters: what the text is about."""
    return [word for run in _RUN.findall(plain_text) if _IS_HAN.match(run) for word in cut(run) if len(word) > 1]


def read_query(text: str, cut: Cut) -> TextQuery:
    """What somebody looks for: words that must all be there, in “quotes” a phrase as it stands."""
    wanted = plain(text)
    found: list[str] = []
    prefixes: list[str] = []
    phrases = [phrase.strip() for phrase in _QUOTED.findall(wanted) if phrase.strip()]
    for phrase in phrases:
        for run in _RUN.findall(phrase):
            _add(run, [run], found, prefixes)
    for word in _QUOTED.sub(" ", wanted).split():
        runs = _RUN.findall(word)
        for run in runs:
            _add(run, list(cut(run)) if _IS_HAN.match(run) else [run], found, prefixes)
        if _has_signs_inside(word):
            phrases.append(word)
    return TextQuery(
        tuple(dict.fromkeys(found))[:_MOST], tuple(dict.fromkeys(prefixes))[:_MOST], tuple(dict.fromkeys(phrases))
    )


def _add(run: str, parts: list[str], found: list[str], prefixes: list[str]) -> None:
    if not _IS_HAN.match(run):
        found.append(run[:_LONGEST])
    elif len(run) == 1:
        prefixes.append(run)
    else:
        # single characters between words (不, 的) say little and are many
        long = [part for part in parts if len(part) > 1] or [run]
        found.extend(part[i : i + 2] for part in long for i in range(len(part) - 1))


def _has_signs_inside(word: str) -> bool:
    """Whether a word has signs that make it one: 100%, a_b, 3-2; punctuation between words does not."""
    return any(not character.isalnum() and character not in _PUNCTUATION for character in word)
