"""What a linear model sees of a text: its words and its runs of one to three characters, weighted by TF-IDF.

Characters carry what the segmentation misses (names, typos, dialect); words carry what is telling. Both were measured
together against each alone.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Array = npt.NDArray[Any]

_NUMBER = re.compile(r"\d+")
_BOUNDARY = re.compile(r"[\s,，.。;；:：!！?？、~～…\-—\"“”'‘’()（）]+")
LONGEST_RUN = 3
_SENTENCE_END = re.compile(r"[。！？!?；;\n\s]")
_LETTER = 60
_HEADLINE = range(4, 51)
"""Characters from which a text is a letter, and that a headline may have."""


def terms(text: str, words: Sequence[str]) -> Counter[str]:
    """The features of a normalised text: words (``w:``) and runs of 1–3 characters that cross no punctuation."""
    counts: Counter[str] = Counter(f"w:{word}" for word in words if not _BOUNDARY.fullmatch(word))
    for clause in _BOUNDARY.split(_NUMBER.sub("0", text)):
        for length in range(1, LONGEST_RUN + 1):
            counts.update(clause[i : i + length] for i in range(len(clause) - length + 1))
    return counts


def headline(text: str) -> str:
    """What a letter begins with, up to its first full stop or gap: its title or its first sentence. Empty for a text
    that is no letter or begins otherwise."""
    first = _SENTENCE_END.split(text, maxsplit=1)[0] if len(text) > _LETTER else ""
    return first if len(first) in _HEADLINE else ""


@dataclass(frozen=True)
class Vocabulary:
    """The terms that a model knows, and their inverse document frequencies."""

    index: dict[str, int]
    idf: Array

    @classmethod
    def learn(cls, documents: Iterable[Counter[str]], at_least: int = 2) -> Vocabulary:
        """Take the terms that stand in ``at_least`` documents or more."""
        frequency: Counter[str] = Counter()
        total = 0
        for document in documents:
            total += 1
            frequency.update(document.keys())
        kept = sorted(term for term, count in frequency.items() if count >= at_least)
        idf = np.array([np.log((1 + total) / (1 + frequency[term])) + 1 for term in kept], dtype=np.float32)
        return cls({term: i for i, term in enumerate(kept)}, idf)

    def matrix(self, documents: Sequence[Counter[str]]) -> sp.csr_matrix:
        """One row per document, sublinear TF-IDF, length one."""
        columns: list[int] = []
        values: list[float] = []
        rows = [0]
        for document in documents:
            start = len(values)
            for term, count in document.items():
                column = self.index.get(term)
                if column is not None:
                    columns.append(column)
                    values.append((1.0 + np.log(count) if count > 1 else 1.0) * self.idf[column])
            norm = float(np.sqrt(sum(v * v for v in values[start:]))) or 1.0
            values[start:] = [v / norm for v in values[start:]]
            rows.append(len(values))
        return sp.csr_matrix(
            (np.array(values, dtype=np.float32), np.array(columns, dtype=np.int32), np.array(rows, dtype=np.int32)),
            shape=(len(documents), len(self.index)),
        )

    def dumps(self) -> bytes:
        """As JSON: the terms in the order of their columns, one array; the weights are kept by the model."""
        return json.dumps(list(self.index), ensure_ascii=False).encode()
