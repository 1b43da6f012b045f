"""The tables of the event feed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.storage.tables import BIG, Base


class FeedQueueRow(Base):
    """An event that has no position in the feed yet; written in the transaction of the event.

    ``departments``: all it concerns, the responsible ones and those it names.
    """

    __tablename__ = "feed_queue"

    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("cases.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    department_id: Mapped[str | None] = mapped_column(String(60))
    category: Mapped[str | None] = mapped_column(String(20))
    town_code: Mapped[str | None] = mapped_column(String(20))
    departments: Mapped[list[Any]]


class FeedRow(Base):
    """The place of an event in the feed: positions count from 1 without gaps and appear in their order."""

    __tablename__ = "feed"

    position: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(BIG, ForeignKey("events.id"), unique=True)
    department_id: Mapped[str | None] = mapped_column(String(60))
    category: Mapped[str | None] = mapped_column(String(20))
    town_code: Mapped[str | None] = mapped_column(String(20))


class FeedDepartmentRow(Base):
    """Which departments see an event."""

    __tablename__ = "feed_departments"

    department_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    position: Mapped[int] = mapped_column(BIG, ForeignKey("feed.position"), primary_key=True)
