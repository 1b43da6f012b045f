"""A city: all that the rules need to know of one district. ``city_folder`` reads it from files."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from intake_api.domain.calendar import OfficeHours, SpecialDay, WorkCalendar
from intake_api.domain.case import AutoFile
from intake_api.domain.limits import Condition, Conditions
from intake_api.domain.place import Precision
from intake_api.domain.policy import Policy
from intake_api.domain.public import DEFAULT_POLICY, PublicPolicy
from intake_api.domain.responsibility import Department, ResponsibilityMatrix, Rule

PLACE_KINDS = frozenset(
    {
        "estate",  # 小区
        "school",
        "hospital",
        "park",
        "market",  # 菜场
        "metro",  # 地铁站
        "mall",
        "office",  # 单位、办公楼
        "village",
        "bridge",
        "landmark",
    }
)


@dataclass(frozen=True, slots=True)
class Town:
    """A town or street office: ``geometry`` is GeoJSON (WGS84), ``department`` the unit of the 属地."""

    code: str
    name: str
    kind: str
    department: str
    geometry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Road:
    """A road with its course as GeoJSON (WGS84)."""

    name: str
    aliases: tuple[str, ...]
    geometry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place of the gazetteer. ``town`` is a code, ``address`` a road with lane or number, or empty."""

    name: str
    kind: str
    aliases: tuple[str, ...]
    lat: float
    lng: float
    town: str
    community: str
    address: str


@dataclass(frozen=True, slots=True)
class Pole:
    """A numbered lamp post (一号定位)."""

    pole_no: str
    lat: float
    lng: float
    road: str


@dataclass(frozen=True)
class City:
    """Everything of one city that the rules need. ``neighbours``: full names of areas that are certainly outside."""

    name: str
    code: str
    hotline: str
    timezone: str
    description: str
    emergency: dict[str, str]
    office_hours: OfficeHours
    auto_file_confidence: float
    auto_file_precision: tuple[Precision, ...]
    map_center: tuple[float, float]
    map_zoom: int
    district_department: str
    calendar_days: tuple[SpecialDay, ...]
    outline: dict[str, Any]
    towns: tuple[Town, ...]
    roads: tuple[Road, ...]
    places: tuple[NamedPlace, ...]
    poles: tuple[Pole, ...]
    departments: tuple[Department, ...]
    rules: tuple[Rule, ...]
    neighbours: tuple[str, ...] = ()
    policy: Policy = field(default_factory=Policy)
    conditions: tuple[Condition, ...] = ()
    public: PublicPolicy = DEFAULT_POLICY

    @cached_property
    def calendar(self) -> WorkCalendar:
        """The working calendar."""
        return WorkCalendar(ZoneInfo(self.timezone), self.office_hours, {d.day: d for d in self.calendar_days})

    @cached_property
    def staffed(self) -> WorkCalendar | None:
        """When the intake's desks are staffed, for internal limits; None: day and night."""
        hours = self.policy.staffed
        return WorkCalendar(ZoneInfo(self.timezone), hours, {}, every_day=True) if hours else None

    @cached_property
    def matrix(self) -> ResponsibilityMatrix:
        """The responsibility matrix."""
        towns = {town.code: town.department for town in self.towns}
        return ResponsibilityMatrix(self.departments, self.rules, towns, self.district_department)

    @cached_property
    def filing_conditions(self) -> Conditions:
        """The filing conditions (立案条件), by category."""
        return Conditions(self.conditions)

    @cached_property
    def auto_file(self) -> AutoFile:
        """The thresholds of automatic filing."""
        return AutoFile(self.auto_file_confidence, frozenset(self.auto_file_precision))

    def report(self) -> dict[str, int]:
        """How much of everything there is."""
        return {
            "towns": len(self.towns),
            "roads": len(self.roads),
            "places": len(self.places),
            "poles": len(self.poles),
            "departments": len(self.departments),
            "rules": len(self.rules),
            "conditions": len(self.conditions),
            "calendar_days": len(self.calendar_days),
        }
