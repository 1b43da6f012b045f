"""The header by which a caller says that it may be asking for the same thing again."""

from __future__ import annotations

import hashlib

from aiohttp import web

from groundwork.problem import Problem
from intake_api.domain.event import canonical_json
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.schemas import Body
from intake_api.once import Key

HEADER = "Idempotency-Key"
_LONGEST = 200


def key_of(request: web.Request, part: str = "") -> str:
    """The key that was sent, empty if none was; ``part`` tells the parts of one request apart. Raises Problem 400."""
    key = request.headers.get(HEADER, "").strip()
    if len(key + part) > _LONGEST or not key.isprintable():
        raise Problem(400, "idempotency_key_invalid", f"Idempotency-Key 最长 {_LONGEST - len(part)} 个可见字符。")
    return key + part if key else ""


def asked(request: web.Request, body: Body, part: str = "") -> Key | None:
    """The key of a request to this address with this body; None when the caller sent none. Raises Problem 400."""
    key = key_of(request, part)
    if not key:
        return None
    content = canonical_json([request.path, body.model_dump(mode="json")])
    return Key(request[PRINCIPAL].scope, key, hashlib.sha256(content).hexdigest())
