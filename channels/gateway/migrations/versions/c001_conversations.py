"""Conversations, their messages, leases and attachments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c001"
down_revision = None

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "channels_conversations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("consented_at", _AT),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("last_seen", _AT, nullable=False),
    )
    op.create_table(
        "channels_messages",
        sa.Column("id", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("conversation", sa.Text, sa.ForeignKey("channels_conversations.id"), nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("answer_to", _SEQ, sa.ForeignKey("channels_messages.id")),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("due_at", _AT),
        sa.UniqueConstraint("conversation", "direction", "message_id", name="uq_channels_messages_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_channels_messages_conversation", "channels_messages", ["conversation", "id"])
    op.create_index("ix_channels_messages_answer_to", "channels_messages", ["answer_to"])
    op.create_index(
        "ix_channels_messages_pending",
        "channels_messages",
        ["conversation", "id"],
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "channels_leases",
        sa.Column("conversation", sa.Text, sa.ForeignKey("channels_conversations.id"), primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
    )
    op.create_table(
        "channels_attachments",
        sa.Column("conversation", sa.Text, sa.ForeignKey("channels_conversations.id"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("at", _AT, nullable=False),
    )


def downgrade() -> None:
    for table in ("attachments", "leases", "messages", "conversations"):
        op.drop_table(f"channels_{table}")
