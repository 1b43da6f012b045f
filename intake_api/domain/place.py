"""Where something is: what the resident said, and what the city knows of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Precision(StrEnum):
    """How well a place is known."""

    POINT = "point"  # 具体位置
    ROAD = "road"  # 道路（路段）
    ESTATE = "estate"  # 小区、村
    TOWN = "town"  # 街镇
    OUTSIDE = "outside"  # a pin outside the district, or a neighbour named in full
    NONE = "none"  # not known to us; filed all the same

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {
            "point": "具体位置",
            "road": "所在道路",
            "estate": "所在小区或村",
            "town": "所在街镇",
            "outside": "辖区以外",
            "none": "位置不详",
        }[self]


class Datum(StrEnum):
    """In which datum a pin is given."""

    WGS84 = "wgs84"  # GPS, browsers
    GCJ02 = "gcj02"  # WeChat, Amap, Tencent maps


@dataclass(frozen=True, slots=True)
class Place:
    """A resolved place. ``text`` is the resident's (corrected) words, ``name`` the city's name of what was found.

    ``lat``/``lng`` are WGS84 degrees; ``town`` is a town's name and ``town_code`` its code.
    """

    text: str
    precision: Precision
    lat: float | None = None
    lng: float | None = None
    grid_cell: str | None = None
    town: str | None = None
    town_code: str | None = None
    community: str | None = None
    name: str | None = None
