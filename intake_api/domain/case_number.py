"""Case numbers for people: 483920175, said 四八三，九二零，幺七五, and read back without a slip.

The digits are a bijective scramble of the case's id, so that neighbouring cases have unlike numbers and no state beyond
the id is needed, followed by a Damm check digit, which detects every single wrong digit and every transposition of
neighbours. Nine digits are enough for 90 million cases; later ones get eleven, thirteen, ….
"""

from __future__ import annotations

import hashlib
import unicodedata
from functools import cache

from bot.language.check_digit import check_digit

_ROUNDS = 4
_FIRST_WIDTH = 8
_READ = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0", "幺": "1", "两": "2"}
_SAID = "零幺二三四五六七八九"
_SEPARATORS = frozenset(" \t-–—_.,，、。·/：:　")


class WrongCaseNumber(ValueError):
    """The text is no case number. Ask the person to read it again."""


class NotACaseNumber(WrongCaseNumber):
    """Wrong length, or characters that are no digits."""


class WrongCheckDigit(WrongCaseNumber):
    """A digit was misread or two were swapped."""


def format_number(case_id: int) -> str:
    """The case number of the case with ``case_id`` (≥ 1). Raises ValueError for ids below 1."""
    if case_id < 1:
        raise ValueError("case ids start at 1")
    index, width = case_id - 1, _FIRST_WIDTH
    while index >= _capacity(width):
        index -= _capacity(width)
        width += 2
    # numbers never start with 0, which spreadsheets and people drop: walk the cycle until one does not
    value = _scramble(index + 10 ** (width - 1), width)
    while value < 10 ** (width - 1):
        value = _scramble(value, width)
    digits = str(value)
    return digits + str(check_digit(digits))


def parse(text: str) -> int:
    """The id of the case a person means: digits in any writing, in groups or not.

    Raises NotACaseNumber or WrongCheckDigit.
    """
    digits = "".join(
        _READ.get(character, character)
        for character in unicodedata.normalize("NFKC", text)
        if character not in _SEPARATORS
    )
    if not (digits.isascii() and digits.isdigit()) or len(digits) <= _FIRST_WIDTH or len(digits) > 19:
        raise NotACaseNumber(text)
    if len(digits) % 2 == 0 or digits[0] == "0":
        raise NotACaseNumber(text)
    body = digits[:-1]
    if check_digit(digits) != 0:
        raise WrongCheckDigit(text)
    width = len(body)
    value = _unscramble(int(body), width)
    while value < 10 ** (width - 1):
        value = _unscramble(value, width)
    index: int = value - 10 ** (width - 1)
    smaller = sum(_capacity(other) for other in range(_FIRST_WIDTH, width, 2))
    return 1 + index + smaller


def grouped(number: str) -> str:
    """``483 920 175``."""
    return " ".join(number[i : i + 3] for i in range(0, len(number), 3))


def spoken(number: str) -> str:
    """The number as it is said over the phone, in threes, with 幺 for one: ``四八三，九二零，幺七五``."""
    said = "".join(_SAID[int(digit)] for digit in number)
    return "，".join(said[i : i + 3] for i in range(0, len(said), 3))


def _capacity(width: int) -> int:
    """How many numbers of ``width`` digits do not start with 0."""
    capacity: int = 9 * 10 ** (width - 1)
    return capacity


@cache
def _key(round_number: int, width: int) -> bytes:
    return f"yihaotong case number {round_number} {width}".encode()


def _mix(half: int, round_number: int, width: int) -> int:
    digest = hashlib.blake2s(half.to_bytes(8, "big"), key=_key(round_number, width)[:32], digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _scramble(value: int, width: int) -> int:
    """A Feistel network on two halves of ``width / 2`` decimal digits: a permutation of 0 … 10**width - 1."""
    base: int = 10 ** (width // 2)
    left, right = divmod(value, base)
    for i in range(_ROUNDS):
        left, right = right, (left + _mix(right, i, width)) % base
    return left * base + right


def _unscramble(value: int, width: int) -> int:
    base: int = 10 ** (width // 2)
    left, right = divmod(value, base)
    for i in reversed(range(_ROUNDS)):
        left, right = (right - _mix(left, i, width)) % base, left
    return left * base + right
