"""Personal data of reporters in the system of record: found, handed out, erased. Events hold none and stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, undefer

from bot.language.personal import without_personal
from intake_api.domain import case_number
from intake_api.domain.case import Status
from intake_api.domain.personal import OVER, Subject
from intake_api.storage.personal_tables import ErasedCaseRow, ErasureRow
from intake_api.storage.tables import AttachmentRow, CaseRow, EventRow, FollowerRow, OutboxRow, RemarkRow, TaskRow

_OVER = [status.value for status in OVER]


_MERGERS = 4
"""So many mergers one after another are looked through; more are not met with."""


def _open(row: type[CaseRow] = CaseRow, mergers: int = _MERGERS) -> ColumnElement[bool]:
    """Cases whose reporter is still needed: those merged into another hear its outcome."""
    if not mergers:
        return row.status.not_in(_OVER)
    target = aliased(CaseRow)
    goes_on = exists().where(target.id == row.merged_into, _open(target, mergers - 1))
    return or_(row.status.not_in(_OVER), and_(row.status == Status.MERGED.value, goes_on))


async def case_ids(session: AsyncSession, subject: Subject) -> list[int]:
    """All cases of a person, also those that another case of theirs shows to be theirs by the channel's id."""
    phones = subject.phone_forms()
    users = {subject.channel_user} if subject.channel_user else set()
    if phones:
        found = await session.scalars(select(CaseRow.channel_user).where(_has_phone(phones)))
        users |= {user for user in found if user}
    query = select(CaseRow.id).where(or_(_has_phone(phones), CaseRow.channel_user.in_(sorted(users))))
    return list(await session.scalars(query.order_by(CaseRow.id)))


async def of_caller(session: AsyncSession, caller: Subject, limit: int) -> Sequence[CaseRow]:
    """The newest cases reported from a phone, in whatever way its number was written down."""
    phones = caller.phone_forms()
    if not phones:
        return ()
    query = select(CaseRow).where(_has_phone(phones)).order_by(CaseRow.id.desc()).limit(limit)
    return (await session.scalars(query)).all()


def _has_phone(forms: Sequence[str]) -> ColumnElement[bool]:
    return and_(CaseRow.reporter_phone != "", CaseRow.reporter_phone.in_(forms))


async def closed_before(session: AsyncSession, cutoff: datetime, limit: int) -> list[int]:
    """Cases that were over before ``cutoff`` and had no event since, not erased yet."""
    later = exists().where(EventRow.case_id == CaseRow.id, EventRow.at > cutoff)
    erased = exists().where(ErasedCaseRow.case_id == CaseRow.id)
    query = (
        select(CaseRow.id).where(CaseRow.status.in_(_OVER), ~_open(), ~later, ~erased).order_by(CaseRow.id).limit(limit)
    )
    return list(await session.scalars(query))


async def users_of(session: AsyncSession, ids: Sequence[int]) -> set[str]:
    """The channels' ids of the reporters of cases."""
    return {user for user in await session.scalars(select(CaseRow.channel_user).where(CaseRow.id.in_(ids))) if user}


async def needed(session: AsyncSession, channel_user: str) -> bool:
    """Whether a case that is not over still needs this reporter, or has them as a follower."""
    follows = exists().where(FollowerRow.case_id == CaseRow.id, FollowerRow.channel_user == channel_user)
    query = select(CaseRow.id).where(or_(CaseRow.channel_user == channel_user, follows), _open()).limit(1)
    return (await session.scalar(query)) is not None


async def unerased(session: AsyncSession, channel_user: str) -> bool:
    """Whether a case keeps this reporter or follower."""
    follows = exists().where(FollowerRow.case_id == CaseRow.id, FollowerRow.channel_user == channel_user)
    query = select(CaseRow.id).where(or_(CaseRow.channel_user == channel_user, follows)).limit(1)
    return (await session.scalar(query)) is not None


async def open_ids(session: AsyncSession, ids: Sequence[int]) -> list[int]:
    """Those of the cases that are not over."""
    query = select(CaseRow.id).where(CaseRow.id.in_(ids), _open()).order_by(CaseRow.id)
    return list(await session.scalars(query))


async def erase_case(
    session: AsyncSession, case_id: int, basis: str, now: datetime
) -> tuple[dict[str, int], list[str]]:
    """Erase the personal data of a case that is over; again does nothing.

    Returns counts of what went, and digests of files that nothing names any more.
    """
    counts = {"cases": 0, "attachments": 0, "outbox": 0}
    query = (
        select(CaseRow)
        .where(CaseRow.id == case_id)
        .options(undefer(CaseRow.transcript))
        .with_for_update(key_share=True)
    )
    row = (await session.scalars(query)).one()
    if await open_ids(session, [case_id]) or await session.get(ErasedCaseRow, case_id) is not None:
        return counts, []
    names = (row.reporter_name,)
    row.description = without_personal(row.description, names)
    row.place_text = without_personal(row.place_text, names)
    row.reporter_name = row.reporter_phone = row.channel_user = ""
    row.transcript = []
    remarks = list(await session.scalars(select(RemarkRow).where(RemarkRow.case_id == case_id)))
    shown = [*row.attachments, *(item for remark in remarks for item in remark.attachments)]
    files = list(
        await session.scalars(
            select(AttachmentRow).where(or_(AttachmentRow.case_id == case_id, AttachmentRow.id.in_(shown)))
        )
    )
    for remark in remarks:
        remark.text, remark.attachments = without_personal(remark.text, names), []
        remark.lat = remark.lng = None  # it may be where somebody lives
    for task in await session.scalars(select(TaskRow).where(TaskRow.case_id == case_id)):
        task.reason, task.answer = without_personal(task.reason, names), without_personal(task.answer, names)
    await session.execute(delete(FollowerRow).where(FollowerRow.case_id == case_id))
    row.attachments = []
    for file in files:
        await session.delete(file)
    messages = list(await session.scalars(select(OutboxRow).where(OutboxRow.case_id == case_id)))
    for message in messages:
        message.payload, message.channel_user = {}, ""
        message.delivered_at = message.delivered_at or now  # there is nobody to tell any more
    session.add(ErasedCaseRow(case_id=case_id, basis=basis, at=now))
    await session.flush()
    digests = {file.sha256 for file in files}
    if digests:
        digests -= set(await session.scalars(select(AttachmentRow.sha256).where(AttachmentRow.sha256.in_(digests))))
    return {"cases": 1, "attachments": len(files), "outbox": len(messages)}, sorted(digests)


async def erase_follower(
    session: AsyncSession, subject: Subject, users: Sequence[str], now: datetime
) -> tuple[int, int]:
    """Take a person off the cases that they joined; returns from how many, and how many are not over and keep them."""
    query = select(FollowerRow).where(
        or_(FollowerRow.phone.in_(subject.phone_forms()), FollowerRow.channel_user.in_(users))
    )
    rows = list(await session.scalars(query))
    still = set(await open_ids(session, [row.case_id for row in rows]))
    gone = [row for row in rows if row.case_id not in still]
    for row in gone:
        told = select(OutboxRow).where(
            OutboxRow.case_id == row.case_id,
            OutboxRow.channel == row.channel,
            OutboxRow.channel_user == row.channel_user,
        )
        for message in await session.scalars(told):
            message.payload, message.channel_user = {}, ""
            message.delivered_at = message.delivered_at or now
        await session.delete(row)
    return len(gone), len(rows) - len(gone)


async def unerased_cases(session: AsyncSession, ids: Sequence[int], received_by: datetime) -> set[int]:
    """Those of these cases that were received by then and have not been erased."""
    erased = select(ErasedCaseRow.case_id).where(ErasedCaseRow.case_id.in_(ids))
    query = select(CaseRow.id).where(CaseRow.id.in_(ids), CaseRow.received_at <= received_by, CaseRow.id.not_in(erased))
    return set(await session.scalars(query))


async def waiting(session: AsyncSession) -> list[ErasureRow]:
    """Requests with cases that were not over."""
    return list(await session.scalars(select(ErasureRow).where(ErasureRow.finished_at.is_(None)).with_for_update()))


async def requests(session: AsyncSession, limit: int = 200) -> list[ErasureRow]:
    """Requests, newest first."""
    return list(await session.scalars(select(ErasureRow).order_by(ErasureRow.id.desc()).limit(limit)))


async def export_case(session: AsyncSession, case_id: int) -> dict[str, Any]:
    """What a case holds of its reporter, and where it stands, for the reporter."""
    row = await session.get(CaseRow, case_id, options=[undefer(CaseRow.transcript)])
    assert row is not None
    events = await session.scalars(select(EventRow).where(EventRow.case_id == case_id).order_by(EventRow.seq))
    return {
        "case_no": case_number.format_number(case_id),
        "status": row.status,
        "status_label": Status(row.status).label,
        "channel": row.channel,
        "received_at": row.received_at.isoformat(),
        "category": row.category,
        "description": row.description,
        "place": {"text": row.place_text, "name": row.place_name, "lat": row.lat, "lng": row.lng, "town": row.town},
        "reporter": {
            "name": row.reporter_name,
            "phone": row.reporter_phone,
            "channel_user": row.channel_user,
            "confidential": row.confidential,
        },
        "transcript": row.transcript,
        "attachments": row.attachments,
        "events": [{"kind": event.kind, "at": event.at.isoformat(), "to_status": event.to_status} for event in events],
    }
