"""What a report is about: the five likeliest categories with confidences that can be believed."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.linear import LinearModel
from bot.components.progress import stage
from bot.components.tokenizer import document

FILE = "categories.npz"
CATEGORIES = "categories"
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
        """Set the categories of each message."""
        for message in messages:
            categories: list[dict[str, Any]] = []
            act = (message.get(INTENT) or {}).get("name")
            text = message.get(TEXT) or ""
            said = text.strip() and not text.startswith("/") and act not in CASELESS
            if self._model is not None and said:
                probabilities = self._model.probabilities([document(message)])[0]
                for i in probabilities.argsort()[::-1][:TOP]:
                    categories.append({"code": self._model.labels[i], "confidence": float(probabilities[i])})
            message.set(CATEGORIES, categories, add_to_output=True)
        return messages
