"""Parts of transactions that write messages: whoever says something in a conversation does it by these."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from channels.gateway.message import Json
from channels.gateway.tables import Status, conversations, messages


def lock(connection: sa.Connection, sender: str) -> None:
    """Let nobody else write in this conversation until the transaction ends. SQLite has one writer anyhow."""
    if connection.dialect.name != "sqlite":
        row = sa.select(conversations.c.id).where(conversations.c.id == sender).with_for_update()
        connection.execute(row)


def language_in(connection: sa.Connection, sender: str) -> str | None:
    """The language in which the conversation is held (gateway/language.py); None: nothing was written yet."""
    row = sa.select(conversations.c.language).where(conversations.c.id == sender)
    language: str | None = connection.execute(row).scalar_one_or_none()
    return language


def message_row(sender: str, message_id: str, content: Json, at: datetime, status: Status, **more: object) -> Json:
    """A message to insert. Only residents' messages begin as pending."""
    row: Json = {
        "conversation": sender,
        "direction": "in" if status is Status.PENDING else "out",
        "message_id": message_id,
        "content": content,
        "at": at,
        "answer_to": None,
        "status": status,
        "attempts": 0,
        "failures": 0,
        "due_at": None,
    }
    return row | more


def insert_messages(connection: sa.Connection, *rows: Json) -> tuple[int, ...]:
    """Add messages and return their numbers, in the same order."""
    if not rows:
        return ()
    numbers = sa.insert(messages).returning(messages.c.id, sort_by_parameter_order=True)
    return tuple((connection.execute(numbers, rows)).scalars())


def insert_once(connection: sa.Connection, row: Json) -> int | None:
    """Add a message and return its number; None when the conversation has one with its id in its direction."""
    new = _dialect(connection).insert(messages).values(row).on_conflict_do_nothing().returning(messages.c.id)
    number: int | None = connection.execute(new).scalar_one_or_none()
    return number


def insert_new(connection: sa.Connection, table: sa.Table, **values: Any) -> bool:
    """Add a row unless its key is there: of two processes that do it at once, one does. Whether it was added here."""
    new = _dialect(connection).insert(table).values(**values).on_conflict_do_nothing()
    return bool(connection.execute(new).rowcount)


def _dialect(connection: sa.Connection) -> Any:
    return sqlite if connection.dialect.name == "sqlite" else postgresql
