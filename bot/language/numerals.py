"""Numbers as people say them: 三百二十 is 320, 幺二三四五 is 12345, 两千零五 is 2005."""

from __future__ import annotations

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2, "幺": 1, "廿": 20}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_SPOKEN = "零一二三四五六七八九"

NUMERAL = "[零〇○一二两三四五六七八九幺十百千万廿]"
"""A regular-expression class of the characters that numerals are made of."""


def read_numeral(text: str) -> str | None:
    """The digits that a Chinese numeral stands for; digits read one by one keep leading zeros. None if it is none."""
    if not text or any(c not in _DIGITS and c not in _UNITS for c in text):
        return None
    if text[0] in _UNITS and text[0] != "十":
        return None  # 万元路, 百步路: a unit that counts nothing is no number
    if all(c in _DIGITS and c != "廿" for c in text):
        return "".join(str(_DIGITS[c]) for c in text)
    total = section = digit = 0
    last_unit = 1
    for character in text:
        if character == "廿":
            section += 20
            last_unit = 10
        elif character in _DIGITS:
            digit = _DIGITS[character]
            if digit == 0:
                last_unit = 10  # 三百零五: what follows counts ones
        else:
            unit = _UNITS[character]
            if unit == 10_000:
                total += (section + digit) * unit
                section = 0
            else:
                section += (digit or 1) * unit
            digit, last_unit = 0, unit
    # 三百二 is 320 in speech: a digit after a unit, with nothing behind it, counts the next smaller unit
    return str(total + section + digit * (last_unit // 10 if last_unit >= 100 else 1))


def digit_by_digit(number: str) -> str:
    """A number as it is said over the phone, digit by digit, with 幺 for one."""
    return "".join("幺" if c == "1" else _SPOKEN[int(c)] if c.isdigit() else c for c in number)
