"""Figures and reviews of calls, and what operators did with calls for the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c007"
down_revision = "c006"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("channels_calls", sa.Column("settled", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_channels_calls_unsettled",
        "channels_calls",
        ["rang_at"],
        sqlite_where=sa.text("settled = 0"),
        postgresql_where=sa.text("NOT settled"),
    )
    op.create_table(
        "channels_call_figures",
        sa.Column("call", sa.Text, sa.ForeignKey("channels_calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("rang_at", _AT, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("operator_id", sa.Text, nullable=False),
        sa.Column("operator_name", sa.Text, nullable=False),
        sa.Column("waited_seconds", sa.Float),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("in_time", sa.Boolean, nullable=False),
        sa.Column("abandoned", sa.Boolean, nullable=False),
        sa.Column("recognised", sa.Integer, nullable=False),
        sa.Column("corrected", sa.Integer, nullable=False),
        sa.Column("category_changed", sa.Boolean),
        sa.Column("place_changed", sa.Boolean),
        sa.Column("seconds_to_file", sa.Float),
        sa.Column("after_call_seconds", sa.Float),
        sa.Column("faults", sa.Text, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
    )
    op.create_index("ix_channels_call_figures_day", "channels_call_figures", ["day", "points"])
    op.create_table(
        "channels_call_reviews",
        sa.Column("call", sa.Text, sa.ForeignKey("channels_calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("grade", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("by_id", sa.Text, nullable=False),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "channels_call_deeds",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("by_id", sa.Text, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", _AT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_channels_call_deeds_due", "channels_call_deeds", ["by_id", "next_at"])


def downgrade() -> None:
    for table in ("deeds", "reviews", "figures"):
        op.drop_table(f"channels_call_{table}")
    op.drop_index("ix_channels_calls_unsettled", "channels_calls")
    op.drop_column("channels_calls", "settled")
