"""Photos and recordings: rows in the database, bytes in files under their SHA-256."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.storage.database import insert_if_absent
from intake_api.storage.tables import AttachmentRow, SigningKeyRow


class AttachmentFiles:
    """The folder of the bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Where the bytes with this digest lie."""
        return self._folder / sha256[:2] / sha256

    async def keep(self, content: bytes) -> str:
        """Write the bytes to disk for good and return their SHA-256."""
        return await asyncio.to_thread(self._write, content)

    async def remove(self, digests: Sequence[str]) -> None:
        """Remove what nothing names any more; what is gone already is fine."""
        for sha256 in digests:
            await asyncio.to_thread(self.path(sha256).unlink, missing_ok=True)

    def _write(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        if path.exists():
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{sha256}.{secrets.token_hex(4)}")
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return sha256


async def add(
    session: AsyncSession,
    *,
    sha256: str,
    media_type: str,
    size: int,
    position: tuple[float, float] | None,
    by_channel: bool,
    uploaded_by: str,
    now: datetime,
) -> AttachmentRow:
    """Record an attachment whose bytes are kept."""
    row = AttachmentRow(
        id=secrets.token_hex(16),
        sha256=sha256,
        media_type=media_type,
        size=size,
        lat=position[0] if position else None,
        lng=position[1] if position else None,
        by_channel=by_channel,
        uploaded_by=uploaded_by,
        created_at=now,
    )
    session.add(row)
    return row


async def get(session: AsyncSession, attachment_id: str) -> AttachmentRow | None:
    """An attachment, or None."""
    return await session.get(AttachmentRow, attachment_id)


async def several(session: AsyncSession, ids: Sequence[str]) -> dict[str, AttachmentRow]:
    """Those of ``ids`` that exist."""
    if not ids:
        return {}
    rows = await session.scalars(select(AttachmentRow).where(AttachmentRow.id.in_(ids)))
    return {row.id: row for row in rows}


async def bind(session: AsyncSession, ids: Sequence[str], case_id: int) -> None:
    """Note to which case attachments belong; the first case that names one keeps it."""
    if ids:
        await session.execute(
            update(AttachmentRow)
            .where(AttachmentRow.id.in_(ids), AttachmentRow.case_id.is_(None))
            .values(case_id=case_id)
        )


def is_voice_of_resident(row: AttachmentRow) -> bool:
    """Whether an attachment is a recording that came by a channel."""
    return row.by_channel and row.media_type.startswith("audio/")


async def signing_key(session: AsyncSession, now: datetime) -> bytes:
    """The key by which addresses of attachments are signed, made once for all processes (needs a writing session)."""
    await insert_if_absent(session, SigningKeyRow, name="attachments", key=secrets.token_bytes(32), created_at=now)
    key = await session.scalar(select(SigningKeyRow.key).where(SigningKeyRow.name == "attachments"))
    assert key is not None
    return key
