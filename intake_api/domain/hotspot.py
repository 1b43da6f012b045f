"""Hot spots: more cases of one category in neighbouring cells than that place and category are used to.

A cluster is a set of cells that touch each other and each have cases of the category in the window. With
``n`` cases in the window, ``h`` in the ``HISTORY`` windows of the same length before it, and ``s`` the share of the
category's cases in the window that its cells would have if all cells were alike:

    expected = (h + s) / (HISTORY + 1)        score = −log10 P(X ≥ n),  X ~ Poisson(expected)

A score of 3 means: by chance at most once in a thousand such clusters. At least ``FEWEST`` cases are needed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from intake_api.domain.grid import ROW, adjoining, is_at_seam, number

HISTORY = 8
"""Windows before, against which the window is held."""
FEWEST = 3
"""Cases that make a cluster."""
LEAST_SCORE = 3.0
"""Clusters that are less unusual are not shown."""
_NEGLIGIBLE = 1e-12  # a share of a sum that no longer matters
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


Counts = Mapping[str, Mapping[str, int]]
"""Cases by category and, within it, by grid cell."""


def clusters(counts: Counts) -> list[Cluster]:
    """Clusters of at least ``FEWEST`` cases, most cases first."""
    found = []
    for category, cases in counts.items():
        codes = dict(zip(map(number, cases), cases, strict=True))
        left = _not_alone(codes.keys())
        # most cells stand alone, and one alone is a cluster only with cases enough
        found += [
            Cluster(category, (code,), cases[code])
            for cell, code in codes.items()
            if cases[code] >= FEWEST and cell not in left
        ]
        while left:
            cells = sorted(codes[cell] for cell in _connected(left.pop(), left))
            total = sum(map(cases.__getitem__, cells))
            if total >= FEWEST:
                found.append(Cluster(category, tuple(cells), total))
    return sorted(found, key=lambda cluster: (-cluster.count, cluster.category, cluster.cells))


def _not_alone(cells: Set[int]) -> set[int]:
    """The cells that touch another; at a seam all that may."""
    found = {cell for cell in cells if is_at_seam(cell // ROW)}
    for step in (1, ROW - 1, ROW, ROW + 1):
        ahead = cells & {cell + step for cell in cells}
        found |= ahead
        found |= {cell - step for cell in ahead}
    return found


def _connected(first: int, left: set[int]) -> set[int]:
    """The cells connected with ``first``; takes them out of ``left``."""
    connected, waiting = {first}, [first]
    while waiting:
        found = left.intersection(adjoining(waiting.pop()))
        left -= found
        connected |= found
        waiting += found
    return connected


def promising(found: Iterable[Cluster], totals: Mapping[str, int], cells: int, most: int) -> list[Cluster]:
    """The clusters that would be unusual if there had been nothing before, the most unusual first, at most ``most``.

    Their past need be looked up, that of others not: ``judged`` could only find them less unusual.
    """
    hopes = []
    for cluster in found:
        expected = _share(cluster, totals, cells) / (HISTORY + 1)
        if cluster.count > expected:
            # the chance of exactly so many is the most of the chance of so many or more, and quickly found
            hope = -_log_chance(cluster.count, expected) / math.log(10)
            if hope >= LEAST_SCORE:
                hopes.append((-hope, -cluster.count, cluster.category, cluster.cells, cluster))
    return [cluster for *_, cluster in sorted(hopes)[:most]]


def _share(cluster: Cluster, totals: Mapping[str, int], cells: int) -> float:
    """Cases of the category that its cells would have in the window if all cells were alike."""
    return totals[cluster.category] * len(cluster.cells) / max(cells, 1)


def judged(found: Sequence[Cluster], before: Counts, totals: Mapping[str, int], cells: int) -> list[HotSpot]:
    """Clusters that are unusual, the most unusual first.

    ``before``: cases by category and cell in the ``HISTORY`` windows before; ``totals``: by category in the window;
    ``cells``: cells that had any case in the window.
    """
    spots = []
    for cluster in found:
        past = before.get(cluster.category, {})
        history = sum(past.get(cell, 0) for cell in cluster.cells)
        expected = (history + _share(cluster, totals, cells)) / (HISTORY + 1)
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
    # the tail as a multiple of its first term; where that is beyond floats, so many are certain
    k, term, tail = count, 1.0, 1.0
    while k < expected or term > _NEGLIGIBLE * tail:
        k += 1
        term *= expected / k
        tail += term
    return max(0.0, -(_log_chance(count, expected) + math.log(tail)) / math.log(10))


def _log_chance(count: int, expected: float) -> float:
    """The natural logarithm of the chance of exactly ``count`` where ``expected`` > 0 are."""
    return count * math.log(expected) - expected - math.lgamma(count + 1)


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
