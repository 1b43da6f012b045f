"""Tables of the knowledge base."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.storage.tables import BIG, Base


class ArticleRow(Base):
    """An article as it was written last; ``version`` counts from 1 and goes up with each change of what it says.

    ``key``: by which files know it. ``state``: domain.knowledge.ArticleState. ``kept_by_people``: somebody changed or
    withdrew it at the desk, so that a city's folder leaves it alone.
    """

    __tablename__ = "knowledge_articles"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer)
    published_version: Mapped[int | None] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    questions: Mapped[list[Any]]
    answer: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    department_id: Mapped[str] = mapped_column(String(60))
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    kept_by_people: Mapped[bool]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (Index(None, "department_id"),)


class PublishedArticleRow(Base):
    """What residents are answered by: the published version of an article, with the terms by which it is found.

    On SQLite ``terms`` are separated by spaces and mirrored by triggers into the FTS5 table ``knowledge_fts``.
    """

    __tablename__ = "knowledge_published"

    article_id: Mapped[int] = mapped_column(
        BIG, ForeignKey("knowledge_articles.id"), primary_key=True, autoincrement=False
    )
    version: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]]
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    published_at: Mapped[datetime]
    terms: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


class ArticleChangeRow(Base):
    """What became of an article, append-only (a trigger refuses changes). ``content``: the article in that version."""

    __tablename__ = "knowledge_changes"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    article_id: Mapped[int] = mapped_column(BIG, ForeignKey("knowledge_articles.id"))
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str] = mapped_column(String(100))
    actor_name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index(None, "article_id", "id"),)


class OpenQuestionRow(Base):
    """What was asked and found no answer, or one that did not help (``article_id``), without personal data.

    The same words are one row, however often they are asked. ``settled_*``: somebody saw to it; asked again afterwards,
    it is open again.
    """

    __tablename__ = "knowledge_questions"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    digest: Mapped[str] = mapped_column(String(32), unique=True)
    text: Mapped[str] = mapped_column(Text)
    article_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("knowledge_articles.id"))
    times: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(String(100))
    settled_how: Mapped[str] = mapped_column(String(20))
