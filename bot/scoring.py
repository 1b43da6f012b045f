"""How understanding is scored (contract.md, "Understanding"): definitions that anybody can check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.corpus import CASE_ACTS
from bot.language.normalise import normalise

SAME_FROM = 0.6
"""Intersection over union from which a predicted place is the gold one."""


def comparable(text: str) -> str:
    """Simplified, half width, without spaces and punctuation."""
    return re.sub(r"[\W_]+", "", normalise(text).text).lower()


def overlap(first: str, second: str) -> float:
    """Intersection over union of two texts by their longest common run of characters."""
    if not first or not second:
        return 0.0
    best = 0
    row = [0] * (len(second) + 1)
    for a in first:
        fresh = [0] * (len(second) + 1)
        for j, b in enumerate(second):
            if a == b:
                fresh[j + 1] = row[j] + 1
                best = max(best, fresh[j + 1])
        row = fresh
    return best / (len(first) + len(second) - best)


def matched_places(predicted: Iterable[str], gold: Iterable[str]) -> int:
    """How many predicted places are right; each gold one is matched once."""
    left = [comparable(text) for text in gold]
    hits = 0
    for text in map(comparable, predicted):
        scores = [1.0 if text == other else overlap(text, other) for other in left]
        if scores and max(scores) >= SAME_FROM:
            left.pop(scores.index(max(scores)))
            hits += 1
    return hits


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of ``values`` lie."""
    ordered = sorted(values)
    return round(ordered[max(0, int(len(ordered) * share) - 1)], 1) if ordered else 0.0


@dataclass
class Score:
    """Counts up predictions against gold lines."""

    lines: int = 0
    acts: int = 0
    scored: int = 0
    top1: int = 0
    top3: int = 0
    division: int = 0
    hits: int = 0
    predicted: int = 0
    gold: int = 0
    emergencies: int = 0
    caught: int = 0
    alarms: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def add(self, line: dict[str, Any], act: str, codes: Sequence[str], places: Sequence[str], took: float) -> None:
        """Count one message; ``took`` in milliseconds."""
        self.lines += 1
        self.milliseconds.append(took)
        self.acts += act == line["act"]
        if line["act"] == "emergency":
            self.emergencies += 1
            self.caught += act == "emergency"
        else:
            self.alarms += act == "emergency"
        if line["act"] in CASE_ACTS and line.get("code"):
            right = {line["code"], *(line.get("alt") or [])}
            self.scored += 1
            self.top1 += bool(codes) and codes[0] in right
            self.top3 += any(code in right for code in codes[:3])
            self.division += bool(codes) and codes[0][:2] in {code[:2] for code in right}
        self.hits += matched_places(places, line.get("locations") or [])
        self.predicted += len(places)
        self.gold += len(line.get("locations") or [])

    def figures(self) -> dict[str, Any]:
        """The figures of the contract."""
        precision = self.hits / max(1, self.predicted)
        recall = self.hits / max(1, self.gold)
        return {
            "n": self.lines,
            "act_accuracy": round(self.acts / max(1, self.lines), 4),
            "category_top1": round(self.top1 / max(1, self.scored), 4),
            "category_top3": round(self.top3 / max(1, self.scored), 4),
            "division_top1": round(self.division / max(1, self.scored), 4),
            "location": {
                "precision": round(precision, 4),
                "recall": round(recall, 4),
                "f1": round(2 * precision * recall / max(1e-9, precision + recall), 4),
            },
            "emergency_recall": round(self.caught / self.emergencies, 4) if self.emergencies else None,
            "emergency_false_rate": round(self.alarms / max(1, self.lines - self.emergencies), 4),
            "latency_ms": {"p50": percentile(self.milliseconds, 0.5), "p95": percentile(self.milliseconds, 0.95)},
        }
