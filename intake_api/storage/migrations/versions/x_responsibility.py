"""Responsibility rules know where they came from, and every change of the matrix is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "x_responsibility"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RULES, _CHANGES = "responsibility_rules", "responsibility_changes"


def upgrade() -> None:
    """Add the origin of rules, and the changes, which nobody may alter."""
    for name, kind in (
        ("source", sa.String(length=20)),
        ("added_by", sa.String(length=100)),
        ("case_no", sa.String(length=20)),
        ("reason", sa.Text()),
    ):
        default = "city" if name == "source" else ""
        op.add_column(_RULES, sa.Column(name, kind, server_default=default, nullable=False))
    op.add_column(_RULES, sa.Column("added_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(_RULES, sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_responsibility_rules_category_area"), _RULES, ["category", "area"], unique=False)
    op.create_table(
        _CHANGES,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.String(length=100), nullable=False),
        sa.Column("actor_name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("case_no", sa.String(length=20), server_default="", nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responsibility_changes")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {_CHANGES}_no_{verb.lower()} BEFORE {verb} ON {_CHANGES} "
                f"BEGIN SELECT RAISE(ABORT, '{_CHANGES} is append-only'); END"
            )
    else:
        op.execute(
            f"CREATE TRIGGER {_CHANGES}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {_CHANGES} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    """Forget origins and changes."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER {_CHANGES}_no_{verb}")
    else:
        op.execute(f"DROP TRIGGER {_CHANGES}_append_only ON {_CHANGES}")
    op.drop_table(_CHANGES)
    op.drop_index(op.f("ix_responsibility_rules_category_area"), table_name=_RULES)
    for name in ("source", "added_by", "case_no", "reason", "added_at", "ended_at"):
        op.drop_column(_RULES, name)
