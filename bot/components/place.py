"""Where it is: the places in a text, as spans of what the resident wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

import jieba
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.city_names import city_names
from bot.components.learning import LearningComponent
from bot.components.place_model import Names, PlaceModel, training_sentences
from bot.components.progress import stage
from bot.components.tokenizer import heard, normalised, words
from bot.corpus import Utterance
from bot.language.places import kind_of

MODEL = "places.crf"
NAMES = "names.txt"
LOCATIONS = "locations"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class PlaceExtractor(LearningComponent):
    """Sets ``locations`` on each message: ``[{text, start, end, kind}]``, code-point offsets into the text as sent."""

    def __init__(self, config: Dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, storage, resource)
        self._model: PlaceModel | None = None

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """``iterations`` of training; ``city``: folder whose names are known places, relative to the project."""
        return {"iterations": 60, "city": None}

    @staticmethod
    def required_packages() -> List[str]:
        """Distributions that must import."""
        return ["jieba", "sklearn_crfsuite"]

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the marked places and from sentences in which they were exchanged."""
        stage("学习地点")
        utterances = [
            Utterance(e.get(TEXT), e.get("intent") or "report", e.get("code"), tuple(map(tuple, e.get("places"))))
            for e in training_data.training_examples
            if e.get("places") is not None and e.get(TEXT)
        ]
        known = city_names(self._config["city"])
        names = Names.of(known)
        data = PlaceModel.train(
            training_sentences(utterances, sorted(known)),
            names,
            jieba.lcut,
            read=heard,
            iterations=self._config["iterations"],
        )
        with self._storage.write_to(self._resource) as folder:
            (folder / MODEL).write_bytes(data)
            (folder / NAMES).write_text("\n".join(sorted(known)), encoding="utf-8")
        return self._resource

    def _read(self, folder: Path) -> None:
        names = Names.of((folder / NAMES).read_text(encoding="utf-8").split("\n"))
        self._model = PlaceModel((folder / MODEL).read_bytes(), names, jieba.lcut)

    def process(self, messages: List[Message]) -> List[Message]:
        """Set the locations of each message."""
        for message in messages:
            locations = []
            if self._model is not None and message.get(TEXT, "").strip() and not message.get(TEXT).startswith("/"):
                text = normalised(message)
                for first, last in self._model.spans(text.text, words(message)):
                    start, end = text.span(first, last)
                    locations.append(
                        {
                            "text": text.original[start:end],
                            "start": start,
                            "end": end,
                            "kind": kind_of(text.text[first:last]),
                        }
                    )
            message.set(LOCATIONS, locations, add_to_output=True)
            for problem in message.get("problems") or []:
                inside = range(problem["start"], problem["end"])
                problem["locations"] = [place for place in locations if place["start"] in inside]
        return messages
