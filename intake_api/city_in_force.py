"""The city in force in this process: the newest version in the database, looked for again every half minute.

Its responsibility matrix is that of the database: the rules of the folder, rulings, and what supervisors wrote.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from intake_api.domain.city import City
from intake_api.domain.gazetteer import Gazetteer
from intake_api.storage import cities, responsibility
from intake_api.storage.database import Database, StorageUnavailable

log = logging.getLogger(__name__)

_LOOK_AGAIN = 30.0  # seconds
_LANDMARKS = 800
# what people take their bearings by comes first when there are too many places to draw
_LANDMARK_ORDER = ("metro", "landmark", "hospital", "park", "mall", "school", "market", "bridge", "office", "village")


class CityNotLoaded(Exception):
    """No city is loaded yet; run ``yht city load DIR``."""


@dataclass(frozen=True)
class LoadedCity:
    """A city, ready for use. ``map_json`` is the public description with its ``etag``.

    ``city.rules`` are those of the database; ``matrix_version`` grows with each change of them.
    """

    version: int
    matrix_version: int
    city: City
    gazetteer: Gazetteer
    department_names: Mapping[str, str]
    map_json: bytes
    etag: str

    def department_name(self, department_id: str) -> str:
        """The name of a department, of former ones too."""
        return self.department_names.get(department_id, department_id)


class CityInForce:
    """Holds the loaded city and renews it."""

    def __init__(self, database: Database, map_tiles: str = "") -> None:
        self._database = database
        self._map_tiles = map_tiles
        self._loaded: LoadedCity | None = None
        self._renewing = asyncio.Lock()

    @property
    def is_loaded(self) -> bool:
        """Whether there is a city."""
        return self._loaded is not None

    @property
    def current(self) -> LoadedCity:
        """The city in force. Raises CityNotLoaded."""
        if self._loaded is None:
            raise CityNotLoaded
        return self._loaded

    async def refresh(self) -> None:
        """Load the newest version, and the newest matrix, where they are not those in force.

        Whoever changes the matrix calls it after the commit, so that the process that did it goes by it at once.
        """
        async with self._renewing:
            loaded = self._loaded
            async with self._database.read() as session:
                version = await cities.newest_id(session)
                matrix_version = await responsibility.version(session)
                if version is None:
                    return
                if loaded is not None and (loaded.version, loaded.matrix_version) == (version, matrix_version):
                    return
                rules = await responsibility.rules_in_force(session)
                if loaded is not None and loaded.version == version:
                    city = replace(loaded.city, rules=rules)
                    self._loaded = _warmed(replace(loaded, city=city, matrix_version=matrix_version))
                    log.info("responsibility in force", extra={"version": matrix_version, "rules": len(rules)})
                    return
                content = await cities.content(session, version)
                names = await cities.department_names(session)
            prepared = await asyncio.to_thread(self._prepare, version, content, names)
            city = replace(prepared.city, rules=rules)
            self._loaded = _warmed(replace(prepared, city=city, matrix_version=matrix_version))
            log.info("city in force", extra={"version": version, **city.report()})

    async def watch(self) -> None:
        """Refresh for ever."""
        while True:
            await asyncio.sleep(_LOOK_AGAIN if self._loaded else 1.0)
            try:
                await self.refresh()
            except StorageUnavailable:
                log.warning("city not looked for: the database does not answer")
            except Exception:
                log.exception("city not loaded")

    def _prepare(self, version: int, content: str, names: Mapping[str, str]) -> LoadedCity:
        city = cities.read_content(content)
        map_json = json.dumps(describe(city, self._map_tiles), ensure_ascii=False, separators=(",", ":")).encode()
        etag = hashlib.sha256(map_json).hexdigest()[:16]
        return LoadedCity(version, 0, city, Gazetteer(city), names, map_json, etag)


def _warmed(loaded: LoadedCity) -> LoadedCity:
    """The matrix and the calendar are made on first use: now, rather than in the first request."""
    _ = loaded.city.matrix, loaded.city.calendar.version
    return loaded


def describe(city: City, map_tiles: str) -> dict[str, Any]:
    """What everybody may know of a city, with its shape as GeoJSON (WGS84), for maps drawn without tiles."""

    def feature(geometry: Mapping[str, Any], **properties: object) -> dict[str, Any]:
        return {"type": "Feature", "properties": properties, "geometry": geometry}

    def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
        return {"type": "FeatureCollection", "features": features}

    known = [place for place in city.places if place.kind in _LANDMARK_ORDER]
    known.sort(key=lambda place: _LANDMARK_ORDER.index(place.kind))
    known += [place for place in city.places if place.kind not in _LANDMARK_ORDER]
    corners = list(_positions(city.outline["coordinates"]))
    return {
        "name": city.name,
        "code": city.code,
        "hotline": city.hotline,
        "description": city.description,
        "timezone": city.timezone,
        "emergency": city.emergency,
        "center": list(city.map_center),
        "zoom": city.map_zoom,
        "bounds": [
            [min(lat for _, lat in corners), min(lng for lng, _ in corners)],
            [max(lat for _, lat in corners), max(lng for lng, _ in corners)],
        ],
        "map_tiles": map_tiles,
        "telephone": {
            "announcement": city.policy.telephone.announcement,
            "recordings_days": city.policy.retention.recordings_days,
            "personal_days": city.policy.retention.personal_days,
        },
        "outline": feature(city.outline, name=city.name),
        "towns": collection([feature(t.geometry, code=t.code, name=t.name, kind=t.kind) for t in city.towns]),
        "roads": collection([feature(road.geometry, name=road.name) for road in city.roads]),
        "landmarks": collection(
            [
                feature({"type": "Point", "coordinates": [place.lng, place.lat]}, name=place.name, kind=place.kind)
                for place in known[:_LANDMARKS]
            ]
        ),
    }


def _positions(coordinates: Any) -> Any:
    """All [lng, lat] of nested GeoJSON coordinates."""
    if isinstance(coordinates[0], (int, float)):
        yield coordinates[0], coordinates[1]
    else:
        for part in coordinates:
            yield from _positions(part)
