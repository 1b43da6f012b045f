"""What each follower of the account has been told, and when we may write: the same for all processes.

Words are kept by the gateway before they are said. ``told`` tells up to where they have been brought, either in the
reply to a callback or by a message of our own; both move it in the transaction that decides, so none is said by both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.gateway.message import Json
from channels.gateway.offers import Offer, standing
from channels.gateway.rows import insert_new, language_in
from channels.gateway.store import Entry
from channels.gateway.tables import conversations, leases, messages
from channels.wechat.letters import Letter, letters
from channels.wechat.tables import Waits, followers

WINDOW = timedelta(hours=48)
"""So long after a user's last contact WeChat lets an account write."""

_LEASE = timedelta(seconds=60)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 50


class Taken(Exception):
    """Another process is writing to the follower just now."""


@dataclass(frozen=True, slots=True)
class Bag:
    """What has to be brought to a follower. ``attempts`` counts how often that failed in a row."""

    letters: tuple[Letter, ...]
    attempts: int


class Followers:
    """All reading and writing of the followers; every method is one transaction."""

    def __init__(self, database: Database):
        self._database = database

    async def contact(self, conversation: str, now: datetime, open_until: datetime | None = None) -> None:
        """The user has turned to us: from now on we may write. Begins the conversation if there is none.

        Until ``open_until`` what is said is left to the reply to the callback.
        """

        def work(connection: sa.Connection) -> None:
            channel = conversation.partition(":")[0]
            # a user that WeChat vouches for needs no token
            insert_new(
                connection,
                conversations,
                id=conversation,
                channel=channel,
                token_hash="",
                consented_at=None,
                created_at=now,
                last_seen=now,
            )
            insert_new(connection, leases, conversation=conversation, owner="", expires_at=_NEVER)
            insert_new(
                connection,
                followers,
                conversation=conversation,
                told=0,
                contact_at=now,
                open_until=_NEVER,
                waits=Waits.NOTHING,
                owner="",
                expires_at=_NEVER,
                attempts=0,
                due_at=_NEVER,
                reply_to="",
                reply_after=0,
                reply_through=0,
            )
            connection.execute(
                sa.update(followers)
                .where(followers.c.conversation == conversation)
                .values(contact_at=now, waits=Waits.NOTHING, attempts=0, due_at=_NEVER)
            )
            if open_until is not None:
                connection.execute(
                    sa.update(followers)
                    .where(followers.c.conversation == conversation, followers.c.open_until < open_until)
                    .values(open_until=open_until)
                )

        await self._database.write(work)

    async def left(self, conversation: str) -> None:
        """The user follows the account no longer."""
        await self._database.write(
            lambda connection: connection.execute(
                sa.update(followers)
                .where(followers.c.conversation == conversation)
                .values(waits=Waits.SUBSCRIPTION, open_until=_NEVER)
            )
        )

    async def reply(self, conversation: str, message_id: str, now: datetime) -> str:
        """The words to put into the reply to the callback of ``message_id``; they count as told with that.

        The same callback again gets the same words. Empty when there is nothing, or too much, for a reply.
        Raises Taken.
        """

        def work(connection: sa.Connection) -> str:
            follower = connection.execute(
                sa.select(followers).where(followers.c.conversation == conversation).with_for_update()
            ).one()
            if follower.reply_to == message_id:
                again = _letters(connection, conversation, follower.reply_after, follower.reply_through)
                return again[0].text if again else ""
            found = _letters(connection, conversation, follower.told)
            if not found or found[0].through is None:
                return ""
            if follower.expires_at > now:
                raise Taken(conversation)
            through = found[0].through
            connection.execute(
                sa.update(followers)
                .where(followers.c.conversation == conversation)
                .values(
                    told=through,
                    reply_to=message_id,
                    reply_after=follower.told,
                    reply_through=through,
                    open_until=_NEVER,
                    owner="",
                )
            )
            return found[0].text

        return await self._database.write(work)

    async def hang_up(self, conversation: str) -> None:
        """No callback of the user is open any more: what is said goes by messages of our own."""
        await self._database.write(
            lambda connection: connection.execute(
                sa.update(followers).where(followers.c.conversation == conversation).values(open_until=_NEVER)
            )
        )

    async def owing(self, now: datetime, limit: int) -> list[str]:
        """Conversations in which something has to be told and may be told now."""
        untold = (
            sa.select(messages.c.id)
            .where(
                messages.c.conversation == followers.c.conversation,
                messages.c.id > followers.c.told,
                messages.c.direction == "out",
            )
            .exists()
        )
        query = (
            sa.select(followers.c.conversation)
            .where(
                followers.c.contact_at > now - WINDOW,
                followers.c.waits == Waits.NOTHING,
                followers.c.open_until <= now,
                followers.c.expires_at <= now,
                followers.c.due_at <= now,
                untold,
            )
            .order_by(followers.c.contact_at)
            .limit(limit)
        )
        return await self._database.read(lambda connection: list(connection.execute(query).scalars()))

    async def take(self, conversation: str, owner: str, now: datetime) -> Bag | None:
        """Take the right to write to the follower, and what has to be told. None when another has it."""

        def work(connection: sa.Connection) -> Bag | None:
            row = connection.execute(
                sa.update(followers)
                .where(
                    followers.c.conversation == conversation,
                    followers.c.expires_at <= now,
                    followers.c.open_until <= now,
                )
                .values(owner=owner, expires_at=now + _LEASE)
                .returning(followers.c.told, followers.c.attempts)
            ).one_or_none()
            if row is None:
                return None
            return Bag(tuple(_letters(connection, conversation, row.told)), row.attempts)

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
            changes["waits"] = sa.case((followers.c.contact_at <= since, reason.value), else_=followers.c.waits)
        if due_at is not None:
            changes |= {"due_at": due_at, "attempts": followers.c.attempts + 1}
        await self._change(conversation, owner, changes)

    async def choices(self, conversation: str) -> tuple[Offer, ...]:
        """The buttons that a typed number means: those of the newest answer that has any, of the last two."""
        return await self._database.read(lambda connection: standing(connection, conversation, within=2))

    async def _change(self, conversation: str, owner: str, changes: Json) -> bool:
        statement = (
            sa.update(followers)
            .where(followers.c.conversation == conversation, followers.c.owner == owner)
            .values(changes)
        )
        return await self._database.write(lambda connection: bool(connection.execute(statement).rowcount))


def _letters(connection: sa.Connection, conversation: str, after: int, through: int | None = None) -> list[Letter]:
    return letters(_said(connection, conversation, after, through), language_in(connection, conversation))


def _said(connection: sa.Connection, conversation: str, after: int, through: int | None = None) -> list[Entry]:
    """What we said in the conversation after ``after``, oldest first."""
    query = (
        sa.select(messages)
        .where(messages.c.conversation == conversation, messages.c.id > after, messages.c.direction == "out")
        .order_by(messages.c.id)
        .limit(_PAGE)
    )
    if through is not None:
        query = query.where(messages.c.id <= through)
    return [
        Entry(row.id, row.direction, row.message_id, row.content, row.at, row.answer_to)
        for row in connection.execute(query)
    ]
