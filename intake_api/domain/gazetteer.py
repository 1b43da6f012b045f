"""From words or a pin to a place: a city's names in memory, found in what a resident wrote.

A text is brought to one written form (bot.language) without spaces and punctuation; the longest names and aliases in it
are found by their first two characters; a pole number, a house number, a crossing, a place, a road, a town then decide
in the order of how exact they are. Relations (附近, 对面, 门口) are not places and simply stay unmatched.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from shapely import STRtree, line_merge, prepare, transform
from shapely.geometry import LineString, MultiLineString, MultiPoint, Point, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from bot.language.normalise import normalise
from intake_api.domain import grid
from intake_api.domain.city import City
from intake_api.domain.geodesy import METRES_PER_DEGREE, gcj02_to_wgs84
from intake_api.domain.place import Datum, Place, Precision

LONGEST_TEXT = 500
"""Characters of a location text that are looked at."""

_ESTATES = frozenset({"estate", "village"})
_BORDER = 50.0  # metres by which the drawn outline may be wrong
_NEAR = 300.0  # metres within which a named place tells where a pin is
_CROSSING_GAP = 80.0  # metres that two drawn roads may miss each other at a crossing
_SAID_CROSSING_GAP = 500.0  # the same when people say that it is a crossing; the place is then only about right
_CANDIDATES = 5
_NUMBER = re.compile(r"第?(\d+)(?:-\d+)?(弄|号|巷)(?![线口楼])")
_POLE = re.compile(r"[A-Z]{1,4}[0-9][A-Z0-9-]*")
_ADDRESS = re.compile(r"(.+?)(\d+)(?:-\d+)?(弄|号|巷)")
_CROSSING_WORDS = re.compile(r"^(?:的)?(?:路口|交叉|交汇|交界|十字|丁字|口|红绿灯|转角|相交)")
_SECTION_WORDS = ("到", "至", "之间", "段")
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
    start: int
    end: int
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
    plain = normalise(text[:LONGEST_TEXT]).text.upper()
    return "".join(
        c
        for i, c in enumerate(plain)
        if c.isalnum()
        or (c == "-" and 0 < i < len(plain) - 1 and plain[i - 1].isascii() and plain[i - 1].isalnum()
            and plain[i + 1].isascii() and plain[i + 1].isalnum())
    )  # fmt: skip


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
        self._poles = {pole.pole_no.upper().replace("-", ""): pole for pole in city.poles}
        self._names: dict[str, list[_Name]] = defaultdict(list)
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
                roads.setdefault(written_form(name), index)
        communities: dict[tuple[str, str], list[int]] = defaultdict(list)
        for index, place in enumerate(self._city.places):
            for name in (place.name, *place.aliases):
                self._name(written_form(name), "place", index)
            if place.community:
                communities[place.community, place.town].append(index)
            if place.address:
                address = written_form(place.address)
                match = _ADDRESS.match(address)
                road_index = roads.get(match.group(1)) if match else None
                if match and road_index is not None:
                    self._numbers[road_index][int(match.group(2)), match.group(3)].append(index)
                elif match:
                    self._name(address, "place", index)
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

    def _name(self, key: str, kind: str, index: int) -> None:
        if len(key) >= 2 and _Name(kind, index) not in self._names[key]:
            self._names[key].append(_Name(kind, index))

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

    def _pin(self, text: str, lat: float, lng: float) -> Place:
        at = Point(self._metres(lat, lng))
        if not self._outline.intersects(at):
            return Place(text or "辖区以外的位置", Precision.OUTSIDE, lat, lng)
        place = self._nearest_place(at)
        name = self._city.places[place].name if place is not None else None
        if name is None and self._roads:
            road = int(self._road_tree.nearest(at))
            if self._roads[road].distance(at) <= _NEAR:
                name = self._city.roads[road].name
        return self._at(text or (f"{name}附近" if name else "地图上的位置"), Precision.POINT, at, name)

    def _nearest_place(self, at: Point) -> int | None:
        if not self._points:
            return None
        nearest = int(self._point_tree.nearest(at))
        return nearest if self._points[nearest].distance(at) <= _NEAR else None

    def _pole(self, text: str, pole_no: str) -> Place | None:
        pole = self._poles.get(written_form(pole_no).replace("-", ""))
        if pole is None:
            return None
        return self._at(text, Precision.POINT, Point(self._metres(pole.lat, pole.lng)), f"{pole.pole_no} 号灯杆")

    def _words(self, text: str) -> Resolution:
        key = written_form(text)
        for token in _POLE.findall(key):
            pole = self._pole(text, token)
            if pole:
                return Resolution(pole)
        mentions = self._mentions(key)
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
            return self._named(text, direct[-1], roads, towns)
        if crossing:
            return Resolution(crossing)
        if near:
            return self._named(text, near[0], roads, towns)
        found = self._address(text, key, roads, exact=False)
        if found:
            return found
        if roads:
            return Resolution(self._road(text, roads[0].of("road")[0], towns))
        communities = [index for mention in mentions for index in mention.of("community")]
        if communities:
            name, _town, members = self._communities[communities[0]]
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
                names = self._names.get(key[start : start + length])
                if names and len(key) >= start + length:
                    found.append(_Mention(start, start + length, tuple(names)))
                    break
        taken = bytearray(len(key))
        kept = []
        for mention in sorted(found, key=lambda m: (m.start - m.end, m.start)):
            if not any(taken[mention.start : mention.end]):
                taken[mention.start : mention.end] = b"\1" * (mention.end - mention.start)
                kept.append(mention)
        return sorted(kept, key=lambda m: m.start)

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
            section = self._section(text, roads[0], roads[1], roads[2])
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

    def _named(self, text: str, mention: _Mention, roads: Sequence[_Mention], towns: Sequence[int]) -> Resolution:
        """A place by name; of several of that name the one in the town or by the road that is named too."""
        members = mention.of("place")
        if len(members) > 1:
            codes = {self._city.towns[town].code for town in towns}
            lines = [self._roads[road.of("road")[0]] for road in roads]

            def unlikely(index: int) -> tuple[bool, float]:
                away = min((line.distance(self._points[index]) for line in lines), default=0.0)
                return bool(codes) and self._city.places[index].town not in codes, away

            members = tuple(sorted(members, key=unlikely))
        return self._choice(text, members)

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
            place = self._nearest_place(at)
            community = (self._city.places[place].community or None) if place is not None else None
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
