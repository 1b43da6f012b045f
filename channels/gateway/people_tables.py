"""What is kept of conversations that people take over: who asked for a person, who serves them, what was noted."""

from __future__ import annotations

import sqlalchemy as sa

from channels.gateway.tables import UtcDateTime, metadata

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_OPEN = sa.text("state <> 'ended'")

handovers = sa.Table(
    "channels_handovers",
    metadata,
    sa.Column("id", _SEQ, primary_key=True, autoincrement=True),
    sa.Column("conversation", sa.Text, sa.ForeignKey("channels_conversations.id", ondelete="CASCADE"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    # the number to call back; personal
    sa.Column("phone", sa.Text, nullable=False),
    # since when a person is waited for; a conversation that comes back to the line keeps its place
    sa.Column("asked_at", UtcDateTime, nullable=False),
    # how many were before the resident when they were told last; -1: not told
    sa.Column("told_position", sa.Integer, nullable=False),
    # the newest word of either side
    sa.Column("active_at", UtcDateTime, nullable=False),
    # who serves it, and until when that counts without a sign of life
    sa.Column("staff", sa.Text, nullable=False),
    sa.Column("staff_name", sa.Text, nullable=False),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("taken_at", UtcDateTime),
    sa.Column("replied_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("outcome", sa.Text, nullable=False),
    # numbers of the cases that were filed from it
    sa.Column("case_nos", sa.JSON, nullable=False),
    # by the form's own id: the report as it was first sent, until the case is there; then the case's number
    sa.Column("filings", sa.JSON, nullable=False),
    # goes up with every change
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("uq_channels_handovers_open", "conversation", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    sa.Index("ix_channels_handovers_conversation", "conversation", "id"),
    sa.Index("ix_channels_handovers_ended_at", "ended_at"),
    sqlite_autoincrement=True,
)

handover_notes = sa.Table(
    "channels_handover_notes",
    metadata,
    sa.Column("id", _SEQ, primary_key=True, autoincrement=True),
    sa.Column("handover", _SEQ, sa.ForeignKey("channels_handovers.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # note: written by somebody; mark: what was done
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("staff", sa.Text, nullable=False),
    sa.Column("staff_name", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("handover", "client_id", name="uq_channels_handover_notes_once"),
    sqlite_autoincrement=True,
)

operators = sa.Table(
    "channels_operators",
    metadata,
    sa.Column("staff", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # ready, break
    sa.Column("since", UtcDateTime, nullable=False),
    # the last sign of life of a console
    sa.Column("seen_at", UtcDateTime, nullable=False),
)

canned_replies = sa.Table(
    "channels_canned_replies",
    metadata,
    sa.Column("id", _SEQ, primary_key=True, autoincrement=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

# conversations in which somebody seems to be in danger: shown to the operators, asked for or not
dangers = sa.Table(
    "channels_dangers",
    metadata,
    sa.Column(
        "conversation", sa.Text, sa.ForeignKey("channels_conversations.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    # who of the staff has seen to it
    sa.Column("seen_by", sa.Text, nullable=False),
    sa.Index("ix_channels_dangers_at", "at"),
)
