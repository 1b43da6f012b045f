"""Data files that people write: read as a whole, every fault with its file and line."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from intake_api.domain.taxonomy import Limit, Unit


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a file. ``line`` is 1-based, 0 when it is about the file as a whole."""

    file: str
    line: int
    detail: str

    def __str__(self) -> str:
        return f"{self.file}{f':{self.line}' if self.line else ''}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a CSV file, which knows its line. What is wrong with a cell becomes one of ``faults``."""

    faults: list[Fault]
    file: str
    line: int
    cells: Mapping[str, str]

    def fault(self, detail: str) -> None:
        """Note what is wrong."""
        self.faults.append(Fault(self.file, self.line, detail))

    def text(self, column: str, required: bool = True) -> str:
        """A cell without surrounding spaces."""
        value = (self.cells.get(column) or "").strip()
        if required and not value:
            self.fault(f"{column} 不能为空")
        return value

    def parts(self, column: str) -> tuple[str, ...]:
        """The parts of a cell, between semicolons."""
        return tuple(part.strip() for part in self.text(column, False).split(";") if part.strip())

    def day(self, column: str, required: bool) -> date | None:
        """A date."""
        value = self.text(column, required)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fault(f"{column} 不是日期（应为 2026-10-01 这样的形式）：{value}")
            return None

    def limit(self) -> Limit | None:
        """The columns ``limit`` and ``unit``."""
        value, unit = self.text("limit"), self.text("unit")
        if value and not (value.isdecimal() and int(value) > 0):
            self.fault(f"limit 应为正整数：{value}")
            return None
        if unit and unit not in set(Unit):
            self.fault(f"unit 只能是 {'、'.join(Unit)}：{unit}")
            return None
        return Limit(int(value), Unit(unit)) if value and unit else None

    def position(self) -> tuple[float, float] | None:
        """The columns ``lat`` and ``lng``."""
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


def csv_rows(text: str, file: str, columns: tuple[str, ...], faults: list[Fault]) -> Iterator[Row]:
    """The rows of a CSV text whose first line names at least ``columns``."""
    # with line ends, so that those within quotes stay
    rows = csv.DictReader(text.splitlines(keepends=True), restkey="", strict=True)
    missing = [column for column in columns if column not in (rows.fieldnames or [])]
    if missing:
        faults.append(Fault(file, 1, f"缺少列：{'、'.join(missing)}"))
        return
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            faults.append(Fault(file, rows.line_num, f"CSV 格式有误：{error}"))
            return
        if "" in cells:
            faults.append(Fault(file, rows.line_num, "这一行的列比表头多，含逗号的内容要加引号"))
            continue
        within = sum((cell or "").count("\n") for cell in cells.values())
        yield Row(faults, file, rows.line_num - within, cells)


@dataclass(frozen=True, slots=True)
class Feature:
    """A sound feature of a GeoJSON file: ``geometry`` as written, ``drawn`` as a shape."""

    line: int
    properties: dict[str, Any]
    geometry: dict[str, Any]
    drawn: BaseGeometry


@dataclass(frozen=True)
class Folder:
    """A folder of data files, and all that is wrong with them."""

    path: Path
    faults: list[Fault] = field(default_factory=list)

    def fault(self, file: str, line: int, detail: str) -> None:
        """Note what is wrong."""
        self.faults.append(Fault(file, line, detail))

    def text(self, file: str, required: bool = True) -> str | None:
        """The text of a file; None, and a fault where it is required, if it cannot be had."""
        try:
            return (self.path / file).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            if required:
                self.fault(file, 0, "缺少这个文件")
        except UnicodeDecodeError:
            self.fault(file, 0, "不是 UTF-8 编码")
        return None

    def line(self, file: str, needle: str) -> int:
        """The first line that has ``needle``; 0 if none."""
        path = self.path / file
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.exists() else []
        return next((number for number, line in enumerate(lines, 1) if needle in line), 0)

    def rows(self, file: str, columns: tuple[str, ...], required: bool = True) -> Iterator[Row]:
        """The rows of a CSV file."""
        text = self.text(file, required)
        if text is not None:
            yield from csv_rows(text, file, columns, self.faults)

    def features(self, file: str) -> Iterator[Feature]:
        """The features of a GeoJSON file that are sound."""
        text = self.text(file)
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
            yield Feature(line, feature.get("properties") or {}, geometry, drawn)
