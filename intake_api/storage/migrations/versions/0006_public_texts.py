"""Texts of cases that staff released to everybody; events by their time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table and the index."""
    op.create_table(
        "public_texts",
        sa.Column("case_id", BIG, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_public_texts_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_public_texts")),
    )
    op.create_index("ix_events_at", "events", ["at"], unique=False)


def downgrade() -> None:
    """Drop both."""
    op.drop_index("ix_events_at", table_name="events")
    op.drop_table("public_texts")
