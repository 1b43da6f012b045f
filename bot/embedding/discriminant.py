"""What the vectors of a sentence model say about the categories, to be added to the margins of the term features.

A linear discriminant: each category is the mean of its texts' vectors, and nearness to it is measured by how vectors of
one category differ among themselves. It is worked out in closed form, in less than a second, so the term features are
learnt as if it were not there, and it can be left out at any time. Learning both in one support vector machine was
measured: much slower, less right, and of no use without the vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.embedding.port import Array

SHRINKAGE = 0.3
"""Share of a common variance in the covariance, so that rare directions are not believed."""


@dataclass(frozen=True)
class Discriminant:
    """``weights``, dimensions × categories, and ``bias``: linear in the vectors of the embedder called ``embedder``.

    Its figures are log odds and far larger than margins: ``share`` of them is added.
    """

    embedder: str
    weights: Array
    bias: Array
    share: float

    @classmethod
    def train(cls, embedder: str, rows: Array, target: Array, share: float) -> Discriminant:
        """Learn from ``rows``, a vector each, and their categories in ``target``: 0, 1, 2…, none without a row."""
        centre, scale = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64) + 1e-9
        scaled = (rows - centre) / scale
        counts = np.bincount(target)
        means = np.zeros((len(counts), rows.shape[1]))
        np.add.at(means, target, scaled)
        means /= counts[:, None]
        apart = scaled - means[target]
        covariance = apart.T @ apart / len(rows)
        common = max(float(np.trace(covariance)) / len(covariance), 1e-9)
        covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * common * np.eye(len(covariance))
        weights = np.linalg.solve(covariance, means.T)
        bias = -0.5 * np.einsum("ij,ji->i", means, weights) - (centre / scale) @ weights
        return cls(embedder, (weights / scale[:, None]).astype(np.float32), bias.astype(np.float32), share)

    def margins(self, rows: Array) -> Array:
        """What to add to the margins of the term features, rows × categories."""
        return np.asarray(self.share * (rows @ self.weights + self.bias))
