"""The database: reading and writing transactions on SQLite and PostgreSQL alike.

SQLite: write-ahead log, ``synchronous=FULL`` (what is acknowledged survives a power cut), foreign keys, a busy
time-out, and ``BEGIN IMMEDIATE`` for writing, so that two writers wait for each other instead of failing half-way.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, CursorResult, Executable, event, insert, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry

from intake_api.storage.sqlite import connect

_BUSY_SECONDS = 10
_TRUSTED_SECONDS = 1.0  # how long after its last use a connection is taken to be alive
Rows = Mapping[Any, Sequence[Mapping[str, Any]]]
"""Rows by their table, a subclass of ``Base``; each by the names of its columns."""

_MIGRATIONS = Path(__file__).resolve().parent / "migrations"


class StorageUnavailable(Exception):
    """The database does not answer or is too busy. Nothing was stored; ask again later."""


class Conflict(Exception):
    """What was to be stored contradicts what is there (a name taken, a reference to nothing)."""


class Database:
    """Access to one database. ``write`` gives sessions in a transaction of their own.

    Reading is outside transactions: every statement sees what is committed when it begins, and nothing has to be begun
    and ended, which would cost more than most statements.
    """

    def __init__(self, url: str) -> None:
        """``url`` as in Settings.cases_database. Opens nothing yet."""
        self.is_sqlite = url.startswith("sqlite")
        options: dict[str, Any] = {}
        if self.is_sqlite:
            path = make_url(url).database
            if path and path != ":memory:":
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            options = {"connect_args": {"timeout": _BUSY_SECONDS, "async_creator_fn": connect}, "pool_size": 8}
        else:
            options = {"pool_size": 10, "max_overflow": 10, "pool_timeout": _BUSY_SECONDS}
            # our statements are short: compiling them takes longer than running them; and what is best for a rare
            # value is not for a common one, so each is planned for its own values
            planning = {"jit": "off", "plan_cache_mode": "force_custom_plan"}
            options["connect_args"] = {"timeout": 5, "command_timeout": 30, "server_settings": planning}
        self.engine: AsyncEngine = create_async_engine(url, **options)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
            reading = self.engine
        else:
            event.listen(self.engine.sync_engine, "checkin", _note_use)
            event.listen(self.engine.sync_engine, "checkout", _ensure_alive)
            reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._reading = async_sessionmaker(reading, expire_on_commit=False)
        self._writing = async_sessionmaker(self.engine.execution_options(intake_writes=True), expire_on_commit=False)
        # writers of one process queue here in order; SQLite would let them race by polling
        self._turn: asyncio.Lock | None = asyncio.Lock() if self.is_sqlite else None

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading. Raises StorageUnavailable."""
        with _translated():
            async with self._reading() as session:
                yield session

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session for writing, committed when the block ends well. Raises StorageUnavailable, Conflict."""
        with _translated():
            async with contextlib.AsyncExitStack() as stack:
                if self._turn is not None:
                    await stack.enter_async_context(self._turn)
                session = await stack.enter_async_context(self._writing())
                await stack.enter_async_context(session.begin())
                yield session

    @contextlib.asynccontextmanager
    async def write_at_once(self) -> AsyncIterator[AsyncSession]:
        """A session for one statement that writes: a transaction by itself on PostgreSQL, where that spares two trips.

        On SQLite as ``write``. Raises StorageUnavailable, Conflict.
        """
        async with self.write() if self.is_sqlite else self.read() as session:
            yield session

    async def upgrade(self) -> None:
        """Bring the tables to the newest form; does nothing when they are."""
        with _translated():
            async with self.engine.execution_options(intake_writes=True).connect() as connection:
                await connection.run_sync(_upgrade)

    async def is_current(self) -> bool:
        """Whether the tables have the form this code expects."""
        with _translated():
            async with self.engine.connect() as connection:
                return await connection.run_sync(_is_current)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


async def insert_rows(session: AsyncSession, table: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows at once and past the session's bookkeeping: for rows that are not looked at again in it."""
    if rows:
        await session.execute(_inserting(table), rows)


async def insert_together(session: AsyncSession, rows: Rows) -> None:
    """Insert rows of several tables, those that others refer to first; all of them or none.

    On PostgreSQL in one statement, whose parameters are the rows of each table as JSON: seven tables are as quick as
    one. A column that a table's rows do not name gets its default; all rows of a table name the same.
    """
    if session.get_bind().dialect.name == "postgresql":
        given = {table.__tablename__: each for table, each in rows.items() if each}
        statement = _inserting_together(tuple((table, tuple(each[0])) for table, each in given.items()))
        await session.execute(statement, {table: _ROWS.encode(each) for table, each in given.items()})
        return
    for table, each in rows.items():
        await insert_rows(session, table, each)


_ROWS = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat)


@cache
def _inserting_together(tables: tuple[tuple[str, tuple[str, ...]], ...]) -> Executable:
    inserts = [
        f"INSERT INTO {name} ({', '.join(columns)}) SELECT {', '.join(columns)} "  # noqa: S608 - our own names
        f"FROM json_populate_recordset(CAST(NULL AS {name}), CAST(:{name} AS json))"
        for name, columns in tables
    ]
    parts = [f"into_{name} AS ({insert})" for (name, _), insert in zip(tables[:-1], inserts[:-1], strict=True)]
    return text(f"WITH {', '.join(parts)} {inserts[-1]}" if parts else inserts[-1])


@cache
def _inserting(table: type[DeclarativeBase]) -> Executable:
    return insert(table.__table__)  # type: ignore[arg-type]


async def insert_if_absent(session: AsyncSession, table: type[DeclarativeBase], **values: Any) -> bool:
    """Insert a row unless one with the same key is there; whether it was inserted.

    On PostgreSQL this waits for a concurrent transaction that inserts the same key, and then tells the truth.
    """
    result = await session.execute(_inserting_if_absent(table, session.get_bind().dialect.name), values)
    return cast("CursorResult[Any]", result).rowcount == 1


@cache
def _inserting_if_absent(table: type[DeclarativeBase], dialect: str) -> Executable:
    build = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return build(table.__table__).on_conflict_do_nothing()  # type: ignore[arg-type]


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ensure_alive(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Replace a connection that the server has closed; ask it where that may have gone unnoticed since its last use.

    Asking each time would cost every short transaction a round trip.
    """
    driver: Any = record.driver_connection
    if driver.is_closed():
        raise DisconnectionError
    if time.monotonic() - record.info.get("used", -math.inf) > _TRUSTED_SECONDS:
        try:
            connection.ping()
        except Exception as error:
            raise DisconnectionError from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("intake_writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Conflict(str(error.orig)) from error
    except (OperationalError, InterfaceError, PoolTimeout, ConnectionError) as error:
        raise StorageUnavailable(type(error).__name__) from error
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error.orig, sqlite3.OperationalError):
            raise StorageUnavailable(type(error).__name__) from error
        raise
    except TimeoutError as error:
        raise StorageUnavailable("TimeoutError") from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_current(connection: Connection) -> bool:
    heads = set(ScriptDirectory.from_config(_config()).get_heads())
    return (
        set(MigrationContext.configure(connection, opts={"version_table": "intake_version"}).get_current_heads())
        == heads
    )
