"""Whether the record is what it was: the audit trail, the events of every case, and the anchors over all of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from intake_api.domain.anchor import EVERY, Anchor, EventDigest
from intake_api.domain.audit import Break, first_break
from intake_api.domain.case_number import format_number
from intake_api.domain.event import FIRST_HASH, is_intact
from intake_api.storage import anchors, audit, cases
from intake_api.storage.database import Database, StorageUnavailable
from intake_api.storage.tables import EventRow

log = logging.getLogger(__name__)

_ROWS = 1_000
_CASES = 500
_NAMED = 20  # broken cases that are named; the others are counted
_STEP = 0.1  # seconds between looks whether transactions have ended
_LOOK = 300.0  # seconds between looks whether an anchor is due


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of everything found. ``intact`` when there is nothing to report."""

    audit_rows: int
    audit_break: Break | None
    cases: int
    events: int
    broken_cases: int
    case_numbers: tuple[str, ...]
    anchors: int
    anchor_break: Break | None
    newest_anchor: str | None

    @property
    def intact(self) -> bool:
        """Whether everything fits."""
        return self.audit_break is None and not self.broken_cases and self.anchor_break is None

    def words(self) -> str:
        """The report in Chinese, a line for each part."""
        lines = [
            f"审计记录 {self.audit_rows} 行："
            + (f"第 {self.audit_break.seq} 行{self.audit_break.words}" if self.audit_break else "完整"),
            f"案件 {self.cases} 件、事件 {self.events} 条："
            + (f"{self.broken_cases} 件对不上：{'、'.join(self.case_numbers)}" if self.broken_cases else "完整"),
            f"锚点 {self.anchors} 个："
            + (f"第 {self.anchor_break.seq} 个{self.anchor_break.words}" if self.anchor_break else "完整"),
        ]
        if self.newest_anchor:
            lines.append(f"最近的锚点：{self.newest_anchor}")
        return "\n".join(lines)


async def verify(database: Database) -> Verification:
    """Check everything, in batches, while the system goes on working."""
    rows, audit_break = await _verify_audit(database)
    found = _Cases()
    await _verify_cases(database, found)
    count, anchor_break, newest = await _verify_anchors(database)
    return Verification(
        rows, audit_break, found.cases, found.events, found.broken, tuple(found.numbers), count, anchor_break, newest
    )


async def _verify_audit(database: Database) -> tuple[int, Break | None]:
    count, last, seq, prev_hash = 0, 0, 0, FIRST_HASH
    broken: Break | None = None
    # rows without a number of their own were put in past us, and come first
    after_seq = -1
    while True:
        async with database.read() as session:
            batch = await audit.after(session, last, after_seq, _ROWS)
        if not batch:
            return count, broken
        count += len(batch)
        if broken is None:
            try:
                broken = first_break((audit.sealed(row) for row in batch), seq, prev_hash)
            except ValueError:
                broken = Break(batch[0].seq, "或其后不远有无法读取的内容（被改动）")
        last, after_seq = batch[-1].id, batch[-1].seq
        seq, prev_hash = batch[-1].seq, batch[-1].hash


@dataclass(slots=True)
class _Cases:
    cases: int = 0
    events: int = 0
    broken: int = 0
    numbers: list[str] = field(default_factory=list)


async def _verify_cases(database: Database, found: _Cases) -> None:
    after = 0
    while True:
        # one snapshot: a case that goes on between two looks would seem broken
        async with database.read() as session:
            if not database.is_sqlite:
                await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            heads = await anchors.case_heads(session, after, _CASES)
            if not heads:
                return
            events = await anchors.events_of(session, heads[0][0], heads[-1][0])
        by_case = {case_id: list(rows) for case_id, rows in groupby(events, lambda row: row.case_id)}
        for case_id, last_seq, last_hash in heads:
            rows = by_case.get(case_id, [])
            found.cases += 1
            found.events += len(rows)
            if not _case_intact(case_id, rows, last_seq, last_hash):
                found.broken += 1
                if len(found.numbers) < _NAMED:
                    found.numbers.append(format_number(case_id))
        after = heads[-1][0]


def _case_intact(case_id: int, rows: list[EventRow], last_seq: int, last_hash: str) -> bool:
    if not rows or (rows[-1].seq, rows[-1].hash) != (last_seq, last_hash):
        return False
    try:
        return is_intact(case_id, [cases.sealed(row) for row in rows])
    except ValueError:
        return False


async def _verify_anchors(database: Database) -> tuple[int, Break | None, str | None]:
    async with database.read() as session:
        kept = await anchors.every(session)
    prev_hash, last = FIRST_HASH, 0
    for place, row in enumerate(kept, start=1):
        anchor = anchors.anchor_of(row)
        words = ""
        if anchor.hash != row.hash:
            words = "内容与封印不符（被改动）"
        elif anchor.prev_hash != prev_hash:
            words = "与前一个接不上（有锚点被删除或插入）"
        else:
            digest = await _digest(database, last, anchor.last_event)
            async with database.read() as session:
                audit_hash = await audit.hash_at(session, anchor.audit_seq) if anchor.audit_seq else FIRST_HASH
            if (digest.events, digest.hexdigest()) != (anchor.events, anchor.digest):
                words = f"（{anchor.at.isoformat(timespec='seconds')}）以前的案件事件有增减或改动"
            elif audit_hash != anchor.audit_hash:
                words = f"（{anchor.at.isoformat(timespec='seconds')}）以前的审计记录有增减或改动"
        if words:
            return len(kept), Break(place, words), kept[-1].hash
        prev_hash, last = row.hash, anchor.last_event
    return len(kept), None, kept[-1].hash if kept else None


async def _digest(database: Database, after: int, last: int) -> EventDigest:
    digest = EventDigest()
    async with database.read() as session:
        async for batch in anchors.event_hashes(session, after, last):
            digest.add(batch)
    return digest


async def _settled_event(database: Database, patience: float) -> int | None:
    """The highest event id below which none can come any more; None when a transaction does not end."""
    async with database.read() as session:
        newest, ticket = await anchors.newest_event(session)
    waited = 0.0
    while True:
        async with database.read() as session:
            if await anchors.writers_ended(session, ticket):
                return newest
        if waited >= patience:
            return None
        await asyncio.sleep(_STEP)
        waited += _STEP


async def take_anchor(
    database: Database, now: datetime, *, apart: timedelta | None = None, patience: float = 10.0
) -> str | None:
    """Take an anchor over everything so far and return its hash.

    None when the newest is not yet ``apart`` old, another process took one meanwhile, or a transaction that may write
    events does not end within ``patience`` seconds: try again later.
    """
    async with database.read() as session:
        before = await anchors.newest(session)
    if before is not None and apart is not None and now - before.at < apart:
        return None
    settled = await _settled_event(database, patience)
    if settled is None:
        return None
    after = before.last_event if before else 0
    digest = await _digest(database, after, settled)
    async with database.read() as session:
        audit_seq, audit_hash = await audit.head(session)
    anchor = Anchor(
        at=now,
        events=digest.events,
        last_event=max(after, settled),
        digest=digest.hexdigest(),
        audit_seq=audit_seq,
        audit_hash=audit_hash,
        prev_hash=before.hash if before else FIRST_HASH,
    )
    async with database.write() as session:
        if not await anchors.append(session, anchor):
            return None
    # the log is kept elsewhere than the database: who changes both must be found out too
    log.info("anchor taken", extra={"anchor": anchor.hash, "events": anchor.events, "audit_rows": audit_seq})
    return anchor.hash


async def is_anchor(database: Database, known: str) -> bool:
    """Whether an anchor that somebody wrote down is still there."""
    async with database.read() as session:
        return any(row.hash == known for row in await anchors.every(session))


class AnchorWatch:
    """Takes an anchor whenever the newest is an hour old, whichever process took that."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def look(self) -> str | None:
        """Take one if it is due."""
        return await take_anchor(self._database, self._now(), apart=EVERY)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(_LOOK)
            try:
                await self.look()
            except StorageUnavailable:
                log.warning("no anchor taken: the database does not answer")
            except Exception:
                log.exception("no anchor taken")
