"""The Telegram bot's updates, chats and poller; shared rate limits; what happened last in each channel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c004"
down_revision = "c003"

_AT = sa.DateTime(timezone=True)


def _conversation() -> sa.ForeignKey:
    return sa.ForeignKey("channels_conversations.id", ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "channels_telegram_updates",
        sa.Column("bot", sa.Text, primary_key=True),
        sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("conversation", sa.Text, _conversation(), nullable=False),
        sa.Column("album", sa.Text, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("due_at", _AT, nullable=False),
        sa.Column("pending", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
    )
    op.create_index(
        "ix_channels_telegram_updates_pending",
        "channels_telegram_updates",
        ["conversation", "update_id"],
        sqlite_where=sa.text("pending"),
        postgresql_where=sa.text("pending"),
    )
    op.create_index("ix_channels_telegram_updates_conversation", "channels_telegram_updates", ["conversation"])
    op.create_index("ix_channels_telegram_updates_at", "channels_telegram_updates", ["at"])
    op.create_table(
        "channels_telegram_chats",
        sa.Column("conversation", sa.Text, _conversation(), primary_key=True),
        sa.Column("told", sa.BigInteger, nullable=False),
        sa.Column("contact_at", _AT, nullable=False),
        sa.Column("waits", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", _AT, nullable=False),
    )
    op.create_index("ix_channels_telegram_chats_contact_at", "channels_telegram_chats", ["contact_at"])
    op.create_table(
        "channels_telegram_pollers",
        sa.Column("bot", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
        sa.Column("next_update", sa.BigInteger, nullable=False),
        sa.Column("update_at", _AT, nullable=False),
        sa.Column("polled_at", _AT, nullable=False),
    )
    op.create_table(
        "channels_paces",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("full_at", _AT, nullable=False),
    )
    op.create_table(
        "channels_pulse",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("in_at", _AT),
        sa.Column("out_at", _AT),
        sa.Column("error_at", _AT),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("errors", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    for table in ("pulse", "paces", "telegram_pollers", "telegram_chats", "telegram_updates"):
        op.drop_table(f"channels_{table}")
