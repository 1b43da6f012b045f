"""Categories as they are called in English, by ``nlu_data/english.csv``."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

ENGLISH_WORDS = Path(__file__).resolve().parents[2] / "nlu_data" / "english.csv"
"""Code, name, and the words by which a category is recognised."""


@cache
def category_names() -> dict[str, str]:
    """Code → English name, of the categories that have one."""
    with ENGLISH_WORDS.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}
