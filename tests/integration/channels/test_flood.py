"""A flood over all channels at once, with a process killed in the middle: each message heard once, all answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.flood import flood
from bench.killable import empty_database

MESSAGES = 450


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Its kind; skips where there is no server."""
    kind: str = request.param
    if kind == "postgresql":
        request.getfixturevalue("postgres")
    return kind


@pytest.mark.parametrize(
    ("database", "processes"),
    [("sqlite", 1), pytest.param("postgresql", 2, marks=pytest.mark.postgres)],
    indirect=["database"],
)
async def test_each_message_is_handled_once_answered_in_order_and_none_is_lost(
    database: str, processes: int, tmp_path: Path
) -> None:
    async with empty_database(database, tmp_path) as settings:
        report = await flood(settings, messages=MESSAGES, processes=processes, kills=1)
    assert report.faults == []
    assert (report.messages, report.kills) == (MESSAGES, 1)
    assert report.deliveries > MESSAGES, "some came more than once"
