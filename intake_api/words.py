"""The dictionary that cuts Chinese into words: jieba with our lexicon and the names of the city in force.

Loading takes about a second: it is done in a thread at the start, and what asks before waits for it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from groundwork.settings import ROOT
from intake_api.domain.city import City

LEXICON = ROOT / "nlu_data" / "lexicon"
_COMMON = 50  # weight of a city's name, as in the lexicon


class Words:
    """Cuts runs of Han characters into words. One for a process; safe in threads."""

    def __init__(self, cache: Path) -> None:
        """``cache``: the folder for jieba's compiled dictionary."""
        self._cache = cache
        self._lock = threading.Lock()
        self._tokenizer: Any = None
        self._names: frozenset[str] = frozenset()
        self._city: City | None = None

    def load(self) -> None:
        """Load the dictionary, unless it is."""
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = _shared(self._cache)

    def know_city(self, city: City) -> None:
        """Take the names of a city for words; quick when they are known."""
        if self._city is not city:
            self.know([town.name for town in city.towns])
            self.know([name for road in city.roads for name in (road.name, *road.aliases)])
            self.know([name for place in city.places for name in (place.name, *place.aliases)])
            self._city = city

    def know(self, names: Iterable[str]) -> None:
        """Take these names for words; those known before stay."""
        self.load()
        with self._lock:
            new = {name for name in names if len(name) > 1} - self._names
            for name in new:
                self._tokenizer.add_word(name, _COMMON)
            self._names |= new

    def cut(self, run: str) -> list[str]:
        """The words of a run, one after another."""
        self.load()
        return list(self._tokenizer.cut(run))

    def known(self, run: str) -> list[str]:
        """As ``cut``, in words of the dictionary alone: nothing is taken for a word that is in none. Twice as fast."""
        self.load()
        return list(self._tokenizer.cut(run, HMM=False))

    def search(self, run: str) -> list[str]:
        """The words of a run and the shorter words within them."""
        self.load()
        return list(self._tokenizer.cut_for_search(run))


_loaded: list[Any] = []  # one dictionary for a process: it is large
_loading = threading.Lock()


def _shared(cache: Path) -> Any:
    with _loading:
        if not _loaded:
            _loaded.append(_load(cache))
        return _loaded[0]


def _load(cache: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # jieba's own patterns, on a current Python
        import jieba  # noqa: PLC0415 - takes a second with its dictionary

    jieba.setLogLevel(logging.WARNING)
    cache.mkdir(parents=True, exist_ok=True)
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(cache)
    tokenizer.cache_file = f"words-{os.getuid()}.cache" if hasattr(os, "getuid") else "words.cache"
    tokenizer.initialize()
    for file in sorted(LEXICON.glob("*.dict")):
        with contextlib.suppress(OSError):
            tokenizer.load_userdict(str(file))
    return tokenizer
