"""What each user of a channel has been told, and when we may write to them: the same for all processes.

For channels that bring their words themselves. Words are kept by the gateway before they are said; ``told`` tells up to
where they have been brought.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.gateway.message import Json
from channels.gateway.rows import insert_new, language_in
from channels.gateway.store import Entry
from channels.gateway.tables import UtcDateTime, conversations, leases, messages

NEVER = datetime(1970, 1, 1, tzinfo=UTC)

_LEASE = timedelta(seconds=60)
_PAGE = 50


class Waits(StrEnum):
    """For what a user's undelivered words wait."""

    NOTHING = ""
    CONTACT = "contact"  # the channel lets us speak again when the user has turned to us
    SUBSCRIPTION = "subscription"  # the user has left


class Letter(Protocol):
    """One message as the channel shows it."""

    @property
    def text(self) -> str:
        """Its words; empty: there is nothing to send."""
        ...

    @property
    def through(self) -> int | None:
        """With it everything up to this message has been said; None when more belongs to it."""
        ...


L = TypeVar("L", bound=Letter)


@dataclass(frozen=True, slots=True)
class Bag(Generic[L]):
    """What has to be brought to a user. ``attempts`` counts how often that failed in a row."""

    letters: tuple[L, ...]
    attempts: int


def recipient_columns() -> list[sa.Column[Any]]:
    """The columns of a channel's table of its users."""
    return [
        sa.Column(
            "conversation", sa.Text, sa.ForeignKey("channels_conversations.id", ondelete="CASCADE"), primary_key=True
        ),
        # everything said in the conversation up to this message has been brought to the user
        sa.Column("told", sa.BigInteger, nullable=False),
        # when the user turned to us last
        sa.Column("contact_at", UtcDateTime, nullable=False),
        sa.Column("waits", sa.Text, nullable=False),
        # lease of the process that is writing to the user
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
    ]


def note_contact(
    connection: sa.Connection, table: sa.Table, conversation: str, now: datetime, *, changes: Json, first: Json
) -> None:
    """The user has turned to us: what waited may be said. Begins the conversation if there is none.

    ``changes`` and ``first``: of columns of the channel's own, with every contact and with the first one.
    """
    change = (
        sa.update(table)
        .where(table.c.conversation == conversation)
        .values({"contact_at": now, "waits": Waits.NOTHING} | changes)
    )
    if connection.execute(change).rowcount:
        return
    # a user that the channel vouches for needs no token
    insert_new(
        connection,
        conversations,
        id=conversation,
        channel=conversation.partition(":")[0],
        token_hash="",
        consented_at=None,
        created_at=now,
        last_seen=now,
    )
    insert_new(connection, leases, conversation=conversation, owner="", expires_at=NEVER)
    new: Json = {"told": 0, "contact_at": now, "waits": Waits.NOTHING, "attempts": 0, "due_at": NEVER}
    insert_new(connection, table, conversation=conversation, owner="", expires_at=NEVER, **new | first)
    connection.execute(change)


def said(connection: sa.Connection, conversation: str, after: int, through: int | None = None) -> list[Entry]:
    """What we said in the conversation after ``after``, oldest first, one page."""
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


class Recipients(Generic[L]):
    """All reading and writing of the channel's users; every method is one transaction."""

    def __init__(
        self, database: Database, table: sa.Table, letters: Callable[[Sequence[Entry], str | None], Sequence[L]]
    ):
        """``table`` has the ``recipient_columns``; ``letters`` puts what was said, in the conversation's language, as
        the channel shows it."""
        self._database = database
        self._table = table
        self._letters = letters

    def free(self, now: datetime) -> sa.ColumnElement[bool]:
        """Whether we may write to a user of the table now."""
        users = self._table.c
        return sa.and_(users.waits == Waits.NOTHING, users.expires_at <= now, users.due_at <= now)

    async def owing(self, now: datetime, limit: int, since: datetime) -> list[str]:
        """Conversations in which something has to be told and may be told now, if they turned to us after ``since``."""
        users = self._table.c
        untold = (
            sa.select(messages.c.id)
            .where(
                messages.c.conversation == users.conversation,
                messages.c.id > users.told,
                messages.c.direction == "out",
            )
            .exists()
        )
        query = (
            sa.select(users.conversation)
            .where(users.contact_at > since, self.free(now), untold)
            .order_by(users.contact_at)
            .limit(limit)
        )
        return await self._database.read(lambda connection: list(connection.execute(query).scalars()))

    async def take(self, conversation: str, owner: str, now: datetime) -> Bag[L] | None:
        """Take the right to write to the user, and what has to be told. None when another has it."""
        users = self._table.c

        def work(connection: sa.Connection) -> Bag[L] | None:
            row = connection.execute(
                sa.update(self._table)
                .where(users.conversation == conversation, self.free(now))
                .values(owner=owner, expires_at=now + _LEASE)
                .returning(users.told, users.attempts)
            ).one_or_none()
            if row is None:
                return None
            return Bag(
                tuple(self._letters(said(connection, conversation, row.told), language_in(connection, conversation))),
                row.attempts,
            )

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
        users = self._table.c
        changes: Json = {"owner": "", "expires_at": NEVER}
        if waits is not None:
            reason, since = waits
            changes["waits"] = sa.case((users.contact_at <= since, reason.value), else_=users.waits)
        if due_at is not None:
            changes |= {"due_at": due_at, "attempts": users.attempts + 1}
        await self._change(conversation, owner, changes)

    async def _change(self, conversation: str, owner: str, changes: Json) -> bool:
        users = self._table.c
        statement = (
            sa.update(self._table).where(users.conversation == conversation, users.owner == owner).values(changes)
        )
        return await self._database.write(lambda connection: bool(connection.execute(statement).rowcount))
