"""What is kept of the WeChat account: how each follower can be reached, and the account's access token."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa

from channels.gateway.tables import UtcDateTime, metadata


class Waits(StrEnum):
    """For what a follower's undelivered words wait."""

    NOTHING = ""
    CONTACT = "contact"  # WeChat lets us speak again when the follower has written
    SUBSCRIPTION = "subscription"  # the follower has left


followers = sa.Table(
    "channels_wechat_followers",
    metadata,
    sa.Column(
        "conversation", sa.Text, sa.ForeignKey("channels_conversations.id", ondelete="CASCADE"), primary_key=True
    ),
    # everything said in the conversation up to this message has been brought to the follower
    sa.Column("told", sa.BigInteger, nullable=False),
    # for 48 hours from here on we may write without being asked
    sa.Column("contact_at", UtcDateTime, nullable=False),
    # until then a callback is open whose reply may carry the words
    sa.Column("open_until", UtcDateTime, nullable=False),
    sa.Column("waits", sa.Text, nullable=False),
    # lease of the process that is writing to the follower
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    # the last callback that carried words, and which: WeChat asks again when it did not get them
    sa.Column("reply_to", sa.Text, nullable=False),
    sa.Column("reply_after", sa.BigInteger, nullable=False),
    sa.Column("reply_through", sa.BigInteger, nullable=False),
    sa.Index("ix_channels_wechat_followers_contact_at", "contact_at"),
)

tokens = sa.Table(
    "channels_wechat_tokens",
    metadata,
    sa.Column("app_id", sa.Text, primary_key=True),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    # lease of the process that fetches the next one: each fetch ends the life of the token before
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("lease_until", UtcDateTime, nullable=False),
)
