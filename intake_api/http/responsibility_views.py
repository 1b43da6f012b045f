"""The responsibility matrix as it is answered: codes with their names, rules with their state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from aiohttp import web

from intake_api.city_in_force import LoadedCity
from intake_api.domain.responsibility import Candidate, Department, Origin, Rule, Source
from intake_api.domain.taxonomy import Taxonomy, covers
from intake_api.http import responsibility_schemas as views
from intake_api.http.resources import CITY, NOW, TAXONOMY
from intake_api.http.schemas import ActorView, DepartmentRef
from intake_api.storage import responsibility
from intake_api.storage.responsibility_tables import ResponsibilityChangeRow

_LISTED = 100  # rules of one change that the history shows
_KINDS = {
    responsibility.ADDED: "新增规则",
    responsibility.ENDED: "终止规则",
    responsibility.IMPORTED: "导入表格",
    responsibility.RULING: "裁定",
    responsibility.CITY: "载入城市数据",
}


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """By category, area, basis and date."""
    return sorted(
        rules,
        key=lambda rule: (rule.category == "*", rule.category, rule.area, rule.basis, rule.valid_from or date.min),
    )


def origin_of(rule: Rule) -> Origin:
    """Where a rule came from; one of a table that is not stored yet will be the desk's."""
    return rule.origin or Origin(0, Source.DESK)


def state_of(rule: Rule, today: date) -> views.State:
    """Whether a rule is in force, to come, or over."""
    if rule.valid_to is not None and rule.valid_to < today:
        return "over"
    if rule.valid_from is not None and rule.valid_from > today:
        return "coming"
    return "in_force"


@dataclass(frozen=True)
class Names:
    """What codes are called, and which day it is in the city."""

    loaded: LoadedCity
    taxonomy: Taxonomy
    towns: Mapping[str, str]
    units: Mapping[str, Department]
    today: date

    @classmethod
    def of(cls, request: web.Request) -> Names:
        """Those of the city in force."""
        loaded = request.app[CITY].current
        city = loaded.city
        today = request.app[NOW]().astimezone(city.calendar.timezone).date()
        towns = {town.code: town.name for town in city.towns}
        return cls(loaded, request.app[TAXONOMY], towns, city.matrix.departments, today)

    def category(self, pattern: str) -> str:
        """``暴露垃圾``, ``市容环境``, ``全部分类``."""
        if pattern == "*":
            return "全部分类"
        covered = [category for category in self.taxonomy if covers(pattern, category.code)]
        if len(covered) == 1:
            return covered[0].name
        divisions = list(dict.fromkeys(category.division for category in covered))
        return "、".join(divisions) or pattern

    def area(self, area: str) -> str:
        """``七宝镇``, ``全区``."""
        return "全区" if area == "*" else self.towns.get(area, area)

    def department(self, unit: str) -> DepartmentRef:
        """A department, former ones too."""
        return DepartmentRef(id=unit, name=self.loaded.department_name(unit))

    def rule(self, rule: Rule) -> views.RuleView:
        """A rule."""
        origin = origin_of(rule)
        at = origin.at.astimezone(self.loaded.city.calendar.timezone) if origin.at else None
        return views.RuleView(
            id=origin.id,
            category=rule.category,
            category_name=self.category(rule.category),
            area=rule.area,
            area_name=self.area(rule.area),
            lead=self.department(rule.lead),
            supporting=[self.department(unit) for unit in rule.supporting],
            basis=rule.basis,
            valid_from=rule.valid_from,
            valid_to=rule.valid_to,
            state=state_of(rule, self.today),
            source=origin.source,
            source_label=origin.source.label,
            added_by=origin.by,
            added_at=at,
            case_no=origin.case_no,
            reason=origin.reason,
            silent=rule.lead not in self.units,
        )

    def candidate(self, candidate: Candidate) -> views.CandidateView:
        """What was weighed."""
        return views.CandidateView(
            name=candidate.name,
            lead=self.department(candidate.lead.id) if candidate.lead else None,
            basis=candidate.basis,
            wins=candidate.wins,
            words=candidate.words,
            rule=self.rule(candidate.rule) if candidate.rule else None,
        )

    def change(self, row: ResponsibilityChangeRow) -> views.ChangeView:
        """A change of the matrix."""
        return views.ChangeView(
            id=row.id,
            at=row.at.astimezone(self.loaded.city.calendar.timezone),
            by=ActorView(kind=row.actor_kind, id=row.actor_id, name=row.actor_name),
            kind=cast("Any", row.kind),
            kind_label=_KINDS[row.kind],
            case_no=row.case_no,
            reason=row.reason,
            added=row.added,
            ended=row.ended,
            before=[self._changed(rule) for rule in row.before[:_LISTED]],
            after=[self._changed(rule) for rule in row.after[:_LISTED]],
        )

    def _changed(self, rule: Mapping[str, Any]) -> views.ChangedRule:
        return views.ChangedRule(
            id=rule["id"],
            category=rule["category"],
            category_name=self.category(rule["category"]),
            area=rule["area"],
            area_name=self.area(rule["area"]),
            lead=self.department(rule["lead"]),
            supporting=[self.department(unit) for unit in rule["supporting"]],
            basis=rule["basis"],
            valid_from=rule["valid_from"],
            valid_to=rule["valid_to"],
        )
