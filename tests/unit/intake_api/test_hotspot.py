"""Hot spots: more of one thing in one place than usual."""

from __future__ import annotations

import math

import pytest

from intake_api.domain.grid import adjoining, cell, cells_around, centre
from intake_api.domain.hotspot import clusters, judged, telling, unlikeliness

HERE = cell(31.1, 121.4)
NEXT = cell(31.1 + 0.0009, 121.4)
FAR = cell(31.2, 121.4)


def test_touching_cells_of_one_category_are_one_cluster() -> None:
    found = clusters({("1101", HERE): 2, ("1101", NEXT): 2, ("1101", FAR): 3, ("0103", HERE): 1})
    assert [(cluster.count, set(cluster.cells)) for cluster in found] == [(4, {HERE, NEXT}), (3, {FAR})]


def test_what_a_place_is_used_to_is_no_hot_spot() -> None:
    found = clusters({("1101", HERE): 6})
    totals = {"1101": 60}
    assert judged(found, {}, totals, 100)
    assert judged(found, {("1101", HERE): 48}, totals, 100) == []


def test_the_most_unusual_comes_first() -> None:
    found = clusters({("1101", HERE): 9, ("1101", FAR): 5})
    spots = judged(found, {("1101", HERE): 16}, {"1101": 14}, 200)
    assert [spot.cluster.cells[0] for spot in spots] == [FAR, HERE]


@pytest.mark.parametrize(("count", "expected"), [(1, 0.5), (3, 1.0), (10, 12.0), (4, 0.2)])
def test_the_score_is_the_tail_of_poisson(count: int, expected: float) -> None:
    below = sum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(count))
    assert unlikeliness(count, expected) == pytest.approx(-math.log10(1 - below), rel=1e-6)


def test_a_score_beyond_what_floats_hold_is_still_a_number() -> None:
    assert 1000 < unlikeliness(500, 0.001) < math.inf


def test_the_telling_words_are_those_that_others_do_not_use() -> None:
    here = [["垃圾", "菜场"], ["垃圾", "菜场", "臭"], ["菜场", "臭"]]
    others = [["垃圾", "小区"], ["路灯", "小区"], ["垃圾"]]
    assert telling(here, others)[:2] == ["菜场", "臭"]


def test_neighbouring_cells_touch() -> None:
    around = adjoining(HERE)
    assert len(around) == 8
    assert NEXT in around
    assert HERE not in around
    assert all(HERE in adjoining(other) for other in around)


def test_a_circle_touches_the_cells_within_it() -> None:
    lat, lng = centre(HERE)
    assert cells_around(lat, lng, 20) == [HERE]
    assert set(cells_around(lat, lng, 60)) == {HERE, *adjoining(HERE)}
