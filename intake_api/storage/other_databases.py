"""The records of the other rooms, reached for one purpose: a person's data is erased, or handed out, everywhere.

The gateway's conversations and the assistant's tracker are tables of the same PostgreSQL database, or SQLite files
beside the cases; reports confirmed and not yet filed are always a file. What is kept on another machine cannot be
reached from here and is named as such: the same command has to be run there.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import CursorResult, bindparam, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession

from groundwork.settings import Settings
from intake_api.storage.database import Database
from intake_api.storage.tables import Instant

_CONVERSATION = (
    "DELETE FROM channels_messages WHERE conversation = :conversation",
    "DELETE FROM channels_leases WHERE conversation = :conversation",
    "DELETE FROM channels_attachments WHERE conversation = :conversation",
    "DELETE FROM channels_conversations WHERE id = :conversation",
)


class OtherDatabases:
    """Conversations, tracker and drafts. Every method tells how much it found; what is not here counts nothing."""

    def __init__(self, settings: Settings) -> None:
        drafts = settings.var_dir / "drafts.db"
        self._urls = {"channels": settings.channels_database, "drafts": f"sqlite+aiosqlite:///{drafts}"}
        if settings.cases_database.startswith("sqlite"):
            self._urls["tracker"] = f"sqlite+aiosqlite:///{settings.var_dir / 'tracker.db'}"
        else:
            self._urls["tracker"] = settings.cases_database

    def missing(self) -> list[str]:
        """Which of them are not on this machine."""
        return [name for name, url in self._urls.items() if not _is_there(url)]

    async def erase(self, conversations: Sequence[str]) -> dict[str, int]:
        """Erase conversations in the gateway and in the tracker."""
        counts = {"conversations": 0, "messages": 0, "tracker_events": 0}
        async with self._opened("channels") as session:
            if session is not None and await _has_table(session, "channels_conversations"):
                for conversation in conversations:
                    gone = [await _run(session, statement, conversation=conversation) for statement in _CONVERSATION]
                    counts["messages"] += gone[0]
                    counts["conversations"] += gone[-1]
        async with self._opened("tracker") as session:
            table = await _tracker_table(session) if session is not None else None
            if session is not None and table is not None:
                for conversation in conversations:
                    statement = f"DELETE FROM {table} WHERE sender_id = :conversation"  # noqa: S608 (from the catalogue)
                    counts["tracker_events"] += await _run(session, statement, conversation=conversation)
        return counts

    async def forget_calls(
        self, now: datetime, *, phones: Sequence[str] = (), cases: Sequence[str] = (), waiting: Sequence[str] = ()
    ) -> int:
        """Have the channels delete words and recordings of calls that are over: of these numbers, or of these cases.

        Those in which one of the ``waiting`` cases was filed stay. The files are the channels': they go within minutes.
        """
        async with self._opened("channels") as session:
            if session is None or not await _has_table(session, "channels_calls"):
                return 0
            rows = (await session.execute(_CALLS)).all()
            wanted = {call for call, number, fields, filed in rows if filed in cases or _of(phones, number, fields)}
            kept = {call for call, _, _, filed in rows if filed in waiting}
            statement = _FORGET_CALL.bindparams(bindparam("now", type_=Instant()))
            for call in sorted(wanted - kept):
                await session.execute(statement, {"call": call, "now": now})
            return len(wanted - kept)

    async def idle(self, cutoff: datetime, limit: int, after: str = "") -> list[str]:
        """Conversations in which nothing was said since ``cutoff``, in the order of their names behind ``after``."""
        async with self._opened("channels") as session:
            if session is None or not await _has_table(session, "channels_conversations"):
                return []
            query = text(
                "SELECT id FROM channels_conversations WHERE last_seen <= :cutoff AND id > :after "
                "ORDER BY id LIMIT :limit"
            ).bindparams(bindparam("cutoff", type_=Instant()))
            found = await session.execute(query, {"cutoff": cutoff, "after": after, "limit": limit})
            return [str(row[0]) for row in found]

    async def erase_drafts(self, phones: Sequence[str], users: Sequence[str]) -> tuple[int, int]:
        """Erase what was confirmed by this person and is filed. Returns how many, and how many are not yet filed."""
        filed = unfiled = 0
        async with self._opened("drafts") as session:
            if session is None or not await _has_table(session, "drafts"):
                return 0, 0
            for identity, body, is_filed in await session.execute(_DRAFTS):
                if not _speaks_of(body, phones, users):
                    continue
                if is_filed:
                    filed += await _run(session, "DELETE FROM drafts WHERE id = :id", id=identity)
                else:
                    unfiled += 1
        return filed, unfiled

    async def erase_old_drafts(self, cutoff: datetime) -> int:
        """Erase what was filed before ``cutoff``."""
        async with self._opened("drafts") as session:
            if session is None or not await _has_table(session, "drafts"):
                return 0
            statement = f"DELETE FROM drafts WHERE created_at <= :cutoff AND {_DONE}"  # noqa: S608 (ours)
            return await _run(session, statement, cutoff=cutoff.timestamp())

    async def export(self, conversations: Sequence[str], phones: Sequence[str], users: Sequence[str]) -> dict[str, Any]:
        """What is kept of a person."""
        held: dict[str, Any] = {"conversations": [], "drafts": [], "calls": []}
        async with self._opened("channels") as session:
            if session is not None and await _has_table(session, "channels_conversations"):
                for conversation in conversations:
                    rows = await session.execute(_MESSAGES, {"conversation": conversation})
                    said = [{"direction": way, "at": str(at), "content": _json(content)} for way, at, content in rows]
                    if said:
                        held["conversations"].append({"conversation": conversation, "messages": said})
            if session is not None and await _has_table(session, "channels_calls"):
                calls = (await session.execute(_CALLS)).all()
                for call in sorted({call for call, number, fields, _ in calls if _of(phones, number, fields)}):
                    lines = await session.execute(_SAID, {"call": call})
                    said = [{"side": side, "text": words, "at": str(at)} for side, words, at in lines]
                    held["calls"].append({"call": call, "said": said})
        async with self._opened("drafts") as session:
            if session is not None and await _has_table(session, "drafts"):
                rows = await session.execute(_DRAFTS)
                held["drafts"] = [_json(body) for _, body, _ in rows if _speaks_of(body, phones, users)]
        return held

    @contextlib.asynccontextmanager
    async def _opened(self, name: str) -> AsyncIterator[AsyncSession | None]:
        url = self._urls[name]
        if not _is_there(url):
            yield None
            return
        database = Database(url)
        try:
            async with database.write() as session:
                yield session
        finally:
            await database.close()


_CALLS = text(
    "SELECT c.id, c.number, CAST(f.fields AS TEXT), f.case_no FROM channels_calls c "
    "LEFT JOIN channels_call_forms f ON f.call = c.id "
    "WHERE c.hung_up_at IS NOT NULL AND c.forgotten_at IS NULL"
)
_FORGET_CALL = text("UPDATE channels_calls SET forget_at = :now WHERE id = :call")
_SAID = text(
    "SELECT l.side, u.text, u.at FROM channels_utterances u JOIN channels_call_legs l ON l.uuid = u.leg "
    "WHERE l.call = :call ORDER BY u.at, u.id"
)
_DONE = "(case_json IS NOT NULL OR refused IS NOT NULL)"
_DRAFTS = text(f"SELECT id, body, {_DONE} FROM drafts")  # noqa: S608 (ours)
_MESSAGES = text("SELECT direction, at, content FROM channels_messages WHERE conversation = :conversation ORDER BY id")


def _is_there(url: str) -> bool:
    parsed = make_url(url)
    return parsed.get_backend_name() != "sqlite" or (bool(parsed.database) and Path(str(parsed.database)).is_file())


def _speaks_of(body: str, phones: Sequence[str], users: Sequence[str]) -> bool:
    report = json.loads(body)
    reporter = report.get("reporter") or {} if isinstance(report, dict) else {}
    return reporter.get("phone") in phones or reporter.get("channel_user") in users


def _of(phones: Sequence[str], number: str, fields: str | None) -> bool:
    """Whether a call is of somebody with one of these numbers: called from it, or named it."""
    return number in phones or any(f'"{phone}"' in (fields or "") for phone in phones)


def _json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


async def _run(session: AsyncSession, statement: str, **values: object) -> int:
    result = await session.execute(text(statement), values)
    assert isinstance(result, CursorResult)
    return result.rowcount


async def _has_table(session: AsyncSession, name: str) -> bool:
    if session.get_bind().dialect.name == "sqlite":
        query = text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name")
    else:
        query = text("SELECT 1 WHERE to_regclass(:name) IS NOT NULL")
    return (await session.execute(query, {"name": name})).first() is not None


async def _tracker_table(session: AsyncSession) -> str | None:
    """The table in which the assistant keeps what was said: named like ours, told by its column."""
    if session.get_bind().dialect.name == "sqlite":
        return "events" if await _has_table(session, "events") else None
    found = await session.execute(
        text(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.columns "
            "WHERE column_name = 'sender_id' AND table_name LIKE '%events'"
        )
    )
    row = found.first()
    return str(row[0]) if row else None
