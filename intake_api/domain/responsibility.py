"""Who is responsible (三定): a matrix of category × area, where the most specific rule in force wins.

法定 is by law, 商定 by agreement, 指定 by a ruling. Where no rule speaks, the department of the kind that the taxonomy
names takes it; where there is none, the town in which it lies, and at last the district (属地兜底): nothing stays
without an owner.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from intake_api.domain.taxonomy import Category, covers


class Basis(StrEnum):
    """On what a responsibility rests."""

    LAW = "法定"
    AGREEMENT = "商定"
    APPOINTMENT = "指定"
    TERRITORY = "属地兜底"


@dataclass(frozen=True, slots=True)
class Department:
    """A unit that handles cases. ``kind`` is a lead department text of the taxonomy or ``town``; ``town`` a code."""

    id: str
    name: str
    kind: str
    town: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """``category``: a code, a prefix such as ``11*``, or ``*``; ``area``: a town code or ``*``. Dates are inclusive."""

    category: str
    area: str
    lead: str
    supporting: tuple[str, ...]
    basis: Basis
    valid_from: date | None = None
    valid_to: date | None = None

    def speaks(self, code: str, town: str | None, on: date) -> bool:
        """Whether the rule is in force on that day for that category and town."""
        return (
            covers(self.category, code)
            and self.area in ("*", town)
            and (self.valid_from is None or self.valid_from <= on)
            and (self.valid_to is None or on <= self.valid_to)
        )

    def rank(self) -> tuple[bool, int, bool, int, date]:
        """Sorts the more specific, then the more binding, then the newer rule last."""
        binding = (Basis.LAW, Basis.AGREEMENT, Basis.APPOINTMENT, Basis.TERRITORY).index(self.basis)
        exact = not self.category.endswith("*")
        return exact, len(self.category), self.area != "*", binding, self.valid_from or date.min


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who leads (主办), who supports (协办), and why: ``rule`` names the line of the matrix that decided."""

    lead: Department
    supporting: tuple[Department, ...]
    basis: Basis
    rule: str


class ResponsibilityMatrix:
    """The rules of one city. ``fallback`` is the department of the whole district."""

    def __init__(
        self, departments: Iterable[Department], rules: Iterable[Rule], towns: Mapping[str, str], fallback: str
    ) -> None:
        """``towns`` gives each town code's own department."""
        self.departments = {department.id: department for department in departments}
        self._by_category: dict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            self._by_category[rule.category].append(rule)
        self._towns = dict(towns)
        self._fallback = fallback
        self._by_kind: dict[str, list[Department]] = defaultdict(list)
        for department in self.departments.values():
            self._by_kind[department.kind].append(department)

    def assign(self, category: Category, town: str | None, on: date) -> Assignment:
        """Who handles ``category`` in ``town`` (a code, None where the place is not known) on that day."""
        code = category.code
        keys = [code, *(code[:length] + "*" for length in range(len(code), -1, -1))]
        rules = [rule for key in keys for rule in self._by_category.get(key, ()) if rule.speaks(code, town, on)]
        if rules:
            rule = max(rules, key=Rule.rank)
            supporting = tuple(self.departments[unit] for unit in rule.supporting)
            return Assignment(self.departments[rule.lead], supporting, rule.basis, f"{rule.category} × {rule.area}")
        units = self._by_kind.get(category.lead_department, [])
        own = [unit for unit in units if unit.town and unit.town == town] or [unit for unit in units if not unit.town]
        if len(own) == 1:
            return Assignment(own[0], (), Basis.LAW, f"{category.lead_department}（分类目录）")
        lead = self._towns.get(town or "", self._fallback)
        return Assignment(self.departments[lead], (), Basis.TERRITORY, "属地兜底")
