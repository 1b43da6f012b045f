"""Gives Rasa our training text: ``nlu_data/`` and the city's imported tickets, besides Rasa's own rules and domain."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, Optional

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.city_settings import spoken_facts
from bot.corpus import ROOT, Utterance, read_tickets, read_utterances, taxonomy_words


def tickets_folder() -> Path:
    """Where `yht tickets import` keeps a city's past tickets."""
    return Path(os.environ.get("YHT_VAR_DIR", ROOT / "var")) / "tickets"


def as_message(utterance: Utterance) -> Message:
    """An utterance as a training example: its act, its category, its places."""
    data: Dict[str, object] = {TEXT: utterance.text, INTENT: utterance.act}
    if utterance.code:
        data["code"] = utterance.code
    if utterance.places_marked:
        data["places"] = [list(span) for span in utterance.places]
    if not utterance.act_marked:
        data["ticket"] = True
    return Message(data=data)


class CorpusImporter(RasaFileImporter):
    """Rasa's file importer with our utterances as NLU data."""

    def get_nlu_data(self, language: Optional[str] = "zh") -> TrainingData:
        """Utterances, acts, the taxonomy's own words, and imported tickets."""
        utterances = [*read_utterances(), *taxonomy_words()]
        folder = tickets_folder()
        if folder.is_dir():
            utterances += read_tickets(folder)
        return TrainingData([as_message(u) for u in utterances])

    def get_domain(self) -> Domain:
        """The domain from its files, with what the assistant says of the loaded city."""
        domain = super().get_domain().as_dict()
        for name, value in spoken_facts().items():
            domain["slots"][name]["initial_value"] = value
        return Domain.from_dict(domain)
