"""An intake process that is killed while cases are filed and handled has lost nothing and doubled nothing."""

from __future__ import annotations

import pytest

from bench.kill import kill_under_load
from groundwork.settings import Settings

TIMES = 3


async def test_after_every_kill_all_that_was_promised_is_there_once_and_in_order(settings: Settings) -> None:
    report = await kill_under_load(settings, times=TIMES)
    assert report.faults == []
    assert report.kills == TIMES
    assert report.acknowledged > TIMES
    assert report.actions >= TIMES, "cases were handled, not only filed"


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)  # who runs two has PostgreSQL
async def test_of_two_processes_one_goes_on_while_the_other_is_killed(settings: Settings) -> None:
    report = await kill_under_load(settings, times=TIMES, processes=2)
    assert report.faults == []
    assert report.acknowledged > TIMES
    assert report.claimed >= TIMES
