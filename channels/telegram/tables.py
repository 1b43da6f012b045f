"""What is kept of the bot: its updates until they are handled, how each chat can be reached, and who polls."""

from __future__ import annotations

import sqlalchemy as sa

from channels.gateway.recipients import recipient_columns
from channels.gateway.tables import UtcDateTime, metadata

# an update is stored before Telegram hears that it has been received, and handled from here
updates = sa.Table(
    "channels_telegram_updates",
    metadata,
    sa.Column("bot", sa.Text, primary_key=True),
    sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("conversation", sa.Text, sa.ForeignKey("channels_conversations.id", ondelete="CASCADE"), nullable=False),
    # photos sent together have the same; empty for everything else
    sa.Column("album", sa.Text, nullable=False),
    # as Telegram sent it; emptied when it has been handled
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("pending", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # lease of the process that handles it
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Index(
        "ix_channels_telegram_updates_pending",
        "conversation",
        "update_id",
        sqlite_where=sa.text("pending"),
        postgresql_where=sa.text("pending"),
    ),
    sa.Index("ix_channels_telegram_updates_conversation", "conversation"),
    sa.Index("ix_channels_telegram_updates_at", "at"),
)

chats = sa.Table(
    "channels_telegram_chats",
    metadata,
    *recipient_columns(),
    sa.Index("ix_channels_telegram_chats_contact_at", "contact_at"),
)

# Telegram answers one poller of a bot only
pollers = sa.Table(
    "channels_telegram_pollers",
    metadata,
    sa.Column("bot", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    # machine and process, for people
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("next_update", sa.BigInteger, nullable=False),
    # when the last update came, and when Telegram answered last
    sa.Column("update_at", UtcDateTime, nullable=False),
    sa.Column("polled_at", UtcDateTime, nullable=False),
)
