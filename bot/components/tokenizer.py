"""Rasa's jieba tokenizer on the normalised text, with our lexicon, and with offsets into the text as it was sent."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Dict, List

import jieba
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.jieba_tokenizer import JiebaTokenizer
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.components.features import terms
from bot.corpus import ROOT
from bot.language.hearing import listen
from bot.language.normalise import Normalised

TOKENS = "text_tokens"
NORMALISED = "normalised_text"


def heard(text: str) -> Normalised:
    """What was meant by a text, its words told apart from misheard ones by the dictionary that cuts it."""
    jieba.initialize()
    return listen(text, lambda word: jieba.dt.FREQ.get(word, 0) > 0)


def normalised(message: Message) -> Normalised:
    """The message's text, normalised; worked out once."""
    text = message.get(NORMALISED)
    if not isinstance(text, Normalised):
        text = heard(message.get(TEXT) or "")
        message.set(NORMALISED, text)
    return text


def words(message: Message) -> list[str]:
    """The words of the message's normalised text."""
    return [token.text for token in message.get(TOKENS) or []]


def document(message: Message) -> Counter[str]:
    """What the linear models see of the message."""
    return terms(normalised(message).text, words(message))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class NormalisingJiebaTokenizer(JiebaTokenizer):
    """Cuts the normalised text into words; each token's offsets are those of the original text.

    ``dictionary_path`` is relative to the project. Sets ``normalized`` on each message for whoever reads the parse.
    """

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NormalisingJiebaTokenizer:
        """Reads the lexicon from the project's folder."""
        folder = config.get("dictionary_path")
        if folder:
            config = {**config, "dictionary_path": str(ROOT / Path(folder))}
        component = super().create(config, model_storage, resource, execution_context)
        assert isinstance(component, NormalisingJiebaTokenizer)
        return component

    def tokenize(self, message: Message, attribute: str) -> List[Token]:
        """Tokens of the normalised text; their spans are those of the original."""
        if attribute == TEXT:
            text = normalised(message)
            message.set("normalized", text.text, add_to_output=True)
        else:
            text = heard(message.get(attribute))
        tokens = []
        for word, start, end in jieba.tokenize(text.text):
            first, last = text.span(start, end)
            tokens.append(Token(word, first, last))
        return tokens
