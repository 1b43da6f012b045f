"""A city: what a folder of files says about one district, checked as a whole before it is used."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tomllib
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from intake_api.domain.calendar import DayKind, OfficeHours, SpecialDay, WorkCalendar
from intake_api.domain.case import AutoFile
from intake_api.domain.place import Precision
from intake_api.domain.policy import Policy
from intake_api.domain.responsibility import Basis, Department, ResponsibilityMatrix, Rule
from intake_api.domain.taxonomy import Taxonomy

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
class Fault:
    """Something wrong in a file of the folder. ``line`` is 1-based, 0 when it is about the file as a whole."""

    file: str
    line: int
    detail: str

    def __str__(self) -> str:
        return f"{self.file}{f':{self.line}' if self.line else ''}: {self.detail}"


class BadCity(Exception):
    """The folder cannot be used; ``faults`` lists everything that has to be mended, all at once."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


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
            "calendar_days": len(self.calendar_days),
        }


def read_city(folder: Path, taxonomy: Taxonomy) -> City:
    """Read and check a city folder. Raises BadCity with every fault found."""
    return _Reader(folder, taxonomy).read()


@dataclass(frozen=True)
class _Row:
    """A row of a CSV file, which knows its line."""

    reader: _Reader
    file: str
    line: int
    cells: Mapping[str, str]

    def fault(self, detail: str) -> None:
        self.reader.fault(self.file, self.line, detail)

    def text(self, column: str, required: bool = True) -> str:
        value = (self.cells.get(column) or "").strip()
        if required and not value:
            self.fault(f"{column} 不能为空")
        return value

    def parts(self, column: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.text(column, False).split(";") if part.strip())

    def day(self, column: str, required: bool) -> date | None:
        value = self.text(column, required)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fault(f"{column} 不是日期（应为 2026-10-01 这样的形式）：{value}")
            return None

    def position(self) -> tuple[float, float] | None:
        try:
            lat, lng = float(self.cells.get("lat") or ""), float(self.cells.get("lng") or "")
        except ValueError:
            self.fault("lat、lng 必须是数字（WGS84 度）")
            return None
        if not (-90 <= lat <= 90 and -180 <= lng <= 180):
            swapped = "，经纬度可能写反了" if -90 <= lng <= 90 else ""
            self.fault(f"坐标超出范围{swapped}：lat={lat} lng={lng}")
            return None
        return lat, lng


class _Reader:
    def __init__(self, folder: Path, taxonomy: Taxonomy) -> None:
        self._folder = folder
        self._taxonomy = taxonomy
        self._faults: list[Fault] = []

    def fault(self, file: str, line: int, detail: str) -> None:
        self._faults.append(Fault(file, line, detail))

    def read(self) -> City:
        if not self._folder.is_dir():
            raise BadCity([Fault(str(self._folder), 0, "没有这个城市数据目录")])
        frame = self._frame()
        departments = self._departments()
        known = {department.id for department in departments}
        days = self._calendar()
        outline = self._outline()
        towns = self._towns(known)
        codes = {town.code for town in towns}
        for department in departments:
            if department.town and department.town not in codes:
                line = self._line("departments.csv", department.id)
                self.fault("departments.csv", line, f"town {department.town} 不在 towns.geojson 里")
        roads = self._roads()
        places = self._places(codes, outline)
        poles = self._poles()
        rules = self._rules(known, codes)
        if frame.get("district_department") and frame["district_department"] not in known:
            line = self._line("city.toml", "district_department")
            self.fault("city.toml", line, f"district_department {frame['district_department']} 不在 departments.csv 里")
        if self._faults or outline is None:
            raise BadCity(self._faults)
        return City(
            **frame,
            calendar_days=days,
            outline=outline,
            towns=towns,
            roads=roads,
            places=places,
            poles=poles,
            departments=departments,
            rules=rules,
        )

    def _text(self, file: str) -> str | None:
        try:
            return (self._folder / file).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.fault(file, 0, "缺少这个文件")
        except UnicodeDecodeError:
            self.fault(file, 0, "不是 UTF-8 编码")
        return None

    def _line(self, file: str, needle: str) -> int:
        """The first line that has ``needle``; 0 if none."""
        path = self._folder / file
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.exists() else []
        return next((number for number, line in enumerate(lines, 1) if needle in line), 0)

    def _frame(self) -> dict[str, Any]:  # noqa: PLR0915 - one check a line of city.toml
        text = self._text("city.toml")
        if text is None:
            return {}
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            match = re.search(r"at line (\d+)", str(error))
            self.fault("city.toml", int(match.group(1)) if match else 0, f"不是合法的 TOML：{error}")
            return {}

        def fault(key: str, detail: str) -> None:
            self.fault("city.toml", self._line("city.toml", key), detail)

        def value(section: str, key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
            table = content.get(section, {}) if section else content
            name = f"{section}.{key}" if section else key
            found = table.get(key) if isinstance(table, dict) else None
            if found is None:
                if default is None:
                    fault(f"[{section}]" if section else key, f"缺少 {name}")
                return default
            if not isinstance(found, kind) or isinstance(found, bool):
                fault(key, f"{name} 的类型不对")
                return default
            return found

        def clock(key: str, default: str | None) -> time | None:
            found = value("office_hours", key, str, default)
            if not found:
                return None
            try:
                return time.fromisoformat(found)
            except ValueError:
                fault(key, f"office_hours.{key} 不是时刻（应为 09:00 这样的形式）：{found}")
                return None

        start, end = clock("start", None), clock("end", None)
        lunch = clock("lunch_start", ""), clock("lunch_end", "")
        if start and end and start >= end:
            fault("end", "office_hours.end 必须晚于 start")
        if (lunch[0] is None) != (lunch[1] is None):
            fault("lunch", "lunch_start 和 lunch_end 要么都写，要么都不写")
        elif lunch[0] and lunch[1] and start and end and not start <= lunch[0] < lunch[1] <= end:
            fault("lunch_start", "午休必须在办公时间之内")
        timezone = value("", "timezone", str, "Asia/Shanghai")
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError):
            fault("timezone", f"没有这个时区：{timezone}")
        confidence = value("auto_file", "confidence", (int, float), 0.5)
        if not 0 <= confidence <= 1:
            fault("confidence", "auto_file.confidence 应在 0 和 1 之间")
        precision = []
        for item in value("auto_file", "precision", list, ["point", "road", "estate"]):
            try:
                precision.append(Precision(item))
            except ValueError:
                fault("precision", f"auto_file.precision 里有不认识的值：{item}")
        neighbours = value("", "neighbours", list, [])
        if not all(isinstance(name, str) and name for name in neighbours):
            fault("neighbours", "neighbours 应为文字的列表")
            neighbours = []
        center = value("map", "center", list)
        if center is not None and not (
            len(center) == 2 and all(isinstance(x, (int, float)) for x in center) and -90 <= center[0] <= 90
        ):
            fault("center", "map.center 应为 [纬度, 经度]")
            center = None
        emergency = content.get("emergency", {})
        if not isinstance(emergency, dict) or not all(isinstance(x, str) for x in emergency.values()):
            fault("[emergency]", "emergency 的号码要写成带引号的文字")
            emergency = {}
        return {
            "name": value("", "name", str),
            "code": value("", "code", str),
            "hotline": value("", "hotline", str),
            "timezone": timezone,
            "description": value("", "description", str, ""),
            "emergency": emergency,
            "office_hours": OfficeHours(start or time(9), end or time(17, 30), *lunch),
            "auto_file_confidence": float(confidence),
            "auto_file_precision": tuple(precision),
            "map_center": tuple(center or (0.0, 0.0)),
            "map_zoom": value("map", "zoom", int, 12),
            "district_department": value("fallback", "district_department", str),
            "neighbours": tuple(neighbours),
        }

    def _rows(self, file: str, columns: tuple[str, ...]) -> Iterator[_Row]:
        text = self._text(file)
        if text is None:
            return
        rows = csv.DictReader(text.splitlines(), restkey="", strict=True)
        missing = [column for column in columns if column not in (rows.fieldnames or [])]
        if missing:
            self.fault(file, 1, f"缺少列：{'、'.join(missing)}")
            return
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                self.fault(file, rows.line_num, f"CSV 格式有误：{error}")
                return
            if "" in cells:
                self.fault(file, rows.line_num, "这一行的列比表头多，含逗号的内容要加引号")
                continue
            yield _Row(self, file, rows.line_num, cells)

    def _departments(self) -> tuple[Department, ...]:
        departments = []
        seen: set[str] = set()
        for row in self._rows("departments.csv", ("id", "name", "kind", "town", "phone")):
            unit = Department(
                row.text("id"), row.text("name"), row.text("kind"), row.text("town", False), row.text("phone", False)
            )
            if unit.id in seen:
                row.fault(f"id {unit.id} 重复")
            if unit.kind == "town" and not unit.town:
                row.fault("kind 为 town 的部门要写 town（街镇代码）")
            seen.add(unit.id)
            departments.append(unit)
        return tuple(departments)

    def _calendar(self) -> tuple[SpecialDay, ...]:
        days = []
        seen: set[date] = set()
        for row in self._rows("calendar.csv", ("date", "kind", "name")):
            day = row.day("date", True)
            kind = row.text("kind")
            if kind and kind not in set(DayKind):
                row.fault(f"kind 只能是 holiday 或 workday：{kind}")
            elif day and kind:
                if day in seen:
                    row.fault(f"{day} 重复")
                seen.add(day)
                days.append(SpecialDay(day, DayKind(kind), row.text("name")))
        return tuple(days)

    def _features(self, file: str) -> Iterator[tuple[int, dict[str, Any], dict[str, Any], BaseGeometry]]:
        """Line, properties, geometry (GeoJSON) and shape of each feature that is sound."""
        text = self._text(file)
        if text is None:
            return
        try:
            content = json.loads(text)
        except json.JSONDecodeError as error:
            self.fault(file, error.lineno, f"不是合法的 JSON：{error.msg}")
            return
        kind = content.get("type") if isinstance(content, dict) else None
        if kind in ("Polygon", "MultiPolygon"):
            content = {"features": [{"properties": {}, "geometry": content}]}
        elif kind == "Feature":
            content = {"features": [content]}
        elif kind != "FeatureCollection":
            self.fault(file, 1, "应为 GeoJSON 的 FeatureCollection")
            return
        starts = [text.count("\n", 0, match.start()) + 1 for match in re.finditer(r'"type"\s*:\s*"Feature"', text)]
        for index, feature in enumerate(content.get("features", [])):
            line = starts[index] if index < len(starts) else 1
            try:
                geometry = feature["geometry"]
                drawn = shape(geometry)
                if drawn.is_empty or not drawn.is_valid:
                    raise ValueError("图形为空或自相交")
                west, south, east, north = drawn.bounds
                if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
                    raise ValueError("坐标超出范围，应为 [经度, 纬度]")
            except Exception as error:  # shapely raises many kinds for what is not GeoJSON
                self.fault(file, line, f"第 {index + 1} 个图形有误：{error}")
                continue
            yield line, feature.get("properties") or {}, geometry, drawn

    def _outline(self) -> dict[str, Any] | None:
        for line, _properties, geometry, drawn in self._features("outline.geojson"):
            if drawn.geom_type in ("Polygon", "MultiPolygon"):
                return geometry
            self.fault("outline.geojson", line, "辖区边界必须是多边形")
        if not self._faults:
            self.fault("outline.geojson", 0, "没有辖区边界")
        return None

    def _towns(self, departments: set[str]) -> tuple[Town, ...]:
        towns: list[Town] = []
        for line, properties, geometry, drawn in self._features("towns.geojson"):
            code, name = str(properties.get("code") or ""), str(properties.get("name") or "")
            department = str(properties.get("department") or "")
            if not code or not name:
                self.fault("towns.geojson", line, "每个街镇都要有 code 和 name")
            if any(town.code == code for town in towns):
                self.fault("towns.geojson", line, f"code {code} 重复")
            if drawn.geom_type not in ("Polygon", "MultiPolygon"):
                self.fault("towns.geojson", line, f"{name} 必须是多边形")
            if department not in departments:
                self.fault(
                    "towns.geojson", line, f"{name} 的 department {department or '（空）'} 不在 departments.csv 里"
                )
            towns.append(Town(code, name, str(properties.get("kind") or ""), department, geometry))
        return tuple(towns)

    def _roads(self) -> tuple[Road, ...]:
        roads = []
        for line, properties, geometry, drawn in self._features("roads.geojson"):
            name = str(properties.get("name") or "")
            aliases = properties.get("aliases") or []
            if not name:
                self.fault("roads.geojson", line, "每条路都要有 name")
            if not isinstance(aliases, list):
                self.fault("roads.geojson", line, f"{name} 的 aliases 应为列表")
                aliases = []
            if drawn.geom_type not in ("LineString", "MultiLineString"):
                self.fault("roads.geojson", line, f"{name} 必须是 LineString 或 MultiLineString")
            roads.append(Road(name, tuple(str(alias) for alias in aliases), geometry))
        names = Counter(road.name for road in roads)
        for name, count in names.items():
            if count > 1:
                self.fault(
                    "roads.geojson", self._line("roads.geojson", f'"{name}"'), f"{name} 出现了 {count} 次，请合并"
                )
        return tuple(roads)

    def _places(self, towns: set[str], outline: dict[str, Any] | None) -> tuple[NamedPlace, ...]:
        places = []
        columns = ("name", "kind", "aliases", "lat", "lng", "town", "community", "address")
        box = shape(outline).bounds if outline else None
        for row in self._rows("places.csv", columns):
            kind, town = row.text("kind"), row.text("town")
            if kind and kind not in PLACE_KINDS:
                row.fault(f"不认识的 kind：{kind}（可用：{'、'.join(sorted(PLACE_KINDS))}）")
            if town and town not in towns:
                row.fault(f"town {town} 不在 towns.geojson 里")
            name = row.text("name")
            position = row.position()
            if position is None:
                continue
            lat, lng = position
            # half a degree around the district: what lies further away is a slip of the pen
            if box and not (box[0] - 0.5 <= lng <= box[2] + 0.5 and box[1] - 0.5 <= lat <= box[3] + 0.5):
                row.fault(f"{name} 的坐标离辖区太远：lat={lat} lng={lng}")
            places.append(
                NamedPlace(
                    name, kind, row.parts("aliases"), lat, lng, town, row.text("community", False),
                    row.text("address", False),
                )
            )  # fmt: skip
        return tuple(places)

    def _poles(self) -> tuple[Pole, ...]:
        poles = []
        seen: set[str] = set()
        for row in self._rows("poles.csv", ("pole_no", "lat", "lng", "road")):
            number = row.text("pole_no")
            if number in seen:
                row.fault(f"pole_no {number} 重复")
            seen.add(number)
            position = row.position()
            if position:
                poles.append(Pole(number, *position, row.text("road", False)))
        return tuple(poles)

    def _rules(self, departments: set[str], towns: set[str]) -> tuple[Rule, ...]:
        rules = []
        codes = [category.code for category in self._taxonomy]
        columns = ("category", "area", "lead", "supporting", "basis", "valid_from", "valid_to")
        for row in self._rows("responsibility.csv", columns):
            category, area, lead = row.text("category"), row.text("area"), row.text("lead")
            supporting, basis = row.parts("supporting"), row.text("basis")
            if category.endswith("*"):
                if category != "*" and not any(code.startswith(category[:-1]) for code in codes):
                    row.fault(f"没有以 {category[:-1]} 开头的分类")
            elif category and category not in self._taxonomy:
                row.fault(f"分类目录里没有 {category}")
            if area and area != "*" and area not in towns:
                row.fault(f"area {area} 不在 towns.geojson 里")
            for unit in (lead, *supporting):
                if unit and unit not in departments:
                    row.fault(f"部门 {unit} 不在 departments.csv 里")
            if basis and basis not in (Basis.LAW, Basis.AGREEMENT, Basis.APPOINTMENT):
                row.fault(f"basis 只能是 法定、商定、指定：{basis}")
                continue
            begins, ends = row.day("valid_from", False), row.day("valid_to", False)
            if begins and ends and ends < begins:
                row.fault("valid_to 早于 valid_from")
            if basis:
                rules.append(Rule(category, area, lead, supporting, Basis(basis), begins, ends))
        return tuple(rules)
