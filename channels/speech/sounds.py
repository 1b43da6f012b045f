"""How alike two Chinese words sound: by initial and final of each syllable, tones left out.

A recogniser that does not know a name writes other characters of nearly the same sound (将穿路 for 江川路).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pypinyin import Style, lazy_pinyin, pinyin
from pypinyin.contrib.tone_convert import to_finals, to_initials

_HAN = re.compile("[㐀-鿿]+")

_NEAR_INITIALS = (
    ("z", "zh", "j"), ("c", "ch", "q"), ("s", "sh", "x"), ("z", "c"), ("zh", "ch"), ("j", "q"), ("q", "x"),
    ("n", "l"), ("l", "r"), ("f", "h"), ("b", "p"), ("d", "t"), ("g", "k"), ("h", "k"), ("m", "n"), ("h", "w"),
)  # fmt: skip
"""Initials that regions do not tell apart, or that the telephone's band makes alike."""
_NEAR_FINALS = (
    ("an", "ang"), ("en", "eng"), ("in", "ing"), ("ian", "iang"), ("uan", "uang"), ("un", "ong"), ("eng", "ong"),
    ("o", "uo"), ("u", "v"), ("ian", "van"), ("an", "uan"), ("ang", "uang"), ("ai", "ei"), ("ui", "ei"), ("u", "ou"),
    ("e", "o"), ("uo", "ou"), ("i", "v"), ("in", "vn"), ("en", "in"), ("eng", "ing"), ("en", "un"), ("ao", "iao"),
    ("an", "ian"), ("ang", "iang"), ("ve", "ie"), ("i", "ei"), ("un", "uan"), ("iao", "iu"), ("a", "an"), ("i", "in"),
    ("e", "en"), ("u", "un"), ("ia", "ian"), ("ie", "i"),
)  # fmt: skip


_NEAR = 0.2
_MOST_READINGS = 3


class Syllable(NamedTuple):
    """Initial (empty where there is none) and final of a character's reading."""

    initial: str
    final: str


def _pairs(groups: tuple[tuple[str, ...], ...]) -> frozenset[tuple[str, str]]:
    return frozenset((a, b) for group in groups for a in group for b in group if a != b)


_INITIALS = _pairs(_NEAR_INITIALS)
_FINALS = _pairs(_NEAR_FINALS)


def syllables(text: str) -> list[Syllable | None]:
    """How ``text`` sounds: one syllable for each Chinese character, None for each run of anything else."""
    spoken: list[Syllable | None] = []
    for run in re.split(r"([㐀-鿿]+)", text):
        if _HAN.fullmatch(run):
            initials = lazy_pinyin(run, style=Style.INITIALS, strict=False)
            finals = lazy_pinyin(run, style=Style.FINALS, strict=False)
            spoken += map(Syllable, initials, finals)
        elif run:
            spoken.append(None)
    return spoken


def readings(word: str) -> list[tuple[Syllable, ...]]:
    """The ways each character of ``word`` may be read, Chinese characters only: a name keeps its own (莘庄, 七莘路)."""
    usual = [each for each in syllables(word) if each is not None]
    every = [pinyin(character, style=Style.NORMAL, heteronym=True)[0] for character in word]
    return [
        tuple(dict.fromkeys([first, *(_parted(reading) for reading in others)]))[:_MOST_READINGS]
        for first, others in zip(usual, every, strict=True)
    ]


def _parted(reading: str) -> Syllable:
    return Syllable(to_initials(reading, strict=False), to_finals(reading, strict=False))


def unlike(a: Syllable | None, b: Syllable | None) -> float:
    """0 for the same sound, 1 for sounds that have nothing in common."""
    if a is None or b is None:
        return 1.0
    if a == b:
        return 0.0
    initial = 0.0 if a.initial == b.initial else _NEAR if (a.initial, b.initial) in _INITIALS else 0.5
    final = 0.0 if a.final == b.final else _NEAR if (a.final, b.final) in _FINALS else 0.6
    return min(1.0, initial + final)
