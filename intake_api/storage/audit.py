"""What staff did, append-only, in one chain.

A row is sealed in the transaction of what it tells. Writers of rows line up for that, so ``note`` comes last in a
transaction: whoever waits then holds everything else it needs. Filing by channels writes no rows and never waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.audit import AuditEntry, SealedEntry, entry_hash
from intake_api.domain.event import FIRST_HASH, Actor, ActorKind
from intake_api.storage.tables import AuditRow

_LOCK = 470_102  # any number; the same in all processes that write rows


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows are wanted; empty means all. ``before``: rows with a lower ``seq``."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""  # a part of the name, or the id
    action: Sequence[str] = ()
    target: str = ""  # its beginning
    result: str = ""
    before: int | None = None


async def note(
    session: AsyncSession, actor: Actor, action: str, *, target: str, result: str, address: str, now: datetime
) -> None:
    """Record an action, in the transaction of what it did. ``target`` never holds personal data."""
    await _line_up(session)
    last, prev_hash = await head(session)
    entry = AuditEntry(now, actor, action, target.replace("\x00", "")[:200], result, address[:64])
    session.add(
        AuditRow(
            at=entry.at,
            actor_kind=actor.kind.value,
            actor_id=actor.id,
            actor_name=actor.name,
            action=entry.action,
            target=entry.target,
            result=entry.result,
            address=entry.address,
            seq=last + 1,
            prev_hash=prev_hash,
            hash=entry_hash(last + 1, prev_hash, entry),
        )
    )


async def note_once(
    session: AsyncSession, actor: Actor, action: str, *, target: str, result: str, address: str, at: datetime
) -> None:
    """As ``note``, of something done ``at`` that may be told more than once: the trail says it once."""
    await _line_up(session)
    known = select(AuditRow.seq).where(
        AuditRow.at == at,
        AuditRow.actor_id == actor.id,
        AuditRow.action == action,
        AuditRow.target == target,
    )
    if (await session.execute(known.limit(1))).first() is None:
        await note(session, actor, action, target=target, result=result, address=address, now=at)


async def _line_up(session: AsyncSession) -> None:
    if session.get_bind().dialect.name == "postgresql":  # on SQLite there is one writer at a time anyway
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


async def head(session: AsyncSession) -> tuple[int, str]:
    """Number and hash of the newest row; 0 and the first hash when there is none."""
    row = (await session.execute(select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1))).first()
    return (row.seq, row.hash) if row else (0, FIRST_HASH)


def sealed(row: AuditRow) -> SealedEntry:
    """A row as the rules know it. Raises ValueError for an actor that cannot be."""
    actor = Actor(ActorKind(row.actor_kind), row.actor_id, row.actor_name)
    entry = AuditEntry(row.at, actor, row.action, row.target, row.result, row.address)
    return SealedEntry(entry, row.seq, row.prev_hash, row.hash)


def _matching(wanted: AuditFilter) -> Select[AuditRow]:
    query = select(AuditRow).order_by(AuditRow.seq.desc())
    if wanted.since is not None:
        query = query.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditRow.at < wanted.until)
    if wanted.actor:
        query = query.where(
            or_(AuditRow.actor_name.icontains(wanted.actor, autoescape=True), AuditRow.actor_id == wanted.actor)
        )
    if wanted.action:
        query = query.where(AuditRow.action.in_(wanted.action))
    if wanted.target:
        query = query.where(AuditRow.target.startswith(wanted.target, autoescape=True))
    if wanted.result:
        query = query.where(AuditRow.result == wanted.result)
    if wanted.before is not None:
        query = query.where(AuditRow.seq < wanted.before)
    return query


async def search(session: AsyncSession, wanted: AuditFilter, limit: int) -> tuple[list[AuditRow], int | None]:
    """Rows, newest first, and the number to go on before, None at the end."""
    rows = list(await session.scalars(_matching(wanted).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, rows[-1].seq if more else None


async def inviter(session: AsyncSession, staff_id: int, since: datetime) -> str:
    """The name of who made the last one-time link of an account since then; empty when nobody has."""
    target = f"staff:{staff_id}"
    query = (
        select(AuditRow.actor_name)
        .where(
            AuditRow.at >= since,
            AuditRow.action.in_(("add_staff", "invite_staff")),
            or_(AuditRow.target == target, AuditRow.target.startswith(f"{target} ")),
        )
        .order_by(AuditRow.seq.desc())
        .limit(1)
    )
    return await session.scalar(query) or ""


async def after(session: AsyncSession, row_id: int, seq: int, size: int) -> list[AuditRow]:
    """The next rows of the whole trail in the order of their numbers, behind the row ``row_id`` with ``seq``."""
    query = (
        select(AuditRow)
        .where(or_(AuditRow.seq > seq, (AuditRow.seq == seq) & (AuditRow.id > row_id)))
        .order_by(AuditRow.seq, AuditRow.id)
        .limit(size)
    )
    return list(await session.scalars(query))


async def hash_at(session: AsyncSession, seq: int) -> str | None:
    """The hash of one row, None when it is gone."""
    return await session.scalar(select(AuditRow.hash).where(AuditRow.seq == seq))
