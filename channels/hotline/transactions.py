"""How the stores of calls use the database: each method is one transaction, and pages learn of changes in order."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.hotline.tables import changes

P = ParamSpec("P")
T = TypeVar("T")

_ORDER_LOCK = 0x79687463616C6C  # any number that only we use


class Keeps(Protocol):
    """A store with a database."""

    database: Database


S = TypeVar("S", bound=Keeps)


def writes(
    method: Callable[Concatenate[S, sa.Connection, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Make of ``method`` one writing transaction; the caller awaits it and gives no connection."""

    @wraps(method)
    async def transaction(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await store.database.write(lambda connection: method(store, connection, *args, **kwargs))

    return transaction


def reads(
    method: Callable[Concatenate[S, sa.Connection, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """The same for reading."""

    @wraps(method)
    async def transaction(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await store.database.read(lambda connection: method(store, connection, *args, **kwargs))

    return transaction


class Change(StrEnum):
    """What has to be looked at again."""

    CALL = "call"  # the call's state, operator, legs
    UTTERANCE = "utterance"  # an utterance is new or was corrected
    PARTIAL = "partial"  # what is being said
    FORM = "form"  # a form and what stands beside it
    GONE = "gone"  # the call went into another, or was deleted


def tell(connection: sa.Connection, now: datetime, call: str, kind: Change, subject: str | int = "") -> None:
    """Have pages look again. Numbers are given out in the order of commits, so that no reader skips one."""
    if connection.dialect.name != "sqlite":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ORDER_LOCK)))
    connection.execute(sa.insert(changes).values(call=call, kind=kind.value, subject=str(subject), at=now))
