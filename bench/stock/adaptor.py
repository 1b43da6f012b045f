# ruff: noqa: UP006, UP019, UP035 - Rasa compares the annotations of its components as typing's own names
"""Puts what the stock components found where our actions and the parse interface look for it."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bench.stock.importer import PLACE
from bot.components.category import CASELESS, CATEGORIES, TOP
from bot.components.place import LOCATIONS
from bot.language.normalise import normalise
from bot.language.places import kind_of

SELECTOR = "response_selector"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class SameKeys(GraphComponent):
    """Sets ``categories`` from the response selector's ranking and ``locations`` from the place entities."""

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SameKeys:
        """Nothing to configure."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Fill both keys of each message."""
        for message in messages:
            text, act = message.get(TEXT) or "", (message.get(INTENT) or {}).get("name")
            words = bool(text.strip()) and not text.startswith("/")
            message.set(CATEGORIES, _categories(message) if words and act not in CASELESS else [], add_to_output=True)
            message.set(LOCATIONS, _locations(message, text) if words else [], add_to_output=True)
        return messages


def _categories(message: Message) -> list[dict[str, Any]]:
    ranking = message.get(SELECTOR, {}).get("default", {}).get("ranking", [])
    return [
        {"code": label["intent_response_key"].rpartition("/")[2], "confidence": float(label["confidence"])}
        for label in ranking[:TOP]
    ]


def _locations(message: Message, text: str) -> list[dict[str, Any]]:
    places = []
    for entity in message.get(ENTITIES) or []:
        if entity["entity"] == PLACE:
            start, end = entity["start"], entity["end"]
            place = text[start:end]
            places.append({"text": place, "start": start, "end": end, "kind": kind_of(normalise(place).text)})
    return places
