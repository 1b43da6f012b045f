"""Reports that were confirmed: kept on disk before a word is said about them, until the intake API has them.

A draft's id is made of the conversation and the message that confirmed it, so that the same confirmation, heard again
after a crash, is the same draft; two confirmations of one conversation are two drafts. The id is the intake API's
idempotency key and the body is frozen: a report is filed once, however often it is sent.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAMESPACE = uuid.UUID("6f0b1f0e-2f0a-4e6e-9a51-5f1d0a7c9a11")
_FIRST_RETRY_SECONDS = 2.0
_LONGEST_RETRY_SECONDS = 300.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS drafts (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL,          -- the frozen report, JSON
    created_at REAL NOT NULL,    -- seconds since 1970
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at REAL NOT NULL,
    case_json TEXT,              -- the intake's answer, once filed
    refused TEXT,                -- why the intake will never take it, JSON
    owed TEXT                    -- conversation that does not know of the refusal yet
)
"""


@dataclass(frozen=True)
class Draft:
    """A confirmed report. ``case`` is the intake's answer once it is filed."""

    id: str
    body: dict[str, Any]
    attempts: int
    case: dict[str, Any] | None
    refused: str | None


def draft_id(conversation: str, message_id: str) -> str:
    """The id of what ``message_id`` of ``conversation`` confirmed."""
    return str(uuid.uuid5(_NAMESPACE, f"{conversation}\n{message_id}"))


class Drafts:
    """The spool, an SQLite file. Safe for several processes on one file; calls block for a few milliseconds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._transaction() as connection:
            connection.execute(_SCHEMA)
            if "owed" not in {column["name"] for column in connection.execute("PRAGMA table_info(drafts)")}:
                connection.execute("ALTER TABLE drafts ADD COLUMN owed TEXT")

    def keep(self, identity: str, body: dict[str, Any]) -> Draft:
        """Freeze ``body`` under ``identity``; what is kept already stays as it is and is given back."""
        now = time.time()
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO drafts (id, body, created_at, next_attempt_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (identity, json.dumps(body, ensure_ascii=False), now, now + _FIRST_RETRY_SECONDS),
            )
            return _draft(connection.execute("SELECT * FROM drafts WHERE id = ?", (identity,)).fetchone())

    def filed(self, identity: str, case: dict[str, Any]) -> None:
        """The intake has it."""
        with self._transaction() as connection:
            connection.execute("UPDATE drafts SET case_json = ? WHERE id = ?", (json.dumps(case), identity))

    def refused(self, identity: str, why: str, *, owed: bool) -> None:
        """The intake will never take it as it is; ``owed``: the resident was told that it is kept, and has to hear."""
        with self._transaction() as connection:
            row = connection.execute("SELECT body FROM drafts WHERE id = ?", (identity,)).fetchone()
            body = json.loads(row["body"])
            whom = _conversation(body["channel"], (body.get("reporter") or {}).get("channel_user")) if owed else None
            connection.execute("UPDATE drafts SET refused = ?, owed = ? WHERE id = ?", (why, whom, identity))

    def owed(self, channel: str, channel_user: str) -> list[Draft]:
        """Refused drafts of a resident who does not know of it yet, oldest first; given once."""
        whom = _conversation(channel, channel_user)
        with closing(sqlite3.connect(self._path, timeout=10)) as connection:
            if connection.execute("SELECT 1 FROM drafts WHERE owed = ? LIMIT 1", (whom,)).fetchone() is None:
                return []
        with self._transaction() as connection:
            rows = connection.execute("SELECT * FROM drafts WHERE owed = ? ORDER BY created_at", (whom,)).fetchall()
            connection.execute("UPDATE drafts SET owed = NULL WHERE owed = ?", (whom,))
        return [_draft(row) for row in rows]

    def due(self, limit: int = 20) -> list[Draft]:
        """Drafts not yet filed whose time has come, oldest first; each is put off, so that two processes take turns."""
        now = time.time()
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM drafts WHERE case_json IS NULL AND refused IS NULL AND next_attempt_at <= ?"
                " ORDER BY created_at LIMIT ?",
                (now, limit),
            ).fetchall()
            for row in rows:
                wait = min(_LONGEST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2 ** row["attempts"])
                connection.execute(
                    "UPDATE drafts SET attempts = attempts + 1, next_attempt_at = ? WHERE id = ?",
                    (now + wait, row["id"]),
                )
        return [_draft(row) for row in rows]

    def waiting(self) -> int:
        """How many are not yet filed."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT count(*) FROM drafts WHERE case_json IS NULL AND refused IS NULL"
            ).fetchone()
            return int(row[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def _conversation(channel: str, channel_user: str | None) -> str:
    return f"{channel}:{channel_user or ''}"


def _draft(row: sqlite3.Row) -> Draft:
    return Draft(
        row["id"],
        json.loads(row["body"]),
        row["attempts"],
        json.loads(row["case_json"]) if row["case_json"] else None,
        row["refused"],
    )
