"""Second factors, remembered passwords, an audit trail in a chain, anchors."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from intake_api.domain.audit import AuditEntry, entry_hash
from intake_api.domain.event import FIRST_HASH, Actor, ActorKind

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXTS = ("actor_kind", "actor_id", "actor_name", "action", "target", "result", "address")


def upgrade() -> None:
    """Create the tables and columns; chain the audit trail there is."""
    op.add_column("staff", sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("staff", sa.Column("requested_roles", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("staff_sessions", sa.Column("address", sa.String(length=64), server_default="", nullable=False))
    op.add_column("staff_sessions", sa.Column("agent", sa.String(length=200), server_default="", nullable=False))
    op.create_table(
        "second_factors",
        sa.Column("staff_id", BIG, autoincrement=False, nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_second_factors_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("staff_id", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recovery_codes_staff_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_staff_id"), "recovery_codes", ["staff_id"], unique=False)
    op.create_table(
        "passwords",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("staff_id", BIG, nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_passwords_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passwords")),
    )
    op.create_index(op.f("ix_passwords_staff_id_id"), "passwords", ["staff_id", "id"], unique=False)
    op.execute(
        "INSERT INTO passwords (staff_id, password, set_at) "
        "SELECT id, password, password_set_at FROM staff WHERE password <> '' AND password_set_at IS NOT NULL"
    )
    op.create_table(
        "anchors",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("last_event", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("audit_seq", sa.BigInteger(), nullable=False),
        sa.Column("audit_hash", sa.String(length=64), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anchors")),
        sa.UniqueConstraint("prev_hash", name=op.f("uq_anchors_prev_hash")),
    )
    op.create_index(op.f("ix_anchors_hash"), "anchors", ["hash"], unique=False)
    _append_only("anchors")
    _not_append_only("audit")
    op.add_column("audit", sa.Column("seq", BIG, server_default="0", nullable=False))
    op.add_column("audit", sa.Column("prev_hash", sa.String(length=64), server_default="", nullable=False))
    op.add_column("audit", sa.Column("hash", sa.String(length=64), server_default="", nullable=False))
    _chain()
    _append_only("audit")
    op.create_index(op.f("ix_audit_seq"), "audit", ["seq"], unique=True)
    for column in ("actor_name", "action", "target"):
        op.create_index(op.f(f"ix_audit_{column}_seq"), "audit", [column, "seq"], unique=False)


def _chain() -> None:
    """Seal the rows that were written before there was a chain."""
    connection = op.get_bind()
    audit = sa.table(
        "audit",
        sa.column("id", BIG),
        sa.column("at", sa.DateTime(timezone=True)),
        *(sa.column(name, sa.String()) for name in _TEXTS),
        sa.column("seq", BIG),
        sa.column("prev_hash", sa.String()),
        sa.column("hash", sa.String()),
    )
    prev_hash = FIRST_HASH
    rows = connection.execute(sa.select(audit).order_by(audit.c.id)).mappings().all()
    for seq, row in enumerate(rows, start=1):
        at: datetime = row["at"]
        entry = AuditEntry(
            at if at.tzinfo else at.replace(tzinfo=UTC),
            Actor(ActorKind(row["actor_kind"]), row["actor_id"], row["actor_name"]),
            row["action"],
            row["target"],
            row["result"],
            row["address"],
        )
        digest = entry_hash(seq, prev_hash, entry)
        connection.execute(
            sa.update(audit).where(audit.c.id == row["id"]).values(seq=seq, prev_hash=prev_hash, hash=digest)
        )
        prev_hash = digest


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    else:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _not_append_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_no_{verb}")
    else:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")


def downgrade() -> None:
    """Drop it all; the audit trail stays, without its chain."""
    for column in ("actor_name", "action", "target"):
        op.drop_index(op.f(f"ix_audit_{column}_seq"), table_name="audit")
    op.drop_index(op.f("ix_audit_seq"), table_name="audit")
    for column in ("seq", "prev_hash", "hash"):
        op.drop_column("audit", column)
    _not_append_only("anchors")
    for table in ("anchors", "passwords", "recovery_codes", "second_factors"):
        op.drop_table(table)
    for column in ("address", "agent"):
        op.drop_column("staff_sessions", column)
    for column in ("must_change_password", "requested_roles"):
        op.drop_column("staff", column)
