"""Wrong answers to the question for the phone's last four digits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_phone_checks"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "phone_checks",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("case_id", BIG, sa.ForeignKey("cases.id")),
        sa.Column("asker", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    for name in ("case_id", "asker", "at"):
        op.create_index(f"ix_phone_checks_{name}", "phone_checks", [name])


def downgrade() -> None:
    op.drop_table("phone_checks")
