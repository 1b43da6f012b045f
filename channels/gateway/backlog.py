"""What has been said and not been brought yet, in channels that bring it themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.gateway.tables import messages

_RECENT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Untold:
    """In how many conversations words are on their way, and in how many they wait for the user's next contact."""

    owed: int
    waiting: int


async def untold(database: Database, users: sa.Table, now: datetime) -> Untold:
    """Count by ``users``, a table with ``conversation``, ``told``, ``waits`` and ``contact_at``.

    Owed is counted among users who turned to us in the last two days.
    """
    something = (
        sa.select(messages.c.id)
        .where(
            messages.c.conversation == users.c.conversation,
            messages.c.id > users.c.told,
            messages.c.direction == "out",
        )
        .exists()
    )
    count = sa.select(sa.func.count()).select_from(users)
    owed = count.where(users.c.waits == "", users.c.contact_at > now - _RECENT, something)
    waiting = count.where(users.c.waits != "", something)
    return await database.read(
        lambda connection: Untold(connection.execute(owed).scalar_one(), connection.execute(waiting).scalar_one())
    )
