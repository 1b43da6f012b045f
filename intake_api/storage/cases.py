"""Cases and their events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from intake_api.domain.case import Case
from intake_api.domain.correction import Decided
from intake_api.domain.event import Actor, ActorKind, Event, EventKind, SealedEvent, seal
from intake_api.domain.place import Place, Precision
from intake_api.domain.priority import Circumstances, rank
from intake_api.domain.standing import Standing
from intake_api.domain.taxonomy import Urgency
from intake_api.storage import attachments, feed, text_index
from intake_api.storage import upkeep as _upkeep  # noqa: F401 - ranks and indexes what is changed here
from intake_api.storage.database import insert_if_absent, insert_rows
from intake_api.storage.feed_tables import FeedQueueRow
from intake_api.storage.queue_tables import CaseTextRow
from intake_api.storage.tables import AttachmentRow, Base, CaseRow, EventRow, IdempotencyRow, SupportingRow

_HIGHEST = select(func.max(CaseRow.__table__.c.id))
_KEYS = IdempotencyRow.__table__.c
_IS_KEY = and_(_KEYS.scope == bindparam("scope"), _KEYS.key == bindparam("key"))
_KEY = select(_KEYS.body_hash, _KEYS.case_id, _KEYS.created_at).where(_IS_KEY)
_DRAWN = select(func.nextval(func.pg_get_serial_sequence("cases", "id")).label("id")).subquery("drawn")
_OPENING = select(_DRAWN.c.id, _KEYS.body_hash, _KEYS.case_id, _KEYS.created_at).select_from(
    _DRAWN.outerjoin(IdempotencyRow.__table__, _IS_KEY)
)
_COUNTERS = ("returns", "reworks", "urges", "reopenings", "extensions", "orders", "order_level")


def columns_of(case: Case, standing: Standing, next_order_at: datetime | None) -> dict[str, Any]:
    """The columns of a new case's row, but for its id and the end of its chain of events."""
    report, place = case.report, case.place
    return {
        "status": case.status.value,
        "channel": report.channel.value,
        "act": report.act,
        "description": report.description,
        "category": case.category.code if case.category else None,
        "category_confidence": report.category_confidence,
        "urgency": case.urgency.value,
        "place_text": place.text,
        "place_name": place.name,
        "precision": place.precision.value,
        "lat": place.lat,
        "lng": place.lng,
        "grid_cell": place.grid_cell,
        "town": place.town,
        "town_code": place.town_code,
        "community": place.community,
        "department_id": case.assignment.lead.id if case.assignment else None,
        "basis": case.assignment.basis.value if case.assignment else None,
        "responsibility_rule": case.assignment.rule if case.assignment else None,
        "reporter_name": report.reporter.name,
        "reporter_phone": report.reporter.phone,
        "channel_user": report.reporter.channel_user,
        "confidential": report.reporter.confidential,
        "transcript": [
            {"role": line.role, "text": line.text, "at": line.at.isoformat() if line.at else None}
            for line in report.transcript
        ],
        "attachments": list(report.attachments),
        "due": case.due.as_json() if case.due else None,
        "due_at": case.due.at if case.due else None,
        "rank_at": rank(
            Circumstances(
                case.received_at, case.due.at if case.due else None, case.urgency, repeat=case.repeat_of is not None
            )
        ).at,
        "occurred_at": report.occurred_at,
        "received_at": case.received_at,
        "filed_at": case.filed_at,
        "condition": case.condition,
        "fast_track": case.fast_track,
        "responsible_id": standing.responsible,
        "dispatched_at": standing.dispatched_at,
        "next_order_at": next_order_at,
        "repeat_of": case.repeat_of,
        "worked_by": [],
        **dict.fromkeys(_COUNTERS, 0),
        **{f"earlier_{name}": value for name, value in asdict(standing.earlier).items()},
    }


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to be stored with ``insert_together``; ``row`` is of no session, ``rows`` are all that make it up."""

    row: CaseRow
    supporting: tuple[str, ...]
    rows: dict[type[Base], list[dict[str, Any]]]


def new(
    case_id: int,
    case: Case,
    events: Iterable[Event],
    standing: Standing,
    next_order_at: datetime | None,
    *,
    postgres: bool,
) -> NewCase:
    """A case with its first events, as it stands after them: ranked, indexed, and queued for the feed.

    Each row is written once and whole, so the id is drawn first: the events are sealed with it.
    """
    sealed = seal(case_id, events)
    columns = columns_of(case, standing, next_order_at) | {
        "id": case_id,
        "last_seq": sealed[-1].seq,
        "last_hash": sealed[-1].hash,
    }
    row = CaseRow(**columns)
    units = tuple(unit.id for unit in case.assignment.supporting) if case.assignment else ()
    return NewCase(
        row,
        units,
        {
            CaseRow: [columns],
            EventRow: [event_columns(case_id, item) for item in sealed],
            SupportingRow: [{"case_id": case_id, "department_id": unit} for unit in units],
            FeedQueueRow: feed.waiting(row, sealed, units),
            CaseTextRow: [text_index.entry_of(case_id, columns, units, postgres=postgres)],
        },
    )


async def next_id(session: AsyncSession) -> int:
    """The id of the next case on SQLite, in the transaction that stores it; ``open_filing`` draws it on PostgreSQL."""
    # one writer at a time, and cases are never removed
    return (await session.scalar(_HIGHEST) or 0) + 1


def event_columns(case_id: int, sealed: SealedEvent) -> dict[str, Any]:
    """The columns of an event's row, but for its id."""
    event = sealed.event
    return {
        "case_id": case_id,
        "seq": sealed.seq,
        "kind": event.kind.value,
        "at": event.at,
        "actor_kind": event.actor.kind.value,
        "actor_id": event.actor.id,
        "actor_name": event.actor.name,
        "from_status": event.from_status,
        "to_status": event.to_status,
        "reason": event.reason,
        "data": dict(event.data),
        "prev_hash": sealed.prev_hash,
        "hash": sealed.hash,
    }


async def events(session: AsyncSession, case_id: int) -> list[SealedEvent]:
    """All events of a case, oldest first."""
    rows = await session.scalars(select(EventRow).where(EventRow.case_id == case_id).order_by(EventRow.seq))
    return [sealed(row) for row in rows]


def sealed(row: EventRow) -> SealedEvent:
    """A row as the rules know it. Raises ValueError for a kind that there is not."""
    event = Event(
        EventKind(row.kind),
        row.at,
        Actor(ActorKind(row.actor_kind), row.actor_id, row.actor_name),
        row.from_status,
        row.to_status,
        row.reason,
        row.data,
    )
    return SealedEvent(event, row.seq, row.prev_hash, row.hash)


async def get(session: AsyncSession, case_id: int) -> CaseRow | None:
    """A case with everything, or None."""
    return await session.get(CaseRow, case_id, options=[undefer(CaseRow.transcript), undefer(CaseRow.due)])


async def get_locked(session: AsyncSession, case_id: int) -> CaseRow:
    """A case that exists, for changing: others who want to change it wait.

    Its number stays, so that they may refer to it meanwhile (``key_share``). Two who have each bound an idempotency key
    to the case, and then lock it, would else wait for each other.
    """
    query = select(CaseRow).where(CaseRow.id == case_id).options(undefer(CaseRow.due)).with_for_update(key_share=True)
    return (await session.scalars(query)).one()


async def append(session: AsyncSession, row: CaseRow, events: Iterable[Event]) -> None:
    """Seal events behind those of a locked case that has been changed already: the feed tells how it is after them."""
    sealed = seal(row.id, events, row.last_seq, row.last_hash)
    row.last_seq, row.last_hash = sealed[-1].seq, sealed[-1].hash
    session.add_all(EventRow(**event_columns(row.id, item)) for item in sealed)
    units = await supporting(session, [row.id])
    await insert_rows(session, FeedQueueRow, feed.waiting(row, sealed, units[row.id]))


def place(row: CaseRow) -> Place:
    """The place of a case as it stands."""
    return Place(
        text=row.place_text,
        precision=Precision(row.precision),
        lat=row.lat,
        lng=row.lng,
        grid_cell=row.grid_cell,
        town=row.town,
        town_code=row.town_code,
        community=row.community,
        name=row.place_name,
    )


def decided(row: CaseRow, supporting: Sequence[str]) -> Decided:
    """Category, place, department and due time of a case as it stands."""
    return Decided(
        category=row.category,
        confidence=row.category_confidence,
        urgency=Urgency(row.urgency),
        place=place(row),
        department=row.department_id,
        supporting=tuple(supporting),
        basis=row.basis,
        rule=row.responsibility_rule,
        due=row.due,
        due_at=row.due_at,
        condition=row.condition,
        fast_track=row.fast_track,
    )


async def change(session: AsyncSession, row: CaseRow, now_decided: Decided) -> None:
    """Give a locked case another category, place, department or due time."""
    place = now_decided.place
    row.category = now_decided.category
    row.category_confidence = now_decided.confidence
    row.urgency = now_decided.urgency.value
    row.place_text = place.text
    row.place_name = place.name
    row.precision = place.precision.value
    row.lat, row.lng = place.lat, place.lng
    row.grid_cell = place.grid_cell
    row.town, row.town_code, row.community = place.town, place.town_code, place.community
    row.department_id = now_decided.department
    row.basis = now_decided.basis
    row.responsibility_rule = now_decided.rule
    row.due = dict(now_decided.due) if now_decided.due is not None else None
    row.due_at = now_decided.due_at
    row.condition, row.fast_track = now_decided.condition, now_decided.fast_track
    await session.execute(delete(SupportingRow).where(SupportingRow.case_id == row.id))
    session.add_all(SupportingRow(case_id=row.id, department_id=unit) for unit in now_decided.supporting)


async def supporting(session: AsyncSession, case_ids: Sequence[int]) -> dict[int, list[str]]:
    """The supporting departments of each of these cases."""
    found: dict[int, list[str]] = {case_id: [] for case_id in case_ids}
    if case_ids:
        rows = await session.execute(
            select(SupportingRow.case_id, SupportingRow.department_id)
            .where(SupportingRow.case_id.in_(case_ids))
            .order_by(SupportingRow.department_id)
        )
        for case_id, department_id in rows:
            found[case_id].append(department_id)
    return found


@dataclass(frozen=True, slots=True)
class UsedKey:
    """What was asked under a key, by its digest, and the case that it was about."""

    body_hash: str
    case_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Opening:
    """What filing begins with: the use of the key before, and on PostgreSQL the id for the case."""

    before: UsedKey | None
    case_id: int | None


async def open_filing(session: AsyncSession, scope: str, key: str) -> Opening:
    """Look the key up, and draw an id in the same trip where that may be done ahead of the transaction.

    An id that is not used leaves a gap, which means nothing.
    """
    if session.get_bind().dialect.name != "postgresql":
        return Opening(await find_key(session, scope, key), None)
    row = (await session.execute(_OPENING, {"scope": scope, "key": key})).one()
    before = UsedKey(row.body_hash, row.case_id, row.created_at) if row.body_hash is not None else None
    return Opening(before, row.id)


async def find_key(session: AsyncSession, scope: str, key: str) -> UsedKey | None:
    """Under this key this caller has filed before, or None."""
    row = (await session.execute(_KEY, {"scope": scope, "key": key})).first()
    return UsedKey(row.body_hash, row.case_id, row.created_at) if row is not None else None


def key_columns(scope: str, key: str, body_hash: str, now: datetime, case_id: int) -> dict[str, Any]:
    """The row of a key, for the transaction that stores its case; that fails where the key has been taken meanwhile."""
    return {"scope": scope, "key": key, "body_hash": body_hash, "created_at": now, "case_id": case_id}


async def claim_key(session: AsyncSession, scope: str, key: str, body_hash: str, now: datetime) -> bool:
    """Take a key in this transaction; False when it was taken (another transaction is waited for)."""
    return await insert_if_absent(
        session, IdempotencyRow, scope=scope, key=key, body_hash=body_hash, created_at=now, case_id=None
    )


async def bind_key(session: AsyncSession, scope: str, key: str, case_id: int) -> None:
    """Remember which case came of a claimed key."""
    await session.execute(
        update(IdempotencyRow).where(IdempotencyRow.scope == scope, IdempotencyRow.key == key).values(case_id=case_id)
    )


async def has_attachment(session: AsyncSession, department_id: str, attachment_id: str) -> bool:
    """Whether an attachment belongs to a case that the department leads or supports, and may be known to it."""
    row = await session.get(AttachmentRow, attachment_id)
    if row is None or row.case_id is None:
        return False
    case = await session.get(CaseRow, row.case_id)
    supports = await supporting(session, [row.case_id])
    if case is None or department_id not in (case.department_id, *supports[row.case_id]):
        return False
    return not (case.confidential and attachments.is_voice_of_resident(row))
