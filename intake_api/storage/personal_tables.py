"""The tables that tell what personal data was erased: of whom is not told any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.storage.tables import BIG, Base


class ErasedCaseRow(Base):
    """A case whose personal data is erased. ``basis``: retention or request."""

    __tablename__ = "erased_cases"

    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"), primary_key=True)
    basis: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]


class ErasureRow(Base):
    """A person's request. ``waiting``: ids of their cases that are not over; they are erased once they are.

    ``report`` says in numbers what was erased. The person's number is not kept.
    """

    __tablename__ = "personal_erasures"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    requested_at: Mapped[datetime]
    requested_by: Mapped[str] = mapped_column(String(100))
    waiting: Mapped[list[Any]]
    report: Mapped[dict[str, Any]]
    finished_at: Mapped[datetime | None]
