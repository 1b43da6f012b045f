"""What the resident wants: the dialogue act, with recall first where life is in danger."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Dict, List

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.learning import LearningComponent
from bot.components.linear import LinearModel
from bot.components.progress import stage
from bot.components.tokenizer import document, normalised
from bot.language.danger import danger_now, grave, signs_of_danger, urgent

FILE = "acts.npz"
EMERGENCY = "emergency"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ActClassifier(LearningComponent):
    """Sets ``intent`` and ``intent_ranking`` (the acts of contract.md) on each message.

    The model also weighs what the words say of danger (``bot.language.danger``). An emergency is what it holds possible
    (``emergency_at``), and less where the words say that there is danger now and call for help or tell of somebody in
    grave danger (``urgent_at``).
    """

    def __init__(self, config: Dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, storage, resource)
        self._model: LinearModel | None = None

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """``penalty`` of the linear model; ``emergency_at``, ``urgent_at``: confidences from which a message is an
        emergency, and from which one is whose words say so."""
        return {"penalty": 0.3, "emergency_at": 0.3, "urgent_at": 0.2}

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples that have an intent and a text."""
        stage("学习诉求类型")
        examples = [e for e in training_data.intent_examples if e.get(TEXT) and not e.get("ticket")]
        self._model = LinearModel.train(
            [_document(e) for e in examples],
            [e.get(INTENT) for e in examples],
            penalty=self._config["penalty"],
            balanced=True,
        )
        with self._storage.write_to(self._resource) as folder:
            (folder / FILE).write_bytes(self._model.dumps())
        return self._resource

    def _read(self, folder: Path) -> None:
        self._model = LinearModel.loads((folder / FILE).read_bytes())

    def process(self, messages: List[Message]) -> List[Message]:
        """Set the act of each message that was not a button."""
        for message in messages:
            if message.get(INTENT, {}).get("name") or self._model is None:
                continue
            probabilities = self._model.probabilities([_document(message)])[0]
            ranking = sorted(zip(self._model.labels, map(float, probabilities), strict=True), key=lambda pair: -pair[1])
            likely = dict(ranking).get(EMERGENCY, 0.0)
            if ranking[0][0] != EMERGENCY and self._is_emergency(normalised(message).text, likely):
                ranking = [(EMERGENCY, max(likely, ranking[0][1])), *(pair for pair in ranking if pair[0] != EMERGENCY)]
            named = [{"name": name, "confidence": confidence} for name, confidence in ranking]
            message.set(INTENT, named[0], add_to_output=True)
            message.set("intent_ranking", named, add_to_output=True)
        return messages

    def _is_emergency(self, said: str, likely: float) -> bool:
        if likely >= self._config["emergency_at"]:
            return True
        return likely >= self._config["urgent_at"] and danger_now(said) is not None and (urgent(said) or grave(said))


def _document(message: Message) -> Counter[str]:
    """What the model sees of the message: its terms, and what its words say of danger."""
    seen = document(message)
    seen.update(f"danger:{sign}" for sign in signs_of_danger(normalised(message).text))
    return seen
