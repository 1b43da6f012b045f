"""Names by their sound: an index that finds a name in what was heard or mistyped for it, 都是路 for 都市路.

Each character is brought to a class of syllables that are confused in speech: without tones; zh and z, ch and c, sh and
s, n and l alike; front and back nasals alike. A text is as long in sounds as in characters, so positions stay the same.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_MOST_READINGS = 2  # of one character; rarer ones do not occur in names
_ALIKE = ((re.compile("^([zcs])h"), r"\1"), (re.compile("^l"), "n"), (re.compile("([aei]n)g$"), r"\1"))
_FIRST_CLASS = 0xE000
# what names end in says what they are of, not which one
_ENDING = re.compile(
    "(?:公路|大道|支路|路|街|新村|村|小区|花园|花苑|新苑|家园|公寓|苑|园|广场|大厦|中心|公园|地铁站|站|镇|街道|医院|菜场|[0-9].*)$"
)


@functools.cache
def _table() -> dict[int, tuple[str, ...]]:
    """Code point → readings without tones, the most frequent first, from pypinyin's own table.

    Read as a file: importing the package loads its phrases too, tens of megabytes that are of no use here.
    """
    spec = importlib.util.find_spec("pypinyin")
    if spec is None or spec.origin is None:
        raise RuntimeError("pypinyin is not installed")
    table: dict[str, str] = json.loads((Path(spec.origin).parent / "pinyin_dict.json").read_text(encoding="utf-8"))
    plain: dict[str, str] = {}
    readings: dict[int, tuple[str, ...]] = {}
    for point, toned in table.items():
        syllables = []
        for syllable in toned.split(","):
            if syllable not in plain:
                letters = unicodedata.normalize("NFD", syllable.replace("ü", "v"))
                plain[syllable] = "".join(letter for letter in letters if letter.isalpha())
            syllables.append(plain[syllable])
        readings[int(point)] = tuple(dict.fromkeys(syllables))[:_MOST_READINGS]
    return readings


def syllables(character: str) -> tuple[str, ...]:
    """The readings of a character without tones, the most frequent first; what has none reads as itself."""
    return _table().get(ord(character), (character,))


def initials(name: str) -> str:
    """The first letters of a name's characters, as people type them: 排水管理所 is ``psgls``."""
    return "".join(syllables(character)[0][:1] for character in name)


def _alike(syllable: str) -> str:
    for pattern, replacement in _ALIKE:
        syllable = pattern.sub(replacement, syllable)
    return syllable


@functools.cache
def _class_codes() -> dict[str, str]:
    """A private use character for each class of syllables; there are some 300."""
    alike = {_alike(syllable) for readings in _table().values() for syllable in readings}
    return {syllable: chr(_FIRST_CLASS + number) for number, syllable in enumerate(sorted(alike))}


@functools.cache
def _classes(character: str) -> tuple[str, ...]:
    codes = _class_codes()
    return tuple(dict.fromkeys(codes.get(_alike(syllable), syllable) for syllable in syllables(character)))


def sounds(text: str) -> str:
    """One character for the sound of each character of ``text``."""
    return "".join(_classes(character)[0] for character in text)


def _readings(name: str) -> Iterator[str]:
    """How a name can sound: as usual, or with one character in its other reading (莘 is shen and xin)."""
    usual = sounds(name)
    yield usual
    for at, character in enumerate(name):
        for other in _classes(character)[1:]:
            yield usual[:at] + other + usual[at + 1 :]


class Heard(NamedTuple):
    """Names that a stretch of a text sounds like."""

    start: int
    end: int
    names: tuple[str, ...]


class SoundIndex:
    """Names of three and more characters (or ``short`` ones of two) by their sound."""

    def __init__(self) -> None:
        self._names: dict[str, str | tuple[str, ...]] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}

    def add(self, name: str, short: bool = False) -> None:
        """Have ``name`` found. A name of two characters sounds like too many words, if it is not asked for as short."""
        if len(name) < (2 if short else 3):
            return
        for reading in _readings(name):
            known = self._names.get(reading)
            if known is None:
                self._names[reading] = name
                lengths = self._lengths.get(reading[:2], ())
                if len(name) not in lengths:
                    self._lengths[reading[:2]] = tuple(sorted((*lengths, len(name)), reverse=True))
            elif isinstance(known, str):
                if known != name:
                    self._names[reading] = (known, name)
            elif name not in known:
                self._names[reading] = (*known, name)

    def heard(self, text: str) -> Iterator[Heard]:
        """All names, also overlapping ones, that stretches of ``text`` sound like; of several the likest."""
        sound = sounds(text)
        for start in range(len(text) - 1):
            for length in self._lengths.get(sound[start : start + 2], ()):
                end = start + length
                if end > len(text):
                    continue
                known = self._names.get(sound[start:end])
                if known is None:
                    continue
                said = text[start:end]
                likeness = [(_unlike(said, name), name) for name in ((known,) if isinstance(known, str) else known)]
                best = min((unlike for unlike, _ in likeness if unlike is not None), default=None)
                if best is not None:
                    yield Heard(start, end, tuple(name for unlike, name in likeness if unlike == best))


def _unlike(said: str, name: str) -> float | None:
    """How far what was said is from a name that sounds alike; None if it is too far to be meant."""
    same = [a == b for a, b in zip(said, name, strict=True)]
    ending = _ENDING.search(name)
    core = (ending.start() or len(name)) if ending else len(name)
    if not all(same[core:]):
        return None  # 录 for 路 may be meant, but most words that end so are none
    confused = sum(
        not equal and not set(syllables(a)) & set(syllables(b)) for a, b, equal in zip(said, name, same, strict=True)
    )
    kept = sum(same[:core])
    if confused:
        # heard wrong, not only written with another character: most of the name has to be there
        enough = len(name) > 2 and kept and confused <= max(1, core // 3)
        return same.count(False) + confused if enough else None
    if not kept and (core < 2 or core == len(name)):
        return None
    return same.count(False)
