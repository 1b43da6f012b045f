"""The language of each conversation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c006"
down_revision = "c005"


def upgrade() -> None:
    op.add_column("channels_conversations", sa.Column("language", sa.Text))


def downgrade() -> None:
    op.drop_column("channels_conversations", "language")
