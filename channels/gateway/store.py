"""The gateway's memory: who talks to us, what was said, and whose turn it is.

Whoever handles a conversation holds its lease, here in the database, so that several processes may run side by side.
A lease that is not renewed expires and is taken over; the one who lost it can write nothing any more (LeaseLost).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from channels.gateway import people
from channels.gateway.database import Database
from channels.gateway.language import put, put_all
from channels.gateway.message import Answer, Button, Inbound, Json, Reply, inbound_from, reply_from
from channels.gateway.offers import Offer, Press, standing
from channels.gateway.people import Line
from channels.gateway.rows import insert_messages, insert_once, language_in, lock, message_row
from channels.gateway.tables import Status, attachments, conversations, leases, messages

P = ParamSpec("P")
T = TypeVar("T")

LEASE = timedelta(seconds=30)
_FREE = datetime(1970, 1, 1, tzinfo=UTC)
_PENDING = sa.text("status = 'pending'")  # literal, so that the partial index serves


class LeaseLost(Exception):
    """Another process has taken the conversation over. Stop working on it; nothing was written."""


class UnknownConversation(Exception):
    """There is no such conversation. Open it first."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One resident's thread on a channel."""

    id: str
    token_hash: str
    consented_at: datetime | None
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """The oldest unanswered message of a conversation, to be handled under the lease.

    ``attempts`` counts this one: above 1 the assistant may have heard the message before. ``failures`` are those
    in which it answered with an error.
    """

    seq: int
    message: Inbound
    attempts: int
    failures: int
    served: bool = False
    """People serve the conversation, or it waits for them: the assistant is not asked."""

    untold: tuple[Line, ...] = ()
    """What the assistant has to be told before it is asked."""

    language: str | None = None
    """In which the conversation was held so far; None: nothing was written yet."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a message that arrived.

    ``work`` is set when the conversation's lease was free and is the caller's now; ``answer`` when the message is a
    repetition that has been answered.
    """

    seq: int
    new: bool
    work: Work | None
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One message in a conversation's history. ``direction`` is in (from the resident) or out."""

    seq: int
    direction: str
    message_id: str
    content: Json
    at: datetime
    answer_to: int | None


@dataclass(frozen=True, slots=True)
class Glance:
    """The newest message of a conversation, and whether somebody is at work on it."""

    seq: int
    busy: bool


def token_digest(token: str) -> str:
    """A conversation's token as it is kept. Tokens are 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _writes(
    method: Callable[Concatenate[Store, sa.Connection, P], T],
) -> Callable[Concatenate[Store, P], Coroutine[Any, Any, T]]:
    """Make of ``method`` one writing transaction; the caller awaits it and gives no connection."""

    @wraps(method)
    async def transaction(store: Store, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await store._database.write(lambda connection: method(store, connection, *args, **kwargs))

    return transaction


def _reads(
    method: Callable[Concatenate[Store, sa.Connection, P], T],
) -> Callable[Concatenate[Store, P], Coroutine[Any, Any, T]]:
    """The same for reading."""

    @wraps(method)
    async def transaction(store: Store, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await store._database.read(lambda connection: method(store, connection, *args, **kwargs))

    return transaction


class Store:
    """All reading and writing of the gateway's tables; every method is one transaction."""

    def __init__(self, database: Database, *, lease: timedelta = LEASE):
        self._database = database
        self._lease = lease

    async def upgrade(self) -> None:
        """Bring the tables to the newest revision."""
        await self._database.upgrade()

    async def ready(self) -> bool:
        """Whether the database answers and is of the newest revision."""
        return await self._database.current()

    async def close(self) -> None:
        """Let go of the database."""
        await self._database.close()

    # conversations

    @_writes
    def open_conversation(
        self, connection: sa.Connection, sender: str, token_hash: str, consented: bool, now: datetime
    ) -> None:
        """Begin a conversation."""
        connection.execute(
            sa.insert(conversations).values(
                id=sender,
                channel=sender.partition(":")[0],
                token_hash=token_hash,
                consented_at=now if consented else None,
                created_at=now,
                last_seen=now,
            )
        )
        connection.execute(sa.insert(leases).values(conversation=sender, owner="", expires_at=_FREE))

    @_reads
    def conversation(self, connection: sa.Connection, sender: str) -> Conversation | None:
        """The conversation, or None."""
        row = (
            connection.execute(
                sa.select(
                    conversations.c.id,
                    conversations.c.token_hash,
                    conversations.c.consented_at,
                    conversations.c.last_seen,
                ).where(conversations.c.id == sender)
            )
        ).one_or_none()
        return Conversation(row.id, row.token_hash, row.consented_at, row.last_seen) if row else None

    @_reads
    def language(self, connection: sa.Connection, sender: str) -> str | None:
        """The language in which the conversation is held; None: nothing was written yet."""
        return language_in(connection, sender)

    @_writes
    def consent(self, connection: sa.Connection, sender: str, now: datetime) -> datetime:
        """Note that the resident has agreed that data are kept. Returns when that was said first."""
        connection.execute(
            sa.update(conversations)
            .where(conversations.c.id == sender, conversations.c.consented_at.is_(None))
            .values(consented_at=now)
        )
        at: datetime = (
            connection.execute(sa.select(conversations.c.consented_at).where(conversations.c.id == sender))
        ).scalar_one()
        return at

    # a message's way

    @_writes
    def accept(self, connection: sa.Connection, message: Inbound, owner: str, now: datetime) -> Accepted:
        """Keep ``message`` and take the conversation's lease for ``owner`` if it is free.

        Raises UnknownConversation.
        """
        # this also locks the row: messages of one conversation get their numbers in the order of their commits
        seen = connection.execute(
            sa.update(conversations).where(conversations.c.id == message.sender).values(last_seen=now)
        )
        if not seen.rowcount:
            raise UnknownConversation(message.sender)
        row = message_row(message.sender, message.message_id, message.content(), now, Status.PENDING, due_at=now)
        seq = insert_once(connection, row)
        new = seq is not None
        if seq is None:
            known = connection.execute(
                sa.select(messages.c.id, messages.c.status).where(
                    messages.c.conversation == message.sender,
                    messages.c.direction == "in",
                    messages.c.message_id == message.message_id,
                )
            ).one()
            seq = int(known.id)
            if known.status != Status.PENDING:
                return Accepted(seq, False, None, _answer(connection, seq))
        work = self._take(connection, message.sender, owner, now)
        return Accepted(seq, new, work, None)

    @_writes
    def take(self, connection: sa.Connection, sender: str, owner: str, now: datetime) -> Work | None:
        """Take the conversation's lease if it is free and a message is unanswered. Returns the oldest of these."""
        lock(connection, sender)
        return self._take(connection, sender, owner, now)

    @_writes
    def finish(
        self,
        connection: sa.Connection,
        owner: str,
        work: Work,
        replies: Sequence[Reply],
        now: datetime,
        *,
        language: str | None = None,
        given_up: bool = False,
        also: Callable[[sa.Connection], Sequence[Reply]] | None = None,
    ) -> tuple[Answer, Work | None]:
        """Keep the answer to ``work``. Returns it, and the next message; without a next one the lease is let go.

        ``language``: of the conversation from now on; the answer is put into it. ``also``: what is done in the same
        transaction; what it returns is said as well. Raises LeaseLost, and what ``also`` raises: then nothing was
        written.
        """
        sender = work.message.sender
        lock(connection, sender)
        self._hold(connection, sender, owner, now)
        if also is not None:
            replies = [*replies, *also(connection)]
        if language != work.language:
            connection.execute(sa.update(conversations).where(conversations.c.id == sender).values(language=language))
        replies = put_all(replies, language)
        seqs = insert_messages(
            connection,
            *(
                message_row(sender, f"{work.seq}.{number}", reply.content(), now, Status.REPLY, answer_to=work.seq)
                for number, reply in enumerate(replies)
            ),
        )
        connection.execute(
            sa.update(messages)
            .where(messages.c.id == work.seq)
            .values(
                status=Status.GIVEN_UP if given_up else Status.TO_PEOPLE if work.served else Status.ANSWERED,
                due_at=None,
                content=work.message.content(),
            )
        )
        following = _next(connection, sender)
        if following is None:
            _release(connection, sender, owner)
        return Answer(tuple(replies), tuple(seqs)), following

    @_writes
    def postpone(
        self,
        connection: sa.Connection,
        owner: str,
        work: Work,
        due_at: datetime,
        now: datetime,
        *,
        failed: bool = False,
    ) -> None:
        """Leave ``work`` unanswered until ``due_at`` and let the lease go. Raises LeaseLost."""
        sender = work.message.sender
        lock(connection, sender)
        self._hold(connection, sender, owner, now)
        connection.execute(
            sa.update(messages)
            .where(messages.c.id == work.seq)
            .values(due_at=due_at, failures=work.failures + (1 if failed else 0))
        )
        _release(connection, sender, owner)

    @_writes
    def apologise(self, connection: sa.Connection, sender: str, seq: int, reply: Reply, now: datetime) -> Answer:
        """Keep the word that the answer to message ``seq`` comes later, or return the answer if it is there.

        It is said once for all messages that wait.
        """
        lock(connection, sender)
        status = (connection.execute(sa.select(messages.c.status).where(messages.c.id == seq))).scalar_one()
        if status != Status.PENDING:
            return _answer(connection, seq)
        # who waits for several answers hears it once, and again only when those are answered
        waiting = sa.select(messages.c.id).where(messages.c.conversation == sender, _PENDING)
        said = connection.execute(
            sa.select(sa.func.max(messages.c.id)).where(
                messages.c.answer_to.in_(waiting), messages.c.status == Status.BUSY
            )
        ).scalar_one()
        reply = put(reply, language_in(connection, sender))
        if said is None:
            row = message_row(sender, f"{seq}.busy", reply.content(), now, Status.BUSY, answer_to=seq)
            (said,) = insert_messages(connection, row)
        return Answer((reply,), (said,), settled=False)

    @_reads
    def outcomes(
        self, connection: sa.Connection, seqs: Sequence[int], now: datetime
    ) -> tuple[dict[int, Answer], list[str]]:
        """The answers to those of the messages ``seqs`` that have one, and the conversations of the others whose
        lease is free: nobody is at work on them.
        """
        rows = connection.execute(
            sa.select(messages.c.id, messages.c.conversation, messages.c.status)
            .join(leases, leases.c.conversation == messages.c.conversation)
            .where(messages.c.id.in_(seqs), sa.or_(messages.c.status != Status.PENDING, leases.c.expires_at <= now))
        ).all()
        answers = _answers(connection, [row.id for row in rows if row.status != Status.PENDING])
        return answers, [row.conversation for row in rows if row.status == Status.PENDING]

    @_reads
    def overdue(self, connection: sa.Connection, now: datetime, limit: int) -> list[str]:
        """Conversations with an unanswered message whose time has come, and that nobody is at work on."""
        rows = connection.execute(
            sa.select(messages.c.conversation)
            .join(leases, leases.c.conversation == messages.c.conversation)
            .where(_PENDING, leases.c.expires_at <= now)
            .group_by(messages.c.conversation)
            # the oldest message decides: the later ones wait for it
            .having(sa.func.max(messages.c.due_at) <= now)
            .order_by(sa.func.min(messages.c.id))
            .limit(limit)
        )
        return list(rows.scalars())

    @_reads
    def offers(self, connection: sa.Connection, sender: str) -> tuple[Offer, ...]:
        """The buttons that still count."""
        return standing(connection, sender)

    # leases

    @_writes
    def hold(self, connection: sa.Connection, sender: str, owner: str, now: datetime) -> bool:
        """Take the conversation's lease for a push. Raises UnknownConversation."""
        lock(connection, sender)
        if self._grasp(connection, sender, owner, now):
            return True
        held = sa.select(leases.c.owner).where(leases.c.conversation == sender)
        if (connection.execute(held)).one_or_none() is None:
            raise UnknownConversation(sender)
        return False

    @_writes
    def renew(self, connection: sa.Connection, sender: str, owner: str, now: datetime) -> None:
        """Keep the lease for longer. Raises LeaseLost."""
        self._hold(connection, sender, owner, now)

    @_writes
    def release(self, connection: sa.Connection, sender: str, owner: str) -> None:
        """Let the lease go, if it is still ``owner``'s."""
        _release(connection, sender, owner)

    # what is said without being asked

    @_writes
    def push(
        self, connection: sa.Connection, owner: str, sender: str, *, message_id: str, reply: Reply, now: datetime
    ) -> tuple[int, bool]:
        """Keep ``reply`` as said, once for each ``message_id``.

        Returns its place, and whether the assistant knows of it. Raises LeaseLost.
        """
        lock(connection, sender)
        self._hold(connection, sender, owner, now)
        known = (
            connection.execute(
                sa.select(messages.c.id, messages.c.status).where(
                    messages.c.conversation == sender,
                    messages.c.direction == "out",
                    messages.c.message_id == message_id,
                )
            )
        ).one_or_none()
        if known:
            return known.id, known.status == Status.REMEMBERED
        reply = put(reply, language_in(connection, sender))
        (seq,) = insert_messages(connection, message_row(sender, message_id, reply.content(), now, Status.PUSH))
        return seq, False

    @_writes
    def note(self, connection: sa.Connection, sender: str, message_id: str, reply: Reply, now: datetime) -> bool:
        """Keep ``reply`` as said, once for each ``message_id``, without the assistant's knowledge. Whether it was new.

        For words of a channel itself, which need not wait for the conversation's lease. Raises UnknownConversation.
        """
        if connection.execute(sa.select(conversations.c.id).where(conversations.c.id == sender)).one_or_none() is None:
            raise UnknownConversation(sender)
        lock(connection, sender)
        known = sa.select(messages.c.id).where(
            messages.c.conversation == sender, messages.c.direction == "out", messages.c.message_id == message_id
        )
        if connection.execute(known).one_or_none() is not None:
            return False
        reply = put(reply, language_in(connection, sender))
        insert_messages(connection, message_row(sender, message_id, reply.content(), now, Status.REMEMBERED))
        return True

    @_writes
    def remembered(self, connection: sa.Connection, seq: int) -> None:
        """The assistant knows of the push at ``seq``."""
        connection.execute(sa.update(messages).where(messages.c.id == seq).values(status=Status.REMEMBERED))

    @_reads
    def untold(self, connection: sa.Connection, sender: str) -> list[Line]:
        """What the assistant has to be told of talk with people, while it is not silent."""
        return [] if people.serves(connection, sender) else people.untold(connection, sender)

    @_writes
    def told(self, connection: sa.Connection, sender: str, through: int) -> None:
        """The assistant knows everything that was said up to the message ``through``."""
        people.told(connection, sender, through)

    # reading

    @_reads
    def history(self, connection: sa.Connection, sender: str, after: int, limit: int) -> list[Entry]:
        """The messages after the one at ``after``, oldest first, at most ``limit``."""
        rows = connection.execute(
            sa.select(messages)
            .where(messages.c.conversation == sender, messages.c.id > after)
            .order_by(messages.c.id)
            .limit(limit)
        )
        return [Entry(row.id, row.direction, row.message_id, row.content, row.at, row.answer_to) for row in rows]

    @_reads
    def button(self, connection: sa.Connection, sender: str, press: Press) -> Button | None:
        """The button that was shown there, whether it still counts or not; None when there was none."""
        content = connection.execute(
            sa.select(messages.c.content).where(
                messages.c.id == press.seq, messages.c.conversation == sender, messages.c.direction == "out"
            )
        ).scalar_one_or_none()
        buttons = reply_from(content).buttons if content is not None else ()
        return buttons[press.index] if press.index < len(buttons) else None

    @_reads
    def heard(self, connection: sa.Connection, sender: str, message_id: str) -> Json | None:
        """The content of the resident's message with this id; None when there is none."""
        content: Json | None = connection.execute(
            sa.select(messages.c.content).where(
                messages.c.conversation == sender, messages.c.direction == "in", messages.c.message_id == message_id
            )
        ).scalar_one_or_none()
        return content

    @_reads
    def backlog(self, connection: sa.Connection) -> dict[str, int]:
        """How many messages wait for their answer, by channel."""
        query = (
            sa.select(conversations.c.channel, sa.func.count().label("waiting"))
            .select_from(messages)
            .join(conversations, conversations.c.id == messages.c.conversation)
            .where(_PENDING)
            .group_by(conversations.c.channel)
        )
        return {row.channel: row.waiting for row in connection.execute(query)}

    @_reads
    def glance(self, connection: sa.Connection, senders: Sequence[str], now: datetime) -> dict[str, Glance]:
        """The state of each of the conversations."""
        rows = connection.execute(
            sa.select(
                leases.c.conversation,
                leases.c.expires_at,
                sa.select(sa.func.max(messages.c.id))
                .where(messages.c.conversation == leases.c.conversation)
                .scalar_subquery()
                .label("seq"),
            ).where(leases.c.conversation.in_(senders))
        )
        return {row.conversation: Glance(row.seq or 0, row.expires_at > now) for row in rows}

    @_reads
    def unanswered_of(self, connection: sa.Connection, sender: str) -> int:
        """How many messages of the conversation wait for their answer."""
        query = sa.select(sa.func.count()).select_from(messages).where(messages.c.conversation == sender, _PENDING)
        return connection.execute(query).scalar_one()

    @_reads
    def unanswered(self, connection: sa.Connection) -> int:
        """How many messages wait for their answer."""
        return (connection.execute(sa.select(sa.func.count()).select_from(messages).where(_PENDING))).scalar_one()

    # attachments

    @_writes
    def add_attachment(
        self, connection: sa.Connection, sender: str, attachment_id: str, media_type: str, now: datetime
    ) -> None:
        """Note that the resident sent this attachment; only then may it be used and seen in the conversation."""
        lock(connection, sender)
        known = sa.select(attachments.c.id).where(
            attachments.c.conversation == sender, attachments.c.id == attachment_id
        )
        if connection.execute(known).one_or_none() is None:
            connection.execute(
                sa.insert(attachments).values(conversation=sender, id=attachment_id, media_type=media_type, at=now)
            )

    @_reads
    def attachment(self, connection: sa.Connection, sender: str, attachment_id: str) -> str | None:
        """Media type of the conversation's attachment; None when it is not of this conversation."""
        found: str | None = (
            connection.execute(
                sa.select(attachments.c.media_type).where(
                    attachments.c.conversation == sender, attachments.c.id == attachment_id
                )
            )
        ).scalar_one_or_none()
        return found

    # parts of transactions

    def _take(self, connection: sa.Connection, sender: str, owner: str, now: datetime) -> Work | None:
        if not self._grasp(connection, sender, owner, now):
            return None
        work = _next(connection, sender)
        if work is None:
            _release(connection, sender, owner)
        return work

    def _grasp(self, connection: sa.Connection, sender: str, owner: str, now: datetime) -> bool:
        taken = connection.execute(
            sa.update(leases)
            .where(leases.c.conversation == sender, leases.c.expires_at <= now)
            .values(owner=owner, expires_at=now + self._lease)
        )
        return bool(taken.rowcount)

    def _hold(self, connection: sa.Connection, sender: str, owner: str, now: datetime) -> None:
        held = connection.execute(
            sa.update(leases)
            .where(leases.c.conversation == sender, leases.c.owner == owner)
            .values(expires_at=now + self._lease)
        )
        if not held.rowcount:
            raise LeaseLost(sender)


def _release(connection: sa.Connection, sender: str, owner: str) -> None:
    connection.execute(
        sa.update(leases)
        .where(leases.c.conversation == sender, leases.c.owner == owner)
        .values(owner="", expires_at=_FREE)
    )


def _next(connection: sa.Connection, sender: str) -> Work | None:
    """The oldest unanswered message, its attempt counted: should we die over it, the next one knows."""
    oldest = sa.select(sa.func.min(messages.c.id)).where(messages.c.conversation == sender, _PENDING).scalar_subquery()
    row = (
        connection.execute(
            sa.update(messages)
            .where(messages.c.id == oldest)
            .values(attempts=messages.c.attempts + 1)
            .returning(
                messages.c.id,
                messages.c.message_id,
                messages.c.content,
                messages.c.at,
                messages.c.attempts,
                messages.c.failures,
            )
        )
    ).one_or_none()
    if row is None:
        return None
    facts = connection.execute(
        sa.select(
            conversations.c.language,
            people.is_served(sender).label("served"),
            people.has_untold(sender).label("untold"),
        ).where(conversations.c.id == sender)
    ).one()
    recount = facts.untold and not facts.served
    return Work(
        row.id,
        inbound_from(sender, row.message_id, row.content, row.at),
        row.attempts,
        row.failures,
        facts.served,
        tuple(people.untold(connection, sender)) if recount else (),
        facts.language,
    )


def _answer(connection: sa.Connection, seq: int) -> Answer:
    return _answers(connection, [seq])[seq]


def _answers(connection: sa.Connection, seqs: Sequence[int]) -> dict[int, Answer]:
    """The answers to messages that are answered; one that had to be answered nothing has an empty one."""
    if not seqs:
        return {}
    rows = connection.execute(
        sa.select(messages.c.id, messages.c.answer_to, messages.c.content)
        .where(messages.c.answer_to.in_(seqs), messages.c.status == Status.REPLY)
        .order_by(messages.c.id)
    )
    said: dict[int, list[tuple[int, Reply]]] = {seq: [] for seq in seqs}
    for row in rows:
        said[row.answer_to].append((row.id, reply_from(row.content)))
    return {
        seq: Answer(tuple(reply for _, reply in found), tuple(place for place, _ in found))
        for seq, found in said.items()
    }
