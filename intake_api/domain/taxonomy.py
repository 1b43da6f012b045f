"""What can be reported: components (部件), events (事件) and referrals, with who leads and by when.

Read from ``nlu_data/taxonomy.csv``, which the assistant learns from as well.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class UnknownCategory(Exception):
    """No category has this code; ``GET /api/v1/categories`` lists those that exist."""


class BadTaxonomy(Exception):
    """The taxonomy file is broken; the message names file, line and what is wrong."""


class Unit(StrEnum):
    """In what a limit is counted (lifecycle: clocks)."""

    CALENDAR_HOUR = "calendar_hour"  # 紧急工作时: runs day and night
    WORKING_HOUR = "working_hour"  # 工作时: office hours of working days
    WORKING_DAY = "working_day"  # 工作日: one full set of office hours
    NATURAL_DAY = "natural_day"  # 自然日: whole days, weekends too

    @property
    def words(self) -> str:
        """The unit in Chinese."""
        return {"calendar_hour": "小时", "working_hour": "工作时", "working_day": "个工作日", "natural_day": "天"}[self]


class Urgency(StrEnum):
    """How pressing a category is by itself."""

    NORMAL = "normal"  # 一般
    URGENT = "urgent"  # 紧急
    EMERGENCY = "emergency"  # 危及生命安全


@dataclass(frozen=True, slots=True)
class Limit:
    """Time allowed for settling a case."""

    value: int
    unit: Unit

    @property
    def words(self) -> str:
        """``24 小时``, ``5 个工作日``."""
        return f"{self.value} {self.unit.words}"


@dataclass(frozen=True, slots=True)
class Category:
    """One category. ``kind`` is component, event or referral; ``gb_codes`` are those of GB/T 47678.5 it covers."""

    code: str
    kind: str
    division: str
    name: str
    words: tuple[str, ...]
    lead_department: str
    limit: Limit
    urgency: Urgency
    gb_codes: tuple[str, ...]


def covers(pattern: str, code: str) -> bool:
    """Whether ``pattern`` (a code, a prefix such as ``11*``, or ``*``) means the category ``code``."""
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern


class Taxonomy:
    """All categories, in the order of the file."""

    def __init__(self, categories: Iterable[Category]) -> None:
        self._by_code = {category.code: category for category in categories}

    def __iter__(self) -> Iterator[Category]:
        return iter(self._by_code.values())

    def __len__(self) -> int:
        return len(self._by_code)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def get(self, code: str) -> Category:
        """The category with ``code``. Raises UnknownCategory."""
        try:
            return self._by_code[code]
        except KeyError:
            raise UnknownCategory(code) from None


def read_taxonomy(path: Path) -> Taxonomy:
    """Read the taxonomy. Raises BadTaxonomy naming the line."""
    categories = []
    seen: set[str] = set()
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        for row in rows:
            try:
                code = row["code"].strip()
                if not code or code in seen:
                    raise ValueError(f"code {code!r} is empty or given twice")
                seen.add(code)
                limit = Limit(int(row["limit"]), Unit(row["unit"]))
                if limit.value <= 0:
                    raise ValueError("limit must be positive")
                categories.append(
                    Category(
                        code=code,
                        kind=row["kind"],
                        division=row["division"],
                        name=row["name"],
                        words=tuple(row["typical_words"].split()),
                        lead_department=row["lead_department"],
                        limit=limit,
                        urgency=Urgency(row["urgency"]),
                        gb_codes=tuple(row["gb_codes"].split()),
                    )
                )
            except (KeyError, ValueError, AttributeError) as error:
                raise BadTaxonomy(f"{path.name}:{rows.line_num}: {error}") from error
    return Taxonomy(categories)
