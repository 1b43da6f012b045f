"""Conversations that people take over, their operators, and words they often say."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "c003"
down_revision = "c002"

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_AT = sa.DateTime(timezone=True)
_OPEN = sa.text("state <> 'ended'")

_WORDS = (
    ("问好", "您好，我是人工受理员，您的情况我看到了，马上为您处理。"),
    ("请稍等", "请您稍等，我核实一下，很快回复您。"),
    ("问地点", "请问具体在哪里？最好说到路名和门牌号，或者附近的路口、小区。"),
    ("问时间", "请问是从什么时候开始的？现在还是这样吗？"),
    ("要照片", "方便的话请发一张现场照片，承办部门可以更快找到。"),
    ("问电话", "如果方便，请留一个联系电话，办理中需要核实时好联系您；不留也可以照常登记。"),
    ("读给您听", "我把您反映的情况读一遍，您看对不对："),
    ("不属本市事项", "这件事不归我们办理，建议您直接联系："),
    ("危险先报警", "如果现在有人身危险，请马上拨打 110、119 或 120，再回到这里告诉我情况。"),
    ("结束", "您反映的情况已经登记好了，后续进展会在这里告诉您。还有其他需要帮助的吗？"),
)


def upgrade() -> None:
    untold = sa.text("status IN ('to_people', 'staff')")
    op.create_index(
        "ix_channels_messages_untold",
        "channels_messages",
        ["conversation", "id"],
        sqlite_where=untold,
        postgresql_where=untold,
    )
    op.create_table(
        "channels_handovers",
        sa.Column("id", _SEQ, primary_key=True, autoincrement=True),
        sa.Column(
            "conversation", sa.Text, sa.ForeignKey("channels_conversations.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("asked_at", _AT, nullable=False),
        sa.Column("told_position", sa.Integer, nullable=False),
        sa.Column("active_at", _AT, nullable=False),
        sa.Column("staff", sa.Text, nullable=False),
        sa.Column("staff_name", sa.Text, nullable=False),
        sa.Column("lease_until", _AT),
        sa.Column("taken_at", _AT),
        sa.Column("replied_at", _AT),
        sa.Column("ended_at", _AT),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("case_nos", sa.JSON, nullable=False),
        sa.Column("filings", sa.JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_channels_handovers_open",
        "channels_handovers",
        ["conversation"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index("ix_channels_handovers_conversation", "channels_handovers", ["conversation", "id"])
    op.create_index("ix_channels_handovers_ended_at", "channels_handovers", ["ended_at"])
    op.create_table(
        "channels_handover_notes",
        sa.Column("id", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("handover", _SEQ, sa.ForeignKey("channels_handovers.id", ondelete="CASCADE"), nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("staff", sa.Text, nullable=False),
        sa.Column("staff_name", sa.Text, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.UniqueConstraint("handover", "client_id", name="uq_channels_handover_notes_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_channels_handover_notes_handover", "channels_handover_notes", ["handover"])
    op.create_table(
        "channels_operators",
        sa.Column("staff", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", _AT, nullable=False),
        sa.Column("seen_at", _AT, nullable=False),
    )
    words = op.create_table(
        "channels_canned_replies",
        sa.Column("id", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("changed_at", _AT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.bulk_insert(
        words,
        [
            {
                "title": title,
                "text": text,
                "position": number,
                "changed_by": "",
                "changed_at": datetime(2026, 11, 25, tzinfo=UTC),
            }
            for number, (title, text) in enumerate(_WORDS, 1)
        ],
    )
    op.create_table(
        "channels_dangers",
        sa.Column(
            "conversation", sa.Text, sa.ForeignKey("channels_conversations.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("seen_by", sa.Text, nullable=False),
    )
    op.create_index("ix_channels_dangers_at", "channels_dangers", ["at"])


def downgrade() -> None:
    for table in ("dangers", "canned_replies", "operators", "handover_notes", "handovers"):
        op.drop_table(f"channels_{table}")
    op.drop_index("ix_channels_messages_untold", "channels_messages")
