"""Connections to the gateway's database: one writer at a time and durable on SQLite, row locks on PostgreSQL.

Transactions wait for their turn first come, first served, however many they are: a flood is slow and fails nobody.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

T = TypeVar("T")

VERSION_TABLE = "channels_version"
_MIGRATION_LOCK = 0x79687463  # any number that only we use: two processes upgrade one after the other
_BUSY_MS = 15_000
_READERS = 3
_CONNECTIONS = 10  # of a process to PostgreSQL, and so its transactions at once
_TRUSTED_SECONDS = 1.0  # how long after its last use a connection is taken to be alive
_DEADLOCK = "40P01"
_PAUSES = (0.02, 0.1, 0.3)
"""Seconds before a transaction that PostgreSQL undid is done again."""


class Database:
    """The database at ``url`` (SQLAlchemy, ``sqlite+aiosqlite`` or ``postgresql+asyncpg``).

    ``read`` and ``write`` take a plain function of a connection, so nothing in it can wait for the network of others.
    On SQLite it runs in a thread: one for all writers, in the order in which they came (SQLite's own waiting is by
    chance), and a few for readers. A whole transaction there is one change of threads instead of some for each
    statement. On PostgreSQL so many transactions are under way at once as there are connections; the next ones queue
    in front of the pool, whose own waiting is not in order and ends in an error.
    """

    def __init__(self, url: str):
        self.url = sa.make_url(url)
        dumps = partial(json.dumps, ensure_ascii=False)
        self._remote: AsyncEngine | None = None
        if self.url.get_backend_name() == "sqlite":
            self._local = sa.create_engine(self.url.set(drivername="sqlite+pysqlite"), json_serializer=dumps)
            sa.event.listen(self._local, "connect", _prepare_sqlite)
            sa.event.listen(self._local, "begin", _begin_sqlite)
            self._writer = ThreadPoolExecutor(1, "channels-write")
            self._readers = ThreadPoolExecutor(_READERS, "channels-read")
        else:
            self._remote = create_async_engine(
                self.url,
                json_serializer=dumps,
                pool_size=_CONNECTIONS,
                max_overflow=0,
                connect_args={"timeout": 5, "command_timeout": 30},
            )
            sa.event.listen(self._remote.sync_engine, "checkin", _note_use)
            sa.event.listen(self._remote.sync_engine, "checkout", _ensure_alive)
            # a statement that only reads is a transaction by itself: nothing has to be begun and ended
            self._reading = self._remote.execution_options(isolation_level="AUTOCOMMIT")
            self._turns = asyncio.Semaphore(_CONNECTIONS)

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """What ``work`` finds. Each of its statements sees the newest state."""
        if self._remote is not None:
            async with self._turns, self._reading.connect() as connection:
                return await connection.run_sync(work)
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._work, work, False)

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """What ``work`` returns, after all that it wrote is on the disk; when it raises, nothing is.

        Of two that wait for each other PostgreSQL undoes one, and ``work`` is done again: it must do nothing but write
        by the connection it is given.
        """
        if self._remote is None:
            return await asyncio.get_running_loop().run_in_executor(self._writer, self._work, work, True)
        for pause in _PAUSES:
            try:
                return await self._write(work)
            except sa.exc.DBAPIError as error:
                if getattr(error.orig, "sqlstate", "") != _DEADLOCK:
                    raise
            await asyncio.sleep(pause)
        return await self._write(work)

    async def _write(self, work: Callable[[sa.Connection], T]) -> T:
        assert self._remote is not None
        async with self._turns, self._remote.begin() as connection:
            return await connection.run_sync(work)

    def _work(self, work: Callable[[sa.Connection], T], writes: bool) -> T:
        with self._local.connect() as connection:
            connection.execution_options(writes=writes)
            with connection.begin():
                return work(connection)

    async def upgrade(self) -> None:
        """Bring the tables to the newest revision. Safe when several processes do it at once."""
        if self._remote is None and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        await self.write(_upgrade)

    async def current(self) -> bool:
        """Whether the database answers and has the newest revision."""
        return await self.read(_revision) == ScriptDirectory.from_config(_config()).get_current_head()

    async def close(self) -> None:
        """Close all connections."""
        if self._remote is not None:
            await self._remote.dispose()
            return
        for threads in (self._writer, self._readers):
            await asyncio.to_thread(threads.shutdown)
        self._local.dispose()


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: sa.Connection) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
    command.upgrade(_config(connection), "head")


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # a transaction that reads first and writes later would fail when another process wrote between
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ensure_alive(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Replace a connection that the server has closed; ask it where that may have gone unnoticed since its last use.

    Asking each time would cost every short transaction three round trips.
    """
    driver: Any = record.driver_connection
    if driver.is_closed():
        raise sa.exc.DisconnectionError
    if time.monotonic() - record.info.get("used", -math.inf) > _TRUSTED_SECONDS:
        try:
            connection.ping()
        except Exception as error:
            raise sa.exc.DisconnectionError from error
