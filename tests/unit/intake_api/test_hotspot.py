"""Hot spots: more of one thing in one place than usual."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_api.domain.grid import adjoining, cell, cells_around, centre, number
from intake_api.domain.hotspot import LEAST_SCORE, clusters, judged, promising, telling, unlikeliness

HERE = cell(31.1, 121.4)
NEXT = cell(31.1 + 0.0009, 121.4)
FAR = cell(31.2, 121.4)
SEAM = [cell(lat, 121.3) for lat in (30.9985, 30.9994, 31.0003, 31.0012)]
"""Cells one north of another across a whole degree, where columns change their width."""


def test_touching_cells_of_one_category_are_one_cluster() -> None:
    found = clusters({"1101": {HERE: 2, NEXT: 2, FAR: 3}, "0103": {HERE: 1}})
    assert [(cluster.count, set(cluster.cells)) for cluster in found] == [(4, {HERE, NEXT}), (3, {FAR})]


def test_a_cluster_goes_on_where_columns_change_their_width() -> None:
    (found,) = clusters({"1101": dict.fromkeys(SEAM, 1)})
    assert set(found.cells) == set(SEAM)


def test_what_cannot_be_unusual_is_left_out_before_its_past_is_looked_up() -> None:
    found = clusters({"1101": {HERE: 9, FAR: 3}})
    assert [cluster.cells for cluster in promising(found, {"1101": 30}, 10, 200)] == [(HERE,)]
    assert promising(found, {"1101": 30}, 10, 0) == []


@given(st.integers(1, 60), st.integers(1, 400), st.integers(1, 400))
def test_nothing_unusual_is_left_out(count: int, total: int, cells: int) -> None:
    found = clusters({"1101": {HERE: count}})
    spots = judged(found, {}, {"1101": total}, cells)
    assert [spot.cluster for spot in spots] == [
        cluster
        for cluster in promising(found, {"1101": total}, cells, 200)
        if unlikeliness(cluster.count, total / cells / 9) >= LEAST_SCORE
    ]


def test_what_a_place_is_used_to_is_no_hot_spot() -> None:
    found = clusters({"1101": {HERE: 6}})
    totals = {"1101": 60}
    assert judged(found, {}, totals, 100)
    assert judged(found, {"1101": {HERE: 48}}, totals, 100) == []


def test_the_most_unusual_comes_first() -> None:
    found = clusters({"1101": {HERE: 9, FAR: 5}})
    spots = judged(found, {"1101": {HERE: 16}}, {"1101": 14}, 200)
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


@pytest.mark.parametrize("code", [HERE, *SEAM])
def test_neighbouring_cells_touch(code: str) -> None:
    here = number(code)
    around = adjoining(here)
    assert len(around) == 8 if code == HERE else len(around) >= 8
    assert here not in around
    assert all(here in adjoining(other) for other in around)


def test_the_cell_north_of_a_cell_touches_it() -> None:
    assert number(NEXT) in adjoining(number(HERE))


def test_a_circle_touches_the_cells_within_it() -> None:
    lat, lng = centre(HERE)
    assert cells_around(lat, lng, 20) == [HERE]
    assert set(map(number, cells_around(lat, lng, 60))) == {number(HERE), *adjoining(number(HERE))}
