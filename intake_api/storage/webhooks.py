"""Subscriptions: whom we call, how far they have been told, and whose turn it is to tell them.

Whoever delivers holds the lease of the subscription, here in the database; one that is not renewed runs out and is
taken over. The one who lost it can settle nothing any more (LeaseLost).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.access import Role
from intake_api.domain.event import SYSTEM
from intake_api.domain.feed import Audience, Entry
from intake_api.domain.webhook import GIVE_UP_AFTER, OLD_SECRET_LASTS, Outcome, State, Verdict, pause
from intake_api.storage import audit, feed
from intake_api.storage.database import insert_if_absent
from intake_api.storage.feed import Wanted
from intake_api.storage.tables import SigningKeyRow, TokenRow
from intake_api.storage.webhook_tables import DeadLetterRow, WebhookRow

LEASE = timedelta(seconds=30)
"""Longer than any delivery takes; a process that is killed is replaced after it."""

_KEY = "webhooks"


class LeaseLost(Exception):
    """Another process serves the subscription now, or it was changed. Stop; nothing was written."""


@dataclass(frozen=True, slots=True)
class Item:
    """What is to be delivered next. ``letter``: a dead letter that somebody asked to have delivered again."""

    webhook_id: int
    url: str
    audience: Audience
    secrets: tuple[str, ...]
    entry: Entry
    letter: bool

    @property
    def delivery(self) -> str:
        """The same for all attempts at this event, so that the receiver can tell a repetition."""
        return f"{self.webhook_id}-{self.entry.position}"


async def signing_key(session: AsyncSession, now: datetime) -> bytes:
    """The key that all secrets are made of, the same in all processes (needs a writing session)."""
    await insert_if_absent(session, SigningKeyRow, name=_KEY, key=secrets.token_bytes(32), created_at=now)
    key = await session.scalar(select(SigningKeyRow.key).where(SigningKeyRow.name == _KEY))
    assert key is not None
    return key


def secret_of(key: bytes, salt: bytes) -> str:
    """The secret that a subscription's salt stands for; the table of subscriptions alone does not tell it."""
    return "whsec_" + base64.urlsafe_b64encode(hmac.new(key, salt, hashlib.sha256).digest()).decode().rstrip("=")


# what people do


async def add(
    session: AsyncSession,
    *,
    name: str,
    department_id: str | None,
    partner: str | None,
    url: str,
    wanted: Wanted,
    position: int,
    by: str,
    now: datetime,
) -> WebhookRow:
    """A new subscription, told everything behind ``position``."""
    row = WebhookRow(
        name=name,
        department_id=department_id,
        partner=partner,
        url=url,
        kinds=list(wanted.kinds),
        categories=list(wanted.categories),
        towns=list(wanted.towns),
        salt=secrets.token_bytes(16),
        state=State.ACTIVE.value,
        state_reason="",
        position=position,
        attempts=0,
        last_error="",
        created_at=now,
        created_by=by,
    )
    session.add(row)
    await session.flush()
    return row


async def several(
    session: AsyncSession, department_id: str | None = None, partner: str | None = None
) -> list[WebhookRow]:
    """All subscriptions, or those of one owner."""
    query = select(WebhookRow).order_by(WebhookRow.id)
    if department_id is not None:
        query = query.where(WebhookRow.department_id == department_id)
    if partner is not None:
        query = query.where(WebhookRow.partner == partner)
    return list(await session.scalars(query))


async def get_locked(session: AsyncSession, webhook_id: int) -> WebhookRow | None:
    """A subscription for changing, or None."""
    query = select(WebhookRow).where(WebhookRow.id == webhook_id).with_for_update()
    return (await session.scalars(query)).one_or_none()


def start(row: WebhookRow, state: State, reason: str) -> None:
    """Give a subscription another state; what failed before is tried at once."""
    row.state, row.state_reason = state.value, reason
    row.attempts, row.failing_since, row.next_attempt_at = 0, None, None


def rotate(row: WebhookRow, now: datetime) -> datetime:
    """Give a subscription a new secret; returns until when the old one signs as well."""
    until = now + OLD_SECRET_LASTS
    row.old_salt, row.old_salt_until = row.salt, until
    row.salt = secrets.token_bytes(16)
    return until


async def remove(session: AsyncSession, row: WebhookRow) -> None:
    """End a subscription with its dead letters."""
    await session.execute(delete(DeadLetterRow).where(DeadLetterRow.webhook_id == row.id))
    await session.delete(row)


async def dead_letters(session: AsyncSession, webhook_id: int) -> list[DeadLetterRow]:
    """The dead letters of a subscription in the order of the events."""
    query = select(DeadLetterRow).where(DeadLetterRow.webhook_id == webhook_id).order_by(DeadLetterRow.position)
    return list(await session.scalars(query))


async def letter_counts(session: AsyncSession) -> dict[int, int]:
    """How many dead letters each subscription has; those without are left out."""
    counted = await session.execute(select(DeadLetterRow.webhook_id, func.count()).group_by(DeadLetterRow.webhook_id))
    return {row[0]: row[1] for row in counted}


async def replay(session: AsyncSession, webhook_id: int, ids: Sequence[int], now: datetime) -> int:
    """Have dead letters (all when ``ids`` is empty) delivered again before what is new; returns how many."""
    query = select(DeadLetterRow).where(DeadLetterRow.webhook_id == webhook_id)
    if ids:
        query = query.where(DeadLetterRow.id.in_(ids))
    letters = list(await session.scalars(query))
    for letter in letters:
        letter.replay_at = letter.replay_at or now
    return len(letters)


async def has_partner(session: AsyncSession, name: str) -> bool:
    """Whether a valid partner token has this name."""
    query = select(TokenRow.id).where(
        TokenRow.role == Role.PARTNER.value, TokenRow.name == name, TokenRow.revoked_at.is_(None)
    )
    return (await session.scalar(query.limit(1))) is not None


# what the dispatcher does


def _due(now: datetime, newest: int) -> ColumnElement[bool]:
    asked = exists().where(DeadLetterRow.webhook_id == WebhookRow.id, DeadLetterRow.replay_at.is_not(None))
    return (
        (WebhookRow.state == State.ACTIVE.value)
        & or_(WebhookRow.lease_until.is_(None), WebhookRow.lease_until <= now)
        & or_(WebhookRow.next_attempt_at.is_(None), WebhookRow.next_attempt_at <= now)
        & or_(WebhookRow.position < newest, asked)
    )


async def any_due(session: AsyncSession, now: datetime) -> bool:
    """Whether a subscription waits to be served."""
    query = select(WebhookRow.id).where(_due(now, await feed.head(session))).limit(1)
    return (await session.scalar(query)) is not None


async def claim(session: AsyncSession, *, by: str, limit: int, now: datetime) -> list[int]:
    """Lease subscriptions that wait to be served; claimers at the same time get different ones."""
    query = (
        select(WebhookRow)
        .where(_due(now, await feed.head(session)))
        .order_by(func.coalesce(WebhookRow.last_attempt_at, WebhookRow.created_at), WebhookRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=WebhookRow)
    )
    rows = list(await session.scalars(query))
    for row in rows:
        row.leased_by, row.lease_until = by, now + LEASE
    return [row.id for row in rows]


async def next_item(session: AsyncSession, webhook_id: int, *, by: str, key: bytes, now: datetime) -> Item | None:
    """The next to deliver, the lease renewed; None when all is delivered. Raises LeaseLost."""
    row = await _held(session, webhook_id, by)
    row.lease_until = now + LEASE
    salts = [row.salt]
    if row.old_salt is not None and row.old_salt_until is not None and row.old_salt_until > now:
        salts.append(row.old_salt)
    letter = await session.scalar(
        select(DeadLetterRow.position)
        .where(DeadLetterRow.webhook_id == webhook_id, DeadLetterRow.replay_at.is_not(None))
        .order_by(DeadLetterRow.position)
        .limit(1)
    )
    if letter is not None:
        entry = await feed.at_position(session, letter)
    else:
        entry = await _next_wanted(session, row)
    if entry is None:
        return None
    return Item(
        webhook_id=row.id,
        url=row.url,
        audience=Audience.DEPARTMENT if row.department_id else Audience.PARTNER,
        secrets=tuple(secret_of(key, salt) for salt in salts),
        entry=entry,
        letter=letter is not None,
    )


async def _next_wanted(session: AsyncSession, row: WebhookRow) -> Entry | None:
    wanted = Wanted(row.department_id, row.kinds, row.categories, row.towns)
    while True:
        page = await feed.page(session, wanted, after=row.position, limit=1)
        if page.entries:
            return page.entries[0]
        row.position = page.next
        if page.next >= page.head:
            return None


async def settle(
    session: AsyncSession, item: Item, outcome: Outcome, *, by: str, chance: float, now: datetime
) -> Verdict | None:
    """Write down how an attempt ended. Returns its verdict, or None when the event became a dead letter by it.

    An event that failed for a day becomes a dead letter. If the receiver refused it, the next one follows; if the
    receiver did not answer, the subscription pauses, so that not one event a day is given up unseen. Raises LeaseLost.
    """
    row = await _held(session, item.webhook_id, by)
    row.last_attempt_at = now
    if outcome.verdict is Verdict.DELIVERED:
        await _pass(session, row, item)
        row.last_delivered_at, row.last_error = now, ""
        return outcome.verdict
    row.attempts += 1
    row.last_error = outcome.error[:200]
    row.failing_since = row.failing_since or now
    if outcome.verdict is Verdict.GONE:
        await _stop(session, row, State.DISABLED, "对方回答 410：不再接收", now)
        return outcome.verdict
    if now - row.failing_since < GIVE_UP_AFTER:
        row.next_attempt_at = now + pause(row.attempts, chance, outcome.retry_after)
        return outcome.verdict
    attempts = row.attempts
    await _pass(session, row, item)
    session.add(
        DeadLetterRow(
            webhook_id=row.id,
            position=item.entry.position,
            attempts=attempts,
            last_error=outcome.error[:200],
            failed_at=now,
        )
    )
    if outcome.verdict is Verdict.FAILED:
        await _stop(session, row, State.PAUSED, "对方一整天没有正常应答", now)
    return None


async def release(session: AsyncSession, webhook_id: int, by: str) -> None:
    """Let the lease go, if it is still held."""
    await session.execute(
        update(WebhookRow)
        .where(WebhookRow.id == webhook_id, WebhookRow.leased_by == by)
        .values(leased_by=None, lease_until=None)
    )


async def _held(session: AsyncSession, webhook_id: int, by: str) -> WebhookRow:
    row = await get_locked(session, webhook_id)
    if row is None or row.leased_by != by or row.state != State.ACTIVE.value:
        raise LeaseLost
    return row


async def _pass(session: AsyncSession, row: WebhookRow, item: Item) -> None:
    """The item is done with, delivered or not."""
    if item.letter:
        await session.execute(
            delete(DeadLetterRow).where(
                DeadLetterRow.webhook_id == row.id, DeadLetterRow.position == item.entry.position
            )
        )
    else:
        row.position = item.entry.position
    row.attempts, row.failing_since, row.next_attempt_at = 0, None, None


async def _stop(session: AsyncSession, row: WebhookRow, state: State, reason: str, now: datetime) -> None:
    start(row, state, reason)
    await audit.note(
        session, SYSTEM, f"webhook_{state.value}", target=f"webhook:{row.id}", result="ok", address="", now=now
    )
