"""A small fictional district for all unit tests of the intake."""

from __future__ import annotations

from pathlib import Path

import pytest

from intake_api.domain.city import City
from intake_api.domain.city_folder import read_city
from intake_api.domain.gazetteer import Gazetteer
from intake_api.domain.taxonomy import Taxonomy, read_taxonomy

ROOT = Path(__file__).resolve().parents[3]
QINGHE = ROOT / "tests" / "integration" / "intake_api" / "qinghe"


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return read_taxonomy(ROOT / "nlu_data" / "taxonomy.csv")


@pytest.fixture(scope="session")
def city(taxonomy: Taxonomy) -> City:
    return read_city(QINGHE, taxonomy)


@pytest.fixture(scope="session")
def gazetteer(city: City) -> Gazetteer:
    return Gazetteer(city)
