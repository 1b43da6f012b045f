"""The migrations give the tables that the code expects."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from intake_api.storage import feed_tables, personal_tables, webhook_tables  # noqa: F401 (they complete the metadata)
from intake_api.storage.database import Database
from intake_api.storage.tables import Base


def differences(connection: Connection) -> list[object]:
    options = {"version_table": "intake_version", "compare_type": False}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


async def test_the_migrations_and_the_tables_say_the_same(database_url: str) -> None:
    database = Database(database_url)
    assert await database.is_current()
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()
