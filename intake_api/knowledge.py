"""Finds the article that answers a question: candidates from the full-text index, ranked by domain.relevance."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from groundwork.settings import ROOT
from intake_api.domain.relevance import Readable, Reader, Relevance, Synonyms, rank
from intake_api.storage import knowledge
from intake_api.storage.database import Database
from intake_api.storage.knowledge import Published
from intake_api.words import Words

SYNONYMS = ROOT / "nlu_data" / "synonyms.txt"
_MOST_KEPT = 10_000  # articles read and kept in memory, those of old versions among them


@cache
def _synonyms(path: Path) -> Synonyms:
    return Synonyms(path.read_text(encoding="utf-8").splitlines())


def reader(words: Words) -> Reader:
    """Reads questions and articles with the dictionary of this process."""
    return Reader(words.cut, _synonyms(SYNONYMS))


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that may answer, and how well."""

    article: Published
    relevance: Relevance


class KnowledgeSearch:
    """Searches what is published. One for a process. A version never changes: what was read is kept."""

    def __init__(self, database: Database, words: Words) -> None:
        self._database = database
        self._words = words
        self._read: OrderedDict[tuple[int, int], Readable] = OrderedDict()

    async def find(self, question: str, today: date, limit: int) -> list[Hit]:
        """The articles that hold today and come nearest to the question, best first."""
        reads = reader(self._words)
        asked = reads.units(question)
        if not asked:
            return []
        async with self._database.read() as session:
            found, total = await knowledge.candidates(session, reads.index_terms(question), today)
            unread = [article_id for article_id, version in found if (article_id, version) not in self._read]
            fresh = await knowledge.published(session, unread)
            for article in fresh.values():
                self._keep(reads.readable(article.article_id, article.content), article.version)
            # one that was published anew in between is compared next time
            known = [self._read[one] for one in found if one in self._read]
            ranked = rank(asked, known, total)[:limit]
            shown = await knowledge.published(session, [one.article_id for one in ranked])
        return [Hit(shown[one.article_id], one) for one in ranked if one.article_id in shown]

    def _keep(self, readable: Readable, version: int) -> None:
        self._read[readable.article_id, version] = readable
        while len(self._read) > _MOST_KEPT:
            self._read.popitem(last=False)
