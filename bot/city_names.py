"""The place names of a city folder (docs/city.md), as the assistant knows them."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

from bot.corpus import ROOT
from bot.language.normalise import normalise


def city_folder(folder: str | None) -> Path:
    """The folder named in the pipeline, else the one of ``YHT_CITY_DIR``, else the sample city."""
    chosen = folder or os.environ.get("YHT_CITY_DIR") or "nlu_data/city/minhang"
    return ROOT / chosen


def city_names(folder: str | None) -> set[str]:
    """Names and aliases of places, roads and towns of the city, normalised. Empty when there is no such folder."""
    path = city_folder(folder)
    names: set[str] = set()
    places = path / "places.csv"
    if places.is_file():
        with places.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                names.add(row["name"])
                names.update(row.get("aliases", "").split(";"))
                names.add(row.get("address") or "")
    for file_name in ("roads.geojson", "towns.geojson"):
        shapes = path / file_name
        if shapes.is_file():
            for feature in json.loads(shapes.read_text(encoding="utf-8"))["features"]:
                properties = feature["properties"]
                names.update([properties["name"], *properties.get("aliases", [])])
    return {normalise(name).text for name in names if len(name) >= 2}
