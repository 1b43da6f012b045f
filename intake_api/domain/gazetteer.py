"""From words or a pin to a place: a city's names in memory, found in what a resident wrote.

A text is brought to one written form (bot.language) without spaces and punctuation; the longest names and aliases in it
are found by their first two characters; a pole number, a house number, a crossing, a place, a road, a town then decide
in the order of how exact they are. Only if no more than a road comes of it, names are also looked for by their sound in
what is left. Relations and distances (附近, 对面, 往北三百米) are not places and simply stay unmatched.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_uppercase
from typing import NamedTuple

from shapely import STRtree, line_merge, prepare, transform
from shapely.geometry import LineString, MultiLineString, MultiPoint, Point, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from bot.language.areas import areas_in_front, is_generic, level, levels_of
from bot.language.hearing import without_fillers
from bot.language.normalise import normalise
from bot.language.numerals import read_numeral
from intake_api.domain import grid
from intake_api.domain.city import City, NamedPlace, Pole
from intake_api.domain.geodesy import METRES_PER_DEGREE, gcj02_to_wgs84
from intake_api.domain.phonetics import SoundIndex
from intake_api.domain.place import Datum, Place, Precision
from intake_api.domain.romanised import RomanisedNames

LONGEST_TEXT = 500
"""Characters of a location text that are looked at."""

_ESTATES = frozenset({"estate", "village"})
_BORDER = 50.0  # metres by which the drawn outline may be wrong
_NEAR = 300.0  # metres within which a named place tells where a pin is
_ON_ROAD = 100.0  # metres within which a pin is told by a road as well
_EXACT = frozenset({Precision.POINT, Precision.ESTATE})  # nothing better is to be heard
_BEGINS = re.compile("(?:^|[在到住去])$")
_SHORT = 2  # characters of a town's name without 镇 or 街道
_CROSSING_GAP = 80.0  # metres that two drawn roads may miss each other at a crossing
_SAID_CROSSING_GAP = 500.0  # the same when people say that it is a crossing; the place is then only about right
_CANDIDATES = 5
_NUMBER = re.compile(r"第?(\d+)(?:-\d+)?(弄|号|巷)(?![线口楼])")
_COUNTED = re.compile("[一二三四五六七八九十]{1,3}(?=村|新村|区|小区|期|街坊|坊|组|队|路|街|苑|园|支)")
"""Numerals in names, which are written either way: 龙柏二村, 龙柏2村."""
_PART = re.compile("(.{2,}?)(新村)?([0-9]{1,2}(村|区|小区|期|街坊|坊|号园))$")
_POLE_DIGITS = str.maketrans("零〇○洞一幺二两三四五六七拐八九勾", "0000" + "11" + "22" + "3456" + "77" + "8" + "99")
_POLE = re.compile(r"[A-Z](?:\s*[A-Z]){0,3}(?:[\s./_—–杠横-]*[A-Z0-9零〇○洞一幺二两三四五六七拐八九勾]){3,12}")
_POLE_SEPARATORS = re.compile(r"[\s./_—–杠横-]+")
_POLE_SAID = re.compile(r"(?:灯|电|线)?杆|路灯")
_BARE_POLE = re.compile(
    r"[0-9零〇○洞一幺二两三四五六七拐八九勾](?:[\s./_—–杠横-]*[0-9零〇○洞一幺二两三四五六七拐八九勾]){4,12}"
)
_SHORTEST_POLE = 4
_BORDERS = re.compile("(?:和|与|跟|同)?.{0,4}?(?:交界|边界|接壤|相邻|附近|旁边|边上|方向|那边)")
_ADDRESS = re.compile(r"(.+?)(\d+)(?:-\d+)?(弄|号|巷)")
_CROSSING_WORDS = re.compile(r"^(?:的)?(?:路口|交叉|交汇|交界|十字|丁字|口|红绿灯|转角|相交)")
_SECTION_WORDS = ("到", "至", "之间", "段")
_STATION = re.compile("(?:地铁)?站$")
_TOWN_SUFFIX = re.compile("(?:镇|街道|乡)$")

# the better of two resolutions of the same report
_ORDER = (
    Precision.POINT,
    Precision.ESTATE,
    Precision.ROAD,
    Precision.TOWN,
    Precision.OUTSIDE,
    Precision.NONE,
)


class _Name(NamedTuple):
    """What a name stands for: a kind and the index in the city's list of that kind."""

    kind: str  # place, road, town, community
    at: int


@dataclass(frozen=True, slots=True)
class _Mention:
    """Where a name is said; ``written`` is the name's own written form, which differs where it was misheard."""

    start: int
    end: int
    written: str
    names: tuple[_Name, ...]

    def of(self, kind: str) -> tuple[int, ...]:
        return tuple(name.at for name in self.names if name.kind == kind)


@dataclass(frozen=True, slots=True)
class Resolution:
    """The place that is meant, and others that could be meant by the same words."""

    place: Place
    candidates: tuple[Place, ...] = ()


def written_form(text: str) -> str:
    """The one form in which names are compared: no spaces or punctuation but dashes within numbers."""
    plain = _COUNTED.sub(_digits, normalise(text[:LONGEST_TEXT]).text.upper())
    return "".join(
        c
        for i, c in enumerate(plain)
        if c.isalnum()
        or (c == "-" and 0 < i < len(plain) - 1 and plain[i - 1].isascii() and plain[i - 1].isalnum()
            and plain[i + 1].isascii() and plain[i + 1].isalnum())
    )  # fmt: skip


def _digits(numeral: re.Match[str]) -> str:
    return read_numeral(numeral.group()) or numeral.group()


def better(first: Resolution, second: Resolution) -> Resolution:
    """The more precise of two; the first when they are alike."""
    return second if _ORDER.index(second.place.precision) < _ORDER.index(first.place.precision) else first


class Gazetteer:
    """All names of a city, indexed. Building takes seconds for 100,000 places; do it once, off the event loop."""

    def __init__(self, city: City) -> None:
        self._city = city
        west, south, east, north = shape(city.outline).bounds
        self._lat0, self._lng0 = (south + north) / 2, (west + east) / 2
        self._scale = METRES_PER_DEGREE * math.cos(math.radians(self._lat0))
        self.bounds = (west, south, east, north)
        self._outline = self._drawn(city.outline).buffer(_BORDER)
        prepare(self._outline)
        self._towns = [self._drawn(town.geometry) for town in city.towns]
        self._town_tree = STRtree(self._towns)
        for polygon in self._towns:
            prepare(polygon)
        self._town_index = {town.code: index for index, town in enumerate(city.towns)}
        self._roads = [self._drawn(road.geometry) for road in city.roads]
        self._road_tree = STRtree(self._roads)
        self._points = [Point(self._metres(place.lat, place.lng)) for place in city.places]
        self._point_tree = STRtree(self._points)
        self._poles = {_POLE_SEPARATORS.sub("", pole.pole_no.upper()): pole for pole in city.poles}
        self._pole_digits: dict[str, list[Pole]] = defaultdict(list)
        for number, pole in self._poles.items():
            self._pole_digits[number.lstrip(ascii_uppercase)].append(pole)
        self._own_name = written_form(city.name)
        self._levels = levels_of(self._own_name)
        self._neighbours = tuple(written_form(name) for name in city.neighbours)
        self._names: dict[str, list[_Name]] = defaultdict(list)
        self._sounds = SoundIndex()
        self._romanised = RomanisedNames()
        self._parts: dict[int, str] = {}
        self._communities: list[tuple[str, str, list[int]]] = []
        self._numbers: dict[int, dict[tuple[int, str], list[int]]] = defaultdict(lambda: defaultdict(list))
        self._index()
        self._sorted_numbers = {road: sorted(numbers) for road, numbers in self._numbers.items()}
        lengths: dict[str, set[int]] = defaultdict(set)
        for name in self._names:
            lengths[name[:2]].add(len(name))
        self._lengths = {head: tuple(sorted(found, reverse=True)) for head, found in lengths.items()}

    # building

    def _index(self) -> None:
        roads: dict[str, int] = {}
        for index, road in enumerate(self._city.roads):
            for name in (road.name, *road.aliases):
                self._name(written_form(name), "road", index)
                self._romanised.add_road(name)
                roads.setdefault(written_form(name), index)
        communities: dict[tuple[str, str], list[int]] = defaultdict(list)
        for index, place in enumerate(self._city.places):
            if place.kind == "metro":
                self._romanised.add_station(place.name)
            for name in self._said(place):
                self._name(name, "place", index)
            if place.community:
                communities[place.community, place.town].append(index)
            if place.address:
                address = written_form(place.address)
                match = _ADDRESS.match(address)
                road_index = roads.get(match.group(1)) if match else None
                if match and road_index is not None:
                    self._numbers[road_index][int(match.group(2)), match.group(3)].append(index)
                elif match:
                    self._name(address, "place", index, heard=False)
        for (community, town), members in communities.items():
            self._communities.append((community, town, members))
            self._name(written_form(community), "community", len(self._communities) - 1)
        for index, unit in enumerate(self._city.towns):
            full = written_form(unit.name)
            self._name(full, "town", index)
            short = _TOWN_SUFFIX.sub("", full)
            # 江川路街道 without its suffix is the road, 莘庄镇 without it still the town
            if len(short) >= 2 and short not in self._names:
                self._name(short, "town", index)
                self._sounds.add(short, short=True)
        self._index_wholes()

    def _said(self, place: NamedPlace) -> Iterable[str]:
        """All that a place is called."""
        for name in (place.name, *place.aliases):
            key = written_form(name)
            yield key
            if place.kind == "metro":
                yield from (_STATION.sub("", key) + ending for ending in ("站", "地铁站", "轻轨站", "地铁"))

    def _index_wholes(self) -> None:
        """Estates built in parts, by the name that the parts have in common: 滨浦新苑 for 滨浦新苑二村, and 罗阳新村
        for 罗阳六村."""
        wholes: dict[str, list[int]] = defaultdict(list)
        for index, place in enumerate(self._city.places):
            match = _PART.match(written_form(place.name)) if place.kind in _ESTATES else None
            if not match:
                continue
            self._parts[index] = match.group(3)
            stem, village = match.group(1), match.group(2) or ("新村" if match.group(4) == "村" else "")
            for whole in {stem, stem + village}:
                if len(whole) >= 3 and whole not in self._names:
                    wholes[whole].append(index)
        for whole, members in wholes.items():
            for index in members:
                self._name(whole, "place", index)

    def _name(self, key: str, kind: str, index: int, heard: bool = True) -> None:
        if len(key) >= 2 and _Name(kind, index) not in self._names[key]:
            self._names[key].append(_Name(kind, index))
            if heard:
                self._sounds.add(key)

    def _metres(self, lat: float, lng: float) -> tuple[float, float]:
        return (lng - self._lng0) * self._scale, (lat - self._lat0) * METRES_PER_DEGREE

    def _degrees(self, point: Point) -> tuple[float, float]:
        return point.y / METRES_PER_DEGREE + self._lat0, point.x / self._scale + self._lng0

    def _drawn(self, geometry: dict[str, object]) -> BaseGeometry:
        """A GeoJSON geometry in metres around the middle of the city."""
        drawn: BaseGeometry = transform(
            shape(geometry),
            lambda xy: (xy - (self._lng0, self._lat0)) * (self._scale, METRES_PER_DEGREE),
        )
        return drawn

    # resolving

    def resolve(
        self,
        text: str = "",
        lat: float | None = None,
        lng: float | None = None,
        datum: Datum = Datum.WGS84,
        pole_no: str = "",
    ) -> Resolution:
        """The place meant by a pin (which decides when it is there), a pole number, or words."""
        if lat is not None and lng is not None:
            if datum is Datum.GCJ02:
                lat, lng = gcj02_to_wgs84(lat, lng)
            return Resolution(self._pin(text, lat, lng))
        if pole_no:
            pole = self._pole(text or pole_no, pole_no)
            if pole:
                return Resolution(pole)
        return self._words(text or pole_no)

    def contains(self, lat: float, lng: float) -> bool:
        """Whether a WGS84 position lies in the district, or so close to it that the drawn border may be wrong."""
        return bool(self._outline.intersects(Point(self._metres(lat, lng))))

    def place_at(self, text: str, precision: Precision, lat: float, lng: float, name: str | None) -> Place:
        """The place at a WGS84 position that is known from elsewhere, with the town and cell that it lies in."""
        return self._at(text, precision, Point(self._metres(lat, lng)), name)

    def _pin(self, text: str, lat: float, lng: float) -> Place:
        if not self.contains(lat, lng):
            return Place(text or "辖区以外的位置", Precision.OUTSIDE, lat, lng)
        at = Point(self._metres(lat, lng))
        place = self._nearest_place(at)
        road = int(self._road_tree.nearest(at)) if self._roads else None
        if road is not None and self._roads[road].distance(at) > (_NEAR if place is None else _ON_ROAD):
            road = None
        street = self._city.roads[road].name if road is not None else ""
        name = self._city.places[place].name if place is not None else street
        around = f"{street}，{name}附近" if street and name != street else f"{name}附近" if name else "地图上的位置"
        return self._at(text or around, Precision.POINT, at, name or None)

    def _nearest_place(self, at: Point) -> int | None:
        if not self._points:
            return None
        nearest = int(self._point_tree.nearest(at))
        return nearest if self._points[nearest].distance(at) <= _NEAR else None

    def _community_of(self, at: Point) -> str | None:
        """The community of the nearest place that has one."""
        near = [int(index) for index in self._point_tree.query(at, predicate="dwithin", distance=_NEAR)]
        known = [index for index in near if self._city.places[index].community]
        nearest = min(known, key=lambda index: self._points[index].distance(at), default=None)
        return self._city.places[nearest].community if nearest is not None else None

    def _pole(self, text: str, pole_no: str) -> Place | None:
        pole = self._poles.get(written_form(pole_no).replace("-", ""))
        return self._at_pole(text, pole) if pole else None

    def _at_pole(self, text: str, pole: Pole) -> Place:
        return self._at(text, Precision.POINT, Point(self._metres(pole.lat, pole.lng)), f"{pole.pole_no} 号灯杆")

    def _said_pole(self, text: str) -> Place | None:
        """The pole whose number is in a text, typed in any way or spoken: MH 0712-08, MH零七一二杠零八; without its
        letters where a pole is mentioned and one alone has these digits."""
        plain = normalise(text[:LONGEST_TEXT]).text.upper()
        for match in _POLE.finditer(plain):
            number = _POLE_SEPARATORS.sub("", match.group()).translate(_POLE_DIGITS)
            # what follows may be another number: MH0712-08 三天不亮
            for length in range(len(number), _SHORTEST_POLE - 1, -1):
                if number[:length] in self._poles:
                    return self._at_pole(text, self._poles[number[:length]])
        if _POLE_SAID.search(plain):
            for match in _BARE_POLE.finditer(plain):
                number = _POLE_SEPARATORS.sub("", match.group()).translate(_POLE_DIGITS)
                poles = self._pole_digits.get(number, [])
                if len(poles) == 1:
                    return self._at_pole(text, poles[0])
        return None

    def _elsewhere(self, key: str, mentions: Sequence[_Mention]) -> bool:
        """Whether the text begins with the full name of a neighbour, and speaks neither of the border nor of a town of
        ours."""
        for name in self._neighbours:
            at = key.find(name)
            if at >= 0 and self._city.name.startswith(key[:at]):
                ours = any(mention.of("town") for mention in mentions)
                return not ours and not _BORDERS.match(key, at + len(name))
        return False

    def _of_another_city(self, key: str, mentions: Sequence[_Mention]) -> bool:
        """Whether an area stands in front that is not ours, so that names which we have as well mean others.

        A town that we do not know may be an old name of ours: it speaks only against names that every city has.
        Likewise a prefecture or province where the city's own name does not tell to which it belongs.
        """
        areas = areas_in_front(key)
        # what is a name of ours, or a part of one, is no area of others: 都市路, 禾东镇
        known = next(
            (at for at, area in enumerate(areas) if any(m.start < area.end and m.end > area.start for m in mentions)),
            len(areas),
        )
        names = [key[area.start : area.end] for area in areas[:known]]
        strange = [name for name in names if name not in self._own_name]
        if not strange or names[-1] in self._own_name:
            return False
        comparable = any(level(name) in self._levels for name in strange)
        said = [mention for mention in mentions if mention.of("place") or mention.of("road")]
        return comparable or (bool(said) and all(is_generic(mention.written) for mention in said))

    def _words(self, text: str) -> Resolution:
        pole = self._said_pole(text)
        if pole:
            return Resolution(pole)
        key = written_form(without_fillers(self._romanised.in_chinese(text[:LONGEST_TEXT])).text)
        mentions = self._mentions(key)
        if self._elsewhere(key, mentions):
            return Resolution(Place(text, Precision.OUTSIDE))
        if self._of_another_city(key, mentions):
            return Resolution(Place(text, Precision.NONE))
        found = self._decide(text, key, mentions)
        if found.place.precision in _EXACT:
            return found
        heard = self._heard(key, mentions)
        if not heard:
            return found
        again = self._decide(text, key, sorted([*mentions, *heard], key=lambda mention: mention.start))
        return found if better(again, found) is found else again

    def _decide(self, text: str, key: str, mentions: Sequence[_Mention]) -> Resolution:
        """The place that the names in a text lead to."""
        towns = [index for mention in mentions for index in mention.of("town")]
        roads = [mention for mention in mentions if mention.of("road")]
        places = [mention for mention in mentions if mention.of("place")]
        found = self._address(text, key, roads, exact=True)
        if found:
            return found
        crossing = self._crossing(text, key, roads)
        if crossing and _CROSSING_WORDS.match(key[roads[-1].end :]):
            return Resolution(crossing)
        near = [mention for mention in places if key[mention.start - 1 : mention.start] == "近"]
        direct = [mention for mention in places if mention not in near]
        if direct:
            return self._named(text, key, direct[-1], roads, towns)
        if crossing:
            return Resolution(crossing)
        if near:
            return self._named(text, key, near[0], roads, towns)
        found = self._address(text, key, roads, exact=False)
        if found:
            return found
        if roads:
            return Resolution(self._road(text, roads[0].of("road")[0], towns))
        communities = [index for mention in mentions for index in mention.of("community")]
        if communities:
            codes = {self._city.towns[town].code for town in towns}
            name, _town, members = min(
                (self._communities[index] for index in communities), key=lambda community: community[1] not in codes
            )
            middle = MultiPoint([self._points[index] for index in members]).centroid
            return Resolution(self._at(text, Precision.ESTATE, middle, name))
        if towns:
            middle = self._towns[towns[-1]].representative_point()
            return Resolution(self._at(text, Precision.TOWN, middle, self._city.towns[towns[-1]].name))
        return Resolution(Place(text, Precision.NONE))

    def _mentions(self, key: str) -> list[_Mention]:
        """Names in the text, longer ones before shorter ones that overlap them, in the order of the text."""
        found = []
        for start in range(len(key) - 1):
            for length in self._lengths.get(key[start : start + 2], ()):
                written = key[start : start + length]
                names = self._names.get(written)
                if names and len(written) == length:
                    found.append(_Mention(start, start + length, written, tuple(names)))
                    break
        taken = bytearray(len(key))
        kept = []
        for mention in sorted(found, key=lambda m: (m.start - m.end, m.start)):
            if not any(taken[mention.start : mention.end]):
                taken[mention.start : mention.end] = b"\1" * (mention.end - mention.start)
                kept.append(mention)
        return sorted(kept, key=lambda m: m.start)

    def _heard(self, key: str, mentions: Sequence[_Mention]) -> list[_Mention]:
        """Names that what is not yet a mention sounds like, longer ones before shorter ones that overlap them."""
        taken = bytearray(len(key))
        for mention in mentions:
            taken[mention.start : mention.end] = b"\1" * (mention.end - mention.start)
        has_town = any(mention.of("town") for mention in mentions)
        kept = []
        for heard in sorted(self._sounds.heard(key), key=lambda h: (h.start - h.end, h.start)):
            if any(taken[heard.start : heard.end]):
                continue
            # two syllables mean a town only where a place begins: 过江桥梁 is not 虹桥
            if heard.end - heard.start == _SHORT and (has_town or not _BEGINS.search(key[: heard.start])):
                continue
            taken[heard.start : heard.end] = b"\1" * (heard.end - heard.start)
            names = tuple(dict.fromkeys(name for written in heard.names for name in self._names[written]))
            kept.append(_Mention(heard.start, heard.end, heard.names[0], names))
        return kept

    def _address(self, text: str, key: str, roads: Sequence[_Mention], exact: bool) -> Resolution | None:
        for mention in roads:
            match = _NUMBER.match(key, mention.end)
            if not match:
                continue
            road = mention.of("road")[0]
            number, unit = int(match.group(1)), match.group(2)
            known = self._numbers.get(road, {})
            if exact:
                members = known.get((number, unit), [])
                if members:
                    return self._choice(text, members)
            elif known:
                nearest = self._nearest_number(road, number)
                on_road = nearest_points(self._roads[road], self._points[known[nearest][0]])[0]
                return Resolution(self._at(text, Precision.ROAD, on_road, self._city.roads[road].name))
        return None

    def _nearest_number(self, road: int, number: int) -> tuple[int, str]:
        """The known house or lane number of a road next to ``number``, on its side of the road if two are as near."""
        known = self._sorted_numbers[road]
        at = bisect_left(known, (number, ""))
        return min(known[max(at - 2, 0) : at + 2], key=lambda other: (abs(other[0] - number), (other[0] - number) % 2))

    def _crossing(self, text: str, key: str, mentions: Sequence[_Mention]) -> Place | None:
        roads = list(dict.fromkeys(mention.of("road")[0] for mention in mentions))
        if len(roads) < 2:
            return None
        if len(roads) >= 3 and any(word in key for word in _SECTION_WORDS):
            # 甲路乙路到丙路, or 从乙路到丙路的甲路
            section = self._section(text, *roads[:3]) or self._section(text, roads[2], *roads[:2])
            if section:
                return section
        said = bool(_CROSSING_WORDS.match(key[mentions[-1].end :]))
        for precision, gap in ((Precision.POINT, _CROSSING_GAP), (Precision.ROAD, _SAID_CROSSING_GAP if said else 0)):
            for first, second in pairwise(roads):
                at = self._meet(first, second, gap)
                if at:
                    name = f"{self._city.roads[first].name}{self._city.roads[second].name}路口"
                    return self._at(text, precision, at, name)
        return None

    def _section(self, text: str, road: int, first: int, second: int) -> Place | None:
        """The middle of ``road`` between its crossings with two others."""
        begins, ends = self._meet(road, first), self._meet(road, second)
        line = self._line(road)
        if begins is None or ends is None:
            return None
        middle = line.interpolate((line.project(begins) + line.project(ends)) / 2)
        return self._at(text, Precision.ROAD, middle, self._city.roads[road].name)

    def _meet(self, first: int, second: int, gap: float = _CROSSING_GAP) -> Point | None:
        one, other = nearest_points(self._roads[first], self._roads[second])
        if one.distance(other) > gap:
            return None
        return Point((one.x + other.x) / 2, (one.y + other.y) / 2)

    def _line(self, road: int) -> LineString:
        """The road as one line: its longest part when it is drawn in several that do not join."""
        drawn = self._roads[road]
        if isinstance(drawn, MultiLineString):
            drawn = line_merge(drawn)
        return max(drawn.geoms, key=lambda part: part.length) if isinstance(drawn, MultiLineString) else drawn

    def _road(self, text: str, road: int, towns: Sequence[int]) -> Place:
        """The middle of a road, within the town that is named if it passes through it."""
        line = self._line(road)
        for town in towns:
            within = line.intersection(self._towns[town])
            if within.length > 0:
                parts = getattr(within, "geoms", [within])
                line = max((part for part in parts if isinstance(part, LineString)), key=lambda part: part.length)
                break
        return self._at(text, Precision.ROAD, line.interpolate(0.5, normalized=True), self._city.roads[road].name)

    def _named(
        self, text: str, key: str, mention: _Mention, roads: Sequence[_Mention], towns: Sequence[int]
    ) -> Resolution:
        """A place by name; of several of that name the one in the town or by the road that is named too, and of the
        parts of an estate the one whose number follows."""
        members = mention.of("place")
        if len(members) > 1:
            codes = {self._city.towns[town].code for town in towns}
            lines = [self._roads[road.of("road")[0]] for road in roads]

            def unlikely(index: int) -> tuple[bool, bool, float]:
                part = self._parts.get(index)
                away = min((line.distance(self._points[index]) for line in lines), default=0.0)
                return (
                    not (part and key.startswith(part, mention.end)),
                    bool(codes) and self._city.places[index].town not in codes,
                    away,
                )

            members = tuple(sorted(members, key=unlikely))
            if not unlikely(members[0])[0]:
                members = tuple(index for index in members if not unlikely(index)[0])
            elif all(index in self._parts for index in members):
                return self._whole(text, mention.written, members)
        return self._choice(text, members)

    def _whole(self, text: str, name: str, parts: Sequence[int]) -> Resolution:
        """An estate built in parts, none of which is told: its middle, with the parts to choose from."""
        middle = MultiPoint([self._points[index] for index in parts]).centroid
        found = self._at(text, Precision.ESTATE, middle, name)
        return Resolution(found, tuple(self._place(text, index) for index in parts[:_CANDIDATES]))

    def _choice(self, text: str, members: Iterable[int]) -> Resolution:
        first, *others = (self._place(text, index) for index in list(members)[: _CANDIDATES + 1])
        return Resolution(first, tuple([first, *others][:_CANDIDATES]) if others else ())

    def _place(self, text: str, index: int) -> Place:
        place = self._city.places[index]
        precision = Precision.ESTATE if place.kind in _ESTATES else Precision.POINT
        town = self._city.towns[self._town_index[place.town]]
        return Place(
            text=text,
            precision=precision,
            lat=place.lat,
            lng=place.lng,
            grid_cell=grid.cell(place.lat, place.lng),
            town=town.name,
            town_code=town.code,
            community=place.community or None,
            name=place.name,
        )

    def _at(self, text: str, precision: Precision, at: Point, name: str | None) -> Place:
        lat, lng = (round(degree, 6) for degree in self._degrees(at))
        town = self._town_of(at)
        community = None
        if precision is Precision.POINT:
            community = self._community_of(at)
        return Place(
            text=text,
            precision=precision,
            lat=lat,
            lng=lng,
            # a town as a whole lies in no one cell
            grid_cell=None if precision is Precision.TOWN else grid.cell(lat, lng),
            town=self._city.towns[town].name if town is not None else None,
            town_code=self._city.towns[town].code if town is not None else None,
            community=community,
            name=name,
        )

    def _town_of(self, at: Point) -> int | None:
        """The town around a point; between drawn borders the nearest one."""
        if not self._towns:
            return None
        for index in self._town_tree.query(at):
            if self._towns[index].intersects(at):
                return int(index)
        return int(self._town_tree.nearest(at))
