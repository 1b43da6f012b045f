"""Words that operators often say (常用语): everybody's, changed by everybody at the console."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.gateway.handover import Staff
from channels.gateway.message import Json
from channels.gateway.people_tables import canned_replies


class CannedReplies:
    """Every method is one transaction."""

    def __init__(self, database: Database):
        self._database = database

    async def all(self) -> list[Json]:
        """In their order."""
        query = sa.select(canned_replies).order_by(canned_replies.c.position, canned_replies.c.id)
        return await self._database.read(
            lambda connection: [
                {"id": row.id, "title": row.title, "text": row.text} for row in connection.execute(query)
            ]
        )

    async def put(self, number: int | None, title: str, text: str, staff: Staff, now: datetime) -> int | None:
        """Change the words of this number, or add some at the end (None). None: there are none of this number."""
        values = {"title": title, "text": text, "changed_by": staff.name, "changed_at": now}

        def work(connection: sa.Connection) -> int | None:
            if number is None:
                last = connection.execute(sa.select(sa.func.max(canned_replies.c.position))).scalar() or 0
                added = sa.insert(canned_replies).values(**values, position=last + 1).returning(canned_replies.c.id)
                return int(connection.execute(added).scalar_one())
            changed = sa.update(canned_replies).where(canned_replies.c.id == number).values(values)
            return number if connection.execute(changed).rowcount else None

        return await self._database.write(work)

    async def remove(self, number: int) -> None:
        """Take words out. Again is fine."""
        statement = sa.delete(canned_replies).where(canned_replies.c.id == number)
        await self._database.write(lambda connection: connection.execute(statement))
