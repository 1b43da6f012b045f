"""Tables of what is public."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.storage.tables import BIG, Base, EventRow


class PublicTextRow(Base):
    """What everybody may read of a case: the text that staff released, without personal data."""

    __tablename__ = "public_texts"

    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"), primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]


# partners ask again and again for what happened lately
Index("ix_events_at", EventRow.at)
