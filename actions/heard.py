"""One message as the assistant understood it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.language.normalise import without_markup


@dataclass(frozen=True)
class Place:
    """A place as it was said; ``kind`` as in ``bot.language.places``."""

    text: str
    kind: str


@dataclass(frozen=True)
class Problem:
    """One of two problems in a message: its words, and what they mean."""

    text: str
    categories: tuple[tuple[str, float], ...]
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Heard:
    """One message as the assistant understood it."""

    text: str
    act: str
    confidence: float = 1.0
    """how sure the act is"""
    categories: tuple[tuple[str, float], ...] = ()
    places: tuple[Place, ...] = ()
    position: tuple[float, float, str] | None = None
    """lat, lng (WGS84) and the label chosen on the map"""
    attachment: tuple[str, str] | None = None
    """id and media type"""
    album: tuple[tuple[str, str], ...] = ()
    """further photos of the same message"""
    chosen_code: str | None = None
    edit: str | None = None
    choice: tuple[str, str] | None = None
    """what was chosen by a button, and which: ("case", "483920175"), ("grade", "satisfied")"""
    button: bool = False
    """a button was pressed: the text is a payload, not words"""
    problems: tuple[Problem, ...] = ()
    """the two problems of a message that speaks of two; else empty"""

    @property
    def words(self) -> str:
        """What was said in words, without links and markup; empty for buttons, files and positions."""
        return "" if self.button else without_markup(self.text).strip()

    @property
    def typed(self) -> str:
        """The words as they were typed, for what is kept of them."""
        return "" if self.button else self.text.strip()

    def chose(self, what: str) -> str | None:
        """The value chosen by a button of this kind."""
        return self.choice[1] if self.choice and self.choice[0] == what else None
