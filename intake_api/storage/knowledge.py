"""The knowledge base as it is kept: articles, what is published of them, what became of them, unanswered questions.

Every change is told in ``knowledge_changes``, in the same transaction. Residents are answered from what is published:
an article that is being changed goes on answering as it did until the new version is published.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Select, bindparam, case, cast, column, delete, func, insert, literal_column, or_, select
from sqlalchemy import table as sql_table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from intake_api.domain.event import Actor, ActorKind
from intake_api.domain.knowledge import EXPIRING, ArticleState, Content, Entry, Validity
from intake_api.domain.relevance import Reader
from intake_api.storage.knowledge_tables import ArticleChangeRow, ArticleRow, OpenQuestionRow, PublishedArticleRow
from intake_api.storage.text_index import TsQuery

CREATED, CHANGED, PUBLISHED, WITHDRAWN, IMPORTED = "created", "changed", "published", "withdrawn", "imported"
"""Kinds of changes."""
QUESTIONS_KEPT = timedelta(days=365)
"""Questions that nobody asked again for so long are forgotten."""
MOST_CANDIDATES = 3000
"""Articles that are compared with one question at most."""


class UnknownArticle(Exception):
    """There is no article of this id."""


class ArticleChanged(Exception):
    """The article went on since the version that the change was made for; ``version`` is the present one."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


class NotPublished(Exception):
    """There is nothing to withdraw."""


class KeyTaken(Exception):
    """Another article has this key."""


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Which articles are wanted; all conditions hold together. ``before``: those with a lower id only."""

    state: str = ""
    department: str = ""
    validity: Validity | None = None
    today: date = date.min
    text: str = ""
    before: int | None = None
    limit: int = 50


@dataclass
class Imported:
    """What a file changes, or changed: keys of articles added, changed, left as they are, and not touched."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Of a city's folder: changed or withdrawn by people, so that the folder leaves them alone."""
    published: list[str] = field(default_factory=list)


def content_of(row: ArticleRow) -> Content:
    """What an article says in its newest version."""
    return Content(
        row.title, tuple(row.questions), row.answer, row.source, row.department_id, row.valid_from, row.valid_to
    )


# reading


async def get(session: AsyncSession, article_id: int, *, lock: bool = False) -> ArticleRow:
    """An article. Raises UnknownArticle."""
    row = await session.get(ArticleRow, article_id, with_for_update=lock or None)
    if row is None:
        raise UnknownArticle(article_id)
    return row


async def several(session: AsyncSession, wanted: ArticleFilter) -> tuple[list[ArticleRow], bool]:
    """Articles, newest first, and whether there are more."""
    query = select(ArticleRow).order_by(ArticleRow.id.desc()).limit(wanted.limit + 1)
    if wanted.before is not None:
        query = query.where(ArticleRow.id < wanted.before)
    rows = list(await session.scalars(_filtered(query, wanted)))
    return rows[: wanted.limit], len(rows) > wanted.limit


async def counts(session: AsyncSession, today: date) -> dict[str, int]:
    """How many articles are drafts, in force (of them expiring and over), withdrawn; and how many changes wait."""
    is_over = ArticleRow.valid_to < today
    expires = ArticleRow.valid_to.between(today, today + EXPIRING)
    in_force = ArticleRow.state == ArticleState.IN_FORCE.value

    def number(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    row = (
        await session.execute(
            select(
                number(ArticleRow.state == ArticleState.DRAFT.value).label("draft"),
                number(in_force).label("in_force"),
                number(ArticleRow.state == ArticleState.WITHDRAWN.value).label("withdrawn"),
                number(in_force & expires).label("expiring"),
                number(in_force & is_over).label("over"),
                number(in_force & (ArticleRow.version > ArticleRow.published_version)).label("waiting"),
            )
        )
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}


def _filtered(query: Select[Any], wanted: ArticleFilter) -> Select[Any]:
    if wanted.state == "waiting":
        query = query.where(
            or_(
                ArticleRow.state == ArticleState.DRAFT.value,
                (ArticleRow.state == ArticleState.IN_FORCE.value) & (ArticleRow.version > ArticleRow.published_version),
            )
        )
    elif wanted.state:
        query = query.where(ArticleRow.state == wanted.state)
    if wanted.department:
        query = query.where(ArticleRow.department_id == wanted.department)
    first, last, today = ArticleRow.valid_from, ArticleRow.valid_to, wanted.today
    begun, not_over = or_(first.is_(None), first <= today), or_(last.is_(None), last >= today)
    match wanted.validity:
        case Validity.NOW:
            query = query.where(begun, not_over)
        case Validity.EXPIRING:
            query = query.where(begun, last.between(today, today + EXPIRING))
        case Validity.COMING:
            query = query.where(first > today)
        case Validity.OVER:
            query = query.where(last < today)
    for word in wanted.text.split():
        query = query.where(
            or_(
                ArticleRow.title.contains(word, autoescape=True),
                ArticleRow.answer.contains(word, autoescape=True),
                cast(ArticleRow.questions, Text).contains(_as_json_text(word), autoescape=True),
                ArticleRow.key == word,
            )
        )
    return query


def _as_json_text(word: str) -> str:
    """As the word stands in a column of JSON, which holds what is not ASCII as escapes."""
    return word.encode("ascii", "backslashreplace").decode() if _escapes(word) else word


def _escapes(word: str) -> bool:
    return all(ord(character) < 0x10000 for character in word) and not word.isascii()


async def history(
    session: AsyncSession, article_id: int, before: int | None, limit: int
) -> tuple[list[ArticleChangeRow], bool]:
    """Changes of an article, newest first, older than the change ``before``; and whether there are more."""
    query = (
        select(ArticleChangeRow)
        .where(ArticleChangeRow.article_id == article_id)
        .order_by(ArticleChangeRow.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(ArticleChangeRow.id < before)
    rows = list(await session.scalars(query))
    return rows[:limit], len(rows) > limit


async def keys_of(session: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """Keys of articles, by id."""
    rows = await session.execute(select(ArticleRow.id, ArticleRow.key).where(ArticleRow.id.in_(ids)))
    return {row.id: row.key for row in rows}


async def owners_of(session: AsyncSession, keys: Collection[str]) -> dict[str, str]:
    """The departments that keep the articles of these keys, where there are such articles."""
    rows = await session.execute(select(ArticleRow.key, ArticleRow.department_id).where(ArticleRow.key.in_(keys)))
    return {row.key: row.department_id for row in rows}


async def existing(session: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """Titles of those of the articles that there are, by id."""
    rows = await session.execute(select(ArticleRow.id, ArticleRow.title).where(ArticleRow.id.in_(ids)))
    return {row.id: row.title for row in rows}


# changing


async def create(
    session: AsyncSession, content: Content, *, key: str, by: Actor, now: datetime, kind: str = CREATED
) -> ArticleRow:
    """A new draft; an empty ``key`` is made from its id. Raises KeyTaken."""
    if key and await session.scalar(select(ArticleRow.id).where(ArticleRow.key == key)) is not None:
        raise KeyTaken(key)
    row = ArticleRow(
        key=key or f"new-{hashlib.blake2s(f'{now}{content}'.encode(), digest_size=12).hexdigest()}",
        state=ArticleState.DRAFT.value,
        version=1,
        published_version=None,
        kept_by_people=by.kind is not ActorKind.SYSTEM,
        changed_at=now,
        changed_by=by.name,
        **_columns(content),
    )
    session.add(row)
    await session.flush()
    if not key:
        row.key = f"article-{row.id}"
    await _tell(session, row, kind, by, now)
    return row


async def change(
    session: AsyncSession,
    row: ArticleRow,
    content: Content,
    *,
    seen: int,
    by: Actor,
    now: datetime,
    kind: str = CHANGED,
    reason: str = "",
) -> bool:
    """A new version; what is published stays until it is. False when it says the same. Raises ArticleChanged."""
    if row.version != seen:
        raise ArticleChanged(row.version)
    if content_of(row) == content:
        return False
    for name, value in _columns(content).items():
        setattr(row, name, value)
    row.version += 1
    _touch(row, by, now)
    await _tell(session, row, kind, by, now, reason=reason)
    return True


async def publish(
    session: AsyncSession, row: ArticleRow, reader: Reader, *, seen: int, by: Actor, now: datetime
) -> None:
    """Answer residents by the newest version from now on. Raises ArticleChanged."""
    if row.version != seen:
        raise ArticleChanged(row.version)
    content = content_of(row)
    await session.execute(delete(PublishedArticleRow).where(PublishedArticleRow.article_id == row.id))
    postgres = session.get_bind().dialect.name == "postgresql"
    await session.execute(
        insert(PublishedArticleRow).values(
            article_id=row.id,
            version=row.version,
            content=content.as_json(),
            valid_from=content.valid_from,
            valid_to=content.valid_to,
            published_at=now,
            terms=_terms(content, reader, postgres=postgres),
        )
    )
    row.state, row.published_version = ArticleState.IN_FORCE.value, row.version
    _touch(row, by, now)
    await _tell(session, row, PUBLISHED, by, now)


async def withdraw(session: AsyncSession, row: ArticleRow, *, seen: int, by: Actor, reason: str, now: datetime) -> None:
    """Answer nobody by it any more. Raises ArticleChanged, NotPublished."""
    if row.version != seen:
        raise ArticleChanged(row.version)
    if row.published_version is None:
        raise NotPublished(row.id)
    await session.execute(delete(PublishedArticleRow).where(PublishedArticleRow.article_id == row.id))
    row.state, row.published_version = ArticleState.WITHDRAWN.value, None
    _touch(row, by, now)
    await _tell(session, row, WITHDRAWN, by, now, reason=reason)


async def take_in(
    session: AsyncSession,
    entries: Iterable[Entry],
    reader: Reader,
    *,
    by: Actor,
    now: datetime,
    publishes: bool,
    of_city: bool = False,
    dry_run: bool = False,
) -> Imported:
    """Take the articles of a file in, known by their keys; those that the file lacks stay as they are.

    ``publishes``: put them in force at once. ``of_city``: the folder of a city, which leaves alone what people changed.
    """
    report = Imported()
    for entry in entries:
        row = await session.scalar(select(ArticleRow).where(ArticleRow.key == entry.key).with_for_update())
        if row is None:
            report.added.append(entry.key)
            if not dry_run:
                row = await create(session, entry.content, key=entry.key, by=by, now=now, kind=IMPORTED)
        elif of_city and row.kept_by_people:
            report.kept.append(entry.key)
            continue
        elif content_of(row) == entry.content:
            report.same.append(entry.key)
        else:
            report.changed.append(entry.key)
            if not dry_run:
                await change(session, row, entry.content, seen=row.version, by=by, now=now, kind=IMPORTED)
        if publishes and (row is None or row.published_version != row.version):
            report.published.append(entry.key)
            if not dry_run and row is not None:
                await publish(session, row, reader, seen=row.version, by=by, now=now)
    return report


def _touch(row: ArticleRow, by: Actor, now: datetime) -> None:
    row.changed_at, row.changed_by = now, by.name
    row.kept_by_people = row.kept_by_people or by.kind is not ActorKind.SYSTEM


def _columns(content: Content) -> dict[str, Any]:
    return {
        "title": content.title,
        "questions": list(content.questions),
        "answer": content.answer,
        "source": content.source,
        "department_id": content.department_id,
        "valid_from": content.valid_from,
        "valid_to": content.valid_to,
    }


async def _tell(
    session: AsyncSession, row: ArticleRow, kind: str, by: Actor, now: datetime, *, reason: str = ""
) -> None:
    session.add(
        ArticleChangeRow(
            article_id=row.id,
            at=now,
            actor_kind=by.kind.value,
            actor_id=by.id,
            actor_name=by.name,
            kind=kind,
            version=row.version,
            content=content_of(row).as_json(),
            reason=reason,
        )
    )
    await session.flush()


# searching


@dataclass(frozen=True, slots=True)
class Published:
    """A published version of an article."""

    article_id: int
    version: int
    content: Content
    published_at: datetime


async def candidates(session: AsyncSession, terms: Collection[str], today: date) -> tuple[list[tuple[int, int]], int]:
    """Id and version of what holds today and has one of the terms; and how many articles hold today at all."""
    holds = _holds(today)
    total = await session.scalar(select(func.count()).select_from(PublishedArticleRow).where(*holds)) or 0
    if not terms:
        return [], total
    query = select(PublishedArticleRow.article_id, PublishedArticleRow.version).where(*holds).limit(MOST_CANDIDATES)
    if session.get_bind().dialect.name == "postgresql":
        asked = "|".join("'" + term.replace("\\", "\\\\").replace("'", "''") + "'" for term in sorted(terms))
        query = query.where(PublishedArticleRow.terms.op("@@")(cast(bindparam(None, asked, type_=Text()), TsQuery())))
    else:
        asked = " OR ".join('"' + term.replace('"', '""') + '"' for term in sorted(terms))
        fts = sql_table("knowledge_fts", column("rowid", Integer))
        found = select(fts.c.rowid).where(
            literal_column("knowledge_fts").op("MATCH")(bindparam(None, asked, type_=Text()))
        )
        query = query.where(PublishedArticleRow.article_id.in_(found))
    return [(row.article_id, row.version) for row in await session.execute(query)], total


async def published(session: AsyncSession, ids: Sequence[int]) -> dict[int, Published]:
    """The published versions of these articles, by id."""
    rows = await session.execute(
        select(
            PublishedArticleRow.article_id,
            PublishedArticleRow.version,
            PublishedArticleRow.content,
            PublishedArticleRow.published_at,
        ).where(PublishedArticleRow.article_id.in_(ids))
    )
    return {
        row.article_id: Published(row.article_id, row.version, Content.of_json(row.content), row.published_at)
        for row in rows
    }


def _holds(today: date) -> tuple[Any, Any]:
    first, last = PublishedArticleRow.valid_from, PublishedArticleRow.valid_to
    return or_(first.is_(None), first <= today), or_(last.is_(None), last >= today)


async def reindex(session: AsyncSession, reader: Reader) -> int:
    """Put what is published into the index anew, as ``reader`` reads it now; how many articles."""
    rows = list(await session.scalars(select(PublishedArticleRow)))
    postgres = session.get_bind().dialect.name == "postgresql"
    for row in rows:
        row.terms = _terms(Content.of_json(row.content), reader, postgres=postgres)
    await session.flush()
    return len(rows)


def _terms(content: Content, reader: Reader, *, postgres: bool) -> Any:
    terms = sorted(reader.index_terms("\n".join((content.title, *content.questions, content.answer))))
    return func.array_to_tsvector(cast(terms, ARRAY(Text))) if postgres else " ".join(terms)


# what found no answer


async def note_question(session: AsyncSession, text: str, article_id: int | None, now: datetime) -> None:
    """Note that ``text``, which holds nothing personal, found no answer, or one that did not help."""
    plain = " ".join(text.split())
    digest = hashlib.blake2s(f"{article_id or ''}\n{plain}".encode(), digest_size=16).hexdigest()
    row = await session.scalar(select(OpenQuestionRow).where(OpenQuestionRow.digest == digest).with_for_update())
    if row is None:
        session.add(
            OpenQuestionRow(
                digest=digest, text=plain, article_id=article_id, times=1, first_at=now, last_at=now,
                settled_at=None, settled_by="", settled_how="",
            )
        )  # fmt: skip
    else:
        row.times, row.last_at = row.times + 1, now
        row.settled_at, row.settled_by, row.settled_how = None, "", ""
    await session.execute(delete(OpenQuestionRow).where(OpenQuestionRow.last_at < now - QUESTIONS_KEPT))


async def open_questions(
    session: AsyncSession, *, settled: bool, before: int | None, limit: int
) -> tuple[list[OpenQuestionRow], bool]:
    """Questions without an answer (or those seen to), those asked first last, and whether there are more."""
    is_settled = OpenQuestionRow.settled_at.is_not(None)
    query = (
        select(OpenQuestionRow)
        .where(is_settled if settled else ~is_settled)
        .order_by(OpenQuestionRow.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(OpenQuestionRow.id < before)
    rows = list(await session.scalars(query))
    return rows[:limit], len(rows) > limit


async def settle_question(
    session: AsyncSession, question_id: int, how: str, by: Actor, now: datetime
) -> OpenQuestionRow | None:
    """Somebody saw to a question; None when there is none of this id."""
    row = await session.get(OpenQuestionRow, question_id, with_for_update=True)
    if row is not None:
        row.settled_at, row.settled_by, row.settled_how = now, by.name, how
    return row
