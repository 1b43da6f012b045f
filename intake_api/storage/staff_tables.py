"""Tables of the second factor, of passwords used before, and of anchors."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.storage.tables import BIG, Base


class SecondFactorRow(Base):
    """The secret of somebody's authenticator app, sealed (storage.second_factors).

    Until ``confirmed_at`` it was only shown, and counts for nothing.

    ``last_step``: the time step of the newest code used; neither it nor older ones work again.
    """

    __tablename__ = "second_factors"

    staff_id: Mapped[int] = mapped_column(BIG, ForeignKey("staff.id"), primary_key=True, autoincrement=False)
    secret: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger)


class RecoveryCodeRow(Base):
    """A code for a log-in without the phone; only its SHA-256 is kept."""

    __tablename__ = "recovery_codes"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(BIG, ForeignKey("staff.id"), index=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasswordRow(Base):
    """An argon2id hash that somebody has or had, so that old passwords do not come back."""

    __tablename__ = "passwords"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    staff_id: Mapped[int] = mapped_column(BIG, ForeignKey("staff.id"))
    password: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime]

    __table_args__ = (Index(None, "staff_id", "id"),)


class AnchorRow(Base):
    """One hash over everything up to a moment (domain.anchor). Append-only."""

    __tablename__ = "anchors"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    events: Mapped[int] = mapped_column(BigInteger)
    last_event: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    audit_seq: Mapped[int] = mapped_column(BigInteger)
    audit_hash: Mapped[str] = mapped_column(String(64))
    prev_hash: Mapped[str] = mapped_column(String(64), unique=True)  # two processes never make a second after the same
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index(None, "hash"),)
