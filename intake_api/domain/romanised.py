"""Names of roads and stations as on their bilingual signs: Dushi Road for 都市路, Xinzhuang Station for 莘庄站.

What is written so is read back into Chinese before it is looked up; numbers are put where a Chinese address has them
(1588 Wuzhong Road → 吴中路1588号, Lane 300 Dushi Road → 都市路300弄).
"""

from __future__ import annotations

import re

from intake_api.domain.phonetics import syllables

_ROAD = re.compile("(?:公路|大道|路|街)$")
_STATION = re.compile("(?:地铁站|站)$")
_DIRECTIONS = {"north": "bei", "south": "nan", "east": "dong", "west": "xi", "middle": "zhong", "central": "zhong"}
_MOST_WORDS = 4  # of a name
_WRITTEN = re.compile(
    r"(?:\b(?P<before>lane|ln|no\.?|number)?\s*(?P<number>\d{1,5})\s*,?\s*(?:of\s+)?)?"
    r"\b(?P<name>[a-z'’]+(?:\s+[a-z'’]+)*?)\s+"
    r"(?:(?P<road>road|rd|street|st|avenue|ave|highway|hwy|boulevard|blvd|lu|jie)|(?P<station>(?:metro\s+|subway\s+)?station))\b\.?"
    r"(?:\s*,?\s*(?P<behind>lane|ln|no\.?|number)?\s*(?P<after>\d{1,5})\b)?",
    re.IGNORECASE,
)


class RomanisedNames:
    """Names of roads and stations by their pinyin without tones."""

    def __init__(self) -> None:
        self._roads: dict[str, str] = {}
        self._stations: dict[str, str] = {}

    def add_road(self, name: str) -> None:
        """Have a road found."""
        self._add(self._roads, _ROAD.sub("", name), name)

    def add_station(self, name: str) -> None:
        """Have a station found."""
        self._add(self._stations, _STATION.sub("", name), name)

    def _add(self, names: dict[str, str], core: str, name: str) -> None:
        if len(core) < 2:
            return
        usual = [syllables(character) for character in core]
        names.setdefault("".join(readings[0] for readings in usual), name)
        # 莘 is shen and xin: one character may have its other reading
        for at, readings in enumerate(usual):
            for other in readings[1:]:
                sound = "".join(other if place == at else each[0] for place, each in enumerate(usual))
                names.setdefault(sound, name)

    def in_chinese(self, text: str) -> str:
        """``text`` with the names that are known, and their numbers, in Chinese; the rest as it is."""
        if not re.search(r"[A-Za-z]{3}", text):
            return text
        return _WRITTEN.sub(self._one, text)

    def _one(self, written: re.Match[str]) -> str:
        names = self._roads if written["road"] else self._stations
        words = re.sub(r"['’]", "", written["name"].lower()).split()
        # the words before the name belong to the sentence: the street light on Dushi Road
        for first in range(max(0, len(words) - _MOST_WORDS), len(words)):
            name = _known(names, words[first:])
            if name is None:
                continue
            unit, number = written["before"] or written["behind"] or "", written["after"] or ""
            if first == 0 and written["number"]:
                unit, number = written["before"] or "", written["number"]
            told = f"{name}{number}{'弄' if unit.lower() in ('lane', 'ln') else '号'}" if number else name
            if first == 0:
                return told
            return f"{written['number'] or ''} {' '.join(words[:first])} {told}".strip()
        return written.group()


def _known(names: dict[str, str], words: list[str]) -> str | None:
    """The name that the words spell; a direction may stand before it: South Lianhua Road is 莲花南路."""
    spelt = [_DIRECTIONS.get(word, word) for word in words]
    found = names.get("".join(spelt))
    if found is None and len(words) > 1 and words[0] in _DIRECTIONS:
        found = names.get("".join([*spelt[1:], spelt[0]]))
    return found
