"""How near two texts are in meaning, on a scale that is the same for every sentence model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.embedding.port import Embedder


class Nearness:
    """Measures by an embedder. What its cosines mean depends on the model: they are told against texts that have
    nothing to do with one another.
    """

    def __init__(self, embedder: Embedder, unrelated: Sequence[str]) -> None:
        """``unrelated``: some dozens of short texts about different things."""
        self._embedder = embedder
        rows = embedder.embed(unrelated)
        cosines = (rows @ rows.T)[np.triu_indices(len(unrelated), 1)]
        self._mean, self._spread = float(cosines.mean()), max(float(cosines.std()), 1e-6)

    def of(self, text: str, others: Sequence[str]) -> list[float]:
        """For each of the others, by how many standard deviations it is nearer to ``text`` than unrelated texts are."""
        if not others:
            return []
        rows = self._embedder.embed([text, *others])
        return [float(cosine - self._mean) / self._spread for cosine in rows[1:] @ rows[0]]
