"""What everybody may know of a case: category, a coarse place, state and times, and never a person.

Three rules, all pure:

* **Which cases** (``PublicPolicy.hides``): never those of confidential reporters, of referrals and of categories that
  the city keeps to itself, nor those whose words speak of violence, minors or illness; no guess of the assistant before
  an operator has confirmed it.
* **Where** (``PublicMap``): a place is told exactly only if it is public by itself and known to the city: a lamp post,
  a crossing, a park, a station. Homes are told by the estate's or village's own position, roads and everything else by
  the middle of a grid cell of 10,000 m², towns by name. The reporter's own words for the place are never told.
* **What is said** (``stand``, ``stages``): the states in plain words. Reasons, names and texts of events are never
  told; a description only as staff released it (``personal_kinds`` says why a text cannot be released as it is).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.language.personal import KINDS, personal_spans, without_personal
from intake_api.domain import grid
from intake_api.domain.case import Status
from intake_api.domain.geodesy import METRES_PER_DEGREE
from intake_api.domain.place import Place, Precision

if TYPE_CHECKING:
    from intake_api.domain.city import City

PUBLIC_ACTS = frozenset({"", "report", "suggest", "emergency"})
"""What is shown: problems and proposals. Questions and praise are nobody else's business."""

_HOMES = frozenset({"estate", "village"})
_VILLAGE_NEAR = 400.0  # metres: a cell beside a village may hold a single house, so the village itself is told
_SAME_SPOT = 30.0  # metres within which a position is that of the named public place


@dataclass(frozen=True)
class PublicPolicy:
    """What a city keeps to itself (``city.toml``, ``[public]``).

    ``hidden_categories``: codes, or beginnings followed by ``*``. ``hidden_words``: a case whose description has one of
    them is never public, whatever its category.
    """

    hidden_categories: tuple[str, ...] = ("90*", "1511", "1706", "1708", "1709", "1710")
    hidden_words: tuple[str, ...] = (
        "家暴", "家庭暴力", "殴打", "打老婆", "打孩子", "虐待", "性侵", "强奸", "猥亵", "性骚扰", "自杀", "轻生",
        "自残", "吸毒", "贩毒", "聚众赌博", "卖淫", "嫖娼", "精神病", "抑郁症", "艾滋", "未成年",
    )  # fmt: skip

    def hides_category(self, code: str) -> bool:
        """Whether cases of a category are never public."""
        return any(
            code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern
            for pattern in self.hidden_categories
        )

    def hides(
        self,
        *,
        category: str | None,
        act: str,
        confidential: bool,
        description: str,
        confirmed: bool,
    ) -> str | None:
        """Why a case is not public, in Chinese for staff; None when it is.

        ``confirmed``: a person chose or confirmed the category, or the assistant is as sure as the city asks.
        """
        if confidential:
            return "反映人要求保密"
        if category is None or not confirmed:
            return "分类还没有确定"
        if self.hides_category(category):
            return "这一类诉求不公开"
        if act not in PUBLIC_ACTS:
            return "咨询、表扬等不公开"
        if any(word in description for word in self.hidden_words):
            return "内容涉及人身、未成年人或健康等敏感情况"
        return None


DEFAULT_POLICY = PublicPolicy()
"""Of a city that says nothing: referrals, people living in the street, and what concerns single households."""


class Level(StrEnum):
    """How exactly a place is told."""

    EXACT = "exact"  # a public object or place
    HOME = "home"  # the estate or village as a whole
    CELL = "cell"  # the middle of a grid cell
    TOWN = "town"  # the town's name only
    OUTSIDE = "outside"  # beyond the district
    NONE = "none"  # not known


@dataclass(frozen=True, slots=True)
class PublicPlace:
    """Where, as everybody may know it (WGS84 degrees). ``address`` is made of the city's own names, or empty."""

    level: Level
    address: str = ""
    town: str = ""
    lat: float | None = None
    lng: float | None = None


class PublicMap:
    """The city's own names and positions, by which places are told."""

    def __init__(self, city: City) -> None:
        self._public: dict[str, list[tuple[float, float]]] = {}
        self._homes: dict[str, list[tuple[float, float]]] = {}
        self._villages: list[tuple[str, float, float]] = []
        for place in city.places:
            known = self._homes if place.kind in _HOMES else self._public
            known.setdefault(place.name, []).append((place.lat, place.lng))
            if place.kind == "village":
                self._villages.append((place.name, place.lat, place.lng))
        self._communities = {place.community for place in city.places if place.community}
        self._roads = {road.name for road in city.roads}
        self._poles = {f"{pole.pole_no} 号灯杆": (pole.lat, pole.lng) for pole in city.poles}

    def told(self, place: Place) -> PublicPlace:
        """``place`` as everybody may know it."""
        town = place.town or ""
        if place.precision is Precision.OUTSIDE:
            return PublicPlace(Level.OUTSIDE, "辖区以外")
        if place.precision is Precision.NONE:
            return PublicPlace(Level.NONE)
        if place.precision is Precision.TOWN or place.lat is None or place.lng is None:
            return PublicPlace(Level.TOWN, town, town)
        name = place.name or ""
        at = (place.lat, place.lng)
        if place.precision is Precision.POINT:
            exact = self._exact(name, at)
            if exact:
                return PublicPlace(Level.EXACT, town + name, town, *exact)
        if place.precision is Precision.ESTATE and name in self._homes:
            return PublicPlace(Level.HOME, town + name, town, *_nearest(self._homes[name], at))
        village = self._village(at)
        if village:
            return PublicPlace(Level.HOME, town + village[0], town, village[1], village[2])
        # a road is named; of a pin not even the place beside it, which may be a home
        said = name if place.precision is not Precision.POINT and name in self._roads | self._communities else ""
        return PublicPlace(Level.CELL, town + said, town, *_middle(at))

    def _exact(self, name: str, at: tuple[float, float]) -> tuple[float, float] | None:
        """The position of a public object or place, if that is what is meant."""
        if name in self._poles:
            return self._poles[name]
        if name in self._public:
            spot = _nearest(self._public[name], at)
            return spot if _metres(spot, at) <= _SAME_SPOT else None
        crossing = name.removesuffix("路口")
        if crossing != name and any(
            crossing.startswith(road) and crossing[len(road) :] in self._roads for road in self._roads
        ):
            return at
        return None

    def _village(self, at: tuple[float, float]) -> tuple[str, float, float] | None:
        near = [village for village in self._villages if _metres((village[1], village[2]), at) <= _VILLAGE_NEAR]
        return min(near, key=lambda village: _metres((village[1], village[2]), at), default=None)


def _metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    east = (one[1] - other[1]) * math.cos(math.radians(one[0]))
    return math.hypot(one[0] - other[0], east) * METRES_PER_DEGREE


def _nearest(spots: Sequence[tuple[float, float]], at: tuple[float, float]) -> tuple[float, float]:
    return min(spots, key=lambda spot: _metres(spot, at))


def _middle(at: tuple[float, float]) -> tuple[float, float]:
    """The middle of the grid cell around a position."""
    south, west, north, east = grid.bounds(grid.cell(*at))
    return round((south + north) / 2, 5), round((west + east) / 2, 5)


class Stage(StrEnum):
    """The six stages of a case (GB/T 30428, S3) as residents hear them."""

    RECEIVED = "received"  # 信息收集
    FILED = "filed"  # 案卷建立
    DISPATCHED = "dispatched"  # 任务派遣
    WORKING = "working"  # 任务处理
    REPORTED = "reported"  # 处理反馈
    CLOSED = "closed"  # 核查结案

    @property
    def label(self) -> str:
        """In Chinese, for residents."""
        return {
            "received": "收到",
            "filed": "立案",
            "dispatched": "派给承办单位",
            "working": "正在处理",
            "reported": "处理完，等核实",
            "closed": "办结",
        }[self]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a case stands in public words. ``code`` is a state of the mySociety service-request-updates extension."""

    open: bool
    words: str
    code: str
    stage: Stage


_STANDS: dict[Status, Stand] = {
    Status.RECEIVED: Stand(True, "已收到，等待受理", "OPEN", Stage.RECEIVED),
    Status.FILED: Stand(True, "已立案，等待派给承办单位", "INVESTIGATING", Stage.FILED),
    Status.DISPATCHED: Stand(True, "已派给承办单位，等待签收", "ACTION_SCHEDULED", Stage.DISPATCHED),
    Status.ACCEPTED: Stand(True, "承办单位正在处理", "IN_PROGRESS", Stage.WORKING),
    Status.RETURNED: Stand(True, "正在重新确定承办单位", "INVESTIGATING", Stage.DISPATCHED),
    Status.SUSPENDED: Stand(True, "需要较长时间，已列入计划，暂缓处理", "ACTION_SCHEDULED", Stage.WORKING),
    Status.REPORTED_DONE: Stand(True, "承办单位已处理，等待核实", "IN_PROGRESS", Stage.REPORTED),
    Status.CLOSED: Stand(False, "已办结", "FIXED", Stage.CLOSED),
    Status.REJECTED: Stand(False, "不属于受理范围，未受理", "NOT_COUNCILS_RESPONSIBILITY", Stage.CLOSED),
    Status.MERGED: Stand(False, "与同一问题的另一件合并处理", "DUPLICATE", Stage.CLOSED),
    Status.WITHDRAWN: Stand(False, "反映人已撤回", "NO_FURTHER_ACTION", Stage.CLOSED),
}

OPEN_STATES = tuple(status for status, stand in _STANDS.items() if stand.open)
CLOSED_STATES = tuple(status for status, stand in _STANDS.items() if not stand.open)


def stand(status: Status) -> Stand:
    """A state in public words."""
    return _STANDS[status]


@dataclass(frozen=True, slots=True)
class Move:
    """A change of state: all that the public learns of an event. ``seq`` is the event's place in the case."""

    case_id: int
    seq: int
    to: Status
    at: datetime


@dataclass(frozen=True, slots=True)
class Reached:
    """A stage, and when the case last came to it; None: not yet, or passed over."""

    stage: Stage
    at: datetime | None


def stages(moves: Iterable[Move]) -> tuple[Reached, ...]:
    """The six stages with their times; those behind the stage where the case stands now are open again."""
    reached: dict[Stage, datetime] = {}
    now = Stage.RECEIVED
    for move in moves:
        now = stand(move.to).stage
        # the first time within one pass: suspended and accepted again is still the same work
        reached.setdefault(now, move.at)
        for later in tuple(Stage)[tuple(Stage).index(now) + 1 :]:
            reached.pop(later, None)
    return tuple(Reached(stage, reached.get(stage)) for stage in Stage)


_DOOR = re.compile(
    r"[0-9０-９]{1,5}(?:号楼|幢|栋|单元|号房|室)|[一二三四五六七八九十百零〇]{1,4}(?:号楼|单元|室)"
    r"|(?<=[楼幢栋元])[-－ ]?[0-9０-９]{2,4}室?"
)
"""Building, entrance and flat: with the estate's name they tell whose home it is."""
_STUMP = re.compile(
    r"(?:我叫|我姓|本人叫|本人姓|本人|姓名|联系人)[:：是为]?某"
    r"|(?:我的|联系)?(?:电话|手机|邮箱|身份证|微信|车牌)(?:号码?)?[:：是为]?(?=[，,。；;！!、\s]|$)"
)
"""What stays when a name or number was taken out, and says nothing by itself."""
_COMMAS = re.compile(r"[，,、]{2,}|^[，,、\s]+")
_LEFT_OVER = re.compile(r"[，,；;：:、\s]+(?=[。！!？?]|$)")


def proposed_text(description: str, names: Collection[str] = ()) -> str:
    """A description without personal data and doors of homes, for staff to read and release."""
    text = without_personal(description, names)
    if text != description:
        text = _STUMP.sub("", text)
    text = _COMMAS.sub(lambda commas: "，" if commas.start() else "", _DOOR.sub("", text))
    return _LEFT_OVER.sub("", text).strip()


def personal_kinds(text: str, names: Collection[str] = ()) -> tuple[str, ...]:
    """Kinds of personal data in a text that is to be released, in Chinese; empty: it may go out."""
    spans = [span for span in personal_spans(text, names) if text[span.start : span.end] != "某"]
    kinds = [KINDS[span.kind] for span in spans] + (["楼号、房号"] if _DOOR.search(text) else [])
    return tuple(dict.fromkeys(kinds))
