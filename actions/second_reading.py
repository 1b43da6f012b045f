"""Articles that the full-text search found, read a second time by the sentence model where one is chosen.

Words that mean the same without sharing a character (小电驴 and 电动自行车) only a sentence model brings together. It
lives on the assistant's side (``YHT_EMBEDDER``); without it the search's own order and scores stand.

``score = WORDS × score of the search + NEAR × (nearness to the nearest phrasing + nearness to the answer) + LEVEL``

in points from 0 to 100, with the search's own thresholds nearly: nearness is told in standard deviations over unrelated
texts (``actions.nearness``), so that the weights hold for any model. Chosen as docs/measurements.md says.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actions.nearness import Nearness
from bot.embedding.choice import chosen
from bot.embedding.kept import Filed, Remembering
from bot.embedding.port import Embedder, EmbedderUnavailable

log = logging.getLogger(__name__)

WORDS, NEAR, LEVEL = 0.55, 4.0, 10.4
ANSWERS, SUGGESTS = 40.0, 31.0
CANDIDATES = 12
"""Articles that are read a second time: a sentence takes some 15 ms, what was read before nothing."""
_LONGEST_READ = 120  # characters of an answer: what it is about stands at the beginning
_UNRELATED = 64
_TAXONOMY = Path(__file__).resolve().parent.parent / "nlu_data" / "taxonomy.csv"

Found = dict[str, Any]
"""An article as the intake's search gives it."""


class SecondReading:
    """Scores what was found anew. Blocks for some 10 ms; safe in threads."""

    def __init__(self, embedder: Embedder) -> None:
        with _TAXONOMY.open(encoding="utf-8", newline="") as file:
            unrelated = [row["name"] for row in csv.DictReader(file)][:_UNRELATED]
        self._nearness = Nearness(embedder, unrelated)

    def read(self, question: str, found: Sequence[Found]) -> list[Found]:
        """The articles with scores and fits of the second reading, best first."""
        texts = [
            [str(item["title"]), *map(str, item.get("questions") or ()), _gist(item)] for item in found
        ]  # the answer last
        near = iter(self._nearness.of(question, [text for of_one in texts for text in of_one]))
        read = []
        for item, of_one in zip(found, texts):  # noqa: B905 - of one length
            *phrasings, answer = [next(near) for _ in of_one]
            score = WORDS * float(item["score"]) + NEAR * (max(phrasings) + answer) + LEVEL
            read.append({**item, "score": min(100.0, max(0.0, score)), "fit": _fit(score)})
        return sorted(read, key=lambda item: -item["score"])


def _gist(item: Found) -> str:
    return f"{item['title']}：{item['answer']}"[:_LONGEST_READ]


def _fit(score: float) -> str:
    return "answer" if score >= ANSWERS else "suggestion" if score >= SUGGESTS else "none"


def second_reading(cache: Path) -> SecondReading | None:
    """The second reading by the embedder of the environment, vectors kept in the file ``cache``; None without one."""
    try:
        embedder = chosen()
        if not embedder.dimensions:
            return None
        return SecondReading(Remembering(Filed(embedder, cache), size=20_000))
    except (EmbedderUnavailable, OSError) as error:
        log.warning("knowledge is searched without the sentence model: %s", error)
        return None
