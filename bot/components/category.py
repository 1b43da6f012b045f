"""What a report is about: the five likeliest categories with confidences that can be believed."""

from __future__ import annotations

import logging
import os
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Tuple

import jieba
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.features import Array, headline, terms
from bot.components.learning import LearningComponent
from bot.components.linear import Dense, LinearModel, settings_for
from bot.components.problems import parts
from bot.components.progress import stage
from bot.components.tokenizer import document, normalised
from bot.corpus import CASE_ACTS, ROOT
from bot.embedding.choice import chosen
from bot.embedding.kept import Filed, Remembering
from bot.embedding.port import Embedder
from bot.embedding.telling import LONGEST, telling

log = logging.getLogger(__name__)

FILE = "categories.npz"
CATEGORIES = "categories"
PROBLEMS = "problems"
"""The two problems of a message that speaks of two: ``[{text, start, end, categories, locations}]``; else empty."""
TOP = 5
LONG_DENIAL = 7
"""Characters from which a denial says what is right instead: 不对，是垃圾没人扫."""
# acts in which no case can be meant: nothing to classify
CASELESS = frozenset({"greet", "thank", "affirm", "deny", "handoff", "rate", "ask_status"})


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CategoryClassifier(LearningComponent):
    """Sets ``categories``: ``[{code, confidence}]``, likeliest first, empty when no case can be meant.

    With a sentence model (``bot.embedding.choice``) what it says is added where a case is reported.
    """

    def __init__(self, config: Dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, storage, resource)
        self._model: LinearModel | None = None
        self._embedder: Embedder | None = None

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """``dense``: what a sentence model counts beside the terms."""
        return {"dense": 0.01}

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples that have a category."""
        stage("学习案件类别")
        examples = [e for e in training_data.training_examples if e.get("code") and e.get(TEXT)]
        codes = [e.get("code") for e in examples]
        self._model = LinearModel.train(
            [document(e) for e in examples],
            codes,
            dense=self._dense(examples),
            matters=matters([normalised(e).text for e in examples]),
            **settings_for(codes),
        )
        with self._storage.write_to(self._resource) as folder:
            (folder / FILE).write_bytes(self._model.dumps())
        return self._resource

    def _read(self, folder: Path) -> None:
        self._model = LinearModel.loads((folder / FILE).read_bytes())
        embedder = chosen()
        if not embedder.dimensions:
            return
        discriminant = self._model.discriminant
        if discriminant and discriminant.embedder == embedder.name:
            self._embedder = Remembering(embedder)
        else:
            log.warning("the assistant was not trained with %s; run `make train` to use it", embedder.name)

    def process(self, messages: List[Message]) -> List[Message]:
        """Set the categories of each message, and its two problems where it speaks of two."""
        for message in messages:
            text = message.get(TEXT) or ""
            act = (message.get(INTENT) or {}).get("name")
            caseless = act in CASELESS and not (act == "deny" and len(text.strip()) >= LONG_DENIAL)
            said = self._model is not None and text.strip() and not text.startswith("/") and not caseless
            categories = self._likeliest(message, act) if said else []
            problems = self._problems(message) if said and act in CASE_ACTS else []
            message.set(CATEGORIES, [_named(pair) for pair in categories], add_to_output=True)
            message.set(PROBLEMS, problems, add_to_output=True)
        return messages

    def _likeliest(self, message: Message, act: str | None) -> List[Tuple[str, float]]:
        first = headline(normalised(message).text)
        headlines = [terms(first, jieba.lcut(first))]
        return self._ranked([document(message)], self._vectors(message, act), headlines)[0]

    def _ranked(
        self,
        documents: List[Counter[str]],
        vectors: Array | None = None,
        headlines: List[Counter[str]] | None = None,
    ) -> List[List[Tuple[str, float]]]:
        assert self._model is not None
        rankings = []
        for probabilities in self._model.probabilities(documents, vectors, headlines):
            best = probabilities.argsort()[::-1][:TOP]
            rankings.append([(self._model.labels[i], float(probabilities[i])) for i in best])
        return rankings

    def _problems(self, message: Message) -> List[Dict[str, Any]]:
        text = normalised(message)

        def classify(sides: List[str]) -> List[List[Tuple[str, float]]]:
            return self._ranked([terms(side, jieba.lcut(side)) for side in sides])

        found = []
        for part in parts(text.text, classify):
            start, end = text.span(part.start, part.end)
            categories = [_named(pair) for pair in part.categories]
            found.append({"text": text.original[start:end], "start": start, "end": end, "categories": categories})
        return found

    def _dense(self, examples: List[Message]) -> Dense | None:
        embedder = chosen()
        if not embedder.dimensions:
            return None
        stage("计算句子向量（只算新的句子）")
        cache = Path(os.environ.get("YHT_VAR_DIR") or ROOT / "var") / "cache" / "embeddings.db"
        rows = Filed(embedder, cache).embed([_gist(normalised(e).text) for e in examples])
        return Dense(embedder.name, rows, self._config["dense"])

    def _vectors(self, message: Message, act: str | None) -> Array | None:
        if self._embedder is None or self._model is None or act not in CASE_ACTS:
            return None
        model = self._model
        told = telling(
            normalised(message).text,
            lambda sentences: model.scores([terms(sentence, jieba.lcut(sentence)) for sentence in sentences]),
        )
        vector: Array = self._embedder.embed(told).mean(axis=0, keepdims=True)
        return vector


def _gist(text: str) -> str:
    """What a sentence model is told of a training text: a letter's headline, else as much as a sentence may have."""
    return headline(text) or text[:LONGEST]


def matters(texts: List[str]) -> List[int]:
    """A number for each text, the same for a ticket's title and the whole that follows it and begins with it."""
    numbers: List[int] = []
    for i, text in enumerate(texts):
        follows = i > 0 and text.startswith(texts[i - 1])
        numbers.append(numbers[-1] if follows else i)
    return numbers


def _named(ranked: Tuple[str, float]) -> Dict[str, Any]:
    return {"code": ranked[0], "confidence": ranked[1]}
