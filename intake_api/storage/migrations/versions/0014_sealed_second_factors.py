"""Room for sealed secrets of authenticator apps. The intake seals those that are there when it starts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0009_phone_checks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("second_factors") as table:
        table.alter_column("secret", existing_type=sa.String(64), type_=sa.String(160), existing_nullable=False)


def downgrade() -> None:
    """Sealed secrets do not fit the room of before, and nobody there could read them: they are forgotten."""
    op.execute("DELETE FROM second_factors WHERE secret LIKE '1.%'")
    with op.batch_alter_table("second_factors") as table:
        table.alter_column("secret", existing_type=sa.String(160), type_=sa.String(64), existing_nullable=False)
