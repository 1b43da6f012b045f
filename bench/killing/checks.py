"""Compares what clients were promised, and what receivers heard, with what is in the database."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bench.killing.ledger import Ledger, Outcome
from bench.killing.receiver import Receiver
from intake_api import integrity
from intake_api.domain import case_number
from intake_api.domain.case import Status
from intake_api.domain.event import Event, EventKind
from intake_api.noticing import ANNOUNCEMENT, OUTCOMES, kind_of
from intake_api.storage import cases
from intake_api.storage.database import Database
from intake_api.storage.feed_tables import FeedDepartmentRow, FeedQueueRow, FeedRow
from intake_api.storage.queue_tables import ClaimRow
from intake_api.storage.tables import CaseRow, EventRow, IdempotencyRow, OutboxRow, RemarkRow

_HEARD_SECONDS = 120.0  # without anything new, a receiver has heard all that it will hear


@dataclass(frozen=True)
class Kept:
    """What the database has. Cases by id."""

    statuses: dict[int, str]
    into: dict[int, int]
    """Where merged cases go on."""
    keys: dict[str, int | None]
    events: dict[int, list[tuple[int, Event]]]
    """With their ids, in the order of the case."""
    said: Counter[tuple[EventKind, str]]
    """How often events of a kind say these words."""
    told: dict[int, Counter[str]]
    """Kinds of messages for reporters."""
    claims: list[tuple[int, str]]

    @classmethod
    async def read(cls, session: AsyncSession) -> Kept:
        """All of it."""
        rows = list(await session.scalars(select(EventRow).order_by(EventRow.case_id, EventRow.seq)))
        remarks = {(row.case_id, row.seq): row.text for row in await session.scalars(select(RemarkRow))}
        events: dict[int, list[tuple[int, Event]]] = defaultdict(list)
        said: Counter[tuple[EventKind, str]] = Counter()
        for row in rows:
            event = cases.sealed(row).event
            events[row.case_id].append((row.id, event))
            for words in {event.reason, remarks.get((row.case_id, row.seq), "")} - {""}:
                said[event.kind, words] += 1
        told: dict[int, Counter[str]] = defaultdict(Counter)
        for case_id, kind in await session.execute(select(OutboxRow.case_id, OutboxRow.kind)):
            told[case_id][kind] += 1
        found = list(await session.execute(select(CaseRow.id, CaseRow.status, CaseRow.merged_into)))
        return cls(
            statuses={row.id: row.status for row in found},
            into={row.id: row.merged_into for row in found if row.merged_into is not None},
            keys={row.key: row.case_id for row in await session.scalars(select(IdempotencyRow))},
            events=events,
            said=said,
            told=told,
            claims=[(row.case_id, row.holder_name) for row in await session.scalars(select(ClaimRow))],
        )

    @property
    def event_count(self) -> int:
        """Of all cases."""
        return sum(map(len, self.events.values()))


async def heard(database: Database, receivers: Sequence[Receiver]) -> list[list[int]]:
    """The positions that each receiver had to hear; when it heard them, or nothing new for so long that it won't."""
    until, before = time.monotonic() + _HEARD_SECONDS, -1
    while True:
        async with database.read() as session:
            queued = await session.scalar(select(func.count()).select_from(FeedQueueRow)) or 0
            wanted = [await _wanted(session, receiver) for receiver in receivers]
        pairs = zip(receivers, wanted, strict=True)
        if not queued and all(set(receiver.positions) >= set(positions) for receiver, positions in pairs):
            return wanted
        now, count = time.monotonic(), sum(len(receiver.positions) for receiver in receivers)
        if count > before:
            before, until = count, now + _HEARD_SECONDS
        if now > until:
            return wanted
        await asyncio.sleep(0.3)


async def _wanted(session: AsyncSession, receiver: Receiver) -> list[int]:
    query = select(FeedRow.position)
    if receiver.department is not None:
        query = select(FeedDepartmentRow.position).where(FeedDepartmentRow.department_id == receiver.department)
    return sorted(await session.scalars(query))


async def look(database: Database, ledger: Ledger) -> tuple[Kept, list[str]]:
    """What is there, and what is wrong with it."""
    async with database.read() as session:
        kept = await Kept.read(session)
        positions = list(await session.scalars(select(FeedRow.position).order_by(FeedRow.position)))
    faults = [*of_cases(kept, ledger), *of_acts(kept, ledger), *of_claims(kept, ledger), *of_messages(kept)]
    if positions != list(range(1, kept.event_count + 1)):
        faults.append("事件流有缺口")
    verification = await integrity.verify(database)
    if not verification.intact:
        faults.append(verification.words().replace("\n", "；"))
    return kept, faults


def of_cases(kept: Kept, ledger: Ledger) -> list[str]:
    """Every acknowledged report is one case under the number that was told, and there are no other cases."""
    found = {key: kept.keys[key] for key in ledger.keys if kept.keys.get(key) is not None}
    lost = [
        key for key, number in ledger.filed.items()
        if (case_id := found.get(key)) is None or case_number.format_number(case_id) != number
    ]  # fmt: skip
    checks = (
        (lost, f"{len(lost)} 件确认过的案件丢失或换了编号"),
        (len(set(found.values())) != len(found), "两个幂等键指向同一案件"),
        (len(set(ledger.filed.values())) != len(ledger.filed), "两件案件编号相同"),
        (set(found.values()) != set(kept.statuses), f"案件 {len(kept.statuses)} 件，幂等键 {len(found)} 个"),
    )
    return [words for fault, words in checks if fault]


def of_acts(kept: Kept, ledger: Ledger) -> list[str]:
    """What was acknowledged is there once; what was refused, or never answered, is there not at all, or at most once.

    Where an event has no words to say the key, the case has at most one of its kind.
    """
    outcomes: dict[tuple[EventKind, str, str], Counter[Outcome]] = defaultdict(Counter)
    for act in ledger.acts:
        # an urge of a merged case is kept with the one in which that goes on
        outcomes[act.kind, act.words, "" if act.words else act.case_no][act.outcome] += 1
    faults = []
    for (kind, words, case_no), count in outcomes.items():
        if words:
            there = kept.said[kind, words]
        else:
            events = kept.events[case_number.parse(case_no)]
            there = sum(event.kind is kind for _, event in events)
        least, most = count[Outcome.DONE], min(1, count[Outcome.DONE] + count[Outcome.UNHEARD])
        if not least <= there <= most:
            faults.append(f"{kind.label} {words or case_no}：{dict(count)}，事件 {there} 条")
        if kind is EventKind.MERGED and kept.said[EventKind.TOOK_IN, words] != there:
            faults.append(f"并案 {words} 只记了一边")
    return faults


def of_claims(kept: Kept, ledger: Ledger) -> list[str]:
    """Nobody holds a case without knowing it, unless they gave up before they were told."""
    known = {(case_no, holding.name) for (case_no, _), holding in ledger.holders.items()}
    unknown = [one for one in kept.claims if (case_number.format_number(one[0]), one[1]) not in known]
    if len(unknown) > ledger.claims_unheard:
        return [f"{len(unknown)} 件案件被领走，领的人却不知道（没等到回答的只有 {ledger.claims_unheard} 次）"]
    return []


def of_messages(kept: Kept) -> list[str]:
    """Each reporter is told the number once, and once each thing that happened; of a merged case, the other's end."""
    wrong = []
    for case_id, status in kept.statuses.items():
        own = kept.events[case_id]
        wanted = Counter([ANNOUNCEMENT, *(kind for _, event in own if (kind := kind_of(event)))])
        if status == Status.MERGED:
            since = own[-1][0]
            later = (kind_of(event) for number, event in kept.events[kept.into[case_id]] if number > since)
            wanted.update(kind for kind in later if kind in OUTCOMES)
        if kept.told[case_id] != wanted:
            wrong.append(case_number.format_number(case_id))
    return [f"{len(wrong)} 件给市民的消息缺少或重复：{'、'.join(wrong[:3])}"] if wrong else []
