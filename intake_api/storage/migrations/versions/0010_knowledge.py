"""The knowledge base: articles, what is published of them, their changes, questions without an answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TERMS = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
AT = sa.DateTime(timezone=True)

# as case_fts of 0008: every character that is not ASCII is a letter, triggers hand in and out what changes
FTS = (
    "CREATE VIRTUAL TABLE knowledge_fts USING fts5(terms, content='knowledge_published', content_rowid='article_id', "
    "tokenize=\"ascii tokenchars '=.-_~'\")",
    "CREATE TRIGGER knowledge_published_in AFTER INSERT ON knowledge_published BEGIN "
    "INSERT INTO knowledge_fts(rowid, terms) VALUES (new.article_id, new.terms); END",
    "CREATE TRIGGER knowledge_published_out AFTER DELETE ON knowledge_published BEGIN "
    "INSERT INTO knowledge_fts(knowledge_fts, rowid, terms) VALUES ('delete', old.article_id, old.terms); END",
    "CREATE TRIGGER knowledge_published_change AFTER UPDATE ON knowledge_published BEGIN "
    "INSERT INTO knowledge_fts(knowledge_fts, rowid, terms) VALUES ('delete', old.article_id, old.terms); "
    "INSERT INTO knowledge_fts(rowid, terms) VALUES (new.article_id, new.terms); END",
)


def upgrade() -> None:
    """Create the tables; changes are append-only."""
    op.create_table(
        "knowledge_articles",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_version", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("department_id", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("kept_by_people", sa.Boolean(), nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_articles")),
        sa.UniqueConstraint("key", name=op.f("uq_knowledge_articles_key")),
    )
    op.create_index(op.f("ix_knowledge_articles_department_id"), "knowledge_articles", ["department_id"])
    op.create_table(
        "knowledge_published",
        sa.Column("article_id", BIG, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("published_at", AT, nullable=False),
        sa.Column("terms", TERMS, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["knowledge_articles.id"], name=op.f("fk_knowledge_published_article_id")
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_knowledge_published")),
    )
    op.create_table(
        "knowledge_changes",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("article_id", BIG, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.String(length=100), nullable=False),
        sa.Column("actor_name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["knowledge_articles.id"], name=op.f("fk_knowledge_changes_article_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_changes")),
    )
    op.create_index(op.f("ix_knowledge_changes_article_id_id"), "knowledge_changes", ["article_id", "id"])
    op.create_table(
        "knowledge_questions",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("article_id", BIG, nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", AT, nullable=False),
        sa.Column("last_at", AT, nullable=False),
        sa.Column("settled_at", AT, nullable=True),
        sa.Column("settled_by", sa.String(length=100), nullable=False),
        sa.Column("settled_how", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["knowledge_articles.id"], name=op.f("fk_knowledge_questions_article_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_questions")),
        sa.UniqueConstraint("digest", name=op.f("uq_knowledge_questions_digest")),
    )
    op.create_index(op.f("ix_knowledge_questions_last_at"), "knowledge_questions", ["last_at"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in FTS:
            op.execute(statement)
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER knowledge_changes_no_{verb.lower()} BEFORE {verb} ON knowledge_changes "
                "BEGIN SELECT RAISE(ABORT, 'knowledge_changes is append-only'); END"
            )
    else:
        op.execute("CREATE INDEX ix_knowledge_published_terms ON knowledge_published USING gin (terms)")
        op.execute(
            "CREATE TRIGGER knowledge_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON knowledge_changes "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    """Drop what was created."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE knowledge_fts")
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER knowledge_changes_no_{verb}")
    else:
        op.execute("DROP TRIGGER knowledge_changes_append_only ON knowledge_changes")
    for table in ("knowledge_questions", "knowledge_changes", "knowledge_published", "knowledge_articles"):
        op.drop_table(table)
