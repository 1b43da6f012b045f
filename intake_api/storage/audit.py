"""What staff did, append-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.event import Actor
from intake_api.storage.tables import AuditRow


async def note(
    session: AsyncSession, actor: Actor, action: str, *, target: str, result: str, address: str, now: datetime
) -> None:
    """Record an action, in the transaction of what it did. ``target`` never holds personal data."""
    session.add(
        AuditRow(
            at=now,
            actor_kind=actor.kind.value,
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            target=target,
            result=result,
            address=address[:64],
        )
    )
