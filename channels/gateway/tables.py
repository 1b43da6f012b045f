"""The gateway's tables. All times are UTC; ``conversation`` is the sender id, ``{channel}:{conversation_id}``.

The names carry the room: on PostgreSQL they share a database with the system of record and the tracker.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A point in time: kept as UTC, returned with its zone, whatever the database can say about zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Status(StrEnum):
    """What is the matter with a message: the first four for a resident's, the others for ours."""

    PENDING = "pending"  # not answered yet
    ANSWERED = "answered"  # its answer is stored
    GIVEN_UP = "given_up"  # the assistant failed on it each time; said so
    TO_PEOPLE = "to_people"  # for a person who serves the conversation; the assistant has not been told yet
    REPLY = "reply"  # (part of) the answer to a message
    BUSY = "busy"  # the word that the answer comes later
    PUSH = "push"  # said without being asked; the assistant may not know of it yet
    REMEMBERED = "remembered"  # said without being asked, and the assistant knows
    STAFF = "staff"  # said by a person or about their coming and going; the assistant has not been told yet


metadata = sa.MetaData()

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")

conversations = sa.Table(
    "channels_conversations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    # SHA-256 of the token that the web page holds; empty for channels that vouch for their users themselves
    sa.Column("token_hash", sa.Text, nullable=False),
    sa.Column("consented_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_seen", UtcDateTime, nullable=False),
    # what the resident writes (gateway/language.py), as a BCP 47 tag; null until something was written
    sa.Column("language", sa.Text),
)

messages = sa.Table(
    "channels_messages",
    metadata,
    # grows with each message of a conversation, in the order of their arrival; also the page's cursor
    sa.Column("id", _SEQ, primary_key=True, autoincrement=True),
    sa.Column("conversation", sa.Text, sa.ForeignKey("channels_conversations.id"), nullable=False),
    sa.Column("direction", sa.Text, nullable=False),  # in: from the resident; out: to the resident
    # the channel's id of the message, or ours for what is said: never handled or said twice
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("answer_to", _SEQ, sa.ForeignKey("channels_messages.id")),
    sa.Column("status", sa.Text, nullable=False),
    # how often its handling was begun, and how often the assistant answered with an error
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    # when the recovery may take an unanswered message up again
    sa.Column("due_at", UtcDateTime),
    sa.UniqueConstraint("conversation", "direction", "message_id", name="uq_channels_messages_once"),
    sa.Index("ix_channels_messages_conversation", "conversation", "id"),
    sa.Index("ix_channels_messages_answer_to", "answer_to"),
    # the few unanswered ones are found without reading the many answered
    sa.Index(
        "ix_channels_messages_pending",
        "conversation",
        "id",
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    ),
    # and so are those that the assistant must be told before it is asked again
    sa.Index(
        "ix_channels_messages_untold",
        "conversation",
        "id",
        sqlite_where=sa.text("status IN ('to_people', 'staff')"),
        postgresql_where=sa.text("status IN ('to_people', 'staff')"),
    ),
    sqlite_autoincrement=True,
)

# one row for each conversation, made with it; free when it has expired
leases = sa.Table(
    "channels_leases",
    metadata,
    sa.Column("conversation", sa.Text, sa.ForeignKey("channels_conversations.id"), primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)

attachments = sa.Table(
    "channels_attachments",
    metadata,
    # the intake's id; the same photo sent in two conversations may be one attachment there
    sa.Column("conversation", sa.Text, sa.ForeignKey("channels_conversations.id"), primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

# shared rate limits: when the bucket of a sender that writes much will be full again
paces = sa.Table(
    "channels_paces",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("full_at", UtcDateTime, nullable=False),
)

# what happened last in each channel, in whichever process
pulse = sa.Table(
    "channels_pulse",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("in_at", UtcDateTime),
    sa.Column("out_at", UtcDateTime),
    sa.Column("error_at", UtcDateTime),
    # short word for what went wrong last; never a text of anybody
    sa.Column("error", sa.Text, nullable=False),
    # errors of this day, UTC
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("errors", sa.Integer, nullable=False),
)
