"""What a report is about: the five likeliest categories with confidences that can be believed."""

from __future__ import annotations

from collections import Counter
from typing import Any, Dict, List, Tuple

import jieba
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.features import terms
from bot.components.linear import LinearModel
from bot.components.problems import parts
from bot.components.progress import stage
from bot.components.tokenizer import document, normalised
from bot.corpus import CASE_ACTS

FILE = "categories.npz"
CATEGORIES = "categories"
PROBLEMS = "problems"
"""The two problems of a message that speaks of two: ``[{text, start, end, categories, locations}]``; else empty."""
TOP = 5
# acts in which no case can be meant: nothing to classify
CASELESS = frozenset({"greet", "thank", "affirm", "deny", "handoff", "rate", "ask_status"})


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CategoryClassifier(GraphComponent):
    """Sets ``categories``: ``[{code, confidence}]``, likeliest first, empty when no case can be meant."""

    def __init__(self, config: Dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model: LinearModel | None = None

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """``penalty`` of the linear model."""
        return {"penalty": 0.5}

    @staticmethod
    def required_packages() -> List[str]:
        """Distributions that must import."""
        return ["jieba", "sklearn"]

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CategoryClassifier:
        """An untrained component."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples that have a category."""
        stage("学习案件类别")
        examples = [e for e in training_data.training_examples if e.get("code") and e.get(TEXT)]
        self._model = LinearModel.train(
            [document(e) for e in examples], [e.get("code") for e in examples], penalty=self._config["penalty"]
        )
        with self._storage.write_to(self._resource) as folder:
            (folder / FILE).write_bytes(self._model.dumps())
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CategoryClassifier:
        """The trained component. A model without its file is an error, never an untrained component."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._model = LinearModel.loads((folder / FILE).read_bytes())
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing that later components would learn from."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Set the categories of each message, and its two problems where it speaks of two."""
        for message in messages:
            text = message.get(TEXT) or ""
            act = (message.get(INTENT) or {}).get("name")
            said = self._model is not None and text.strip() and not text.startswith("/") and act not in CASELESS
            categories = self._ranked([document(message)])[0] if said else []
            problems = self._problems(message) if said and act in CASE_ACTS else []
            message.set(CATEGORIES, [_named(pair) for pair in categories], add_to_output=True)
            message.set(PROBLEMS, problems, add_to_output=True)
        return messages

    def _ranked(self, documents: List[Counter[str]]) -> List[List[Tuple[str, float]]]:
        assert self._model is not None
        rankings = []
        for probabilities in self._model.probabilities(documents):
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


def _named(ranked: Tuple[str, float]) -> Dict[str, Any]:
    return {"code": ranked[0], "confidence": ranked[1]}
