"""The account's access token: fetched by one process, used by all.

WeChat counts the fetches, and each one ends the life of the token before; so whoever fetches holds a lease.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from channels.gateway.database import Database, insert_new
from channels.wechat.tables import tokens

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_MARGIN = timedelta(minutes=5)
_LEASE = timedelta(seconds=30)
_PATIENCE = timedelta(seconds=15)
_POLL_SECONDS = 0.05

FetchToken = Callable[[], Awaitable[tuple[str, int]]]
"""Asks WeChat for a token: it, and its life in seconds."""


class NoToken(Exception):
    """Another process tries to fetch the token and does not get it. Try again later."""


class Tokens:
    """The token of the account ``app_id``, in the database that all processes share."""

    def __init__(self, database: Database, app_id: str, clock: Callable[[], datetime]):
        self._database = database
        self._app_id = app_id
        self._clock = clock

    async def token(self, fetch: FetchToken) -> str:
        """A token that is good for some minutes at least; fetched if need be. Raises NoToken, and as ``fetch`` does."""
        began = self._clock()
        owner = secrets.token_hex(8)
        while True:
            now = self._clock()
            token, expires_at = await self._database.read(self._read)
            if token and expires_at > now + _MARGIN:
                return token
            if await self._database.write(lambda connection, now=now: self._lease(connection, owner, now)):  # type: ignore[misc]
                return await self._fetch(fetch, owner)
            if token and expires_at > now:
                return token  # good for this call; the next one is on its way
            if now - began > _PATIENCE:
                raise NoToken
            await asyncio.sleep(_POLL_SECONDS)

    async def spoilt(self, token: str) -> None:
        """WeChat does not take ``token`` any more: never hand it out again."""
        statement = (
            sa.update(tokens).where(tokens.c.app_id == self._app_id, tokens.c.token == token).values(expires_at=_NEVER)
        )
        await self._database.write(lambda connection: connection.execute(statement))

    async def _fetch(self, fetch: FetchToken, owner: str) -> str:
        mine = sa.update(tokens).where(tokens.c.app_id == self._app_id, tokens.c.owner == owner)
        try:
            token, seconds = await fetch()
        except BaseException:
            free = mine.values(owner="", lease_until=_NEVER)
            await self._database.write(lambda connection: connection.execute(free))
            raise
        kept = mine.values(
            token=token, expires_at=self._clock() + timedelta(seconds=seconds), owner="", lease_until=_NEVER
        )
        await self._database.write(lambda connection: connection.execute(kept))
        return token

    def _read(self, connection: sa.Connection) -> tuple[str, datetime]:
        query = sa.select(tokens.c.token, tokens.c.expires_at).where(tokens.c.app_id == self._app_id)
        row = connection.execute(query).one_or_none()
        return (row.token, row.expires_at) if row else ("", _NEVER)

    def _lease(self, connection: sa.Connection, owner: str, now: datetime) -> bool:
        """Take the lease, unless another has it or has just fetched."""
        insert_new(connection, tokens, app_id=self._app_id, token="", expires_at=_NEVER, owner="", lease_until=_NEVER)
        taken = connection.execute(
            sa.update(tokens)
            .where(tokens.c.app_id == self._app_id, tokens.c.lease_until <= now, tokens.c.expires_at <= now + _MARGIN)
            .values(owner=owner, lease_until=now + _LEASE)
        )
        return bool(taken.rowcount)
