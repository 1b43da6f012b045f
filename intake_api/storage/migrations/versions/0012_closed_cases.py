"""The cases closed in a time, by an index of their own: today's closings on the supervision board."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CLOSED = sa.text("closed_at IS NOT NULL")


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_cases_closed", "cases", ["closed_at", "channel"], sqlite_where=CLOSED, postgresql_where=CLOSED)


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_cases_closed", table_name="cases")
