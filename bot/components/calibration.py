"""From margins to confidences that can be believed: 0.8 is right in 8 of 10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from bot.components.features import Array

_ENOUGH = 6000
"""Rows from which more change nothing but the time it takes."""


@dataclass(frozen=True)
class Calibration:
    """A label's share is exp(-``weight`` · exp(-``steepness`` · margin)); those of a text are divided by their sum.

    The margins are those of one machine a label: far on the right side of the boundary they say little more, far on the
    wrong side they rule out. A softmax over them was measured to be too sure of what is likeliest (0.98 where 0.85 is
    right) and not sure enough where nothing is likely (0.08 where 0.16 is).
    """

    weight: float = 0.5
    steepness: float = 3.0

    @classmethod
    def fit(cls, scores: Array, target: Array) -> Calibration:
        """The one under which ``target`` is likeliest, given ``scores`` (texts × labels) of texts not learnt from."""
        some = np.random.default_rng(7).permutation(len(target))[:_ENOUGH]
        rows, right = scores[some], target[some]

        def loss(found: Sequence[float]) -> float:
            logs = cls._of(found)._logs(rows)
            return float((np.logaddexp.reduce(logs, axis=1) - logs[np.arange(len(right)), right]).mean())

        start = np.log([cls.weight, cls.steepness])
        return cls._of(minimize(loss, start, method="Nelder-Mead", options={"xatol": 0.01, "fatol": 1e-4}).x)

    def probabilities(self, scores: Array) -> Array:
        """Confidences, texts × labels; their order is that of the scores."""
        logs = self._logs(scores)
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def _logs(self, scores: Array) -> Array:
        return np.asarray(-self.weight * np.exp(np.minimum(-self.steepness * scores, 50.0)))

    @classmethod
    def _of(cls, found: Sequence[float]) -> Calibration:
        weight, steepness = np.exp(np.clip(found, -6, 4))
        return cls(float(weight), float(steepness))
