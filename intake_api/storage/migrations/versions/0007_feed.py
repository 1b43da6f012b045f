"""The event feed, webhooks, and what was erased of personal data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables, and give the events there are their positions in the order of their ids."""
    op.create_table(
        "feed_queue",
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.String(length=60), nullable=True),
        sa.Column("category", sa.String(length=20), nullable=True),
        sa.Column("town_code", sa.String(length=20), nullable=True),
        sa.Column("departments", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_feed_queue_case_id")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_feed_queue")),
    )
    op.create_table(
        "feed",
        sa.Column("position", BIG, autoincrement=False, nullable=False),
        sa.Column("event_id", BIG, nullable=False),
        sa.Column("department_id", sa.String(length=60), nullable=True),
        sa.Column("category", sa.String(length=20), nullable=True),
        sa.Column("town_code", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_feed_event_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_feed")),
        sa.UniqueConstraint("event_id", name=op.f("uq_feed_event_id")),
    )
    op.create_table(
        "feed_departments",
        sa.Column("department_id", sa.String(length=60), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.ForeignKeyConstraint(["position"], ["feed.position"], name=op.f("fk_feed_departments_position")),
        sa.PrimaryKeyConstraint("department_id", "position", name=op.f("pk_feed_departments")),
    )
    op.execute(
        "INSERT INTO feed (position, event_id, department_id, category, town_code) "
        "SELECT row_number() OVER (ORDER BY events.id), events.id, "
        "cases.department_id, cases.category, cases.town_code FROM events JOIN cases ON cases.id = events.case_id"
    )
    op.execute(
        "INSERT INTO feed_departments (department_id, position) "
        "SELECT cases.department_id, feed.position FROM feed JOIN events ON events.id = feed.event_id "
        "JOIN cases ON cases.id = events.case_id WHERE cases.department_id IS NOT NULL "
        "UNION SELECT case_supporting.department_id, feed.position FROM feed JOIN events ON events.id = feed.event_id "
        "JOIN case_supporting ON case_supporting.case_id = events.case_id"
    )
    op.create_table(
        "webhooks",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("department_id", sa.String(length=60), nullable=True),
        sa.Column("partner", sa.String(length=100), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("towns", sa.JSON(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("old_salt", sa.LargeBinary(), nullable=True),
        sa.Column("old_salt_until", MOMENT, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_reason", sa.String(length=200), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("leased_by", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("next_attempt_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.String(length=200), nullable=False),
        sa.Column("last_attempt_at", MOMENT, nullable=True),
        sa.Column("last_delivered_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(op.f("ix_webhooks_state_id"), "webhooks", ["state", "id"], unique=False)
    op.create_table(
        "webhook_dead_letters",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("webhook_id", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=200), nullable=False),
        sa.Column("failed_at", MOMENT, nullable=False),
        sa.Column("replay_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_dead_letters_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_dead_letters")),
        sa.UniqueConstraint("webhook_id", "position", name=op.f("uq_webhook_dead_letters_webhook_id_position")),
    )
    op.create_table(
        "erased_cases",
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_erased_cases_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_erased_cases")),
    )
    op.create_table(
        "personal_erasures",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("requested_by", sa.String(length=100), nullable=False),
        sa.Column("waiting", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_erasures")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("personal_erasures")
    op.drop_table("erased_cases")
    op.drop_table("webhook_dead_letters")
    op.drop_index(op.f("ix_webhooks_state_id"), table_name="webhooks")
    op.drop_table("webhooks")
    op.drop_table("feed_departments")
    op.drop_table("feed")
    op.drop_table("feed_queue")
