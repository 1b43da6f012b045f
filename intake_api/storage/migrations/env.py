"""Runs the migrations on the connection that Database.upgrade gives; one process at a time."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

from intake_api.storage import queue_tables  # noqa: F401 - completes the metadata
from intake_api.storage.tables import Base

_LOCK = 470_101  # any number; the same in all processes that migrate


def run(connection: Connection) -> None:
    """Run what is missing in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table="intake_version",
        transactional_ddl=True,  # on SQLite too: Database says BEGIN itself
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        context.run_migrations()
    connection.commit()


run(context.config.attributes["connection"])
