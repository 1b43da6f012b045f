"""Table of wrong answers to "what are the last four digits of the phone?"."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.storage.tables import BIG, Base


class PhoneCheckRow(Base):
    """One wrong answer. ``asker`` is a digest; ``case_id`` is null for a number that no case has."""

    __tablename__ = "phone_checks"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    case_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("cases.id"), index=True)
    asker: Mapped[str] = mapped_column(String(32), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
