"""Followers of the WeChat account, and its access token."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c002"
down_revision = "c001"

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "channels_wechat_followers",
        sa.Column(
            "conversation", sa.Text, sa.ForeignKey("channels_conversations.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("told", sa.BigInteger, nullable=False),
        sa.Column("contact_at", _AT, nullable=False),
        sa.Column("open_until", _AT, nullable=False),
        sa.Column("waits", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", _AT, nullable=False),
        sa.Column("reply_to", sa.Text, nullable=False),
        sa.Column("reply_after", sa.BigInteger, nullable=False),
        sa.Column("reply_through", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_channels_wechat_followers_contact_at", "channels_wechat_followers", ["contact_at"])
    op.create_table(
        "channels_wechat_tokens",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("lease_until", _AT, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("channels_wechat_tokens")
    op.drop_table("channels_wechat_followers")
