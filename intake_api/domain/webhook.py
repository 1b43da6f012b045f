"""Webhooks: how a delivery is signed, what an answer means, and how long we try."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

SIGNATURE_HEADER = "X-YHT-Signature"
DELIVERY_HEADER = "X-YHT-Delivery"
EVENT_HEADER = "X-YHT-Event"

TIME_OUT = timedelta(seconds=10)
"""For the whole of a delivery."""
GIVE_UP_AFTER = timedelta(days=1)
"""An event that fails for so long becomes a dead letter."""
OLD_SECRET_LASTS = timedelta(days=1)
"""How long a replaced secret goes on signing beside the new one."""

_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(hours=1)
_NOT_THE_EVENT = frozenset({401, 403, 404, 408, 425, 429})


class State(StrEnum):
    """Whether a subscription is served."""

    ACTIVE = "active"  # events are delivered
    PAUSED = "paused"  # by people, or after a day without an answer; goes on where it stopped
    DISABLED = "disabled"  # the receiver said 410 Gone

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {"active": "正常", "paused": "已暂停", "disabled": "已停用"}[self]


class Verdict(StrEnum):
    """What an answer means."""

    DELIVERED = "delivered"  # 2xx
    GONE = "gone"  # 410: never again
    REFUSED = "refused"  # the receiver answers, and does not want this event
    FAILED = "failed"  # the receiver does not answer as it should, whatever the event


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. ``error`` is for people; ``retry_after`` is what the receiver asked for."""

    verdict: Verdict
    error: str = ""
    retry_after: timedelta | None = None


def verdict(status: int) -> Verdict:
    """What an HTTP status means. Redirects are not followed: the address that was checked is the one that is called."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    if status == 410:
        return Verdict.GONE
    return Verdict.REFUSED if 400 <= status < 500 and status not in _NOT_THE_EVENT else Verdict.FAILED


def pause(attempts: int, chance: float, retry_after: timedelta | None = None) -> timedelta:
    """How long to wait after ``attempts`` failures: doubled each time up to an hour, spread by ``chance`` (0 … 1)."""
    full = min(_LONGEST_PAUSE, _FIRST_PAUSE * int(2 ** min(attempts - 1, 16)))
    spread = full * (0.5 + chance / 2)
    return max(spread, min(retry_after, _LONGEST_PAUSE)) if retry_after else spread


def signature(secrets: Sequence[str], at: int, body: bytes) -> str:
    """The value of ``X-YHT-Signature``: one ``v1`` for each secret that is valid; ``at`` in seconds since 1970."""
    signed = f"{at}.".encode() + body
    codes = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={code}" for code in codes)])
