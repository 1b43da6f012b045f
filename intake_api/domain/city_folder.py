"""The folder of files that describes a city, checked as a whole before it is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

from shapely.geometry import shape

from intake_api.domain.calendar import DayKind, SpecialDay
from intake_api.domain.city import PLACE_KINDS, City, NamedPlace, Pole, Road, Town
from intake_api.domain.city_toml import FILE as CITY_TOML
from intake_api.domain.city_toml import read_city_toml
from intake_api.domain.data_files import Fault, Folder
from intake_api.domain.knowledge import Entry
from intake_api.domain.knowledge_files import read_articles
from intake_api.domain.limits import Condition
from intake_api.domain.responsibility import Department
from intake_api.domain.responsibility_table import COLUMNS as RULE_COLUMNS
from intake_api.domain.responsibility_table import read_rules
from intake_api.domain.taxonomy import Taxonomy, Urgency

KNOWLEDGE = "knowledge.md"
"""The city's own articles; a folder may lack it."""

_CONDITION_COLUMNS = ("category", "id", "condition", "limit", "unit", "urgency", "closing", "signs")


class BadCity(Exception):
    """The folder cannot be used; ``faults`` lists everything that has to be mended, all at once."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def read_city(path: Path, taxonomy: Taxonomy) -> City:
    """Read and check a city folder. Raises BadCity with every fault found."""
    if not path.is_dir():
        raise BadCity([Fault(str(path), 0, "没有这个城市数据目录")])
    folder = Folder(path)
    frame = read_city_toml(folder, taxonomy)
    departments = _departments(folder)
    known = {department.id for department in departments}
    days = _calendar(folder)
    outline = _outline(folder)
    towns = _towns(folder, known)
    codes = {town.code for town in towns}
    for department in departments:
        if department.town and department.town not in codes:
            line = folder.line("departments.csv", department.id)
            folder.fault("departments.csv", line, f"town {department.town} 不在 towns.geojson 里")
    roads = _roads(folder)
    places = _places(folder, codes, outline)
    poles = _poles(folder)
    rules = read_rules(folder.rows("responsibility.csv", RULE_COLUMNS), known, codes, taxonomy)
    conditions = _conditions(folder, taxonomy)
    district = frame.get("district_department")
    if district and district not in known:
        line = folder.line(CITY_TOML, "district_department")
        folder.fault(CITY_TOML, line, f"district_department {district} 不在 departments.csv 里")
    if folder.faults or outline is None:
        raise BadCity(folder.faults)
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
        conditions=conditions,
    )


def read_departments(path: Path) -> tuple[Department, ...]:
    """The departments of a city folder alone. Raises BadCity."""
    folder = Folder(path)
    departments = _departments(folder)
    if folder.faults:
        raise BadCity(folder.faults)
    return departments


def read_knowledge(path: Path) -> tuple[Entry, ...]:
    """The articles of a city folder (``knowledge.md``), which may have none. Raises BadCity with every fault found."""
    folder = Folder(path)
    text = folder.text(KNOWLEDGE, required=False)
    if text is None and not folder.faults:
        return ()
    entries, faults = read_articles(text or "", KNOWLEDGE, {department.id for department in read_departments(path)})
    if folder.faults or faults:
        raise BadCity([*folder.faults, *faults])
    return entries


def _departments(folder: Folder) -> tuple[Department, ...]:
    departments = []
    seen: set[str] = set()
    for row in folder.rows("departments.csv", ("id", "name", "kind", "town", "phone")):
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


def _calendar(folder: Folder) -> tuple[SpecialDay, ...]:
    days = []
    seen: set[date] = set()
    for row in folder.rows("calendar.csv", ("date", "kind", "name")):
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


def _outline(folder: Folder) -> dict[str, Any] | None:
    for feature in folder.features("outline.geojson"):
        if feature.drawn.geom_type in ("Polygon", "MultiPolygon"):
            return feature.geometry
        folder.fault("outline.geojson", feature.line, "辖区边界必须是多边形")
    if not folder.faults:
        folder.fault("outline.geojson", 0, "没有辖区边界")
    return None


def _towns(folder: Folder, departments: Collection[str]) -> tuple[Town, ...]:
    file = "towns.geojson"
    towns: list[Town] = []
    for feature in folder.features(file):
        properties, line = feature.properties, feature.line
        code, name = str(properties.get("code") or ""), str(properties.get("name") or "")
        department = str(properties.get("department") or "")
        if not code or not name:
            folder.fault(file, line, "每个街镇都要有 code 和 name")
        if any(town.code == code for town in towns):
            folder.fault(file, line, f"code {code} 重复")
        if feature.drawn.geom_type not in ("Polygon", "MultiPolygon"):
            folder.fault(file, line, f"{name} 必须是多边形")
        if department not in departments:
            folder.fault(file, line, f"{name} 的 department {department or '（空）'} 不在 departments.csv 里")
        towns.append(Town(code, name, str(properties.get("kind") or ""), department, feature.geometry))
    return tuple(towns)


def _roads(folder: Folder) -> tuple[Road, ...]:
    file = "roads.geojson"
    roads = []
    for feature in folder.features(file):
        name = str(feature.properties.get("name") or "")
        aliases = feature.properties.get("aliases") or []
        if not name:
            folder.fault(file, feature.line, "每条路都要有 name")
        if not isinstance(aliases, list):
            folder.fault(file, feature.line, f"{name} 的 aliases 应为列表")
            aliases = []
        if feature.drawn.geom_type not in ("LineString", "MultiLineString"):
            folder.fault(file, feature.line, f"{name} 必须是 LineString 或 MultiLineString")
        roads.append(Road(name, tuple(str(alias) for alias in aliases), feature.geometry))
    for name, count in Counter(road.name for road in roads).items():
        if count > 1:
            folder.fault(file, folder.line(file, f'"{name}"'), f"{name} 出现了 {count} 次，请合并")
    return tuple(roads)


def _places(folder: Folder, towns: Collection[str], outline: dict[str, Any] | None) -> tuple[NamedPlace, ...]:
    places = []
    columns = ("name", "kind", "aliases", "lat", "lng", "town", "community", "address")
    box = shape(outline).bounds if outline else None
    for row in folder.rows("places.csv", columns):
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


def _poles(folder: Folder) -> tuple[Pole, ...]:
    poles = []
    seen: set[str] = set()
    for row in folder.rows("poles.csv", ("pole_no", "lat", "lng", "road")):
        number = row.text("pole_no")
        if number in seen:
            row.fault(f"pole_no {number} 重复")
        seen.add(number)
        position = row.position()
        if position:
            poles.append(Pole(number, *position, row.text("road", False)))
    return tuple(poles)


def _conditions(folder: Folder, taxonomy: Taxonomy) -> tuple[Condition, ...]:
    conditions = []
    seen: set[tuple[str, str]] = set()
    for row in folder.rows("conditions.csv", _CONDITION_COLUMNS, required=False):
        category, identity, words, closing = (row.text(key) for key in ("category", "id", "condition", "closing"))
        limit, urgency = row.limit(), row.text("urgency", False)
        if category and (wrong := taxonomy.objection(category)):
            row.fault(wrong)
        if (category, identity) in seen:
            row.fault(f"{category} 的 id {identity} 重复")
        seen.add((category, identity))
        if urgency and urgency not in set(Urgency):
            row.fault(f"urgency 只能是 {'、'.join(Urgency)}，或者空着：{urgency}")
            continue
        if limit is not None:
            pressing = Urgency(urgency) if urgency else None
            conditions.append(Condition(category, identity, words, limit, pressing, closing, row.parts("signs")))
    return tuple(conditions)
