"""Rows of calls, and the writes that several transactions share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from channels.hotline.call import Call, Operator, State
from channels.hotline.form import Json
from channels.hotline.tables import calls, deeds, events, figures

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def call_from(row: sa.Row[Any]) -> Call:
    """The call that a row of ``calls`` tells of."""
    return Call(
        id=row.id,
        state=State(row.state),
        rang_at=row.rang_at,
        queue=row.queue,
        number=row.number,
        called=row.called,
        agent=row.agent,
        operator=Operator(row.operator_id, row.operator_name) if row.operator_id else None,
        answered_at=row.answered_at,
        hung_up_at=row.hung_up_at,
        finished_at=row.finished_at,
        held_since=row.held_since,
        held_seconds=row.held_seconds,
        transfer_to=row.transfer_to,
    )


def to_be_understood(connection: sa.Connection, call: str) -> None:
    """Something that bears on the forms is new: the call is to be understood once more."""
    connection.execute(sa.update(calls).where(calls.c.id == call).values(said_version=calls.c.said_version + 1))


def to_be_settled(connection: sa.Connection, call: str) -> None:
    """Something that counts has changed: figures that were kept already are to be made anew."""
    known = sa.update(calls).where(calls.c.id == call, calls.c.settled.is_(True)).values(settled=False)
    if connection.execute(known).rowcount:
        connection.execute(sa.delete(figures).where(figures.c.call == call))


def log_event(
    connection: sa.Connection, call: str, kind: str, operator: Operator | None, *, detail: Json, now: datetime
) -> None:
    """Something happened, for the call's history."""
    by = operator or Operator("", "")
    values = {"call": call, "at": now, "kind": kind, "by_id": by.id, "by_name": by.name, "detail": detail}
    connection.execute(sa.insert(events).values(values))


def log_deed(connection: sa.Connection, call: str, kind: str, operator: Operator, now: datetime) -> None:
    """An operator did something that the audit trail is to say; it is sent from here (``trail``)."""
    values = {"call": call, "kind": kind, "by_id": operator.id, "at": now, "attempts": 0, "next_at": now}
    connection.execute(sa.insert(deeds).values(values))
