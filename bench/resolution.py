"""From words to a place: ``python -m bench.resolution`` measures how often the sample city's gazetteer is right, and
how long it takes and what it holds in memory with 100,000 generated places.

Right is: within 200 m of where it is, or the very estate, road or crossing that is meant; ``none`` where nothing is to
be known, ``outside`` where the words name another city.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.figures import Figure, at_least, at_most, figure, percentile, table
from intake_api.domain.city import City, NamedPlace, Pole
from intake_api.domain.city_folder import read_city
from intake_api.domain.gazetteer import Gazetteer, written_form
from intake_api.domain.geodesy import metres
from intake_api.domain.place import Place, Precision
from intake_api.domain.taxonomy import read_taxonomy

ROOT = Path(__file__).resolve().parents[1]
PHRASES = ROOT / "tests" / "data" / "places_heldout.jsonl"
SAMPLE_CITY = ROOT / "nlu_data" / "city" / "minhang"
MANY = 100_000
NEAR = 200.0
"""Metres within which a place is right whatever it is called."""

_ROAD = re.compile(r".+?(?:大道|路|街)")
_EXACT = frozenset({Precision.POINT, Precision.ESTATE, Precision.ROAD})


@dataclass(frozen=True)
class Phrase:
    """What somebody said, and what it means."""

    id: str
    text: str
    names: tuple[str, ...]
    position: tuple[float, float] | None
    town: str
    precision: Precision

    def is_met_by(self, found: Place) -> bool:
        """Whether the place found is the one that is meant."""
        if self.precision in (Precision.NONE, Precision.OUTSIDE):
            return found.precision is self.precision
        if self.town and found.town != self.town:
            return False
        if self.precision is Precision.TOWN:
            return found.precision is Precision.TOWN and found.name in self.names
        if found.precision not in _EXACT:
            return False
        at = (found.lat, found.lng) if found.lat is not None and found.lng is not None else None
        if self.position and at and metres(*self.position, *at) <= NEAR:
            return True
        return any(_same(name, found.name or "") for name in self.names)


def _same(meant: str, found: str) -> bool:
    """Roads and crossings are compared road by road, other names by what is contained in the city's full name."""
    roads = _ROAD.findall(meant)
    if "".join(roads) == meant:
        return set(roads) <= set(_ROAD.findall(found))
    return written_form(meant) in written_form(found)


def phrases(path: Path = PHRASES) -> list[Phrase]:
    """The held-out phrases."""
    read = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        expect: dict[str, Any] = row["expect"]
        names = (expect["name"], *expect.get("also", [])) if "name" in expect else ()
        position = (expect["lat"], expect["lng"]) if "lat" in expect else None
        precision = Precision(expect["precision"])
        read.append(Phrase(row["id"], row["text"], names, position, expect.get("town", ""), precision))
    return read


def sample_city(folder: Path = SAMPLE_CITY) -> City:
    """The city that comes with the system."""
    return read_city(folder, read_taxonomy(ROOT / "nlu_data" / "taxonomy.csv"))


def misses(gazetteer: Gazetteer, among: Sequence[Phrase]) -> list[tuple[Phrase, Place]]:
    """The phrases that are not understood, with what was found instead."""
    found = ((phrase, gazetteer.resolve(phrase.text).place) for phrase in among)
    return [(phrase, place) for phrase, place in found if not phrase.is_met_by(place)]


def large_city(city: City, places: int = MANY, seed: int = 7) -> City:
    """``city`` with generated places added, until there are ``places``: names of two to seven characters, many of them
    alike in sound, most with an address, and one pole to ten places."""
    pick = random.Random(seed)
    syllables = (
        "安保北滨博彩草昌长朝晨城春翠德东都芳丰福古光桂海航和鹤恒红虹华汇惠嘉建江金锦景静康兰丽林龙绿梅民明南宁平浦秦青"
        "清泉仁荣瑞润莎尚申盛水松泰天桐万文西曦祥新馨信兴杏秀旭雅阳银英永玉园源悦云泽兆正知中舟竹紫"
    )
    kinds = (("estate", ("苑", "花园", "新村", "公寓", "小区", "名邸")), ("school", ("小学", "中学", "幼儿园")),
             ("mall", ("广场", "商城")), ("office", ("大厦", "中心", "厂")), ("market", ("菜场", "市场")),
             ("village", ("村",)))  # fmt: skip
    west, south, east, north = _box(city)
    towns = [town.code for town in city.towns]
    roads = [road.name for road in city.roads]
    made = []
    for number in range(places - len(city.places)):
        kind, endings = pick.choice(kinds)
        name = "".join(pick.choices(syllables, k=pick.randint(2, 5))) + pick.choice(endings)
        community = name[:2] + "居委会" if pick.random() < 0.5 else ""
        address = f"{pick.choice(roads)}{number}{pick.choice('弄号')}" if pick.random() < 0.7 else ""
        made.append(
            NamedPlace(
                name, kind, (name[:3] + endings[0],) if pick.random() < 0.2 else (), pick.uniform(south, north),
                pick.uniform(west, east), pick.choice(towns), community, address,
            )
        )  # fmt: skip
    poles = tuple(
        Pole(f"XN{number // 100:04d}-{number % 100:02d}", pick.uniform(south, north), pick.uniform(west, east), "")
        for number in range(places // 10)
    )
    return replace(city, places=city.places + tuple(made), poles=city.poles + poles)


def _box(city: City) -> tuple[float, float, float, float]:
    corners = [(place.lng, place.lat) for place in city.places]
    lngs, lats = [lng for lng, _ in corners], [lat for _, lat in corners]
    return min(lngs), min(lats), max(lngs), max(lats)


def resident_megabytes() -> float:
    """What this process holds in memory."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _spoken(city: City, among: Sequence[Phrase]) -> list[str]:
    """What is asked of the large city: the held-out phrases, and its own places as they are heard and written down."""
    pick = random.Random(11)
    heard = str.maketrans("春申都市虹莘银金心青文清信", "椿身嘟是红新营京新轻闻轻欣")
    texts = [phrase.text for phrase in among]
    for place in pick.sample(city.places, 850):
        texts.append(pick.choice(("{}", "{}门口", "我住在{}这里", "{}对面那条路边上")).format(place.name))
        texts.append(place.name.translate(heard) + "旁边")
    return texts


def measure(repeats: int = 3) -> list[Figure]:
    """All figures of resolution, in the order in which they are reported."""
    city, among = sample_city(), phrases()
    gazetteer = Gazetteer(city)
    right = 1 - len(misses(gazetteer, among)) / len(among)
    before = resident_megabytes()
    large = large_city(city)
    listed = resident_megabytes()
    started = time.perf_counter()
    crowded = Gazetteer(large)
    built = time.perf_counter() - started
    held = resident_megabytes() - listed
    texts = _spoken(large, among)
    for text in texts[:50]:
        crowded.resolve(text)
    spans: list[list[float]] = []
    for _ in range(repeats):
        spans.append([])
        for text in texts:
            started = time.thread_time()  # not the clock: other work on the machine is none of the resolver's
            crowded.resolve(text)
            spans[-1].append((time.thread_time() - started) * 1000)
    many = f"{MANY:,} 个地名"
    p50, p99 = ([percentile(each, share) for each in spans] for share in (0.5, 0.99))
    return [
        figure("resolution", "地点识别正确率（200 米以内，或小区、道路无误）", "", [right], at_least(0.90)),
        figure("resolve_p50", f"识别一处地点的处理器时间，{many}，p50", "ms", p50),
        figure("resolve_p99", f"识别一处地点的处理器时间，{many}，p99", "ms", p99, at_most(2)),
        figure("gazetteer_build", f"建立 {many}的索引", "s", [built]),
        figure("gazetteer_memory", f"{many}的索引占内存", "MB", [held]),
        figure("gazetteer_listed", f"{many}本身占内存", "MB", [listed - before]),
    ]


def main() -> None:
    """Print the figures, and every phrase that is not understood."""
    among = phrases()
    wrong = misses(Gazetteer(sample_city()), among)
    by_precision: dict[Precision, list[bool]] = defaultdict(list)
    for phrase in among:
        by_precision[phrase.precision].append(phrase not in [missed for missed, _ in wrong])
    for phrase, place in wrong:
        print(
            f"{phrase.id} {phrase.text}：应为 {phrase.names or phrase.precision}，得到 {place.precision} {place.name}"
        )
    print("；".join(f"{precision} {sum(hits)}/{len(hits)}" for precision, hits in by_precision.items()))
    print(table(measure()))


if __name__ == "__main__":
    main()
