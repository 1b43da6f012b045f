"""The audit trail shows where it was tampered with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from intake_api.domain.audit import AuditEntry, SealedEntry, cell, entry_hash, first_break
from intake_api.domain.event import FIRST_HASH, Actor, ActorKind


def trail(count: int) -> list[SealedEntry]:
    rows, prev_hash = [], FIRST_HASH
    for seq in range(1, count + 1):
        at = datetime(2026, 9, 22, 2, 0, tzinfo=UTC) + timedelta(seconds=seq)
        entry = AuditEntry(at, Actor(ActorKind.STAFF, "1", "王芳"), "read_case", f"case:{seq}", "ok", "10.0.0.1")
        rows.append(SealedEntry(entry, seq, prev_hash, entry_hash(seq, prev_hash, entry)))
        prev_hash = rows[-1].hash
    return rows


def test_an_untouched_trail_is_whole() -> None:
    assert first_break(trail(5), 0, FIRST_HASH) is None


def test_a_changed_row_is_found() -> None:
    rows = trail(5)
    rows[2] = replace(rows[2], entry=replace(rows[2].entry, target="case:9"))
    found = first_break(rows, 0, FIRST_HASH)
    assert found is not None
    assert (found.seq, "改动" in found.words) == (3, True)


def test_a_row_that_was_changed_and_sealed_again_breaks_the_next() -> None:
    rows = trail(5)
    forged = replace(rows[2].entry, target="case:9")
    rows[2] = SealedEntry(forged, 3, rows[2].prev_hash, entry_hash(3, rows[2].prev_hash, forged))
    found = first_break(rows, 0, FIRST_HASH)
    assert found is not None
    assert found.seq == 4


def test_a_removed_row_is_found() -> None:
    rows = trail(5)
    del rows[2]
    found = first_break(rows, 0, FIRST_HASH)
    assert found is not None
    assert (found.seq, "删除" in found.words) == (3, True)


def test_a_row_put_in_is_found() -> None:
    rows = trail(5)
    rows.insert(2, rows[1])
    found = first_break(rows, 0, FIRST_HASH)
    assert found is not None
    assert "多出" in found.words


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_a_cell_is_never_taken_for_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert cell("王芳 =1") == "王芳 =1"
