"""What a benchmark returns: named figures, one value a repeat, with what is to be reached."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Target:
    """What a figure's median is to reach."""

    direction: Literal["≤", "≥"]
    value: float

    def reached(self, value: float) -> bool:
        """Whether ``value`` is good enough."""
        return value <= self.value if self.direction == "≤" else value >= self.value


def at_most(value: float) -> Target:
    """A ceiling."""
    return Target("≤", value)


def at_least(value: float) -> Target:
    """A floor."""
    return Target("≥", value)


@dataclass(frozen=True)
class Figure:
    """A measured quantity: ``values`` has one entry for each repeat."""

    name: str
    label: str
    unit: str
    values: tuple[float, ...]
    target: Target | None = None

    @property
    def median(self) -> float:
        """The value that is reported."""
        return _rounded(statistics.median(self.values))

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        return self.target.reached(self.median) if self.target else None

    def as_json(self) -> dict[str, Any]:
        """For bench.json."""
        return {
            "name": self.name,
            "label": self.label,
            "unit": self.unit,
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "values": list(self.values),
            "target": f"{self.target.direction} {self.target.value:g}" if self.target else None,
            "reached": self.reached,
        }


def figure(name: str, label: str, unit: str, values: Sequence[float], target: Target | None = None) -> Figure:
    """A figure; its values are kept to three significant digits or one decimal, whichever says more."""
    return Figure(name, label, unit, tuple(_rounded(value) for value in values), target)


def _rounded(value: float) -> float:
    return round(value, 1) if abs(value) >= 10 else round(value, 3)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that ``share`` of all values do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines that line up, also with Chinese labels."""
    rows = [("指标", "中位数", "最小–最大", "目标", "")]
    for each in figures:
        spread = f"{min(each.values):g}–{max(each.values):g}" if len(set(each.values)) > 1 else ""
        target = f"{each.target.direction} {each.target.value:g}" if each.target else ""
        verdict = {True: "达到", False: "未达到", None: ""}[each.reached]
        rows.append((each.label, f"{each.median:g} {each.unit}".strip(), spread, target, verdict))
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    return sum(2 if character > "\u2e7f" else 1 for character in text)
