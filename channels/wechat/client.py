"""WeChat's interface as we use it: customer-service messages, media, the menu; with the account's token."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp

from channels.gateway.database import Database
from channels.gateway.message import Json
from channels.wechat import metrics
from channels.wechat.tokens import NoToken, Tokens

log = logging.getLogger(__name__)

T = TypeVar("T")

_QUICK = aiohttp.ClientTimeout(total=8, sock_connect=3)
_DOWNLOAD = aiohttp.ClientTimeout(total=30, sock_connect=3, sock_read=10)
_ATTEMPTS = 3
_PAUSE_SECONDS = 0.3
_CHUNK = 64 * 1024

_SPOILT_TOKEN = frozenset({40001, 40014, 42001})
_SYSTEM_BUSY = -1
_SILENCED = frozenset({45015, 45047})  # 48 hours are over; five messages since the user's last one
_STRANGER = frozenset({43004, 43005, 43019})
_TOO_OFTEN = frozenset({45009, 45011})
_NO_MEDIA = frozenset({40007, 41006})


class WeChatDown(Exception):
    """WeChat does not answer, or is too busy, or has heard too much from us. Try again later."""


class WeChatRefused(Exception):
    """WeChat will not do it. ``code`` is its errcode."""

    def __init__(self, code: int, words: str):
        super().__init__(f"{code} {words}")
        self.code = code


class Silenced(WeChatRefused):
    """We may not write to this user before they have written again."""


class NotFollowing(WeChatRefused):
    """The user does not follow the account."""


class NoSuchMedia(WeChatRefused):
    """The media is over its time or never was."""


class MediaTooLarge(Exception):
    """The media has more bytes than allowed."""


class WeChat:
    """Client of the interface at ``base``. Every method raises WeChatDown or WeChatRefused."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        database: Database,
        *,
        base: str,
        app_id: str,
        secret: str,
        clock: Callable[[], datetime],
    ):
        self._session = session
        self._base = base
        self._app_id = app_id
        self._secret = secret
        self._tokens = Tokens(database, app_id, clock)

    async def send_text(self, open_id: str, words: str) -> None:
        """Write to a user. May raise Silenced or NotFollowing.

        A message whose answer was lost on the way is sent again: twice is better than never.
        """
        await self._command(
            "/cgi-bin/message/custom/send", {"touser": open_id, "msgtype": "text", "text": {"content": words}}
        )

    async def set_menu(self, menu: Json) -> None:
        """Give the account this menu."""
        await self._command("/cgi-bin/menu/create", menu)

    async def media(self, media_id: str, limit: int) -> tuple[bytes, str]:
        """A photo or voice message and its media type. May raise NoSuchMedia and MediaTooLarge (``limit`` bytes)."""

        async def call(token: str) -> tuple[bytes, str]:
            params = {"access_token": token, "media_id": media_id}
            async with self._session.get(
                f"{self._base}/cgi-bin/media/get", params=params, timeout=_DOWNLOAD, allow_redirects=False
            ) as response:
                _sound(response)
                if response.content_type in ("application/json", "text/plain"):
                    _check(await _answer(response))
                    raise WeChatDown("no media in the answer")
                content = bytearray()
                async for chunk in response.content.iter_chunked(_CHUNK):
                    content += chunk
                    if len(content) > limit:
                        raise MediaTooLarge
                return bytes(content), response.content_type

        return await self._with_token("media/get", call)

    async def _command(self, path: str, body: Json) -> None:
        # WeChat shows \\u escapes to the user as they are
        data = json.dumps(body, ensure_ascii=False).encode()

        async def call(token: str) -> None:
            async with self._session.post(
                self._base + path,
                params={"access_token": token},
                data=data,
                headers={"Content-Type": "application/json"},
                timeout=_QUICK,
                allow_redirects=False,
            ) as response:
                _sound(response)
                _check(await _answer(response))

        await self._with_token(path.removeprefix("/cgi-bin/"), call)

    async def _with_token(self, name: str, call: Callable[[str], Awaitable[T]]) -> T:
        """What ``call`` returns, given a token; tried a few times. A token that WeChat does not take is renewed."""
        pause = _PAUSE_SECONDS
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            token = ""
            try:
                token = await self._tokens.token(self._fetch_token)
                result = await call(token)
            except WeChatRefused as error:
                metrics.CALLS.labels(name, str(error.code)).inc()
                if error.code in _SPOILT_TOKEN and token:
                    await self._tokens.spoilt(token)
                    if not last:
                        continue
                    raise WeChatDown("no token is taken") from error
                if error.code in _TOO_OFTEN:
                    raise WeChatDown(f"errcode {error.code}") from error
                if error.code != _SYSTEM_BUSY:
                    raise
                if last:
                    raise WeChatDown("busy") from error
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError, NoToken, WeChatDown) as error:
                metrics.CALLS.labels(name, "down").inc()
                if last:
                    # the error's own words may hold the address and with it the token
                    raise WeChatDown(type(error).__name__) from None
            else:
                metrics.CALLS.labels(name, "ok").inc()
                return result
            await asyncio.sleep(pause)
            pause *= 3
        raise AssertionError("the last attempt returns or raises")

    async def _fetch_token(self) -> tuple[str, int]:
        params = {"grant_type": "client_credential", "appid": self._app_id, "secret": self._secret}
        async with self._session.get(
            f"{self._base}/cgi-bin/token", params=params, timeout=_QUICK, allow_redirects=False
        ) as response:
            _sound(response)
            answer = await _answer(response)
        _check(answer)
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise WeChatDown("no token in the answer")
        metrics.TOKENS.inc()
        return token, seconds


def _sound(response: aiohttp.ClientResponse) -> None:
    if response.status != HTTPStatus.OK:
        raise WeChatDown(f"status {response.status}")


async def _answer(response: aiohttp.ClientResponse) -> Json:
    # WeChat calls its JSON text/plain at times
    answer = json.loads(await response.read())
    if not isinstance(answer, dict):
        raise ValueError("not a JSON object")
    return answer


def _check(answer: Mapping[str, Any]) -> None:
    code = answer.get("errcode") or 0
    if not isinstance(code, int):
        raise ValueError("errcode")
    if not code:
        return
    words = str(answer.get("errmsg", ""))[:200]
    for kind, codes in ((Silenced, _SILENCED), (NotFollowing, _STRANGER), (NoSuchMedia, _NO_MEDIA)):
        if code in codes:
            raise kind(code, words)
    raise WeChatRefused(code, words)
