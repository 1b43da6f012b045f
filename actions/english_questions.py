"""Questions in English, for a knowledge base that is written in Chinese: what they are about, in its words."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from actions.knowledge import Article

_WORDS = Path(__file__).resolve().parent.parent / "nlu_data" / "english_questions.csv"


def in_chinese(question: str) -> str:
    """What a question is about, as Chinese words to search by; empty when none of it is known.

    Of phrases within longer ones only the longer count.
    """
    lower = question.lower().replace("’", "'")
    taken: list[tuple[int, int]] = []
    said: list[tuple[int, str]] = []
    for phrase, chinese in _phrases():
        for found in re.finditer(rf"(?<![a-z]){re.escape(phrase)}(?![a-z])", lower):
            if not any(start < found.end() and found.start() < end for start, end in taken):
                taken.append(found.span())
                said.append((found.start(), chinese))
    return " ".join(dict.fromkeys(chinese for _, chinese in sorted(said)))


@cache
def _phrases() -> tuple[tuple[str, str], ...]:
    """All phrases with their Chinese words, the longest first."""
    with _WORDS.open(encoding="utf-8", newline="") as file:
        pairs = [(phrase, row["chinese"]) for row in csv.DictReader(file) for phrase in row["words"].split("|")]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def article_text(article: Article) -> str:
    """A Chinese article as it is told to who reads English: that it is Chinese, and what may be found in it."""
    return (
        "Our knowledge base is in Chinese only. This article seems nearest to your question:\n"
        f"{article.title}\n{article.answer}\n(Source: {article.source}; updated {article.updated_on})"
    )
