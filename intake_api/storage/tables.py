"""The tables of the system of record (SQLAlchemy 2, typed)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Computed,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from intake_api.storage.outcome import EXPRESSION

BIG = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite counts up only its own INTEGER primary keys."""


class Instant(TypeDecorator[datetime]):
    """A moment: given and returned aware, kept in UTC (SQLite has no time zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("moments are stored with their time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012


_IS_OPEN = text(
    "status IN ('accepted','dispatched','filed','received','reported_done','returned','suspended')"  # domain.case.OPEN
)


def _open(name: str, *columns: str) -> Index:
    """An index of open cases only."""
    return Index(name, *columns, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)


class CaseRow(Base):
    """A case as it stands. What led there is in ``events``."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    status: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(20))
    act: Mapped[str] = mapped_column(String(40))
    description: Mapped[str] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(String(20))
    category_confidence: Mapped[float] = mapped_column(Float)
    urgency: Mapped[str] = mapped_column(String(20))
    place_text: Mapped[str] = mapped_column(Text)
    place_name: Mapped[str | None] = mapped_column(Text)
    precision: Mapped[str] = mapped_column(String(20))
    lat: Mapped[float | None] = mapped_column(Float)
    lng: Mapped[float | None] = mapped_column(Float)
    grid_cell: Mapped[str | None] = mapped_column(String(20))
    town: Mapped[str | None] = mapped_column(String(60))
    town_code: Mapped[str | None] = mapped_column(String(20))
    community: Mapped[str | None] = mapped_column(String(100))
    department_id: Mapped[str | None] = mapped_column(String(60))
    basis: Mapped[str | None] = mapped_column(String(20))
    responsibility_rule: Mapped[str | None] = mapped_column(String(100))
    reporter_name: Mapped[str] = mapped_column(String(100))
    reporter_phone: Mapped[str] = mapped_column(String(40))
    channel_user: Mapped[str] = mapped_column(String(200))
    confidential: Mapped[bool] = mapped_column(Boolean)
    transcript: Mapped[list[Any]] = mapped_column(deferred=True)
    attachments: Mapped[list[Any]]
    due: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    due_at: Mapped[datetime | None]
    rank_at: Mapped[datetime | None]  # place in the order of priority (domain.priority), kept by storage.upkeep
    occurred_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    filed_at: Mapped[datetime | None]
    condition: Mapped[str | None] = mapped_column(String(20))  # 立案条件, an id of the city's conditions
    fast_track: Mapped[bool] = mapped_column(Boolean, server_default=false())
    responsible_id: Mapped[str | None] = mapped_column(String(60))  # 首接负责
    dispatched_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    suspended_until: Mapped[datetime | None]
    next_order_at: Mapped[datetime | None]  # when the next automatic supervision order is due
    worked_by: Mapped[list[Any]] = mapped_column(server_default="[]")
    returns: Mapped[int] = mapped_column(Integer, server_default="0")
    reworks: Mapped[int] = mapped_column(Integer, server_default="0")
    urges: Mapped[int] = mapped_column(Integer, server_default="0")
    last_urged_at: Mapped[datetime | None]  # by the reporter; those who follow have their own
    reopenings: Mapped[int] = mapped_column(Integer, server_default="0")
    extensions: Mapped[int] = mapped_column(Integer, server_default="0")
    orders: Mapped[int] = mapped_column(Integer, server_default="0")
    order_level: Mapped[int] = mapped_column(Integer, server_default="0")
    merged_into: Mapped[int | None] = mapped_column(BIG)  # ids of cases; SQLite cannot add references later
    repeat_of: Mapped[int | None] = mapped_column(BIG)
    grade: Mapped[str | None] = mapped_column(String(20))
    solved: Mapped[bool | None] = mapped_column(Boolean)
    rated_at: Mapped[datetime | None]
    last_seq: Mapped[int] = mapped_column(Integer)
    last_hash: Mapped[str] = mapped_column(String(64))
    # what rounds and ratings before the present ones left behind (domain.standing.Earlier)
    earlier_late: Mapped[bool] = mapped_column(Boolean, server_default=false())
    earlier_extensions: Mapped[int] = mapped_column(Integer, server_default="0")
    earlier_orders: Mapped[int] = mapped_column(Integer, server_default="0")
    earlier_reported: Mapped[bool] = mapped_column(Boolean, server_default=false())
    earlier_dissatisfied: Mapped[bool] = mapped_column(Boolean, server_default=false())
    earlier_unsolved: Mapped[bool] = mapped_column(Boolean, server_default=false())
    outcome: Mapped[int] = mapped_column(Integer, Computed(EXPRESSION, persisted=True), deferred=True)

    __table_args__ = (
        Index(
            "ix_cases_to_resume",
            "suspended_until",
            sqlite_where=text("suspended_until IS NOT NULL"),
            postgresql_where=text("suspended_until IS NOT NULL"),
        ),
        Index(
            "ix_cases_to_order",
            "next_order_at",
            sqlite_where=text("next_order_at IS NOT NULL"),
            postgresql_where=text("next_order_at IS NOT NULL"),
        ),
        Index(
            "ix_cases_merged_into",
            "merged_into",
            sqlite_where=text("merged_into IS NOT NULL"),
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
        # the figures of a period are answered from this index alone (PostgreSQL)
        Index(
            "ix_cases_figures",
            "filed_at",
            postgresql_include=[
                "outcome",
                "due_at",
                "channel",
                "category",
                "department_id",
                "responsible_id",
                "town_code",
            ],
        ),
        Index(None, "status", "id"),
        Index(None, "department_id", "id"),
        Index(None, "category", "id"),
        Index(None, "channel_user", "id"),
        # the earlier cases of a caller, and the data of a person who asks for it
        Index(
            "ix_cases_phone",
            "reporter_phone",
            "id",
            sqlite_where=text("reporter_phone <> ''"),
            postgresql_where=text("reporter_phone <> ''"),
        ),
        Index(None, "lat", "lng"),
        # neighbours in space and time; the rest of the columns spares a look at the row
        Index("ix_cases_place", "grid_cell", "received_at", "category"),
        Index(
            "ix_cases_window",
            "received_at",
            "category",
            "grid_cell",
            "town_code",
            postgresql_include=["channel", "department_id", "responsible_id"],
        ),
        Index(
            "ix_cases_repeats",
            "id",
            sqlite_where=text("repeat_of IS NOT NULL"),
            postgresql_where=text("repeat_of IS NOT NULL"),
        ),
        # what was closed in a time
        Index(
            "ix_cases_closed",
            "closed_at",
            "channel",
            sqlite_where=text("closed_at IS NOT NULL"),
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
        # open cases are few: the orders in which they are worked
        _open("ix_cases_open", "id", "due_at"),
        _open("ix_cases_open_due", "due_at", "id"),
        _open("ix_cases_open_rank", "rank_at", "id"),
        _open("ix_cases_open_status_due", "status", "due_at", "id"),
        _open("ix_cases_open_status_rank", "status", "rank_at", "id"),
        _open("ix_cases_open_department_due", "department_id", "due_at", "id"),
        _open("ix_cases_open_department_rank", "department_id", "rank_at", "id"),
        _open("ix_cases_open_town_due", "town_code", "due_at", "id"),
        _open("ix_cases_open_town_rank", "town_code", "rank_at", "id"),
    )


class CaseReturnRow(Base):
    """A department that returned a case (退单), once or more often; filled from the events."""

    __tablename__ = "case_returns"

    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"), primary_key=True)
    department_id: Mapped[str] = mapped_column(String(60), primary_key=True)


class SupportingRow(Base):
    """Supporting departments (协办) of a case."""

    __tablename__ = "case_supporting"

    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"), primary_key=True)
    department_id: Mapped[str] = mapped_column(String(60), primary_key=True)

    __table_args__ = (Index(None, "department_id", "case_id"),)


class EventRow(Base):
    """An event of a case, sealed. Rows are never changed or removed: a trigger refuses."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"))
    seq: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str] = mapped_column(String(100))
    actor_name: Mapped[str] = mapped_column(String(100))
    from_status: Mapped[str | None] = mapped_column(String(20))
    to_status: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]]
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("case_id", "seq"),)


class TaskRow(Base):
    """A side task of a case: a check, help, an extension, a suspension, a reopening, a call-back."""

    __tablename__ = "case_tasks"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    department_id: Mapped[str | None] = mapped_column(String(60))
    asked_by: Mapped[str] = mapped_column(String(100))
    asked_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(100))
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index(
            "ix_case_tasks_open",
            "kind",
            "id",
            sqlite_where=text("state IN ('asked', 'granted')"),
            postgresql_where=text("state IN ('asked', 'granted')"),
        ),
    )


class RemarkRow(Base):
    """Words and photos of an event. They may hold personal data and are erased with it; the event stays."""

    __tablename__ = "case_remarks"

    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    attachments: Mapped[list[Any]]
    lat: Mapped[float | None]
    lng: Mapped[float | None]


class FollowerRow(Base):
    """A resident who joined a case (加入) and hears its outcome."""

    __tablename__ = "case_followers"

    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    channel_user: Mapped[str] = mapped_column(String(200), primary_key=True)
    phone: Mapped[str] = mapped_column(String(40))
    followed_at: Mapped[datetime]
    last_urged_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "channel_user"),)


class TrainingExampleRow(Base):
    """A correction kept for the assistant to learn from. The text is without personal data.

    ``places``: half-open spans of the corrected place in the text. ``state``: new, accepted or rejected.
    """

    __tablename__ = "training_examples"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    code_before: Mapped[str | None] = mapped_column(String(20))
    code_after: Mapped[str | None] = mapped_column(String(20))
    place_text: Mapped[str] = mapped_column(Text)  # empty: the place was not corrected
    places: Mapped[list[Any]]
    corrected_by: Mapped[str] = mapped_column(String(100))
    corrected_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    reviewed_by: Mapped[str | None] = mapped_column(String(100))
    reviewed_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "state", "id"),)


class IdempotencyRow(Base):
    """A key under which somebody filed, with the digest of the body: the same again is the same case."""

    __tablename__ = "idempotency_keys"

    scope: Mapped[str] = mapped_column(String(100), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("cases.id"))
    created_at: Mapped[datetime]


class TokenRow(Base):
    """A bearer token of a program; only its SHA-256 is kept."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    department_id: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class StaffRow(Base):
    """A person with an account. ``password`` is an argon2id hash, empty until the invitation was used.

    ``requested_roles``: what the system administrator asked for, until the security administrator decides.
    """

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(60))
    login: Mapped[str] = mapped_column(String(60), unique=True)  # the name, case-folded
    roles: Mapped[list[Any]]
    department_id: Mapped[str | None] = mapped_column(String(60))
    password: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    password_set_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(Boolean, server_default=false(), default=False)
    requested_roles: Mapped[list[Any]] = mapped_column(server_default="[]", default=list)
    disabled_at: Mapped[datetime | None]


class LoginLockRow(Base):
    """Failures in a row of a login name, known or not; a digest, for people type passwords into the wrong field."""

    __tablename__ = "login_locks"

    login_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    locked_until: Mapped[datetime | None]
    failed_at: Mapped[datetime]


class LoginFailureRow(Base):
    """A failed login, for slowing down one client address."""

    __tablename__ = "login_failures"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    __table_args__ = (Index(None, "address", "at"),)


class StaffSessionRow(Base):
    """A staff member's session; only the SHA-256 of its cookie is kept."""

    __tablename__ = "staff_sessions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(BIG, ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64), server_default="", default="")
    agent: Mapped[str] = mapped_column(String(200), server_default="", default="")  # the browser, as it calls itself


class InvitationRow(Base):
    """A one-time link: to set a password (``staff_id``), or to found the first administrators (none)."""

    __tablename__ = "invitations"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    staff_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OutboxRow(Base):
    """Something a resident must hear, by the channel it came from; written in the transaction of its event."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    channel: Mapped[str] = mapped_column(String(20))
    channel_user: Mapped[str] = mapped_column(String(200))
    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    leased_by: Mapped[str | None] = mapped_column(String(100))
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    delivered_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_outbox_undelivered",
            "channel",
            "channel_user",
            "id",
            sqlite_where=text("delivered_at IS NULL"),
            postgresql_where=text("delivered_at IS NULL"),
        ),
    )


class AttachmentRow(Base):
    """A photo or recording. The bytes lie under their SHA-256 in the attachments folder."""

    __tablename__ = "attachments"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int] = mapped_column(Integer)
    lat: Mapped[float | None] = mapped_column(Float)
    lng: Mapped[float | None] = mapped_column(Float)
    by_channel: Mapped[bool] = mapped_column(Boolean)
    uploaded_by: Mapped[str] = mapped_column(String(100))
    case_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("cases.id"), index=True)
    created_at: Mapped[datetime]


class CityVersionRow(Base):
    """A city folder as it was loaded; the newest is in force, older ones explain old due times."""

    __tablename__ = "city_versions"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    digest: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(60))
    calendar_version: Mapped[str] = mapped_column(String(20))
    loaded_at: Mapped[datetime]
    content: Mapped[str] = mapped_column(Text, deferred=True)


class DepartmentRow(Base):
    """A department of the city in force."""

    __tablename__ = "departments"

    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(60))
    town_code: Mapped[str] = mapped_column(String(20))
    phone: Mapped[str] = mapped_column(String(40))
    retired_at: Mapped[datetime | None]  # set when a newer city no longer has it; old cases still name it


class AuditRow(Base):
    """What staff did (等保三级): each row sealed with the hash before it; append-only, a trigger refuses changes."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str] = mapped_column(String(100))
    actor_name: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(60))
    target: Mapped[str] = mapped_column(String(200))
    result: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column(BIG, unique=True, index=True)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index(None, "actor_name", "seq"),
        Index(None, "action", "seq"),
        Index(None, "target", "seq"),
    )


class SigningKeyRow(Base):
    """A secret that all processes share, for signed addresses."""

    __tablename__ = "signing_keys"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
