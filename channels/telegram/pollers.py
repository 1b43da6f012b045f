"""Which process fetches the bot's updates: one, for as long as it keeps its lease; another takes over when it dies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.gateway.message import Json
from channels.gateway.rows import insert_new
from channels.telegram.inbox import Inbox
from channels.telegram.tables import pollers

LEASE = timedelta(seconds=40)
"""Longer than a poll takes at the most, and short enough that another takes over within a minute."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBERS_GO_ON = timedelta(days=6)
"""After a week without updates Telegram begins with new numbers: an old one must not be asked for then."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Who fetches the updates, and when Telegram answered last. For people."""

    holder: str
    polled_at: datetime
    alive: bool


class Pollers:
    """The lease of ``bot`` and where its updates go on; every method is one transaction."""

    def __init__(self, database: Database, bot: str, *, lease: timedelta = LEASE):
        self._database = database
        self._bot = bot
        self._lease = lease

    async def hold(self, owner: str, holder: str, now: datetime) -> tuple[bool, int | None]:
        """Take the lease, or keep it. Whether the caller has it, and the number to ask for next, if that is known."""

        def work(connection: sa.Connection) -> tuple[bool, int | None]:
            insert_new(
                connection,
                pollers,
                bot=self._bot,
                owner="",
                holder="",
                expires_at=_NEVER,
                next_update=0,
                update_at=_NEVER,
                polled_at=_NEVER,
            )
            row = connection.execute(
                sa.update(pollers)
                .where(pollers.c.bot == self._bot, sa.or_(pollers.c.owner == owner, pollers.c.expires_at <= now))
                .values(owner=owner, holder=holder, expires_at=now + self._lease)
                .returning(pollers.c.next_update, pollers.c.update_at)
            ).one_or_none()
            if row is None:
                return False, None
            return True, row.next_update if row.update_at > now - _NUMBERS_GO_ON else None

        return await self._database.write(work)

    async def keep(self, owner: str, found: Sequence[Json], inbox: Inbox, now: datetime) -> bool:
        """Keep updates and note where to go on, if the lease is still ``owner``'s. Whether it was."""

        def work(connection: sa.Connection) -> bool:
            changes: Json = {"polled_at": now}
            if found:
                changes |= {"next_update": max(int(each["update_id"]) for each in found) + 1, "update_at": now}
            held = connection.execute(
                sa.update(pollers).where(pollers.c.bot == self._bot, pollers.c.owner == owner).values(changes)
            )
            if not held.rowcount:
                return False
            inbox.keep(connection, found, now)
            return True

        return await self._database.write(work)

    async def release(self, owner: str) -> None:
        """Let another process take over at once."""
        statement = (
            sa.update(pollers)
            .where(pollers.c.bot == self._bot, pollers.c.owner == owner)
            .values(owner="", expires_at=_NEVER)
        )
        await self._database.write(lambda connection: connection.execute(statement))

    async def holding(self, now: datetime) -> Holding | None:
        """Who has the lease; None when nobody ever had."""
        query = sa.select(pollers).where(pollers.c.bot == self._bot)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        return Holding(row.holder, row.polled_at, row.expires_at > now) if row else None
