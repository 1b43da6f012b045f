"""The followers of the account: what they have been told, and which callback of theirs is open.

What was said is brought either in the reply to a callback or by a message of our own; both move ``told`` in the
transaction that decides, so none is said by both.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.gateway.message import Json
from channels.gateway.offers import Offer, standing
from channels.gateway.recipients import NEVER, Recipients, Waits, note_contact, said
from channels.gateway.rows import language_in
from channels.wechat.letters import Letter, letters
from channels.wechat.tables import followers

CHANNEL = "wechat"

_FIRST: Json = {"open_until": NEVER, "reply_to": "", "reply_after": 0, "reply_through": 0}


class Taken(Exception):
    """Another process is writing to the follower just now."""


class Followers(Recipients[Letter]):
    """All reading and writing of the followers; every method is one transaction."""

    def __init__(self, database: Database):
        super().__init__(database, followers, letters)

    def free(self, now: datetime) -> sa.ColumnElement[bool]:
        """Whether we may write to a follower now: not while a callback is open whose reply may carry the words."""
        return sa.and_(super().free(now), followers.c.open_until <= now)

    async def contact(self, conversation: str, now: datetime, open_until: datetime | None = None) -> None:
        """The user has turned to us: from now on we may write. Begins the conversation if there is none.

        Until ``open_until`` what is said is left to the reply to the callback.
        """
        changes: Json = {"attempts": 0, "due_at": NEVER}
        if open_until is not None:
            longer = (followers.c.open_until < open_until, open_until)
            changes["open_until"] = sa.case(longer, else_=followers.c.open_until)
        await self._database.write(
            lambda connection: note_contact(connection, followers, conversation, now, changes=changes, first=_FIRST)
        )

    async def left(self, conversation: str) -> None:
        """The user follows the account no longer."""
        await self._database.write(
            lambda connection: connection.execute(
                sa.update(followers)
                .where(followers.c.conversation == conversation)
                .values(waits=Waits.SUBSCRIPTION, open_until=NEVER)
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
                    open_until=NEVER,
                    owner="",
                )
            )
            return found[0].text

        return await self._database.write(work)

    async def hang_up(self, conversation: str) -> None:
        """No callback of the user is open any more: what is said goes by messages of our own."""
        await self._database.write(
            lambda connection: connection.execute(
                sa.update(followers).where(followers.c.conversation == conversation).values(open_until=NEVER)
            )
        )

    async def choices(self, conversation: str) -> tuple[Offer, ...]:
        """The buttons that a typed number means: those of the newest answer that has any, of the last two."""
        return await self._database.read(lambda connection: standing(connection, conversation, within=2))


def _letters(connection: sa.Connection, conversation: str, after: int, through: int | None = None) -> list[Letter]:
    return letters(said(connection, conversation, after, through), language_in(connection, conversation))
