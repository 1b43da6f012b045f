"""The queue: text index, order of priority, claims and saved views."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TERMS = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
OPEN = sa.text("status IN ('accepted','dispatched','filed','received','reported_done','returned','suspended')")

OPEN_INDEXES = {
    "ix_cases_open": ["id", "due_at"],
    "ix_cases_open_due": ["due_at", "id"],
    "ix_cases_open_rank": ["rank_at", "id"],
    "ix_cases_open_status_due": ["status", "due_at", "id"],
    "ix_cases_open_status_rank": ["status", "rank_at", "id"],
    "ix_cases_open_department_due": ["department_id", "due_at", "id"],
    "ix_cases_open_department_rank": ["department_id", "rank_at", "id"],
}
# whose questions the text index and the indexes of open cases answer now
NOT_NEEDED = {"ix_cases_due_at": ["due_at"], "ix_cases_town_code_id": ["town_code", "id"]}

# FTS5 keeps no text of its own: triggers hand it what goes in and out of case_text. Its ``ascii`` tokenizer takes every
# character that is not ASCII for a letter, so that our terms stay whole.
FTS = (
    "CREATE VIRTUAL TABLE case_fts USING fts5(terms, content='case_text', content_rowid='case_id', "
    "tokenize=\"ascii tokenchars '=.-_~'\")",
    "CREATE TRIGGER case_text_in AFTER INSERT ON case_text BEGIN "
    "INSERT INTO case_fts(rowid, terms) VALUES (new.case_id, new.terms); END",
    "CREATE TRIGGER case_text_out AFTER DELETE ON case_text BEGIN "
    "INSERT INTO case_fts(case_fts, rowid, terms) VALUES ('delete', old.case_id, old.terms); END",
    "CREATE TRIGGER case_text_change AFTER UPDATE ON case_text BEGIN "
    "INSERT INTO case_fts(case_fts, rowid, terms) VALUES ('delete', old.case_id, old.terms); "
    "INSERT INTO case_fts(rowid, terms) VALUES (new.case_id, new.terms); END",
)


def upgrade() -> None:
    """Create tables and indexes. Cases that are there are ranked here, and indexed by ``yht db reindex``."""
    postgres = op.get_bind().dialect.name == "postgresql"
    op.add_column("cases", sa.Column("rank_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE cases SET rank_at = coalesce(due_at, received_at)")
    op.drop_index(op.f("ix_cases_received_at"), table_name="cases")
    for name in NOT_NEEDED:
        op.drop_index(name, table_name="cases")
    op.create_index("ix_cases_place", "cases", ["grid_cell", "received_at", "category"])
    op.create_index(
        "ix_cases_window",
        "cases",
        ["received_at", "category", "grid_cell", "town_code"],
        postgresql_include=["channel", "department_id"],
    )
    given = sa.text("repeat_of IS NOT NULL")
    op.create_index("ix_cases_repeats", "cases", ["id"], sqlite_where=given, postgresql_where=given)
    for name, columns in OPEN_INDEXES.items():
        op.create_index(name, "cases", columns, sqlite_where=OPEN, postgresql_where=OPEN)
    op.drop_index(op.f("ix_case_supporting_department_id"), table_name="case_supporting")
    op.create_index(op.f("ix_case_supporting_department_id_case_id"), "case_supporting", ["department_id", "case_id"])
    op.create_table(
        "case_text",
        sa.Column("case_id", BIG, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("terms", TERMS, nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_text_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_text")),
    )
    if postgres:
        op.execute("CREATE INDEX ix_case_text_terms ON case_text USING gin (terms) WITH (gin_pending_list_limit = 512)")
    else:
        for statement in FTS:
            op.execute(statement)
    op.create_table(
        "case_claims",
        sa.Column("case_id", BIG, autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("holder_name", sa.String(length=100), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_claims_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_claims")),
    )
    op.create_index(op.f("ix_case_claims_holder_until"), "case_claims", ["holder", "until"])
    op.create_table(
        "saved_views",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("owner_name", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("shared_with", sa.JSON(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index(op.f("ix_saved_views_owner"), "saved_views", ["owner"])
    op.create_index(op.f("ix_saved_views_is_shared"), "saved_views", ["is_shared"])


def downgrade() -> None:
    """Drop what was created."""
    op.drop_table("saved_views")
    op.drop_table("case_claims")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE case_fts")
    op.drop_table("case_text")
    op.drop_index(op.f("ix_case_supporting_department_id_case_id"), table_name="case_supporting")
    op.create_index(op.f("ix_case_supporting_department_id"), "case_supporting", ["department_id"])
    for name in (*OPEN_INDEXES, "ix_cases_place", "ix_cases_window", "ix_cases_repeats"):
        op.drop_index(name, table_name="cases")
    for name, columns in NOT_NEEDED.items():
        op.create_index(name, "cases", columns)
    op.create_index(op.f("ix_cases_received_at"), "cases", ["received_at"])
    op.drop_column("cases", "rank_at")
