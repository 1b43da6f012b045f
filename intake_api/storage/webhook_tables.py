"""The tables of webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.storage.tables import BIG, Base


class WebhookRow(Base):
    """A subscription: whom we call, and how far they have been told.

    ``department_id`` or ``partner`` (the name of its token) owns it. ``position``: all in the feed up to here is
    delivered, not wanted, or a dead letter. Of the secret only a salt is kept (storage.webhooks.secret_of).
    ``attempts``, ``failing_since`` and ``next_attempt_at`` speak of the event that is next.
    """

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(100))
    department_id: Mapped[str | None] = mapped_column(String(60))
    partner: Mapped[str | None] = mapped_column(String(100))
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[Any]]
    categories: Mapped[list[Any]]
    towns: Mapped[list[Any]]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    old_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_salt_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(20))
    state_reason: Mapped[str] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(BIG)
    lease_until: Mapped[datetime | None]
    leased_by: Mapped[str | None] = mapped_column(String(40))
    attempts: Mapped[int] = mapped_column(Integer)
    failing_since: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(200))
    last_attempt_at: Mapped[datetime | None]
    last_delivered_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (Index(None, "state", "id"),)


class DeadLetterRow(Base):
    """An event that could not be delivered for a day. ``replay_at``: somebody asked to have it delivered again."""

    __tablename__ = "webhook_dead_letters"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    webhook_id: Mapped[int] = mapped_column(BIG, ForeignKey("webhooks.id"))
    position: Mapped[int] = mapped_column(BIG)
    attempts: Mapped[int] = mapped_column(Integer)
    last_error: Mapped[str] = mapped_column(String(200))
    failed_at: Mapped[datetime]
    replay_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("webhook_id", "position"),)
