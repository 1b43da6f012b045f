"""By what people refer to a case they reported: its number, however it is written or said, and the phone's end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from bot.language.check_digit import check_digit
from bot.language.contact import find_phone

_LENGTHS = (9, 11)
_SURE = {str(i): str(i) for i in range(10)} | {c: str(i) for i, c in enumerate("零一二三四五六七八九")}
_SURE |= {"〇": "0", "○": "0", "幺": "1", "两": "2", "洞": "0", "拐": "7", "勾": "9", "壹": "1", "贰": "2", "叁": "3"}
_SURE |= {"肆": "4", "伍": "5", "陆": "6", "柒": "7", "捌": "8", "玖": "9", "兩": "2", "貳": "2", "陸": "6"}
# what speech recognition and hasty thumbs make of a digit; believed only where the check digit agrees
_SOUNDS = {
    "0": "灵铃玲凌领", "1": "衣依医伊易以已要腰妖", "2": "儿而耳尔", "3": "山散伞珊", "4": "是事市斯似死寺",
    "5": "吴吾无武午舞物", "6": "溜流留刘牛", "7": "其期齐起气妻器", "8": "吧巴扒把爸罢", "9": "酒久就旧救",
}  # fmt: skip
_SOUNDS_LIKE = {character: digit for digit, characters in _SOUNDS.items() for character in characters}
_MOST_SOUNDS = 3
_SEPARATORS = frozenset(" \t-–—_.,，、。·/：:杠")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LAST_FOUR = re.compile(r"(?<!\d)(\d{4})(?!\d)")


@dataclass(frozen=True)
class _Digit:
    at: int
    digit: str
    is_sure: bool


def find_case_number(text: str) -> str | None:
    """The case number in ``text`` as nine (or eleven) digits: ``483-920-175``, 四八三 九二零 幺七五, 四八三酒二灵….

    Whether there is such a case is not known here; a wrong check digit is let through where all digits are plain, so
    that the person can be told that one was misread.
    """
    plain = unicodedata.normalize("NFKC", text)
    for run in _runs(plain):
        sure = _sure_stretches(run)
        for stretch in sure:
            if len(stretch) in _LENGTHS and not stretch.startswith("0") and not _MOBILE.fullmatch(stretch):
                return stretch
        found = _by_sound(run)
        if found:
            return found
    return None


def without_case_number(text: str) -> str:
    """``text`` with the case number, and the words that announce it, taken out."""
    plain = unicodedata.normalize("NFKC", text)
    if find_case_number(plain) is None:
        return text
    for run in _runs(plain):
        if len(run) >= _LENGTHS[0]:
            rest = plain[: run[0].at] + " " + plain[run[-1].at + 1 :]
            return re.sub(r"(?:案件|受理|工单)?(?:编号|单号|号码)(?:是|为)?[:：]?", "", rest).strip(" ,，。:：")
    return text


def find_last_four(text: str) -> str | None:
    """The four digits with which a phone ends: 尾号 5678, 五六七八, or the end of a whole number."""
    phone = find_phone(text)
    if phone:
        parts = phone.split("-")
        number = max(parts, key=len)  # neither area code nor extension is longer than the number itself
        return number[-4:]
    plain = unicodedata.normalize("NFKC", text)
    four = _LAST_FOUR.search("".join(_SURE.get(character, character) for character in _closed_up(plain)))
    return four.group(1) if four else None


def _closed_up(text: str) -> str:
    """``text`` without the separators between digits."""
    digits = "".join(re.escape(character) for character in _SURE)
    return re.sub(rf"(?<=[{digits}])[ \t.,，、-]+(?=[{digits}])", "", text)


def _runs(text: str) -> Iterator[list[_Digit]]:
    """Stretches of digits, sure ones and sounds alike, with separators between them."""
    run: list[_Digit] = []
    gap = 0
    for at, character in enumerate(text):
        if character in _SURE:
            run.append(_Digit(at, _SURE[character], True))
            gap = 0
        elif character in _SOUNDS_LIKE:
            run.append(_Digit(at, _SOUNDS_LIKE[character], False))
            gap = 0
        elif character in _SEPARATORS and run and gap < 2:
            gap += 1
        else:
            if run:
                yield run
            run, gap = [], 0
    if run:
        yield run


def _sure_stretches(run: list[_Digit]) -> list[str]:
    """The digits between the sounds of a run."""
    stretches = [""]
    for digit in run:
        if digit.is_sure:
            stretches[-1] += digit.digit
        else:
            stretches.append("")
    return [stretch for stretch in stretches if stretch]


def _by_sound(run: list[_Digit]) -> str | None:
    for length in _LENGTHS:
        best: tuple[int, str] | None = None
        for start in range(len(run) - length + 1):
            window = run[start : start + length]
            around = run[max(start - 1, 0) : start] + run[start + length : start + length + 1]
            if any(digit.is_sure for digit in around):
                continue  # a part of a longer number
            number = "".join(digit.digit for digit in window)
            sounds = sum(not digit.is_sure for digit in window)
            if sounds > _MOST_SOUNDS or number.startswith("0") or check_digit(number) or _MOBILE.fullmatch(number):
                continue
            if best is None or sounds < best[0]:
                best = (sounds, number)
        if best is not None:
            return best[1]
    return None
