"""The responsibility matrix and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.storage.tables import BIG, Base


class ResponsibilityRuleRow(Base):
    """A rule of the responsibility matrix. ``source``: city (replaced by the next folder loaded), ruling or desk.

    A rule is ended, never removed, except that the next folder takes away those of the city that nobody ended.
    """

    __tablename__ = "responsibility_rules"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    category: Mapped[str] = mapped_column(String(20))
    area: Mapped[str] = mapped_column(String(20))
    lead: Mapped[str] = mapped_column(String(60))
    supporting: Mapped[list[Any]]
    basis: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(20), server_default="city")
    added_by: Mapped[str] = mapped_column(String(100), server_default="")
    added_at: Mapped[datetime | None]
    case_no: Mapped[str] = mapped_column(String(20), server_default="")
    reason: Mapped[str] = mapped_column(Text, server_default="")
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "category", "area"),)


class ResponsibilityChangeRow(Base):
    """A change of the matrix, append-only (a trigger refuses changes); how many there are is the matrix's version.

    ``before`` and ``after`` are lists of rules as JSON.
    """

    __tablename__ = "responsibility_changes"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str] = mapped_column(String(100))
    actor_name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    case_no: Mapped[str] = mapped_column(String(20), server_default="")
    before: Mapped[list[Any]]
    after: Mapped[list[Any]]
    added: Mapped[int] = mapped_column(Integer)
    ended: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
