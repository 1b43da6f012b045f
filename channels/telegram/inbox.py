"""The bot's updates: stored once however often and by whichever process they come, handled in each chat's order.

Telegram forgets an update when the next ones are asked for, or when the webhook answers 200. Both happen only after it
lies here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.gateway.message import Json, sender_id
from channels.gateway.recipients import NEVER, Waits, note_contact
from channels.gateway.rows import insert_new
from channels.telegram import metrics
from channels.telegram.tables import chats, updates

CHANNEL = "telegram"

ALBUM_PAUSE = timedelta(seconds=1)
"""So long after the last photo of an album it counts as complete: each photo comes as an update of its own."""

_LEASE = timedelta(seconds=60)
_KEPT = timedelta(days=3)
"""Numbers of handled updates are kept longer than the day for which Telegram keeps updates."""

_LONGEST_ALBUM = 10
_KINDS = ("message", "edited_message", "callback_query", "my_chat_member")


@dataclass(frozen=True, slots=True)
class Parcel:
    """The oldest update of a chat that is not handled, or all of one album, as Telegram sent them.

    ``attempts`` counts this one.
    """

    conversation: str
    numbers: tuple[int, ...]
    contents: tuple[Json, ...]
    at: datetime
    attempts: int


class Inbox:
    """All reading and writing of the updates of ``bot``; every method is one transaction."""

    def __init__(self, database: Database, bot: str):
        self._database = database
        self._bot = bot

    async def store(self, found: Sequence[Json], now: datetime) -> None:
        """Keep updates; those that are here already stay as they are."""
        await self._database.write(lambda connection: self.keep(connection, found, now))

    def keep(self, connection: sa.Connection, found: Sequence[Json], now: datetime) -> None:
        """The same within a transaction."""
        for update in found:
            kind = next((kind for kind in _KINDS if isinstance(update.get(kind), dict)), "other")
            body = update.get(kind) or {}
            chat = _private_chat(body)
            if chat is None:
                continue
            conversation = sender_id(CHANNEL, chat)
            if kind == "my_chat_member":
                _membership(connection, conversation, body)
                continue
            # a pause that Telegram asked for is kept; what failed for another reason is tried at once
            due_at = sa.case((chats.c.waits == Waits.CONTACT.value, NEVER), else_=chats.c.due_at)
            note_contact(connection, chats, conversation, now, changes={"due_at": due_at}, first={})
            album = str(body.get("media_group_id") or "")
            complete_at = now + ALBUM_PAUSE if album else now
            new = insert_new(
                connection,
                updates,
                bot=self._bot,
                update_id=int(update["update_id"]),
                conversation=conversation,
                album=album,
                content=_plain(update),
                at=now,
                due_at=complete_at,
                pending=True,
                attempts=0,
                expires_at=NEVER,
            )
            if new:
                metrics.UPDATES.labels(kind).inc()
                if album:
                    self._change(connection, self._album(conversation, album), due_at=complete_at)

    async def due(self, now: datetime, limit: int) -> list[str]:
        """Chats whose oldest pending update may be handled now."""
        oldest = (
            sa.select(updates.c.conversation, sa.func.min(updates.c.update_id).label("first"))
            .where(sa.text("pending"), updates.c.bot == self._bot)
            .group_by(updates.c.conversation)
            .subquery()
        )
        query = (
            sa.select(updates.c.conversation)
            .join(oldest, updates.c.update_id == oldest.c.first)
            .where(updates.c.bot == self._bot, updates.c.due_at <= now, updates.c.expires_at <= now)
            .order_by(updates.c.update_id)
            .limit(limit)
        )
        return await self._database.read(lambda connection: list(connection.execute(query).scalars()))

    async def take(self, conversation: str, now: datetime) -> Parcel | None:
        """Take what comes next in the chat, to be handled by the caller alone. None when it is not its time."""
        pending = sa.and_(sa.text("pending"), updates.c.bot == self._bot, updates.c.conversation == conversation)

        def work(connection: sa.Connection) -> Parcel | None:
            # locks the chat: of two processes one sees what the other took
            lock = sa.select(chats.c.conversation).where(chats.c.conversation == conversation).with_for_update()
            connection.execute(lock)
            first = connection.execute(
                sa.select(updates).where(pending).order_by(updates.c.update_id).limit(1)
            ).one_or_none()
            if first is None or first.due_at > now or first.expires_at > now:
                return None
            rows = [first]
            if first.album:
                album = sa.select(updates).where(pending, updates.c.album == first.album)
                rows = list(connection.execute(album.order_by(updates.c.update_id).limit(_LONGEST_ALBUM)))
            numbers = tuple(row.update_id for row in rows)
            self._change(
                connection,
                updates.c.update_id.in_(numbers),
                expires_at=now + _LEASE,
                attempts=updates.c.attempts + 1,
            )
            contents = tuple(row.content for row in rows)
            return Parcel(conversation, numbers, contents, first.at, first.attempts + 1)

        return await self._database.write(work)

    async def done(self, parcel: Parcel) -> None:
        """Handled: only the numbers are kept."""
        await self._database.write(
            lambda connection: self._change(
                connection, updates.c.update_id.in_(parcel.numbers), pending=False, content={}
            )
        )

    async def postpone(self, parcel: Parcel, due_at: datetime) -> None:
        """Handle it again from ``due_at`` on; what comes after it in the chat waits too."""
        await self._database.write(
            lambda connection: self._change(
                connection, updates.c.update_id.in_(parcel.numbers), due_at=due_at, expires_at=NEVER
            )
        )

    async def waiting(self) -> int:
        """How many updates are not handled yet."""
        query = sa.select(sa.func.count()).select_from(updates).where(sa.text("pending"), updates.c.bot == self._bot)
        return await self._database.read(lambda connection: connection.execute(query).scalar_one())

    async def prune(self, now: datetime) -> None:
        """Forget the numbers of updates that Telegram cannot send again."""
        old = sa.delete(updates).where(updates.c.at <= now - _KEPT, sa.text("NOT pending"))
        await self._database.write(lambda connection: connection.execute(old))

    def _album(self, conversation: str, album: str) -> sa.ColumnElement[bool]:
        return sa.and_(updates.c.conversation == conversation, updates.c.album == album, sa.text("pending"))

    def _change(self, connection: sa.Connection, which: sa.ColumnElement[bool], **values: Any) -> None:
        connection.execute(sa.update(updates).where(updates.c.bot == self._bot, which).values(**values))


def _private_chat(body: Json) -> str | None:
    """The user's chat with the bot; None for groups and channels, where a report would be read by others."""
    message = body.get("message") if "message" in body else body  # a press carries the message it was made on
    chat = (message or {}).get("chat") or {}
    if chat.get("type") != "private" or not isinstance(chat.get("id"), int):
        return None
    return str(chat["id"])


def _membership(connection: sa.Connection, conversation: str, body: Json) -> None:
    status = ((body.get("new_chat_member") or {}).get("status")) or ""
    waits = Waits.CONTACT if status in ("kicked", "left") else Waits.NOTHING
    connection.execute(sa.update(chats).where(chats.c.conversation == conversation).values(waits=waits))


def _plain(value: Any) -> Any:
    """The same without what a database does not keep: NUL, and halves of characters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    return value
