"""The life of a case: its stages, side tasks, remarks, followers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENTS = (
    "dispatched_at",
    "accepted_at",
    "reported_at",
    "closed_at",
    "contacted_at",
    "suspended_until",
    "next_order_at",
    "last_urged_at",
    "rated_at",
)
COUNTS = ("returns", "reworks", "urges", "reopenings", "extensions", "orders", "order_level")
FIGURES = [
    "channel",
    "category",
    "department_id",
    "town_code",
    "status",
    "due_at",
    "reported_at",
    "closed_at",
    "dispatched_at",
    "contacted_at",
    "returns",
    "reworks",
    "extensions",
    "repeat_of",
    "reopenings",
    "grade",
    "solved",
    "urges",
    "orders",
    "id",
]
PARTIAL = {
    "ix_cases_to_resume": "suspended_until",
    "ix_cases_to_order": "next_order_at",
    "ix_cases_merged_into": "merged_into",
}


def upgrade() -> None:
    """Add the columns and tables."""
    columns: list[sa.Column[Any]] = [
        sa.Column("condition", sa.String(length=20), nullable=True),
        sa.Column("fast_track", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("responsible_id", sa.String(length=60), nullable=True),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in MOMENTS),
        sa.Column("worked_by", sa.JSON(), server_default="[]", nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in COUNTS),
        *(sa.Column(name, BIG, nullable=True) for name in ("merged_into", "repeat_of")),
        sa.Column("grade", sa.String(length=20), nullable=True),
        sa.Column("solved", sa.Boolean(), nullable=True),
    ]
    for column in columns:
        op.add_column("cases", column)
    for index, column_name in PARTIAL.items():
        given = sa.text(f"{column_name} IS NOT NULL")
        op.create_index(index, "cases", [column_name], unique=False, sqlite_where=given, postgresql_where=given)
    op.create_index("ix_cases_figures", "cases", ["filed_at"], unique=False, postgresql_include=FIGURES)
    op.create_table(
        "case_tasks",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("department_id", sa.String(length=60), nullable=True),
        sa.Column("asked_by", sa.String(length=100), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_tasks_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_tasks")),
    )
    op.create_index(op.f("ix_case_tasks_case_id"), "case_tasks", ["case_id"], unique=False)
    waiting = sa.text("state IN ('asked', 'granted')")
    op.create_index(
        "ix_case_tasks_open", "case_tasks", ["kind", "id"], unique=False, sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_table(
        "case_remarks",
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attachments", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_remarks_case_id")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_case_remarks")),
    )
    op.create_table(
        "case_followers",
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("channel_user", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("followed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_urged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_followers_case_id")),
        sa.PrimaryKeyConstraint("case_id", "channel", "channel_user", name=op.f("pk_case_followers")),
    )
    op.create_index(op.f("ix_case_followers_channel_user"), "case_followers", ["channel_user"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for table in ("case_followers", "case_remarks", "case_tasks"):
        op.drop_table(table)
    for index in ("ix_cases_figures", *PARTIAL):
        op.drop_index(index, table_name="cases")
    with op.batch_alter_table("cases") as cases:
        for name in ("condition", "fast_track", "responsible_id", *MOMENTS, "worked_by", *COUNTS, "merged_into",
                     "repeat_of", "grade", "solved"):  # fmt: skip
            cases.drop_column(name)
