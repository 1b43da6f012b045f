"""Places that residents put right: in the same breath (1597弄，哦不是，是1699弄) and when they hear them read back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from actions.heard import Heard, Place
from bot.language.normalise import normalise

_UNIT = r"弄|号楼|号|栋|幢|楼|室|单元"
_SLIP = (
    r"(?:哦|噢|啊|呃|哎|诶|额|喔|不好意思|等等)?[，, ]*(?:不对|不是|错了|说错了?|写错了?|打错了?|口误|更正)[，,。 ]*"
    r"(?:应该)?(?:是|在)?[，, ]*"
)
_NUMBER_AGAIN = re.compile(rf"(\d+)({_UNIT})([^，,。\d]{{0,4}}[，,。 ]*{_SLIP})(\d+)(\2)")
_BETWEEN = re.compile(rf"^[，,。 ]*{_SLIP}$")
_HOUSE_NUMBER = re.compile(r"(\d+)(号楼|号|弄|栋|幢|楼|室|单元)")
_VAGUE = ("town", "road", "said")
_SPECIFIC = ("pole", "address", "crossing", "highway", "metro", "section", "estate", "poi", "village")


def in_one_breath(heard: Heard) -> Heard:
    """The message as it was meant: what the speaker took back while speaking is gone from its places."""
    text = normalise(heard.text).text
    again = _NUMBER_AGAIN.search(text)
    if again:
        wrong, right = again.group(1) + again.group(2), again.group(4) + again.group(5)
        places = tuple(
            replace(place, text=normalise(place.text).text.replace(wrong, right)) if wrong in normalise(place.text).text
            else place
            for place in heard.places
            if normalise(place.text).text != right
        )  # fmt: skip
        return replace(heard, places=places)
    if len(heard.places) >= 2:
        first, second = heard.places[0], heard.places[1]
        begin, end = heard.text.find(first.text), heard.text.find(second.text)
        if 0 <= begin < end and _BETWEEN.match(heard.text[begin + len(first.text) : end]):
            return replace(heard, places=heard.places[1:])
    return heard


def other_number(place: str, words: str) -> str | None:
    """``place`` with the house number that the words give for it; None when they give none of its kind."""
    number = _HOUSE_NUMBER.search(normalise(words).text)
    if not number:
        return None
    unit = number.group(2)
    changed, changes = re.subn(rf"\d+(?={unit}(?!楼))", number.group(1), normalise(place).text)
    return changed if changes == 1 else None


def number_and_name(place: str | None, words: str, places: Sequence[Place]) -> str | None:
    """不对，是888弄，上海阳城: the number for the place as it was, and the name beside it."""
    if not place or not places:
        return None
    rest = words
    for named in places:
        rest = rest.replace(named.text, " ")
    corrected = other_number(place, rest)
    if corrected is None or any(_HOUSE_NUMBER.search(named.text) for named in places):
        return None
    name = places[0].text
    return corrected if name in corrected else f"{corrected} {name}"


def says_more(kind: str | None, other: str) -> bool:
    """Whether a place of the kind ``other`` tells better where it is than one of ``kind``."""

    def rank(one: str | None) -> int:
        return 2 if one in _SPECIFIC else 1 if one in ("road", "said") else 0

    return kind in _VAGUE and rank(other) > rank(kind)
