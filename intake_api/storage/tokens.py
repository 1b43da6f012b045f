"""Bearer tokens of programs: ``yht_`` and 32 random bytes, of which only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import CursorResult, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.access import Role
from intake_api.storage.tables import TokenRow

PREFIX = "yht_"
SCREEN_LIFE = timedelta(days=365)
"""So long a screen on a wall shows the board before it must be hung again."""
_USED_STEP = timedelta(minutes=1)  # how exactly last use is known: a write a request would cost more than it tells


def digest(secret: str) -> str:
    """What is kept of a token, cookie or link."""
    # whatever bytes a header held
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


async def issue(
    session: AsyncSession, role: Role, name: str, department_id: str | None = None, now: datetime | None = None
) -> str:
    """Issue a token and return it; it cannot be shown again."""
    plain = PREFIX + secrets.token_urlsafe(32)
    session.add(
        TokenRow(
            digest=digest(plain),
            role=role.value,
            name=name,
            department_id=department_id,
            created_at=now or datetime.now(UTC),
        )
    )
    return plain


@dataclass(frozen=True, slots=True)
class Token:
    """A valid token: whose it is, and when it was used last."""

    id: int
    role: Role
    name: str
    department_id: str | None
    last_used_at: datetime | None
    created_at: datetime


_TABLE = TokenRow.__table__.c
# with every request of a program: columns, for an object of the session would cost several times as much
_VALID = select(
    _TABLE.id, _TABLE.role, _TABLE.name, _TABLE.department_id, _TABLE.last_used_at, _TABLE.created_at
).where(_TABLE.digest == bindparam("digest"), _TABLE.revoked_at.is_(None))


async def find(session: AsyncSession, plain: str, now: datetime | None = None) -> Token | None:
    """The token, if it is valid."""
    row = (await session.execute(_VALID, {"digest": digest(plain)})).first()
    if row is None:
        return None
    role = Role(row.role)
    if role is Role.BOARD and row.created_at + SCREEN_LIFE <= (now or datetime.now(UTC)):
        return None
    return Token(row.id, role, row.name, row.department_id, row.last_used_at, row.created_at)


def is_use_worth_noting(token: Token, now: datetime) -> bool:
    """Whether the time of last use has to be written again."""
    return token.last_used_at is None or now - token.last_used_at > _USED_STEP


async def note_use(session: AsyncSession, token_id: int, now: datetime) -> None:
    """Write the time of last use."""
    await session.execute(update(TokenRow).where(TokenRow.id == token_id).values(last_used_at=now))


async def of_role(session: AsyncSession, role: Role, now: datetime) -> list[TokenRow]:
    """Tokens of a role that have not ended, newest first."""
    query = select(TokenRow).where(TokenRow.role == role.value, TokenRow.revoked_at.is_(None))
    if role is Role.BOARD:
        query = query.where(TokenRow.created_at > now - SCREEN_LIFE)
    return list(await session.scalars(query.order_by(TokenRow.id.desc())))


async def everything(session: AsyncSession) -> list[TokenRow]:
    """All tokens, newest first."""
    return list(await session.scalars(select(TokenRow).order_by(TokenRow.id.desc())))


async def revoke(session: AsyncSession, token_id: int, now: datetime) -> bool:
    """End a token; whether there was one that had not ended."""
    result = await session.execute(
        update(TokenRow).where(TokenRow.id == token_id, TokenRow.revoked_at.is_(None)).values(revoked_at=now)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
