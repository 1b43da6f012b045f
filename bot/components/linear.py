"""A linear classifier over term features with calibrated confidence, kept as arrays and JSON: nothing is unpickled."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from bot.components.calibration import Calibration
from bot.components.features import Array, Vocabulary
from bot.embedding.discriminant import Discriminant

PLENTY = 200
"""Texts per label from which ``FOR_PLENTY`` are the better settings."""

FOR_PLENTY: dict[str, Any] = {"penalty": 2.0, "balanced": True, "contrast": 1.0}
FOR_SCARCE: dict[str, Any] = {"penalty": 1.0, "balanced": True}

HEADLINE = 0.2
"""Share that a letter's headline has in its margins, beside the letter as a whole."""


@dataclass(frozen=True)
class Dense:
    """Vectors of the training documents from the embedder called ``embedder``, and how much they count beside terms."""

    embedder: str
    rows: Array
    share: float


@dataclass(frozen=True)
class LinearModel:
    """Labels, their weights, and what turns scores into probabilities that can be believed.

    A model that was trained with ``Dense`` can be asked with the vectors of a text and, as if there were none, without.
    """

    labels: tuple[str, ...]
    vocabulary: Vocabulary
    weights: Array
    """terms × labels, so that a text's score is a sum over the rows of its terms"""
    bias: Array
    calibration: Calibration
    discriminant: Discriminant | None = None
    dense_calibration: Calibration | None = None
    """Of scores with vectors"""

    @classmethod
    def train(
        cls,
        documents: Sequence[Counter[str]],
        labels: Sequence[str],
        *,
        penalty: float = 0.5,
        folds: int = 3,
        balanced: bool = False,
        contrast: float = 0.0,
        dense: Dense | None = None,
        matters: Sequence[int] | None = None,
    ) -> LinearModel:
        """Train on ``documents``; ``balanced`` gives rare labels the same say as frequent ones; ``dense``: vectors too.

        ``contrast``: penalty of a second machine, to whose eyes a term is the larger the more its frequency in a label
        differs from that in the others; the margins of both are added. 0: none. It helps where the counts can be
        believed (``PLENTY``) and harms where a label has some tens of texts.

        Confidences are calibrated on out-of-fold scores. ``matters``: a number for each document, the same for those
        that tell of one matter, such as a letter and its title: they stay in one fold.
        """
        known = tuple(sorted(set(labels)))
        target = np.array([known.index(label) for label in labels])
        vocabulary = Vocabulary.learn(documents)
        matrix = vocabulary.matrix(documents)

        def fit(chosen: Array) -> tuple[Array, Array]:
            weights, bias = _machine(matrix[chosen], target[chosen], penalty, balanced)
            if contrast:
                more = _contrasting(matrix[chosen], target[chosen], contrast, balanced)
                weights, bias = weights + more[0], bias + more[1]
            return weights, bias

        everything = np.arange(len(target))
        numbers = everything if matters is None else np.asarray(matters)
        _, first, matter = np.unique(numbers, return_index=True, return_inverse=True)
        rarest = np.bincount(target[first], minlength=len(known)).min()
        calibration = dense_calibration = Calibration()
        if folds > 1 and rarest >= folds and len(known) > 1:
            scores = np.zeros((len(documents), len(known)))
            added = np.zeros_like(scores)
            for part, _ in StratifiedKFold(folds, shuffle=True, random_state=7).split(first, target[first]):
                learnt = np.isin(matter, part)
                train, test = np.flatnonzero(learnt), np.flatnonzero(~learnt)
                weights, bias = fit(train)
                scores[test] = np.asarray(matrix[test] @ weights.T) + bias
                if dense:
                    added[test] = _discriminant(dense, train, target).margins(dense.rows[test])
            calibration = Calibration.fit(scores, target)
            dense_calibration = Calibration.fit(scores + added, target) if dense else calibration
        weights, bias = fit(everything)
        return cls(
            known,
            vocabulary,
            np.ascontiguousarray(weights.T, dtype=np.float32),
            bias,
            calibration,
            _discriminant(dense, everything, target) if dense else None,
            dense_calibration,
        )

    def scores(
        self,
        documents: Sequence[Counter[str]],
        vectors: Array | None = None,
        headlines: Sequence[Counter[str]] | None = None,
    ) -> Array:
        """Margins, documents × labels. ``vectors`` of the documents count where the model was trained with such.

        ``headlines``: the terms of each document's headline; none, where it has none.
        """
        scores: Array = np.asarray(self.vocabulary.matrix(documents) @ self.weights) + self.bias
        if headlines is not None and any(headlines):
            having = np.flatnonzero([bool(terms) for terms in headlines])
            alone = self.scores([headlines[i] for i in having])
            scores[having] = (1 - HEADLINE) * scores[having] + HEADLINE * alone
        if vectors is not None and self.discriminant:
            scores = scores + self.discriminant.margins(vectors)
        return scores

    def probabilities(
        self,
        documents: Sequence[Counter[str]],
        vectors: Array | None = None,
        headlines: Sequence[Counter[str]] | None = None,
    ) -> Array:
        """Calibrated confidences, documents × labels, rows sum to one. Parameters as of ``scores``."""
        with_vectors = vectors is not None and self.discriminant is not None
        calibration = self.dense_calibration if with_vectors else self.calibration
        return (calibration or self.calibration).probabilities(self.scores(documents, vectors, headlines))

    def dumps(self) -> bytes:
        """Everything as one ``.npz``."""
        out = io.BytesIO()
        meta: dict[str, Any] = {
            "labels": self.labels,
            "terms": list(self.vocabulary.index),
            "calibration": astuple(self.calibration),
        }
        dense: dict[str, Array] = {}
        if self.discriminant:
            calibration = self.dense_calibration or self.calibration
            meta["dense"] = [self.discriminant.embedder, self.discriminant.share, astuple(calibration)]
            dense = {"dense_weights": self.discriminant.weights, "dense_bias": self.discriminant.bias}
        np.savez_compressed(
            out,
            meta=np.frombuffer(json.dumps(meta, ensure_ascii=False).encode(), dtype=np.uint8),
            idf=self.vocabulary.idf,
            weights=self.weights.astype(np.float16),
            bias=self.bias.astype(np.float32),
            **dense,
        )
        return out.getvalue()

    @classmethod
    def loads(cls, data: bytes) -> LinearModel:
        """What ``dumps`` gave. Raises ValueError for anything else."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            meta = json.loads(arrays["meta"].tobytes())
            if "calibration" not in meta:
                raise ValueError("kept by an earlier version; run `make train`")
            terms = {term: i for i, term in enumerate(meta["terms"])}
            weights = arrays["weights"].astype(np.float32)
            if weights.shape != (len(terms), len(meta["labels"])):
                raise ValueError("weights do not fit terms and labels")
            vocabulary = Vocabulary(terms, arrays["idf"])
            model = cls(tuple(meta["labels"]), vocabulary, weights, arrays["bias"], Calibration(*meta["calibration"]))
            if "dense" not in meta:
                return model
            embedder, share, calibration = meta["dense"]
            discriminant = Discriminant(embedder, arrays["dense_weights"], arrays["dense_bias"], share)
            return replace(model, discriminant=discriminant, dense_calibration=Calibration(*calibration))


def settings_for(labels: Sequence[str]) -> dict[str, Any]:
    """How to train on texts with these labels, a label each."""
    return FOR_PLENTY if len(labels) >= PLENTY * len(set(labels)) else FOR_SCARCE


def _discriminant(dense: Dense, chosen: Array, target: Array) -> Discriminant:
    return Discriminant.train(dense.embedder, dense.rows[chosen], target[chosen], dense.share)


def _svc(matrix: Array, target: Array, penalty: float, balanced: bool) -> tuple[Array, Array]:
    weight = "balanced" if balanced else None
    # the order of descent is drawn: the same text must give the same model
    classifier = LinearSVC(C=penalty, class_weight=weight, dual=True, max_iter=2000, tol=1e-2, random_state=7)
    classifier.fit(matrix, target)
    return classifier.coef_, classifier.intercept_


def _machine(matrix: Array, target: Array, penalty: float, balanced: bool) -> tuple[Array, Array]:
    """Weights, labels × terms, and biases."""
    weights, bias = _svc(matrix, target, penalty, balanced)
    if len(weights) == 1:
        return np.vstack([-weights[0], weights[0]]), np.array([-bias[0], bias[0]])
    return weights, bias


def _contrasting(matrix: sp.csr_matrix, target: Array, penalty: float, balanced: bool) -> tuple[Array, Array]:
    """The same of machines, one a label, that see terms scaled by their naive Bayes log ratio (Wang and Manning 2012).

    The scale goes into the weights, so that the result is asked like any other.
    """
    labels = int(target.max()) + 1
    one_hot = sp.csr_matrix((np.ones(len(target)), (target, np.arange(len(target)))), shape=(labels, len(target)))
    present = (one_hot @ matrix.sign()).toarray() + 1.0
    absent = present.sum(axis=0) - present + 2.0 - labels
    ratios = np.abs(
        np.log(present / present.sum(axis=1, keepdims=True)) - np.log(absent / absent.sum(axis=1, keepdims=True))
    )
    energy = np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel()
    weights, bias = np.zeros(present.shape), np.zeros(labels)
    for label, ratio in enumerate(ratios):
        scale = ratio / max(
            np.sqrt((energy * ratio**2).sum() / len(target)), 1e-9
        )  # rows stay of length one on average
        scaled = matrix.copy()
        scaled.data = matrix.data * scale[matrix.indices]
        found, offset = _svc(scaled, target == label, penalty, balanced)
        weights[label], bias[label] = found[0] * scale, offset[0]
    return weights, bias
