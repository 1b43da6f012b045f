"""What filing is held against: a loop that stores the rows of one case again and again, and does nothing else."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

_OF_THE_CASE = ("events", "case_supporting", "case_tasks", "feed_queue", "case_text", "idempotency_keys", "outbox")
"""Tables that a filing writes to beside ``cases``."""
_MADE_UP = "feed_queue"  # its rows are gone when the feed has them: one for each event


@dataclass(frozen=True)
class Rows:
    """Rows of one case in one table: all columns but those that the database or the case give."""

    table: str
    columns: tuple[str, ...]
    values: Sequence[tuple[Any, ...]]

    def statement(self) -> str:
        """Stores a row; the case's id is the first parameter but in ``cases``."""
        names = self.columns if self.table == "cases" else ("case_id", *self.columns)
        marks = [
            f"array_to_tsvector(${place}::text[])" if name == "terms" else f"${place}"
            for place, name in enumerate(names, start=1)
        ]
        returning = " RETURNING id" if self.table == "cases" else ""
        return f"INSERT INTO {self.table} ({', '.join(names)}) VALUES ({', '.join(marks)}){returning}"


async def rows_of_newest_case(url: str) -> list[Rows]:
    """Everything that filing the newest case has stored, ``cases`` first."""
    connection = await asyncpg.connect(url)
    try:
        case = await connection.fetchrow("SELECT * FROM cases ORDER BY id DESC LIMIT 1")
        found = [_rows("cases", [case])]
        for table in _OF_THE_CASE:
            if table == _MADE_UP:
                found.append(await _queued(connection, case))
                continue
            what = "text, tsvector_to_array(terms) AS terms, digest" if table == "case_text" else "*"
            query = f"SELECT {what} FROM {table} WHERE case_id = $1"
            found.append(_rows(table, await connection.fetch(query, case["id"])))
        return [rows for rows in found if rows.values]
    finally:
        await connection.close()


async def _queued(connection: asyncpg.Connection, case: asyncpg.Record) -> Rows:
    events = await connection.fetch("SELECT seq FROM events WHERE case_id = $1", case["id"])
    told = (case["department_id"], case["category"], case["town_code"], f'["{case["department_id"]}"]')
    columns = ("seq", "department_id", "category", "town_code", "departments")
    return Rows(_MADE_UP, columns, [(event["seq"], *told) for event in events])


def _rows(table: str, records: Sequence[Mapping[str, Any]]) -> Rows:
    names = tuple(records[0].keys()) if records else ()
    columns = tuple(name for name in names if name not in ("id", "case_id", "outcome"))
    return Rows(table, columns, [tuple(record[name] for name in columns) for record in records])


async def store_for(url: str, rows: Sequence[Rows], connections: int, seconds: float) -> float:
    """Cases stored in a second, each in a transaction of its own, by so many connections at once."""
    stored = 0
    pool = await asyncpg.create_pool(url, min_size=connections, max_size=connections)

    async def store() -> None:
        nonlocal stored
        async with pool.acquire() as connection:
            while time.perf_counter() < until:
                await _store(connection, rows)
                stored += 1

    started = time.perf_counter()
    until = started + seconds
    async with pool, asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(store())
    return stored / (time.perf_counter() - started)


async def _store(connection: Any, rows: Sequence[Rows]) -> None:
    case, *others = rows
    async with connection.transaction():
        case_id = await connection.fetchval(case.statement(), *case.values[0])
        for each in others:
            values = [(case_id, *row) for row in each.values]
            if each.table == "idempotency_keys":
                at = each.columns.index("key") + 1
                values = [(*row[:at], uuid.uuid4().hex, *row[at + 1 :]) for row in values]
            if len(values) == 1:
                await connection.execute(each.statement(), *values[0])
            else:
                await connection.executemany(each.statement(), values)
