"""What the figures go on counting: facts of earlier rounds of a case that was brought back, and who returned it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

FLAGS = ("earlier_late", "earlier_reported", "earlier_dissatisfied", "earlier_unsolved")
NUMBERS = ("earlier_extensions", "earlier_orders")

# as storage.outcome had it when this was written, and before
CONDITIONS = (
    ("status IN ('accepted','dispatched','filed','received','reported_done','returned','suspended')", ""),
    ("status = 'closed'", ""),
    ("due_at IS NOT NULL", ""),
    ("coalesce(reported_at, closed_at) <= due_at", " AND NOT earlier_late"),
    ("dispatched_at IS NOT NULL", ""),
    ("contacted_at IS NOT NULL", ""),
    ("returns > 0", ""),
    ("reworks > 0", ""),
    ("reported_at IS NOT NULL OR reworks > 0", " OR earlier_reported"),
    ("extensions > 0", " OR earlier_extensions > 0"),
    ("repeat_of IS NOT NULL", ""),
    ("reopenings > 0", ""),
    ("grade IS NOT NULL", ""),
    ("solved IS TRUE", " AND NOT earlier_unsolved"),
    ("grade IN ('very_satisfied','satisfied','fairly_satisfied')", " AND NOT earlier_dissatisfied"),
    ("urges > 0", ""),
    ("orders > 0", " OR earlier_orders > 0"),
)
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTED_BEFORE = ["outcome", "due_at", "channel", "category", "department_id", "town_code"]
COUNTED = ["outcome", "due_at", "channel", "category", "department_id", "responsible_id", "town_code"]
WINDOW = ["received_at", "category", "grid_cell", "town_code"]
BAD = ("dissatisfied", "very_dissatisfied")

EVENTS = sa.table("events", sa.column("case_id"), sa.column("seq"), sa.column("kind"), sa.column("data", sa.JSON()))
CASES = sa.table("cases", *map(sa.column, ("id", "reopenings", "status", "grade")), *map(sa.column, (*FLAGS, *NUMBERS)))


def upgrade() -> None:
    """Add the columns and fill them from the events. On PostgreSQL the table is written anew, as in 0009."""
    for name in FLAGS:
        op.add_column("cases", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    for name in NUMBERS:
        op.add_column("cases", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    _fill()
    _count_by(
        " + ".join(f"CASE WHEN {old}{new} THEN {1 << bit} ELSE 0 END" for bit, (old, new) in _numbered()), COUNTED
    )
    _window(["channel", "department_id", "responsible_id"])
    op.create_table(
        "case_returns",
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("department_id", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_returns_case_id")),
        sa.PrimaryKeyConstraint("case_id", "department_id", name=op.f("pk_case_returns")),
    )
    postgres = op.get_bind().dialect.name == "postgresql"
    department = "events.data->>'department'" if postgres else "json_extract(events.data, '$.department')"
    op.execute(
        f"INSERT INTO case_returns (case_id, department_id) SELECT DISTINCT cases.id, {department} "  # noqa: S608 - of the two above
        "FROM cases JOIN events ON events.case_id = cases.id "
        f"WHERE cases.returns > 0 AND events.kind = 'returned' AND {department} IS NOT NULL"
    )


def downgrade() -> None:
    """Forget what earlier rounds left behind, and who returned what."""
    op.drop_table("case_returns")
    _window(["channel", "department_id"])
    _count_by(
        " + ".join(f"CASE WHEN {old} THEN {1 << bit} ELSE 0 END" for bit, (old, _) in _numbered()), COUNTED_BEFORE
    )
    for name in (*NUMBERS, *FLAGS):
        op.drop_column("cases", name)


def _numbered() -> Iterable[tuple[int, tuple[str, str]]]:
    return enumerate(CONDITIONS)


def _window(beside: list[str]) -> None:
    op.drop_index("ix_cases_window", table_name="cases")
    op.create_index("ix_cases_window", "cases", WINDOW, postgresql_include=beside)


def _count_by(outcome: str, counted: list[str]) -> None:
    stored = op.get_bind().dialect.name == "postgresql"
    op.drop_index("ix_cases_figures", table_name="cases")
    op.drop_column("cases", "outcome")
    op.add_column("cases", sa.Column("outcome", sa.Integer(), sa.Computed(outcome, persisted=stored or None)))
    op.create_index("ix_cases_figures", "cases", ["filed_at"], postgresql_include=counted)


def _fill() -> None:
    """Cases that were brought back, and merged ones that were rated, are few: each is read through once."""
    database = op.get_bind()
    wanted = sa.select(CASES.c.id).where(
        sa.or_(CASES.c.reopenings > 0, sa.and_(CASES.c.status == "merged", CASES.c.grade.is_not(None)))
    )
    events = sa.select(EVENTS).where(EVENTS.c.case_id.in_(wanted)).order_by(EVENTS.c.case_id, EVENTS.c.seq)
    for case_id, told in itertools.groupby(database.execute(events).mappings().all(), lambda event: event["case_id"]):
        found = earlier([(event["kind"], event["data"] or {}) for event in told])
        if any(found.values()):
            database.execute(CASES.update().where(CASES.c.id == case_id).values(**found))


def earlier(told: list[tuple[str, dict[str, Any]]]) -> dict[str, bool | int]:
    """What the events of one case leave behind: of rounds before the last reopening, of ratings all but the last."""
    kinds = [kind for kind, _ in told]
    begins = len(kinds) - 1 - kinds[::-1].index("reopened") if "reopened" in kinds else 0
    before = told[:begins]
    ratings = [data for kind, data in told if kind == "rated"][:-1]
    return {
        "earlier_late": any(kind in ("verified", "answered") and data.get("in_time") is False for kind, data in before),
        "earlier_extensions": sum(kind == "extension_decided" and data.get("granted") is True for kind, data in before),
        "earlier_orders": sum(kind == "supervised" for kind, _ in before),
        "earlier_reported": any(kind == "reported_done" for kind, _ in before),
        "earlier_dissatisfied": any(data.get("grade") in BAD for data in ratings),
        "earlier_unsolved": any(data.get("solved") is False for data in ratings),
    }
