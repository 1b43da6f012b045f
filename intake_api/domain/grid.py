"""The grid of 万米单元: cells of about 100 m × 100 m (10,000 m²), each with a short stable code.

Computed from WGS84 alone, so that no survey is needed and a code never changes. Rows are 0.0009° of latitude high;
columns have one width within each whole degree of latitude, so that cells align in a city and stay within 1 % of 100 m.
"""

from __future__ import annotations

import functools
import math

from intake_api.domain.geodesy import METRES_PER_DEGREE

_HEIGHT = 0.0009  # degrees of latitude, 100.2 m
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I and O, which people confuse
_LETTERS = 4


def _width(row: int) -> float:
    band = math.floor(row * _HEIGHT - 90) + 0.5
    return _HEIGHT / math.cos(math.radians(band))


def _write(number: int) -> str:
    letters = []
    for _ in range(_LETTERS):
        number, digit = divmod(number, 32)
        letters.append(_ALPHABET[digit])
    return "".join(reversed(letters))


def _read(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 32 + _ALPHABET.index(letter)
    return number


def cell(lat: float, lng: float) -> str:
    """The code of the cell in which a WGS84 position lies: ``7V2K-FH3M``, rows first."""
    row = math.floor((lat + 90) / _HEIGHT)
    column = math.floor((lng + 180) / _width(row))
    return f"{_write(row)}-{_write(column)}"


@functools.lru_cache(maxsize=10_000)
def bounds(code: str) -> tuple[float, float, float, float]:
    """South, west, north, east of a cell in degrees. Raises ValueError for what is no code."""
    rows, dash, columns = code.partition("-")
    if not dash or len(rows) != _LETTERS or len(columns) != _LETTERS:
        raise ValueError(f"no grid code: {code}")
    row, column = _read(rows), _read(columns)
    width = _width(row)
    south, west = row * _HEIGHT - 90, column * width - 180
    return south, west, south + _HEIGHT, west + width


def centre(code: str) -> tuple[float, float]:
    """Latitude and longitude of the middle of a cell. Raises ValueError for what is no code."""
    south, west, north, east = bounds(code)
    return (south + north) / 2, (west + east) / 2


def cells_around(lat: float, lng: float, radius: float) -> list[str]:
    """The cells that a circle of ``radius`` metres about a position can touch."""
    south = lat - radius / METRES_PER_DEGREE
    north = lat + radius / METRES_PER_DEGREE
    wide = radius / (METRES_PER_DEGREE * math.cos(math.radians(lat)))
    found = []
    for row in range(math.floor((south + 90) / _HEIGHT), math.floor((north + 90) / _HEIGHT) + 1):
        width = _width(row)
        first, last = math.floor((lng - wide + 180) / width), math.floor((lng + wide + 180) / width)
        found += [f"{_write(row)}-{_write(column)}" for column in range(first, last + 1)]
    return found


# cells as numbers: what looks at many cells at once adds and compares instead of writing codes

ROW = 1 << 20
"""From a cell's number to that of the cell north of it, where columns keep their width."""


@functools.lru_cache(maxsize=100_000)
def number(code: str) -> int:
    """A cell as a number: its row times ``ROW``, and its column."""
    return _read(code[:_LETTERS]) * ROW + _read(code[_LETTERS + 1 :])


@functools.lru_cache(maxsize=100_000)
def is_at_seam(row: int) -> bool:
    """Whether columns change their width above or below a row: there, cells do not stand one on another."""
    return not _width(row - 1) == _width(row) == _width(row + 1)


def adjoining(cell_number: int) -> tuple[int, ...]:
    """The numbers of the eight cells about a cell (more where the width of columns changes)."""
    row, column = divmod(cell_number, ROW)
    if not is_at_seam(row):
        south, north = cell_number - ROW, cell_number + ROW
        return (south - 1, south, south + 1, cell_number - 1, cell_number + 1, north - 1, north, north + 1)
    width = _width(row)
    west, east = column * width, (column + 1) * width
    found = set()
    for other in (row - 1, row, row + 1):
        across = _width(other)
        first, last = math.floor((west - width / 2) / across), math.floor((east + width / 2) / across)
        found |= {other * ROW + each for each in range(first, last + 1)}
    return tuple(sorted(found - {cell_number}))
