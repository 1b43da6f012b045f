"""What is understood of a call so far: the caller's words and the intake's answers become fields of a form. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.language.contact import find_phone, wants_anonymity
from bot.language.danger import danger_now
from channels.hotline.call_store import Understood
from channels.hotline.form import FieldName, Found, Json, Words
from channels.hotline.said import Said
from channels.hotline.summary import summary, wish

_CANDIDATES = 3
_TWO = 2
_NAME = re.compile(
    r"(?:我(?:的名字)?叫|本人叫|名字叫)([一-龥]{2,4}?)(?=[，,。！？\s]|$)|我姓([一-龥])(?=[，,。！？\s]|$)"
)
_NUMERAL = "\\d零〇一二三四五六七八九幺"
_NUMBER = re.compile(rf"[{_NUMERAL}](?:[{_NUMERAL}\s，,、-]*[{_NUMERAL}])?")
_BY_RULE = 0.9
"""What is found by a rule is as sure as the recognition of its words."""
_SURE_OF_PLACE = {"point": 0.95, "estate": 0.9, "road": 0.8, "outside": 0.7, "town": 0.6, "none": 0.4}


@dataclass(frozen=True)
class Matter:
    """One of the problems that the caller speaks of: its span in the text, and what the intake makes of it."""

    start: int
    end: int
    categories: tuple[Json, ...] = ()
    locations: tuple[Json, ...] = ()

    @property
    def code(self) -> str:
        """The likeliest category; empty when there is none."""
        return str(self.categories[0]["code"]) if self.categories else ""


@dataclass(frozen=True)
class Kind:
    """What the taxonomy says of a category: the words that speak of it, and how pressing it is by itself."""

    words: tuple[str, ...] = ()
    urgency: str = "normal"


@dataclass(frozen=True)
class Looked:
    """What was looked up of a matter. ``mention`` is the location whose ``place`` was found."""

    mention: Json | None = None
    place: Json | None = None
    candidates: tuple[Json, ...] = ()
    handler: Json | None = None
    similar: tuple[Json, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)


def matters(said: Said, parsed: Json) -> list[Matter]:
    """The problems that the caller speaks of, the first one first: one, or two."""
    parts = [
        Matter(int(part["start"]), int(part["end"]), tuple(part["categories"]), tuple(part["locations"]))
        for part in parsed.get("problems") or ()
    ]
    if len(parts) >= _TWO:
        return parts[:_TWO]
    categories, locations = parsed.get("categories") or (), parsed.get("locations") or ()
    return [Matter(0, len(said.text), tuple(categories), tuple(locations))]


def understood(said: Said, parsed: Json, matter: Matter, looked: Looked) -> Understood:
    """The fields of one matter, and what is shown beside them."""
    part = (matter.start, matter.end)
    text = said.text[matter.start : matter.end]
    kind = looked.kinds.get(matter.code, Kind())
    things = [word for word in kind.words if word in text]
    places = [(int(place["start"]), int(place["end"])) for place in matter.locations]
    short, short_words = summary(said, places, things, part)
    of_thing = _where(said, matter, things) or short_words
    found: dict[FieldName, Found] = {}
    if parsed.get("acts"):
        act = parsed["acts"][0]
        found[FieldName.ACT] = Found(act["name"], float(act["confidence"]), short_words)
    if short:
        found[FieldName.DESCRIPTION] = Found(short, _BY_RULE, short_words)
    sure = float(matter.categories[0]["confidence"]) if matter.categories else 0.0
    if matter.categories:
        best = {name: matter.categories[0][name] for name in ("code", "name")}
        found[FieldName.CATEGORY] = Found(best, sure, of_thing)
    if looked.mention is not None:
        place = looked.place or {"text": looked.mention["text"], "precision": "none"}
        confidence = _SURE_OF_PLACE.get(str(place.get("precision")), _SURE_OF_PLACE["none"])
        words = said.words(int(looked.mention["start"]), int(looked.mention["end"]))
        found[FieldName.PLACE] = Found(place, confidence, words)
    danger = danger_now(text)
    if danger:
        found[FieldName.URGENCY] = Found("emergency", _BY_RULE, short_words)
    elif matter.categories:
        found[FieldName.URGENCY] = Found(kind.urgency, sure, of_thing)
    wanted, words = wish(said, part)
    if wanted:
        found[FieldName.WISH] = Found(wanted, _BY_RULE, words)
    beside: Json = {
        "categories": list(matter.categories)[:_CANDIDATES],
        "places": list(looked.candidates),
        "handler": looked.handler,
        "similar": list(looked.similar),
        "danger": danger,
    }
    return Understood(found | _of_caller(said), beside)


def _of_caller(said: Said) -> dict[FieldName, Found]:
    """What the caller says of themselves, wherever they say it."""
    found: dict[FieldName, Found] = {}
    name = _NAME.search(said.text)
    if name is not None:
        group = 1 if name[1] else 2
        value = name[1] or f"{name[2]}先生/女士"
        found[FieldName.NAME] = Found(value, _BY_RULE, said.words(*name.span(group)))
    for number in _NUMBER.finditer(said.text):
        phone = find_phone(number.group())
        if phone:
            found[FieldName.PHONE] = Found(phone, _BY_RULE, said.words(*number.span()))
    for clause in said.clauses():
        if wants_anonymity(clause.text):
            found[FieldName.CONFIDENTIAL] = Found(True, _BY_RULE, said.words(clause.start, clause.end))
    return found


def _where(said: Said, matter: Matter, things: Sequence[str]) -> tuple[Words, ...]:
    """Where the matter's things are named, each the first time."""
    words: list[Words] = []
    for thing in things:
        at = said.text.find(thing, matter.start, matter.end)
        if at >= 0:
            words += said.words(at, at + len(thing))
    return tuple(words)
