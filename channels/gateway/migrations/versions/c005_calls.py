"""Calls, their legs, what was said, the forms that came of it, and what changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c005"
down_revision = "c004"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "channels_calls",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("training", sa.Boolean, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("called", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("operator_id", sa.Text),
        sa.Column("operator_name", sa.Text),
        sa.Column("rang_at", _AT, nullable=False),
        sa.Column("answered_at", _AT),
        sa.Column("hung_up_at", _AT),
        sa.Column("finished_at", _AT),
        sa.Column("held_since", _AT),
        sa.Column("held_seconds", sa.Float, nullable=False),
        sa.Column("transfer_to", sa.Text, nullable=False),
        sa.Column("said_version", sa.Integer, nullable=False),
        sa.Column("understood_version", sa.Integer, nullable=False),
        sa.Column("understanding_until", _AT, nullable=False),
        sa.Column("forget_at", _AT),
        sa.Column("forgotten_at", _AT),
    )
    op.create_index("ix_channels_calls_rang_at", "channels_calls", ["rang_at"])
    op.create_index("ix_channels_calls_state", "channels_calls", ["state", "rang_at"])
    op.create_index("ix_channels_calls_operator", "channels_calls", ["operator_id", "rang_at"])
    op.create_table(
        "channels_call_legs",
        sa.Column("uuid", sa.Text, primary_key=True),
        sa.Column("call", sa.Text, sa.ForeignKey("channels_calls.id", ondelete="CASCADE"), nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("rate", sa.Integer),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("samples", sa.BigInteger, nullable=False),
        sa.Column("started_at", _AT),
        sa.Column("closed_at", _AT),
        sa.Column("close_reason", sa.Text, nullable=False),
        sa.Column("line_owner", sa.Text, nullable=False),
        sa.Column("line_until", _AT, nullable=False),
        sa.Column("transcribed", sa.BigInteger, nullable=False),
        sa.Column("transcribed_all", sa.Boolean, nullable=False),
        sa.Column("scribe_owner", sa.Text, nullable=False),
        sa.Column("scribe_until", _AT, nullable=False),
        sa.Column("partial", sa.Text, nullable=False),
        sa.Column("partial_start", sa.BigInteger, nullable=False),
        sa.Column("dtmf", sa.Text, nullable=False),
    )
    op.create_index("ix_channels_call_legs_call", "channels_call_legs", ["call"])
    op.create_index(
        "ix_channels_call_legs_unwritten",
        "channels_call_legs",
        ["scribe_until"],
        sqlite_where=sa.text("transcribed_all = 0"),
        postgresql_where=sa.text("NOT transcribed_all"),
    )
    op.create_table(
        "channels_utterances",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("leg", sa.Text, sa.ForeignKey("channels_call_legs.uuid", ondelete="CASCADE"), nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("recognised", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("segments", sa.JSON, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("corrected_by", sa.Text),
        sa.Column("corrected_at", _AT),
        sa.UniqueConstraint("leg", "start", name="uq_channels_utterances_once"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "channels_call_forms",
        sa.Column("call", sa.Text, sa.ForeignKey("channels_calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("beside", sa.JSON, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("report", sa.JSON),
        sa.Column("case_no", sa.Text),
        sa.Column("filed_at", _AT),
        sa.Column("filed_by", sa.Text),
    )
    op.create_index("ix_channels_call_forms_case_no", "channels_call_forms", ["case_no"])
    op.create_table(
        "channels_call_events",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("call", sa.Text, sa.ForeignKey("channels_calls.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("by_id", sa.Text, nullable=False),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_channels_call_events_call", "channels_call_events", ["call", "id"])
    op.create_table(
        "channels_call_changes",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    for table in ("changes", "events", "forms"):
        op.drop_table(f"channels_call_{table}")
    op.drop_table("channels_utterances")
    op.drop_table("channels_call_legs")
    op.drop_table("channels_calls")
