"""What the assistant may learn from a correction: the report without personal data, and where its place stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.language.normalise import normalise
from bot.language.personal import without_personal


class ExampleState(StrEnum):
    """Whether an example is learnt from."""

    NEW = "new"  # nobody has looked at it
    ACCEPTED = "accepted"  # used at the next training
    REJECTED = "rejected"  # left out

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {"new": "待审核", "accepted": "已采用", "rejected": "不采用"}[self]


@dataclass(frozen=True, slots=True)
class Example:
    """A text to learn from. ``places``: half-open spans in code points where ``place_text`` stands in it."""

    text: str
    place_text: str
    places: tuple[tuple[int, int], ...]


def example(description: str, place_text: str, names: Iterable[str] = ()) -> Example:
    """An example of a report and the right place (empty: not put right). ``names`` are known ones, which go as well."""
    known = tuple(names)
    text, place = without_personal(description, known), without_personal(place_text, known).strip()
    return Example(text, place, spans(text, place))


def spans(text: str, place: str) -> tuple[tuple[int, int], ...]:
    """Where ``place`` stands in ``text``, whichever way either is written (traditional, full width, numerals)."""
    sought = normalise(place).text
    if not sought:
        return ()
    plain = normalise(text)
    found = []
    at = plain.text.find(sought)
    while at >= 0:
        found.append(plain.span(at, at + len(sought)))
        at = plain.text.find(sought, at + len(sought))
    return tuple(found)
