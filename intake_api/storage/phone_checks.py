"""Wrong answers to the question for the phone's last four digits, kept only as long as they count."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.storage.phone_check_tables import PhoneCheckRow


def asker(channel: str, channel_user: str) -> str:
    """What is kept of who asks: a digest, for the rows need not tell who it was."""
    return hashlib.sha256(f"{channel}\n{channel_user}".encode()).hexdigest()[:32]


async def wrong_since(session: AsyncSession, case_id: int | None, who: str, since: datetime) -> int:
    """How often was answered wrongly for this case or by this asker, whichever is more."""
    by_asker = select(func.count()).where(PhoneCheckRow.asker == who, PhoneCheckRow.at > since)
    counts = [await session.scalar(by_asker) or 0]
    if case_id is not None:
        for_case = select(func.count()).where(PhoneCheckRow.case_id == case_id, PhoneCheckRow.at > since)
        counts.append(await session.scalar(for_case) or 0)
    return max(counts)


async def note_wrong(session: AsyncSession, case_id: int | None, who: str, now: datetime, since: datetime) -> None:
    """Keep one wrong answer, and forget those before ``since``."""
    await session.execute(delete(PhoneCheckRow).where(PhoneCheckRow.at <= since))
    session.add(PhoneCheckRow(case_id=case_id, asker=who, at=now))
