"""The grid of cells of about 10,000 m²."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_api.domain.geodesy import gcj02_to_wgs84, metres, wgs84_to_gcj02
from intake_api.domain.grid import bounds, cell

in_china = st.tuples(st.floats(18, 53), st.floats(74, 134))


@given(in_china)
def test_a_position_lies_in_its_cell(position: tuple[float, float]) -> None:
    lat, lng = position
    south, west, north, east = bounds(cell(lat, lng))
    assert south - 1e-9 <= lat <= north + 1e-9
    assert west - 1e-9 <= lng <= east + 1e-9


@given(in_china)
def test_a_cell_measures_about_a_hundred_metres_each_way(position: tuple[float, float]) -> None:
    south, west, north, east = bounds(cell(*position))
    middle = (south + north) / 2
    assert metres(south, west, north, west) == pytest.approx(100, rel=0.02)
    assert metres(middle, west, middle, east) == pytest.approx(100, rel=0.02)


def test_a_code_is_short_and_never_changes() -> None:
    assert cell(31.1, 121.38) == "65EV-AQUJ"


@pytest.mark.parametrize("code", ["", "65HA", "65HA-AQV", "65HA-0000"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        bounds(code)


@given(in_china)
def test_the_chinese_datum_is_undone_to_the_metre(position: tuple[float, float]) -> None:
    there = wgs84_to_gcj02(*position)
    back = gcj02_to_wgs84(*there)
    assert metres(*back, *position) < 1
