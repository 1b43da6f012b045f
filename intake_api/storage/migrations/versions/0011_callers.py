"""Cases found by the phone they were reported from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAME = "ix_cases_phone"
GIVEN = sa.text("reporter_phone <> ''")


def upgrade() -> None:
    """Create the index."""
    op.create_index(NAME, "cases", ["reporter_phone", "id"], sqlite_where=GIVEN, postgresql_where=GIVEN)


def downgrade() -> None:
    """Drop it."""
    op.drop_index(NAME, table_name="cases")
