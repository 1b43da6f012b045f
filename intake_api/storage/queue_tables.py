"""Tables of the queue: the text index, claims and saved views."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, String, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.storage.tables import BIG, Base


class CaseTextRow(Base):
    """What a case is found by. ``text``: description and place in plain form, for phrases.

    ``terms``: the terms of the text and the facets of the case (``storage.text_index``); on SQLite separated by spaces
    and mirrored by triggers into the FTS5 table ``case_fts``. ``digest``: of text and terms, so that what has not
    changed is not written again.
    """

    __tablename__ = "case_text"

    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"), primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text)
    terms: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))
    digest: Mapped[str] = mapped_column(String(32))


class ClaimRow(Base):
    """Somebody works on a case until then; afterwards anybody may take it."""

    __tablename__ = "case_claims"

    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"), primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(100))
    holder_name: Mapped[str] = mapped_column(String(100))
    claimed_at: Mapped[datetime]
    until: Mapped[datetime]

    __table_args__ = (Index(None, "holder", "until"),)


class SavedViewRow(Base):
    """A view of the queue that somebody keeps: filters and order by their names in the interface."""

    __tablename__ = "saved_views"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    owner: Mapped[str] = mapped_column(String(100), index=True)
    owner_name: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(60))
    filters: Mapped[dict[str, Any]]
    shared_with: Mapped[list[Any]]  # roles whose holders see it too
    is_shared: Mapped[bool] = mapped_column(Boolean, index=True)
    created_at: Mapped[datetime]
