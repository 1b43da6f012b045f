"""Where a place is: the port through which the intake asks, and who can answer it.

The city's own gazetteer answers by itself. An online geocoder can be put behind it: it is asked for words of which the
gazetteer knows no more than the town, and what it says is believed only within the district.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Literal, Protocol

import aiohttp
from prometheus_client import Counter
from pydantic import BaseModel, Field, ValidationError

from intake_api.domain.gazetteer import Gazetteer, Resolution, better
from intake_api.domain.place import Datum, Precision

log = logging.getLogger(__name__)

GEOCODER_ANSWERS = Counter("yht_geocoder_answers_total", "Questions to the online geocoder, by outcome.", ["outcome"])

TIMEOUT = 1.5
"""Seconds that the online geocoder has, from the connection to the last byte."""

_PAUSE = 30.0  # seconds for which a geocoder that failed is not asked again: every report would wait for it
_LONGEST_ANSWER = 64 * 1024
_LONGEST_QUESTION = 100
_NO_BETTER_THAN_TOWN = frozenset({Precision.TOWN, Precision.NONE})
_TELEPHONE = re.compile(r"\+?\d[\d -]{5,}\d")  # seven digits and more are no house number


class PlaceResolver(Protocol):
    """Finds the place that a resident means.

    A pin decides alone, then a pole's number, then the words. What comes back is always an answer: what is not known
    has precision ``none`` and no position, and is filed all the same. ``place.text`` are the words as given (for a pin
    without words, a description). A place with a position has its town and, if better than a town, its grid cell.
    ``outside`` is said only of a pin beyond the border and of words that begin with a neighbour's name. When the words
    can mean several places, they are the candidates, the likeliest first, which is the place itself.

    A resolver answers within two seconds and never raises for what a resident wrote, nor for a failure of a service
    that it asks. CityNotLoaded is raised when there is no city.
    """

    async def resolve(
        self,
        text: str = "",
        lat: float | None = None,
        lng: float | None = None,
        datum: Datum = Datum.WGS84,
        pole_no: str = "",
    ) -> Resolution:
        """The place meant by words, a pin in degrees of ``datum``, or the number of a pole."""
        ...


class EmbeddedPlaces:
    """The gazetteer of the city in force, in this process: well under two milliseconds, no network."""

    def __init__(self, gazetteer: Callable[[], Gazetteer]) -> None:
        self._gazetteer = gazetteer

    async def resolve(
        self,
        text: str = "",
        lat: float | None = None,
        lng: float | None = None,
        datum: Datum = Datum.WGS84,
        pole_no: str = "",
    ) -> Resolution:
        """See PlaceResolver."""
        return self._gazetteer().resolve(text, lat, lng, datum, pole_no)


class _Answer(BaseModel):
    """What a geocoder says: WGS84 degrees."""

    lat: float = Field(ge=-90, le=90)
    lng: float = Field(ge=-180, le=180)
    name: str = Field("", max_length=200)
    precision: Literal["point", "road", "estate"]


class GeocodedPlaces:
    """The gazetteer, and an online geocoder for words of which the gazetteer knows no more than the town.

    ``GET {url}?q=TEXT&bbox=WEST,SOUTH,EAST,NORTH`` is answered by 200 with ``{"lat", "lng", "name", "precision"}``
    (WGS84; ``point``, ``road`` or ``estate``), or by 404 when it does not know. A position beyond the border, another
    form, another status, no answer in time: the gazetteer's own answer stands. Only the words of the place are sent,
    without telephone numbers.
    """

    def __init__(
        self,
        gazetteer: Callable[[], Gazetteer],
        session: aiohttp.ClientSession,
        url: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gazetteer = gazetteer
        self._session = session
        self._url = url
        self._clock = clock
        self._ask_again = 0.0

    async def resolve(
        self,
        text: str = "",
        lat: float | None = None,
        lng: float | None = None,
        datum: Datum = Datum.WGS84,
        pole_no: str = "",
    ) -> Resolution:
        """See PlaceResolver."""
        gazetteer = self._gazetteer()
        known = gazetteer.resolve(text, lat, lng, datum, pole_no)
        question = _TELEPHONE.sub("", text).strip()[:_LONGEST_QUESTION]
        if known.place.precision not in _NO_BETTER_THAN_TOWN or not question or self._clock() < self._ask_again:
            return known
        answer = await self._ask(question, gazetteer.bounds)
        if answer is None or not gazetteer.contains(answer.lat, answer.lng):
            return known
        place = gazetteer.place_at(text, Precision(answer.precision), answer.lat, answer.lng, answer.name or None)
        return better(known, Resolution(place))

    async def _ask(self, question: str, bounds: tuple[float, float, float, float]) -> _Answer | None:
        query = {"q": question, "bbox": ",".join(f"{degrees:.6f}" for degrees in bounds)}
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        try:
            async with self._session.get(self._url, params=query, timeout=timeout, allow_redirects=False) as response:
                if response.status == 404:
                    GEOCODER_ANSWERS.labels("unknown").inc()
                    return None
                if response.status != 200:
                    raise ValueError(f"status {response.status}")
                content = await response.content.read(_LONGEST_ANSWER + 1)
                while len(content) <= _LONGEST_ANSWER and (more := await response.content.read(_LONGEST_ANSWER)):
                    content += more
                answer = _Answer.model_validate_json(content)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            # a ValidationError is a ValueError; its text would carry what was answered, the kind is enough
            reason = str(error) if not isinstance(error, ValidationError) else "another form of answer"
            log.warning("geocoder failed", extra={"error": type(error).__name__, "reason": reason})
            GEOCODER_ANSWERS.labels("failed").inc()
            self._ask_again = self._clock() + _PAUSE
            return None
        GEOCODER_ANSWERS.labels("found").inc()
        return answer
