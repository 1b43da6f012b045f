"""What is kept of the WeChat account: how each follower can be reached, and the account's access token."""

from __future__ import annotations

import sqlalchemy as sa

from channels.gateway.recipients import recipient_columns
from channels.gateway.tables import UtcDateTime, metadata

followers = sa.Table(
    "channels_wechat_followers",
    metadata,
    *recipient_columns(),
    # until then a callback is open whose reply may carry the words
    sa.Column("open_until", UtcDateTime, nullable=False),
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
