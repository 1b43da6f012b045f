"""What is known of a city's speech: its names, its residents' words, how these follow one another."""

from __future__ import annotations

import logging
import re
from collections import Counter

import jieba

from bot.corpus import read_utterances
from bot.language.normalise import normalise
from channels.speech.language import Language
from channels.speech.repair import Repair
from channels.speech.vocabulary import Vocabulary, city_names_and_things

_WORD = re.compile("[一-龥]{2,6}")
_CHARACTER = re.compile("[一-龥]")
_OFTEN = 2
"""Said so often in the utterances that a word counts as common."""
_CHARACTERS = 500
"""The most frequent characters stand for words as well: 的, 了, 有."""
_APART = re.compile(r"[\W_]+")


def city_repair() -> Repair:
    """The words of the city's folder, the lexicon and the utterances that the assistant learns from. Takes seconds."""
    jieba.setLogLevel(logging.WARNING)
    segmenter = jieba.Tokenizer()  # of its own: its dictionary is large and goes when this is done
    spoken = [_APART.sub("", normalise(utterance.text).text) for utterance in read_utterances()]
    counted = Counter(word for text in spoken for word in segmenter.lcut(text))
    common = [word for word, count in counted.items() if count >= _OFTEN and _WORD.fullmatch(word)]
    characters = Counter(character for text in spoken for character in text if _CHARACTER.fullmatch(character))
    common += [character for character, _ in characters.most_common(_CHARACTERS)]
    names = city_names_and_things()
    return Repair(Vocabulary(names), Vocabulary(common), Language([*spoken, *names]))
