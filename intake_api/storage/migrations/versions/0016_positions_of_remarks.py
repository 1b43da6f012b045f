"""Where a supplement of a resident points to on the map."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the position, in WGS84 degrees."""
    with op.batch_alter_table("case_remarks") as table:
        table.add_column(sa.Column("lat", sa.Float(), nullable=True))
        table.add_column(sa.Column("lng", sa.Float(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("case_remarks") as table:
        table.drop_column("lng")
        table.drop_column("lat")
