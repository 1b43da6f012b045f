"""The responsibility matrix as a CSV table, as people write it and get it back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping

from intake_api.domain.data_files import Row
from intake_api.domain.responsibility import Basis, Rule
from intake_api.domain.taxonomy import Taxonomy

COLUMNS = ("category", "area", "lead", "supporting", "basis", "valid_from", "valid_to")


def read_rules(
    rows: Iterable[Row], departments: Collection[str], towns: Collection[str], taxonomy: Taxonomy
) -> tuple[Rule, ...]:
    """The rules of a table; what is wrong becomes faults of its rows."""
    rules: dict[Rule, int] = {}
    for row in rows:
        category, area, lead = row.text("category"), row.text("area"), row.text("lead")
        supporting, basis = row.parts("supporting"), row.text("basis")
        if category and (wrong := taxonomy.objection(category)):
            row.fault(wrong)
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
        if not basis:
            continue
        rule = Rule(category, area, lead, supporting, Basis(basis), begins, ends)
        if rule in rules:
            row.fault(f"与第 {rules[rule]} 行相同")
        rules.setdefault(rule, row.line)
    return tuple(rules)


def write_rules(rules: Iterable[Rule], notes: Mapping[str, Callable[[Rule], str]]) -> str:
    """The table of ``rules``, which ``read_rules`` reads back. ``notes``: further columns, for the reader only."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*COLUMNS, *notes])
    for rule in rules:
        table.writerow(
            [
                rule.category, rule.area, rule.lead, ";".join(rule.supporting), rule.basis.value,
                rule.valid_from or "", rule.valid_to or "", *(note(rule) for note in notes.values()),
            ]
        )  # fmt: skip
    return text.getvalue()
