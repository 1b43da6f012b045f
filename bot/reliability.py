"""Whether a confidence of 0.8 is right in 8 of 10."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Predictions of about the same confidence: how many, their mean confidence, the share that was right."""

    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Reliability:
    """Ten bins of equal width over the confidences, and the expected calibration error: the mean distance between
    confidence and share right, weighted by how many lie in each bin. 0 is perfect."""

    bins: tuple[Bin, ...]
    n: int
    ece: float


def reliability(predictions: Iterable[tuple[float, bool]]) -> Reliability:
    """How far confidences can be believed; each prediction is its confidence (0 to 1) and whether it was right."""
    filled: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, right in predictions:
        filled[min(BINS - 1, max(0, int(confidence * BINS)))].append((confidence, right))
    total = sum(map(len, filled))
    bins = tuple(
        Bin(len(part), sum(c for c, _ in part) / len(part), sum(r for _, r in part) / len(part))
        if part
        else Bin(0, 0.0, 0.0)
        for part in filled
    )
    ece = sum(part.n * abs(part.confidence - part.accuracy) for part in bins) / max(1, total)
    return Reliability(bins, total, round(ece, 4))
