"""Who is responsible (三定): a matrix of category × area, where the most specific rule in force wins.

法定 is by law, 商定 by agreement, 指定 by a ruling. Where no rule speaks, the department of the kind that the taxonomy
names takes it; where there is none, the town in which it lies, and at last the district (属地兜底): nothing stays
without an owner.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from intake_api.domain.taxonomy import Category, covers, specificity


class Basis(StrEnum):
    """On what a responsibility rests."""

    LAW = "法定"
    AGREEMENT = "商定"
    APPOINTMENT = "指定"
    TERRITORY = "属地兜底"


_BINDING = (Basis.LAW, Basis.AGREEMENT, Basis.APPOINTMENT, Basis.TERRITORY)


class Source(StrEnum):
    """Where a rule came from."""

    CITY = "city"  # the city folder; the next one loaded replaces it
    RULING = "ruling"  # 裁定: an adjudication, remembered
    DESK = "desk"  # written by a supervisor

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {"city": "城市数据", "ruling": "裁定", "desk": "督办维护"}[self]


@dataclass(frozen=True, slots=True)
class Department:
    """A unit that handles cases. ``kind`` is a lead department text of the taxonomy or ``town``; ``town`` a code."""

    id: str
    name: str
    kind: str
    town: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """How a rule came into the matrix: by whom, when, by the ruling of which case, why. ``id`` grows with time."""

    id: int
    source: Source
    by: str = ""
    at: datetime | None = None
    case_no: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """``category``: a code, a prefix such as ``11*``, or ``*``; ``area``: a town code or ``*``. Dates are inclusive.

    Two rules that say the same are equal, whatever their origin.
    """

    category: str
    area: str
    lead: str
    supporting: tuple[str, ...]
    basis: Basis
    valid_from: date | None = None
    valid_to: date | None = None
    origin: Origin | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The line of the matrix: ``1101 × 310112101``."""
        return f"{self.category} × {self.area}"

    def is_valid(self, on: date) -> bool:
        """Whether the rule is in force on that day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)

    def speaks(self, code: str, town: str | None, on: date) -> bool:
        """Whether the rule is in force on that day for that category and town."""
        return covers(self.category, code) and self.area in ("*", town) and self.is_valid(on)

    def rank(self) -> tuple[bool, int, bool, int, date, int]:
        """Sorts the more specific, then the more binding, then the newer rule last."""
        exact, length = specificity(self.category)
        age = self.origin.id if self.origin and self.origin.source is not Source.CITY else 0
        return exact, length, self.area != "*", _BINDING.index(self.basis), self.valid_from or date.min, age


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who leads (主办), who supports (协办), and why: ``rule`` names the line of the matrix that decided."""

    lead: Department
    supporting: tuple[Department, ...]
    basis: Basis
    rule: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One that might have decided: a rule of the matrix, or (``rule`` None) one of the steps after them.

    ``lead`` is None where the step finds nobody. ``words`` tell why it won or lost.
    """

    rule: Rule | None
    name: str
    lead: Department | None
    basis: Basis
    wins: bool
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """An assignment with everything that was weighed, the winner first."""

    assignment: Assignment
    candidates: tuple[Candidate, ...]


class ResponsibilityMatrix:
    """The rules of one city. ``fallback`` is the department of the whole district."""

    def __init__(
        self, departments: Iterable[Department], rules: Iterable[Rule], towns: Mapping[str, str], fallback: str
    ) -> None:
        """``towns`` gives each town code's own department. Rules whose lead no longer exists are silent."""
        self.departments = {department.id: department for department in departments}
        self._by_category: dict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            if rule.lead in self.departments:
                self._by_category[rule.category].append(rule)
        self._towns = dict(towns)
        self._fallback = fallback
        self._by_kind: dict[str, list[Department]] = defaultdict(list)
        for department in self.departments.values():
            self._by_kind[department.kind].append(department)

    def assign(self, category: Category, town: str | None, on: date) -> Assignment:
        """Who handles ``category`` in ``town`` (a code, None where the place is not known) on that day."""
        rules = [rule for rule in self._about(category.code) if rule.speaks(category.code, town, on)]
        if rules:
            return self._by_rule(max(rules, key=Rule.rank))
        unit = self._of_kind(category.lead_department, town)
        if unit is not None:
            return Assignment(unit, (), Basis.LAW, f"{category.lead_department}（分类目录）")
        lead = self._towns.get(town or "", self._fallback)
        return Assignment(self.departments[lead], (), Basis.TERRITORY, "属地兜底")

    def explain(self, category: Category, town: str | None, on: date) -> Explanation:
        """The assignment, with every rule of the category and place in the order in which they count, and why.

        Rules of other towns are left out; those not in force on that day are told as such, last.
        """
        assignment = self.assign(category, town, on)
        rules = [rule for rule in self._about(category.code) if rule.area in ("*", town)]
        speaking = sorted((rule for rule in rules if rule.is_valid(on)), key=Rule.rank, reverse=True)
        silent = sorted((rule for rule in rules if not rule.is_valid(on)), key=Rule.rank, reverse=True)
        winner = max(speaking, key=Rule.rank) if speaking else None
        candidates = [self._weighed(rule, winner, category, on) for rule in (*speaking, *silent)]
        candidates += self._after_rules(category, town, winner)
        return Explanation(assignment, tuple(sorted(candidates, key=lambda candidate: not candidate.wins)))

    def _about(self, code: str) -> list[Rule]:
        keys = [code, *(code[:length] + "*" for length in range(len(code), -1, -1))]
        return [rule for key in keys for rule in self._by_category.get(key, ())]

    def _by_rule(self, rule: Rule) -> Assignment:
        supporting = tuple(self.departments[unit] for unit in rule.supporting if unit in self.departments)
        return Assignment(self.departments[rule.lead], supporting, rule.basis, rule.name)

    def _of_kind(self, kind: str, town: str | None) -> Department | None:
        """The one department of a kind: the town's own, or that of the district."""
        units = self._by_kind.get(kind, [])
        own = [unit for unit in units if unit.town and unit.town == town] or [unit for unit in units if not unit.town]
        return own[0] if len(own) == 1 else None

    def _weighed(self, rule: Rule, winner: Rule | None, category: Category, on: date) -> Candidate:
        wins = rule is winner
        if wins or winner is None or not rule.is_valid(on):
            words = _merits(rule, category) if wins else _not_in_force(rule, on)
        else:
            words = _beaten(rule, winner)
        return Candidate(rule, rule.name, self.departments[rule.lead], rule.basis, wins, words)

    def _after_rules(self, category: Category, town: str | None, winner: Rule | None) -> list[Candidate]:
        """The three steps that follow where no rule speaks."""
        kind = category.lead_department
        steps = [
            (f"分类目录：{kind}", self._of_kind(kind, town), Basis.LAW, f"没有规则适用，由分类目录所说的{kind}负责"),
            ("属地", self._department(self._towns.get(town or "")), Basis.TERRITORY, "没有规则，由所在街镇兜底"),
            ("区级", self._department(self._fallback), Basis.TERRITORY, "没有规则，街镇也不知道，由区里兜底"),
        ]
        decided = winner is not None
        candidates = []
        for name, unit, basis, merits in steps:
            wins = not decided and unit is not None
            if wins:
                words = merits
            elif unit is None:
                words = "没有唯一对应的部门" if name.startswith("分类目录") else "不知道在哪个街镇"
            else:
                words = "前面已经有结果，轮不到"
            candidates.append(Candidate(None, name, unit, basis, wins, words))
            decided = decided or wins
        return candidates

    def _department(self, unit: str | None) -> Department | None:
        return self.departments.get(unit) if unit else None


def _merits(rule: Rule, category: Category) -> str:
    what = "写明这个分类" if rule.category == category.code else f"分类在 {rule.category} 之内"
    where = "适用全区" if rule.area == "*" else "写明这个街镇"
    return f"{what}，{where}，{rule.basis.value}：适用的规则里最具体的一条"


def _not_in_force(rule: Rule, on: date) -> str:
    if rule.valid_from is not None and on < rule.valid_from:
        return f"{rule.valid_from} 才生效"
    return f"{rule.valid_to} 已到期"


def _beaten(rule: Rule, winner: Rule) -> str:
    """In what the winner comes first."""
    if specificity(rule.category) != specificity(winner.category):
        return f"分类 {rule.category} 不如 {winner.category} 具体"
    if (rule.area == "*") != (winner.area == "*"):
        return "适用全区，不如写明街镇的具体"
    if rule.basis is not winner.basis:
        return f"同样具体，{rule.basis.value}让位于{winner.basis.value}"
    if rule.valid_from != winner.valid_from:
        return "同样具体，起始日期较早，新的优先"
    return "同样具体，登记较早，新的优先" if rule.rank() != winner.rank() else "与采用的一条同级，以表中在前的为准"


@dataclass(frozen=True, slots=True)
class Difference:
    """What a table of rules would change: rules that come, that end, and how many stay."""

    added: tuple[Rule, ...]
    ended: tuple[Rule, ...]
    kept: int


def difference(now: Iterable[Rule], wanted: Iterable[Rule], on: date) -> Difference:
    """From the rules of today to those ``wanted``. Rules that are over on that day are history and stay as they are."""
    current = {rule: rule for rule in now if rule.valid_to is None or rule.valid_to >= on}
    aims = dict.fromkeys(wanted)
    added = tuple(rule for rule in aims if rule not in current and (rule.valid_to is None or rule.valid_to >= on))
    ended = tuple(rule for same, rule in current.items() if same not in aims)
    return Difference(added, ended, len(current) - len(ended))
