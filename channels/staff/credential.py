"""Whose rights a request has: the session or token is the intake's, and only the intake says what it allows.

What is understood for an operator while they speak is asked for with their own credential, which is kept in memory
while their page is connected, and never anywhere else. Such requests do not keep an idle session alive.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from groundwork.web import REQUEST_ID

_COOKIE = "yht_session"
_CSRF = "X-CSRF-Token"
_BACKGROUND = "X-YHT-Background"


@dataclass(frozen=True)
class Credential:
    """A session's cookie or a token, as it came with a request. Never logged."""

    cookie: str = field(default="", repr=False)
    authorization: str = field(default="", repr=False)
    csrf: str = field(default="", repr=False)
    address: str = ""
    request_id: str = ""

    @classmethod
    def of(cls, request: web.Request, address: str) -> Credential:
        """The one that ``request`` carries; empty when it has none."""
        return cls(
            request.cookies.get(_COOKIE, ""),
            request.headers.get("Authorization", ""),
            request.headers.get(_CSRF, ""),
            address,
            str(request.get(REQUEST_ID, "")),
        )

    def __bool__(self) -> bool:
        return bool(self.cookie or self.authorization)

    @property
    def is_forged(self) -> bool:
        """Whether a change that came with it was not asked for by a page of ours: it lacks the CSRF token."""
        if self.authorization or not self.cookie:
            return False
        return not hmac.compare_digest(self.csrf.encode(errors="surrogatepass"), self._expected().encode())

    def headers(self, *, background: bool) -> Mapping[str, str]:
        """What a request to the intake carries to be made with these rights."""
        headers = {"X-Forwarded-For": self.address} if self.address else {}
        if self.request_id:
            headers["X-Request-Id"] = self.request_id
        if background:
            headers[_BACKGROUND] = "1"
        if self.authorization:
            return headers | {"Authorization": self.authorization}
        return headers | {"Cookie": f"{_COOKIE}={self.cookie}", _CSRF: self._expected()}

    def _expected(self) -> str:
        # the intake's own rule (intake_api.http.authentication.csrf_token): known to whoever has the cookie
        return hmac.new(self.cookie.encode(errors="surrogatepass"), b"csrf", hashlib.sha256).hexdigest()
