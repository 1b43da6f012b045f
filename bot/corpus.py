"""The training text in ``nlu_data/``: utterances per category, and per dialogue act, with their places marked.

``utterances/*.txt``: a block per category begins with ``# CODE name``; a line is a report, or ``act|text``.
``acts/*.txt``: the file's name is the act; ``not_emergency.txt`` holds ``CODE|text``.
Places stand in ``[ ]``. Imported tickets (``var/tickets/*.jsonl``: ``{"text","code"}``) have no marked places; accepted
corrections of staff (``corrections.jsonl`` beside them) may have ``"places": [[start, end], …]``.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NLU_DATA = ROOT / "nlu_data"

ACTS = (
    "report",
    "consult",
    "suggest",
    "praise",
    "ask_status",
    "urge",
    "supplement",
    "withdraw",
    "rate",
    "handoff",
    "greet",
    "thank",
    "affirm",
    "deny",
    "emergency",
    "other",
)
"""What a resident can want (contract.md, Understanding)."""

CASE_ACTS = frozenset({"report", "consult", "suggest", "praise"})
"""Acts whose utterances belong to a category."""

_PLACE = re.compile(r"\[([^\[\]]+)\]")
_HEADING = re.compile(r"#\s*(\d{4})\b")


class BadCorpus(Exception):
    """A file of training text is not as described; the message names file and line."""


@dataclass(frozen=True)
class Utterance:
    """One training text: what was said, what it is about, and the half-open spans of its places.

    ``places_marked`` and ``act_marked``: whether people said so; else there is nothing to learn of places or of acts.
    """

    text: str
    act: str
    code: str | None
    places: tuple[tuple[int, int], ...]
    places_marked: bool = True
    act_marked: bool = True


def read_marked(line: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Take the brackets out of a line: the plain text and the spans of the places in it."""
    plain: list[str] = []
    places: list[tuple[int, int]] = []
    at = length = 0
    for match in _PLACE.finditer(line):
        before, place = line[at : match.start()], match.group(1)
        start = length + len(before)
        plain += [before, place]
        length = start + len(place)
        places.append((start, length))
        at = match.end()
    plain.append(line[at:])
    text = "".join(plain)
    if "[" in text or "]" in text:
        raise ValueError("brackets do not match")
    return text, tuple(places)


def taxonomy_codes(folder: Path = NLU_DATA) -> dict[str, str]:
    """Code → name of every category."""
    with (folder / "taxonomy.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


def read_utterances(folder: Path = NLU_DATA) -> Iterator[Utterance]:
    """All utterances of ``utterances/`` and ``acts/``. Raises BadCorpus."""
    codes = taxonomy_codes(folder)
    for path in sorted((folder / "utterances").glob("*.txt")):
        code = None
        for number, line in _lines(path):
            heading = _HEADING.match(line)
            if heading:
                code = heading.group(1)
                if code not in codes:
                    raise BadCorpus(f"{path.name}:{number}: unknown code {code}")
            elif code is None:
                raise BadCorpus(f"{path.name}:{number}: text before the first heading")
            else:
                act, _, text = line.rpartition("|")
                yield _utterance(path, number, text, act or "report", code)
    for path in sorted((folder / "acts").glob("*.txt")):
        for number, line in _lines(path):
            if path.stem == "not_emergency":
                code, _, text = line.partition("|")
                yield _utterance(path, number, text, "report", code)
            else:
                yield _utterance(path, number, line, path.stem, None)


def taxonomy_words(folder: Path = NLU_DATA) -> Iterator[Utterance]:
    """Each category's name with its typical words, as one utterance without a place."""
    with (folder / "taxonomy.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = f"{row['name']} {row['typical_words']}"
            yield Utterance(text, "report", row["code"], (), places_marked=False, act_marked=False)


def read_tickets(folder: Path) -> Iterator[Utterance]:
    """A city's imported past tickets and accepted corrections. Raises BadCorpus.

    What has a code that the taxonomy no longer has is left out: it must not be predicted.
    """
    codes = taxonomy_codes()
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in _lines(path):
            ticket = _ticket(path, number, line)
            if ticket.code is None or ticket.code in codes:
                yield ticket


def _ticket(path: Path, number: int, line: str) -> Utterance:
    try:
        ticket = json.loads(line)
        text, code, marked = ticket["text"], ticket["code"], ticket.get("places")
        places = tuple((int(start), int(end)) for start, end in marked or ())
        if not text.strip() or any(not 0 <= start < end <= len(text) for start, end in places):
            raise ValueError("no text, or a place outside it")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadCorpus(f"{path.name}:{number}: not a ticket: {error}") from error
    return Utterance(text, "report", code, places, places_marked=marked is not None, act_marked=False)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line.strip()


def _utterance(path: Path, number: int, line: str, act: str, code: str | None) -> Utterance:
    if act not in ACTS:
        raise BadCorpus(f"{path.name}:{number}: unknown act {act}")
    try:
        text, places = read_marked(line)
    except ValueError as error:
        raise BadCorpus(f"{path.name}:{number}: {error}") from error
    if not text.strip():
        raise BadCorpus(f"{path.name}:{number}: no text")
    return Utterance(text, act, code, places)
