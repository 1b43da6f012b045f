"""Alembic's entry: runs the revisions on the connection that ``Database.upgrade`` hands over."""

from __future__ import annotations

from alembic import context

from channels.gateway.database import VERSION_TABLE
from channels.gateway.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
