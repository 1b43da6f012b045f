"""What each user of the bot has been told, and when we may write: the same for all processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.gateway.message import Json
from channels.gateway.store import Entry
from channels.gateway.tables import messages
from channels.telegram.letters import Letter, letters
from channels.telegram.tables import Waits, chats

_LEASE = timedelta(seconds=60)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Bag:
    """What has to be brought to a user. ``attempts`` counts how often that failed in a row."""

    letters: tuple[Letter, ...]
    attempts: int


class Chats:
    """All reading and writing of the chats; every method is one transaction."""

    def __init__(self, database: Database):
        self._database = database

    async def owing(self, now: datetime, limit: int, since: datetime) -> list[str]:
        """Chats in which something has to be told and may be told now, of users that turned to us after ``since``."""
        untold = (
            sa.select(messages.c.id)
            .where(
                messages.c.conversation == chats.c.conversation,
                messages.c.id > chats.c.told,
                messages.c.direction == "out",
            )
            .exists()
        )
        query = (
            sa.select(chats.c.conversation)
            .where(
                chats.c.contact_at > since,
                chats.c.waits == Waits.NOTHING,
                chats.c.expires_at <= now,
                chats.c.due_at <= now,
                untold,
            )
            .order_by(chats.c.contact_at)
            .limit(limit)
        )
        return await self._database.read(lambda connection: list(connection.execute(query).scalars()))

    async def take(self, conversation: str, owner: str, now: datetime) -> Bag | None:
        """Take the right to write to the user, and what has to be told. None when another has it."""

        def work(connection: sa.Connection) -> Bag | None:
            row = connection.execute(
                sa.update(chats)
                .where(
                    chats.c.conversation == conversation,
                    chats.c.expires_at <= now,
                    chats.c.due_at <= now,
                    chats.c.waits == Waits.NOTHING,
                )
                .values(owner=owner, expires_at=now + _LEASE)
                .returning(chats.c.told, chats.c.attempts)
            ).one_or_none()
            if row is None:
                return None
            return Bag(tuple(letters(_said(connection, conversation, row.told))), row.attempts)

        return await self._database.write(work)

    async def told(self, conversation: str, owner: str, through: int, now: datetime) -> bool:
        """Everything up to ``through`` has been brought; the lease is renewed. False when it was lost."""
        return await self._change(conversation, owner, {"told": through, "attempts": 0, "expires_at": now + _LEASE})

    async def release(
        self,
        conversation: str,
        owner: str,
        *,
        waits: tuple[Waits, datetime] | None = None,
        due_at: datetime | None = None,
    ) -> None:
        """Give the right to write back; with ``waits`` or ``due_at`` the words could not be brought now.

        ``waits`` comes with the time of the attempt: a user who has turned to us since need not be waited for.
        """
        changes: Json = {"owner": "", "expires_at": _NEVER}
        if waits is not None:
            reason, since = waits
            changes["waits"] = sa.case((chats.c.contact_at <= since, reason.value), else_=chats.c.waits)
        if due_at is not None:
            changes |= {"due_at": due_at, "attempts": chats.c.attempts + 1}
        await self._change(conversation, owner, changes)

    async def _change(self, conversation: str, owner: str, changes: Json) -> bool:
        statement = sa.update(chats).where(chats.c.conversation == conversation, chats.c.owner == owner).values(changes)
        return await self._database.write(lambda connection: bool(connection.execute(statement).rowcount))


def _said(connection: sa.Connection, conversation: str, after: int) -> list[Entry]:
    """What we said in the conversation after ``after``, oldest first, one page."""
    query = (
        sa.select(messages)
        .where(messages.c.conversation == conversation, messages.c.id > after, messages.c.direction == "out")
        .order_by(messages.c.id)
        .limit(_PAGE)
    )
    return [
        Entry(row.id, row.direction, row.message_id, row.content, row.at, row.answer_to)
        for row in connection.execute(query)
    ]
