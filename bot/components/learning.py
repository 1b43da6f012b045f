"""What acts, categories and places have in common: made untrained, taught, kept as files, read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.training_data import TrainingData


class LearningComponent(GraphComponent):
    """A component of Rasa's graph that keeps what it has learnt in a folder of the model.

    Subclasses learn in ``train``, which writes into ``self._storage``, and read that again in ``_read``.
    """

    def __init__(self, config: Dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LearningComponent:
        """An untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LearningComponent:
        """The trained component. A model without its files is an error, never an untrained component."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._read(folder)
        return component

    @staticmethod
    def required_packages() -> List[str]:
        """Distributions that must import."""
        return ["jieba", "sklearn"]

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Later components learn from the text, not from what was found in it."""
        return training_data

    def _read(self, folder: Path) -> None:
        raise NotImplementedError
