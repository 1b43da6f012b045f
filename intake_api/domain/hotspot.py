"""Hot spots: more cases of one category in neighbouring cells than that place and category are used to.

A cluster is a set of cells that touch each other and each have cases of the category in the window. With
``n`` cases in the window, ``h`` in the ``HISTORY`` windows of the same length before it, and ``s`` the share of the
category's cases in the window that its cells would have if all cells were alike:

    expected = (h + s) / (HISTORY + 1)        score = −log10 P(X ≥ n),  X ~ Poisson(expected)

A score of 3 means: by chance at most once in a thousand such clusters. At least ``FEWEST`` cases are needed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from intake_api.domain.grid import adjoining

HISTORY = 8
"""Windows before, against which the window is held."""
FEWEST = 3
"""Cases that make a cluster."""
LEAST_SCORE = 3.0
"""Clusters that are less unusual are not shown."""
FORMULA = (
    f"期望值 =（前 {HISTORY} 个同长时段内同类案件数 + 全部网格均匀分布时的应有数）÷ {HISTORY + 1}；"
    f"得分 = −log10 P(X ≥ 本时段案件数)，X 服从以期望值为均值的泊松分布；"
    f"相邻网格连成一片，至少 {FEWEST} 件、得分不低于 {LEAST_SCORE:g} 才列出。"
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Touching cells with cases of one category; ``count`` of them in the window."""

    category: str
    cells: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class HotSpot:
    """A cluster with what was to be expected, and how unusual it is."""

    cluster: Cluster
    expected: float
    score: float


def clusters(counts: Mapping[tuple[str, str], int]) -> list[Cluster]:
    """Clusters of at least ``FEWEST`` cases, most cases first. ``counts``: cases by category and cell."""
    by_category: dict[str, dict[str, int]] = defaultdict(dict)
    for (category, cell), count in counts.items():
        by_category[category][cell] = count
    found = []
    for category, cells in by_category.items():
        left = set(cells)
        while left:
            connected = _connected(left.pop(), left)
            total = sum(cells[cell] for cell in connected)
            if total >= FEWEST:
                found.append(Cluster(category, tuple(sorted(connected)), total))
    return sorted(found, key=lambda cluster: (-cluster.count, cluster.category, cluster.cells))


def _connected(first: str, left: set[str]) -> set[str]:
    """The cells connected with ``first``; takes them out of ``left``."""
    connected, waiting = {first}, [first]
    while waiting:
        found = left.intersection(adjoining(waiting.pop()))
        left -= found
        connected |= found
        waiting += found
    return connected


def judged(
    found: Sequence[Cluster], before: Mapping[tuple[str, str], int], totals: Mapping[str, int], cells: int
) -> list[HotSpot]:
    """Clusters that are unusual, the most unusual first.

    ``before``: cases by category and cell in the ``HISTORY`` windows before; ``totals``: by category in the window;
    ``cells``: cells that had any case in the window.
    """
    spots = []
    for cluster in found:
        history = sum(before.get((cluster.category, cell), 0) for cell in cluster.cells)
        share = totals[cluster.category] * len(cluster.cells) / max(cells, 1)
        expected = (history + share) / (HISTORY + 1)
        score = unlikeliness(cluster.count, expected)
        if score >= LEAST_SCORE:
            spots.append(HotSpot(cluster, expected, score))
    return sorted(spots, key=lambda spot: (-spot.score, -spot.cluster.count, spot.cluster.cells))


def unlikeliness(count: int, expected: float) -> float:
    """−log10 of the chance of ``count`` or more where ``expected`` are; in logarithms, so that nothing is lost."""
    if count <= 0:
        return 0.0
    if expected <= 0:
        return math.inf
    logs = [
        k * math.log(expected) - expected - math.lgamma(k + 1) for k in range(count, count + 60 + int(4 * expected))
    ]
    top = max(logs)
    chance = top + math.log(sum(math.exp(value - top) for value in logs))
    return max(0.0, -chance / math.log(10))


def telling(texts: Iterable[Iterable[str]], others: Iterable[Iterable[str]], most: int = 5) -> list[str]:
    """The words that tell these texts from others: in a larger share of them, the largest difference first."""
    inside = [set(words) for words in texts]
    outside = [set(words) for words in others]
    here = Counter(word for words in inside for word in words)
    there = Counter(word for words in outside for word in words)

    def difference(word: str) -> float:
        return here[word] / len(inside) - (there[word] / len(outside) if outside else 0.0)

    words = [word for word, count in here.items() if count >= 2 and difference(word) > 0]
    return sorted(words, key=lambda word: (-difference(word), word))[:most]
