"""Articles of the knowledge base as the assistant answers by them: found, and put into words with source and date."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from actions.intake import Intake
from bot.language.normalise import without_markup

MOST_SUGGESTED = 3
_MOST_FOUND = 4


@dataclass(frozen=True)
class Article:
    """An article that was found; ``fit``: answer, suggestion or none, as the intake says."""

    id: int
    title: str
    answer: str
    source: str
    updated: str
    fit: str
    score: float
    updated_on: str = ""
    """``updated`` in English"""

    @classmethod
    def of(cls, item: dict[str, Any]) -> Article:
        """As the intake answers it."""
        updated = datetime.fromisoformat(item["published_at"])
        return cls(
            int(item["id"]),
            str(item["title"]),
            str(item["answer"]),
            str(item["source"]),
            f"{updated.year}年{updated.month}月{updated.day}日",
            str(item["fit"]),
            float(item["score"]),
            f"{updated.day} {updated:%b} {updated.year}",
        )


@dataclass(frozen=True)
class Reply:
    """What follows from a question. Exactly one of: an article given (with related ones), some offered, none."""

    given: Article | None = None
    offered: tuple[Article, ...] = ()


def reply_to(found: list[Article]) -> Reply:
    """The best article that answers, with others that answer as well; else those that may be meant."""
    answers = [article for article in found if article.fit == "answer"]
    if answers:
        return Reply(given=answers[0], offered=tuple(answers[1 : 1 + MOST_SUGGESTED]))
    return Reply(offered=tuple(article for article in found if article.fit == "suggestion")[:MOST_SUGGESTED])


def answer_text(article: Article, related: tuple[Article, ...]) -> str:
    """An article as it is told: the answer, its source and date."""
    lines = [article.answer, f"（来源：{article.source}；{article.updated}更新）"]
    if related:
        lines.append("您也可能想问下面的问题，点一下就行。")
    return "\n".join(lines)


class Reading(Protocol):
    """What reads found articles a second time: ``actions.second_reading``."""

    def read(self, question: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The articles with scores and fits of its own, best first. May block for some 10 ms."""
        ...


class Knowledge:
    """Finds articles: by the intake's full-text search, and by the sentence model where there is one."""

    def __init__(self, intake: Intake, reading: Reading | None = None, candidates: int = _MOST_FOUND) -> None:
        self._intake = intake
        self._reading = reading
        self._candidates = candidates

    async def find(self, question: str) -> list[Article]:
        """The articles that come nearest to a question, best first. Raises IntakeDown or IntakeRefused."""
        asked = without_markup(question)
        found = await self._intake.search_knowledge(asked, self._candidates)
        if self._reading is not None and found:
            found = (await asyncio.to_thread(self._reading.read, asked, found))[:_MOST_FOUND]
        return [Article.of(item) for item in found]
