"""Whether two reports speak of the same thing: kind, distance, time and words, each with its share of 100 points."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

SAME_CATEGORY = 30
SAME_DIVISION = 15
NEAR = 35
RECENT = 15
WORDS = 20
"""Most points of each part; together 100."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """How far two reports may be apart to be taken for one (city data). ``metres`` on the ground."""

    metres: float = 50.0
    window: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Observation:
    """What is known of a report for comparing it. ``words``: what its text is about."""

    category: str | None
    division: str | None
    at: datetime
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """Points of one part, and why, in Chinese."""

    name: str
    points: int
    words: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two reports are: 0 … 100, with the reasons."""

    score: int
    reasons: tuple[Reason, ...]


def is_same_kind(one: Observation, other: Observation) -> bool:
    """Same category or same division; what is not known yet may be the same."""
    if one.category is None or other.category is None:
        return True
    return one.category == other.category or (one.division is not None and one.division == other.division)


def likeness(one: Observation, other: Observation, metres: float | None, allowed: Nearness) -> Likeness:
    """How alike; ``metres``: distance between the places, None where one of them is not known."""
    reasons = []
    if one.category is not None and one.category == other.category:
        reasons.append(Reason("category", SAME_CATEGORY, "同一类别"))
    elif one.division is not None and one.division == other.division:
        reasons.append(Reason("division", SAME_DIVISION, "同一大类"))
    if metres is not None and metres <= allowed.metres:
        share = 1 - metres / allowed.metres / 2  # at the edge still half
        reasons.append(Reason("distance", round(NEAR * share), f"相距 {metres:.0f} 米"))
    apart = abs(one.at - other.at)
    if apart <= allowed.window:
        share = 1 - apart / allowed.window
        reasons.append(Reason("time", round(RECENT * share), f"相隔 {_hours(apart)}"))
    common = one.words & other.words
    if common:
        share = len(common) / min(len(one.words), len(other.words))
        named = "、".join(sorted(common, key=len, reverse=True)[:5])
        reasons.append(Reason("words", round(WORDS * share), f"都提到{named}"))
    return Likeness(sum(reason.points for reason in reasons), tuple(reasons))


def overlap(words: Collection[str], others: Collection[str]) -> float:
    """Common words as a share of the fewer: 0 … 1."""
    fewer = min(len(words), len(others))
    return len(set(words) & set(others)) / fewer if fewer else 0.0


def _hours(apart: timedelta) -> str:
    hours = apart.total_seconds() / 3600
    return f"{hours:.0f} 小时" if hours >= 1 else f"{apart.total_seconds() / 60:.0f} 分钟"
