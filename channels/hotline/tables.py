"""Calls, their legs, what was said, the forms that came of it, and what changed. All times are UTC."""

from __future__ import annotations

import sqlalchemy as sa

from channels.gateway.tables import UtcDateTime, metadata

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

calls = sa.Table(
    "channels_calls",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("training", sa.Boolean, nullable=False),  # from an operator's browser, not from a resident
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("called", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("operator_id", sa.Text),
    sa.Column("operator_name", sa.Text),
    sa.Column("rang_at", UtcDateTime, nullable=False),
    sa.Column("answered_at", UtcDateTime),
    sa.Column("hung_up_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("held_since", UtcDateTime),
    sa.Column("held_seconds", sa.Float, nullable=False),
    sa.Column("transfer_to", sa.Text, nullable=False),
    # goes up with each word of the caller that is new or corrected; the other is how far it has been understood
    sa.Column("said_version", sa.Integer, nullable=False),
    sa.Column("understood_version", sa.Integer, nullable=False),
    # whoever understands the call now, so that of two processes one asks
    sa.Column("understanding_until", UtcDateTime, nullable=False),
    # from when on words, numbers and recordings are to be deleted whatever their age: a person asked for it
    sa.Column("forget_at", UtcDateTime),
    sa.Column("forgotten_at", UtcDateTime),  # when words, numbers and names were deleted
    # whether the figures are kept; false while the call goes on, and again when something that counts is changed later
    sa.Column("settled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_channels_calls_rang_at", "rang_at"),
    sa.Index("ix_channels_calls_state", "state", "rang_at"),
    sa.Index("ix_channels_calls_operator", "operator_id", "rang_at"),
    sa.Index(
        "ix_channels_calls_unsettled",
        "rang_at",
        sqlite_where=sa.text("settled = 0"),
        postgresql_where=sa.text("NOT settled"),
    ),
)

legs = sa.Table(
    "channels_call_legs",
    metadata,
    sa.Column("uuid", sa.Text, primary_key=True),
    sa.Column("call", sa.Text, sa.ForeignKey("channels_calls.id", ondelete="CASCADE"), nullable=False),
    sa.Column("side", sa.Text, nullable=False),
    sa.Column("rate", sa.Integer),  # samples per second; null: not connected yet
    sa.Column("path", sa.Text, nullable=False),  # of the recording, below the folder of recordings; empty: deleted
    sa.Column("samples", sa.BigInteger, nullable=False),
    sa.Column("started_at", UtcDateTime),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("close_reason", sa.Text, nullable=False),
    # the process that holds the connection says every few seconds that it does
    sa.Column("line_owner", sa.Text, nullable=False),
    sa.Column("line_until", UtcDateTime, nullable=False),
    # samples up to which all words are written down, and who writes
    sa.Column("transcribed", sa.BigInteger, nullable=False),
    sa.Column("transcribed_all", sa.Boolean, nullable=False),
    sa.Column("scribe_owner", sa.Text, nullable=False),
    sa.Column("scribe_until", UtcDateTime, nullable=False),
    # what is being said, as far as it is heard; replaced by the utterance
    sa.Column("partial", sa.Text, nullable=False),
    sa.Column("partial_start", sa.BigInteger, nullable=False),
    sa.Column("dtmf", sa.Text, nullable=False),  # pressed on the telephone
    sa.Index("ix_channels_call_legs_call", "call"),
    sa.Index(
        "ix_channels_call_legs_unwritten",
        "scribe_until",
        sqlite_where=sa.text("transcribed_all = 0"),
        postgresql_where=sa.text("NOT transcribed_all"),
    ),
)

utterances = sa.Table(
    "channels_utterances",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("leg", sa.Text, sa.ForeignKey("channels_call_legs.uuid", ondelete="CASCADE"), nullable=False),
    sa.Column("start", sa.BigInteger, nullable=False),  # samples of the leg
    sa.Column("end", sa.BigInteger, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("recognised", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),  # as corrected
    sa.Column("segments", sa.JSON, nullable=False),  # [seconds from, seconds to, text] within the utterance
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("corrected_by", sa.Text),
    sa.Column("corrected_at", UtcDateTime),
    sa.UniqueConstraint("leg", "start", name="uq_channels_utterances_once"),
    sqlite_autoincrement=True,
)

forms = sa.Table(
    "channels_call_forms",
    metadata,
    sa.Column("call", sa.Text, sa.ForeignKey("channels_calls.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # 1, or 2 for a second matter
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("fields", sa.JSON, nullable=False),
    # candidates, similar cases, who would handle it: shown beside the form
    sa.Column("beside", sa.JSON, nullable=False),
    sa.Column("key", sa.Text, nullable=False),  # the idempotency key of its filing
    # what is being filed, fixed before the intake is asked: asked again it is the same
    sa.Column("report", sa.JSON),
    sa.Column("case_no", sa.Text),
    sa.Column("filed_at", UtcDateTime),
    sa.Column("filed_by", sa.Text),
    sa.Index("ix_channels_call_forms_case_no", "case_no"),
)

events = sa.Table(
    "channels_call_events",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("call", sa.Text, sa.ForeignKey("channels_calls.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("by_id", sa.Text, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Index("ix_channels_call_events_call", "call", "id"),
    sqlite_autoincrement=True,
)

# what pages have to look at again; old rows are deleted, whoever asks from before them reads all anew
changes = sa.Table(
    "channels_call_changes",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("call", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),  # id of the utterance, number of the form, uuid of the leg
    sa.Column("at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

# the figures of calls that are over, written once their words are; deleted when something of it is changed later.
# They stay when the words are deleted.
figures = sa.Table(
    "channels_call_figures",
    metadata,
    sa.Column("call", sa.Text, sa.ForeignKey("channels_calls.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("rang_at", UtcDateTime, nullable=False),
    sa.Column("day", sa.Text, nullable=False),  # of the ringing, in the city: 2026-11-26
    sa.Column("operator_id", sa.Text, nullable=False),  # empty: nobody answered
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
    sa.Column("faults", sa.Text, nullable=False),  # what to look at, each between spaces
    sa.Column("points", sa.Integer, nullable=False),  # their weight
    sa.Index("ix_channels_call_figures_day", "day", "points"),
)

# what a supervisor thought of a call
reviews = sa.Table(
    "channels_call_reviews",
    metadata,
    sa.Column("call", sa.Text, sa.ForeignKey("channels_calls.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("grade", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("by_id", sa.Text, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # 1, 2, … : nobody overwrites what they have not seen
)

# what operators did with calls and the intake's audit trail does not say yet
deeds = sa.Table(
    "channels_call_deeds",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("call", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("by_id", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Index("ix_channels_call_deeds_due", "by_id", "next_at"),
    sqlite_autoincrement=True,
)
