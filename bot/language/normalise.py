"""One written form for what can be written in many, with the way back to the text as it was sent.

Traditional becomes simplified, full width becomes half width, Chinese numerals in addresses and numbers become digits;
links and markup, which are pasted along and tell nothing about the city, go (``without_markup``).
Every character of the normalised text knows the span of code points of the original that it stands for, so that
a span found in it can be given as a slice of what the resident wrote.
"""

from __future__ import annotations

import functools
import importlib.util
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.language.numerals import NUMERAL, read_numeral

# What a numeral must stand before to be read as a number: house numbers, lanes, buildings, floors, pole numbers.
_COUNTED = "弄号幢栋楼室层支组队区期路座米"
_ADDRESS_NUMERAL = re.compile(f"(?:{NUMERAL}+)(?=(?:[{_COUNTED}]|单元|门牌|公里))")
# 四号线, 一号通, 三楼 stay readable either way; 一路 (a bus, a way) and 三区 in names are left as they are
_NAMES = re.compile("[一二三四五六七八九十]+(?:区|路|期|村|组|队|米)")

_LINK_END = r"[^\s<>\"'\u2e80-\uffef]*"  # as far as a link can reach; Chinese is never part of what is pasted
_LINK = re.compile(
    rf"(?:https?|ftp)://{_LINK_END}|(?<![A-Za-z0-9@._-])(?:www\.{_LINK_END}"
    rf"|(?:[a-z0-9-]+\.){{1,4}}(?:com|cn|net|org|gov|edu|cc|io|me|tv|top)(?![a-z0-9.@-])(?:[/?#]{_LINK_END})?)",
    re.IGNORECASE,
)
# code between tags is no sentence; with Chinese in it, it is one
_CODE = re.compile(r"<(script|style)\b[^<>]*>[^<\u3400-\u9fff]*</\1\s*>|<!--[^<\u3400-\u9fff]*?-->", re.IGNORECASE)
_TAG = re.compile(r"<[/!?]?([a-z][a-z0-9-]*)\b(?:[^<>]*>|[^<>\u3400-\u9fff]*$)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{1,6}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_MARKUP = re.compile("|".join(f"(?:{pattern.pattern})" for pattern in (_LINK, _ENTITY)), re.IGNORECASE)
_WITHIN_A_WORD = frozenset(
    {"a", "b", "code", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u"}
)
"""Tags that may stand in the midst of a word; all others part what is before from what is behind."""


@dataclass(frozen=True)
class Normalised:
    """A normalised text and, for each of its characters, the code-point span of the original it stands for."""

    original: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original for the half-open span ``start``–``end`` of the normalised text."""
        if start >= end:
            raise ValueError("an empty span stands for nothing")
        return self.starts[start], self.ends[end - 1]

    def slice(self, start: int, end: int) -> str:
        """What the resident wrote for a span of the normalised text."""
        first, last = self.span(start, end)
        return self.original[first:last]


@functools.cache
def simplified_characters() -> dict[int, str]:
    """Traditional → simplified, one character for one, from OpenCC's table, for ``str.translate``."""
    spec = importlib.util.find_spec("opencc")
    if spec is None or spec.origin is None:
        raise RuntimeError("opencc-python-reimplemented is not installed")
    table = Path(spec.origin).parent / "dictionary" / "TSCharacters.txt"
    pairs: dict[int, str] = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        traditional, _, simplified = line.partition("\t")
        first = simplified.split(" ")[0]
        if len(traditional) == 1 and len(first) == 1:
            pairs[ord(traditional)] = first
    return pairs


def simplify(text: str) -> str:
    """``text`` with traditional characters made simplified; the length stays the same."""
    return text.translate(simplified_characters())


def is_traditional(text: str) -> bool:
    """Whether the text is written in traditional characters: it has some that simplification changes."""
    return sum(a != b for a, b in zip(text, simplify(text))) >= 2  # noqa: B905 - one for one by construction


def _unified(text: str) -> Iterable[tuple[str, int, int]]:
    for i, character in enumerate(text):
        for unified in unicodedata.normalize("NFKC", character):
            yield unified, i, i + 1


def _stripped(pieces: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """``pieces`` without links and markup; what parts words leaves a space that stands for it.

    A text that is nothing else stays as it is: that is what was sent.
    """
    text = "".join(piece[0] for piece in pieces)
    if not any(sign in text for sign in "<.:&"):
        return pieces
    for pattern in (_CODE, _TAG, _MARKUP):
        kept: list[tuple[str, int, int]] = []
        at = 0
        for match in pattern.finditer(text):
            kept += pieces[at : match.start()]
            at = match.end()
            joins = pattern is _TAG and match.group(1).lower() in _WITHIN_A_WORD
            open_before, open_behind = kept and not kept[-1][0].isspace(), not text[at : at + 1].isspace()
            if not joins and open_before and open_behind and at < len(text):
                kept.append((" ", pieces[match.start()][1], pieces[at - 1][2]))
        pieces = kept + pieces[at:]
        text = "".join(piece[0] for piece in pieces)
    return pieces


def without_markup(text: str) -> str:
    """``text`` as it was written, without links and markup; as it is when it has nothing else."""
    if not any(sign in text for sign in "<.:&＜．：＆"):
        return text
    written: list[str] = []
    taken = -1
    for letter, start, end in _stripped(list(_unified(text))):
        if start != taken:
            written.append(" " if letter == " " else text[start:end])
            taken = start
    plain = "".join(written).strip()
    return plain if any(letter.isalnum() for letter in plain) else text


def normalise(text: str) -> Normalised:
    """Normalise ``text``; never fails, an empty text stays empty."""
    sent = list(_unified(text))
    pieces = _stripped(sent)
    if not any(piece[0].isalnum() for piece in pieces):
        pieces = sent
    plain = simplify("".join(piece[0] for piece in pieces))
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def take(replacement: str, first: int, last: int) -> None:
        for character in replacement:
            characters.append(character)
            starts.append(pieces[first][1])
            ends.append(pieces[last][2])

    at = 0
    for match in _ADDRESS_NUMERAL.finditer(plain):
        number = read_numeral(match.group())
        if number is None or _NAMES.match(plain, match.start()):
            continue
        for i in range(at, match.start()):
            take(plain[i], i, i)
        take(number, match.start(), match.end() - 1)
        at = match.end()
    for i in range(at, len(plain)):
        take(plain[i], i, i)
    return Normalised(text, "".join(characters), tuple(starts), tuple(ends))
