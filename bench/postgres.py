"""Databases of a measurement's own on a PostgreSQL server."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import AsyncIterator

import asyncpg


def server() -> str:
    """The PostgreSQL server to measure on."""
    return os.environ.get("YHT_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


async def answers() -> bool:
    """Whether the server is there."""
    try:
        await (await asyncpg.connect(server(), timeout=5)).close()
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    return True


@contextlib.asynccontextmanager
async def database(purpose: str) -> AsyncIterator[str]:
    """The URL for SQLAlchemy of a new database, dropped afterwards."""
    name = f"bench_{purpose}_{secrets.token_hex(6)}"
    connection = await asyncpg.connect(server(), timeout=5)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        yield f"{server().rpartition('/')[0].replace('postgresql://', 'postgresql+asyncpg://')}/{name}"
    finally:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.close()
