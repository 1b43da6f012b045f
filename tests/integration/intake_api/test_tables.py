"""The migrations give the tables that the code expects."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from intake_api.storage.all_tables import Base
from intake_api.storage.database import Database


def is_ours(name: str | None, _kind: str, _parents: object) -> bool:
    """The text index is each database's own: FTS5's tables on SQLite, GIN on PostgreSQL."""
    own = ("ix_case_text_terms", "ix_knowledge_published_terms")
    return not (name or "").startswith(("case_fts", "knowledge_fts")) and name not in own


def differences(connection: Connection) -> list[object]:
    options = {"version_table": "intake_version", "compare_type": False, "include_name": is_ours}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


async def test_the_migrations_and_the_tables_say_the_same(database_url: str) -> None:
    database = Database(database_url)
    assert await database.is_current()
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()
