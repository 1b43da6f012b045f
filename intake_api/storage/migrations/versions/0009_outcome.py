"""Figures are counted by the outcome of cases, and a town's open cases lie in the order in which they are worked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# as storage.outcome had it when this was written
OUTCOME = " + ".join(
    f"CASE WHEN {condition} THEN {1 << bit} ELSE 0 END"
    for bit, condition in enumerate(
        (
            "status IN ('accepted','dispatched','filed','received','reported_done','returned','suspended')",
            "status = 'closed'",
            "due_at IS NOT NULL",
            "coalesce(reported_at, closed_at) <= due_at",
            "dispatched_at IS NOT NULL",
            "contacted_at IS NOT NULL",
            "returns > 0",
            "reworks > 0",
            "reported_at IS NOT NULL OR reworks > 0",
            "extensions > 0",
            "repeat_of IS NOT NULL",
            "reopenings > 0",
            "grade IS NOT NULL",
            "solved IS TRUE",
            "grade IN ('very_satisfied','satisfied','fairly_satisfied')",
            "urges > 0",
            "orders > 0",
        )
    )
)

OPEN = sa.text("status IN ('accepted','dispatched','filed','received','reported_done','returned','suspended')")
TOWNS = {
    "ix_cases_open_town_due": ["town_code", "due_at", "id"],
    "ix_cases_open_town_rank": ["town_code", "rank_at", "id"],
}
COUNTED = ["outcome", "due_at", "channel", "category", "department_id", "town_code"]
COUNTED_BEFORE = [
    "channel", "category", "department_id", "town_code", "status", "due_at", "reported_at", "closed_at",
    "dispatched_at", "contacted_at", "returns", "reworks", "extensions", "repeat_of", "reopenings", "grade", "solved",
    "urges", "orders", "id",
]  # fmt: skip


def upgrade() -> None:
    """Add the column and the indexes. On PostgreSQL the table is written anew: about a minute for a million cases."""
    stored = op.get_bind().dialect.name == "postgresql"  # SQLite adds no stored columns, and computes when it reads
    op.add_column("cases", sa.Column("outcome", sa.Integer(), sa.Computed(OUTCOME, persisted=stored or None)))
    op.drop_index("ix_cases_figures", table_name="cases")
    op.create_index("ix_cases_figures", "cases", ["filed_at"], postgresql_include=COUNTED)
    for name, columns in TOWNS.items():
        op.create_index(name, "cases", columns, sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    """Drop what was created."""
    for name in TOWNS:
        op.drop_index(name, table_name="cases")
    op.drop_index("ix_cases_figures", table_name="cases")
    op.create_index("ix_cases_figures", "cases", ["filed_at"], postgresql_include=COUNTED_BEFORE)
    op.drop_column("cases", "outcome")
