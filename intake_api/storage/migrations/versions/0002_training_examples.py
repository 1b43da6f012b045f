"""Corrections kept for the assistant to learn from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "training_examples",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("code_before", sa.String(length=20), nullable=True),
        sa.Column("code_after", sa.String(length=20), nullable=True),
        sa.Column("place_text", sa.Text(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("corrected_by", sa.String(length=100), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reviewed_by", sa.String(length=100), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_training_examples_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_examples")),
    )
    op.create_index(op.f("ix_training_examples_case_id"), "training_examples", ["case_id"], unique=False)
    op.create_index(op.f("ix_training_examples_state_id"), "training_examples", ["state", "id"], unique=False)


def downgrade() -> None:
    """Drop the table."""
    op.drop_index(op.f("ix_training_examples_state_id"), table_name="training_examples")
    op.drop_index(op.f("ix_training_examples_case_id"), table_name="training_examples")
    op.drop_table("training_examples")
