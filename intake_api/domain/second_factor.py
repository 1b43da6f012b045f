"""The second factor: one-time codes of an authenticator app (TOTP, RFC 6238), and codes on paper for a lost phone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

STEP = 30
"""Seconds for which a code is shown."""
DIGITS = 6
WINDOW = 1
"""Steps before and after the present one whose codes are taken too: clocks of phones are not exact."""
RECOVERY_CODES = 10

_SECRET_BYTES = 20  # as long as the SHA-1 that RFC 4226 builds on
_RECOVERY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read for another
_RECOVERY_GROUPS, _RECOVERY_GROUP = 3, 4  # 31^12, about 59 bits: guessing is hopeless, a plain hash keeps it


def new_secret() -> str:
    """A secret in base32, as authenticator apps take it."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def code_at(secret: str, step: int, digits: int = DIGITS) -> str:
    """The code of one time step (RFC 4226 section 5.3)."""
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(now: datetime) -> int:
    """The time step that ``now`` lies in."""
    return int(now.timestamp()) // STEP


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step whose code this is, or None. Steps up to ``last_step`` were used: no code works twice."""
    given = "".join(code.split())
    if len(given) != DIGITS or not given.isascii() or not given.isdecimal():
        return None
    present = step_of(now)
    found = None
    for step in range(present - WINDOW, present + WINDOW + 1):
        if hmac.compare_digest(code_at(secret, step), given) and step > last_step:
            found = step
    return found


def address(secret: str, name: str, issuer: str) -> str:
    """The ``otpauth:`` address that authenticator apps read from a QR code."""
    label = quote(f"{issuer}:{name}", safe=":")
    query = urlencode({"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"


def new_recovery_codes() -> list[str]:
    """Codes to be written down, each good for one log-in without the phone."""
    return [
        "-".join(
            "".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(_RECOVERY_GROUP)) for _ in range(_RECOVERY_GROUPS)
        )
        for _ in range(RECOVERY_CODES)
    ]


def recovery_form(code: str) -> str | None:
    """A recovery code as it is kept, however it was typed; None when this cannot be one."""
    letters = "".join(c for c in code.lower() if c not in "- \t\u2013\u2014\uff0d")
    return letters if len(letters) == _RECOVERY_GROUPS * _RECOVERY_GROUP and letters.isascii() else None
