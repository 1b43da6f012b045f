# ruff: noqa: UP006, UP019, UP035, UP045 - Rasa compares the annotations of its components as typing's own names
"""Our corpus as Rasa's stock components learn from it: places as entities, categories as retrieval intents."""

from __future__ import annotations

from typing import Any, Dict, Optional, Text

from rasa.shared.core.domain import Domain
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.corpus import Utterance, read_tickets, read_utterances, taxonomy_codes, taxonomy_words
from bot.importer import CorpusImporter, tickets_folder

LONGEST = 60
"""Characters; longer texts are left out: a batch of letters takes DIET more memory than there is."""
PLACE = "place"


def response_key(code: str) -> str:
    """The retrieval intent that stands for a category."""
    return f"report/{code}"


def as_stock_message(utterance: Utterance) -> Message:
    """An utterance as a stock training example."""
    data: Dict[Text, Any] = {TEXT: utterance.text, INTENT: utterance.act}
    if utterance.code:
        data[INTENT_RESPONSE_KEY] = response_key(utterance.code)
    if utterance.places:
        data[ENTITIES] = [
            {"start": start, "end": end, "value": utterance.text[start:end], "entity": PLACE}
            for start, end in utterance.places
        ]
    return Message(data=data)


class StockImporter(CorpusImporter):
    """The corpus without its letters, with the responses that Rasa's selector asks for."""

    def get_nlu_data(self, language: Optional[Text] = "zh") -> TrainingData:
        """The same texts as ours, up to ``LONGEST`` characters."""
        utterances = [*read_utterances(), *taxonomy_words()]
        folder = tickets_folder()
        if folder.is_dir():
            utterances += read_tickets(folder)
        return TrainingData(
            [as_stock_message(u) for u in utterances if len(u.text) <= LONGEST],
            responses={f"utter_{response_key(code)}": [{"text": name}] for code, name in taxonomy_codes().items()},
        )

    def get_domain(self) -> Domain:
        """The same domain, with the entity."""
        domain = super().get_domain().as_dict()
        domain["entities"] = [*domain["entities"], PLACE]
        return Domain.from_dict(domain)
