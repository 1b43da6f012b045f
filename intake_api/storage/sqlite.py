"""SQLite's connection for asyncio: one trip to its thread for each statement.

aiosqlite goes to the connection's thread for the cursor, for the statement, for the rows and for the end of the cursor.
Each trip wakes two threads, which costs more than most of our statements do.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiosqlite

_CHUNK = 64  # rows at a time for ``async for``, which SQLAlchemy does not use


def connect(database: str, **options: Any) -> Connection:
    """A connection to be awaited; takes what ``sqlite3.connect`` takes."""
    connection = Connection(lambda: sqlite3.connect(database, **options), _CHUNK)
    connection._thread.daemon = True
    return connection


class Connection(aiosqlite.Connection):
    """As aiosqlite's, but for the trips; outside a transaction there is nothing to commit or to roll back."""

    def cursor(self) -> Cursor:  # type: ignore[override]
        """A cursor, for SQLAlchemy's adapter."""
        return Cursor(self)

    async def commit(self) -> None:
        """End the transaction, if there is one."""
        if self.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        """Undo the transaction, if there is one."""
        if self.in_transaction:
            await super().rollback()

    async def run(self, statement: str, parameters: Any, *, many: bool) -> Ran:
        """A statement with all its rows."""

        def in_thread() -> Ran:
            execute = self._conn.executemany if many else self._conn.execute
            with contextlib.closing(execute(statement, parameters)) as cursor:
                rows = cursor.fetchall() if cursor.description else []
                return Ran(rows, cursor.description, cursor.rowcount, cursor.lastrowid)

        ran: Ran = await self._execute(in_thread)  # type: ignore[no-untyped-call]
        return ran


@dataclass(frozen=True, slots=True)
class Ran:
    """What a statement gave, as a DB-API cursor tells it."""

    rows: list[Any]
    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


class Cursor:
    """What SQLAlchemy's adapter wants of a cursor. It has all rows when the statement has run."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ran = Ran([])

    async def __aenter__(self) -> Cursor:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run a statement."""
        return await self._run(statement, parameters, many=False)

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> Cursor:
        """Run a statement for each of these."""
        return await self._run(statement, parameters, many=True)

    async def _run(self, statement: str, parameters: Any, *, many: bool) -> Cursor:
        self._ran = await self._connection.run(statement, parameters, many=many)
        return self

    @property
    def description(self) -> Any:
        """The columns, None for a statement without rows."""
        return self._ran.description

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        return self._ran.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The id of the row inserted last."""
        return self._ran.lastrowid

    async def fetchall(self) -> Sequence[Any]:
        """All rows."""
        return self._ran.rows

    async def close(self) -> None:
        """Nothing is open."""
