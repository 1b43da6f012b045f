"""Floods are slowed over all processes; who only types meets no limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import sqlalchemy as sa

from channels.gateway.database import Database
from channels.gateway.flood import Flood, Limits, Rates
from channels.gateway.tables import paces


class Frozen:
    """A monotonic clock that stands still."""

    def __call__(self) -> float:
        return 0.0


@pytest.fixture
async def new_limits(database_url: str, clock) -> AsyncIterator[Callable[..., Limits]]:
    """Makes limits as separate processes have them."""
    databases: list[Database] = []
    now = clock()  # stands still as well

    def make(rates: Rates | None = None) -> Limits:
        databases.append(Database(database_url))
        return Limits("web", databases[-1], lambda: now, rates, monotonic=Frozen())

    yield make
    for database in databases:
        await database.close()


async def test_who_only_types_costs_no_look_into_the_database(new_limits, database_url: str) -> None:
    limits = new_limits()
    assert [await limits.reserve("web:1") for _ in range(10)] == [0.0] * 10
    database = Database(database_url)
    assert await database.read(lambda connection: connection.execute(sa.select(paces)).all()) == []
    await database.close()


async def test_two_processes_share_what_a_flood_is_let_have(new_limits) -> None:
    first, second = new_limits(), new_limits()
    for limits in (first, second):
        assert [await limits.reserve("web:1") for _ in range(10)] == [0.0] * 10
    shared = [await limits.reserve("web:1") for _ in range(15) for limits in (first, second)]
    assert shared == [0.0] * 20 + [pytest.approx(number / 10) for number in range(1, 11)]


async def test_fifty_at_once_wait_their_turn_and_none_is_refused(new_limits) -> None:
    limits = new_limits()
    waits = [await limits.reserve("web:1") for _ in range(50)]
    assert waits[:30] == [0.0] * 30
    assert max(waits) == pytest.approx(2.0)


async def test_what_would_wait_for_too_long_is_told_to_come_back_and_not_counted(new_limits) -> None:
    limits = new_limits()
    for _ in range(80):
        await limits.reserve("web:1")
    for _ in range(3):
        with pytest.raises(Flood) as flood:
            await limits.reserve("web:1")
        assert flood.value.retry_after == pytest.approx(0.1)
    assert await limits.reserve("web:2") == 0.0


async def test_a_flood_of_a_whole_channel_is_slowed_too(new_limits) -> None:
    limits = new_limits(Rates(channel_burst=10, channel_per_second=5.0))
    waits = [await limits.reserve(f"web:{number}") for number in range(12)]
    assert waits == [0.0] * 10 + [pytest.approx(0.2), pytest.approx(0.4)]


async def test_no_name_is_kept_of_who_writes_much(new_limits, database_url: str) -> None:
    limits = new_limits()
    await asyncio.gather(*(limits.reserve("telegram:4711") for _ in range(15)))
    database = Database(database_url)
    (row,) = await database.read(lambda connection: connection.execute(sa.select(paces)).all())
    await database.close()
    assert "4711" not in row.name
