"""The processes that the front stands before: whether they are ready, and their figures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from channels.figures import merged
from channels.front import SESSION
from groundwork.problem import Problem
from groundwork.settings import Settings
from groundwork.web import TRUSTED, Check, client_address, is_trusted

_QUICK = aiohttp.ClientTimeout(total=3, sock_connect=2)
_FIRST_PARSE = aiohttp.ClientTimeout(total=20, sock_connect=2)
_FIRST_WORDS = "路灯不亮"


class Neighbours:
    """The intake, the assistants and the action server, at the addresses of the settings."""

    def __init__(self, settings: Settings):
        self._intake = settings.intake_url
        self._assistants = settings.rasa_urls
        self._actions = settings.actions_url
        self._speech = settings.speech_url
        # assistants that have understood something since they were last seen down: the first time is slow
        self._warm: set[str] = set()

    def checks(self, database: Callable[[web.Request], Awaitable[bool]]) -> dict[str, Check]:
        """The readiness checks by name. ``database`` is the front's own."""
        checks: dict[str, Check] = {"database": database, "intake": self._intake_ready}
        for number, url in enumerate(self._assistants, 1):
            checks["assistant" if len(self._assistants) == 1 else f"assistant_{number}"] = self._assistant_ready(url)
        if self._actions:
            checks["actions"] = self._actions_ready
        return checks

    async def metrics(self, request: web.Request) -> web.Response:
        """The figures of this process, intake and recogniser, for loopback and trusted proxies' networks only."""
        if not is_trusted(client_address(request), request.app[TRUSTED]):
            raise Problem(404, "not_found", "没有这个地址。")
        figures = generate_latest().decode()
        for url, process in ((self._intake, "intake"), (self._speech, "speech")):
            if not url:
                continue
            try:
                async with request.app[SESSION].get(f"{url}/metrics", timeout=_QUICK) as response:
                    if response.status == 200:
                        figures = merged(figures, await response.text(), process)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
                pass  # its absence is a figure too: the own ones must be had while it is down
        return web.Response(body=figures.encode(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _intake_ready(self, request: web.Request) -> bool:
        return await _answers(request, f"{self._intake}/readyz")

    async def _actions_ready(self, request: web.Request) -> bool:
        return await _answers(request, f"{self._actions}/health")

    def _assistant_ready(self, url: str) -> Check:
        async def ready(request: web.Request) -> bool:
            session = request.app[SESSION]
            try:
                async with session.get(f"{url}/status", timeout=_QUICK) as response:
                    if response.status != 200 or not (await response.json(content_type=None)).get("model_file"):
                        self._warm.discard(url)
                        return False
                if url not in self._warm:
                    async with session.post(
                        f"{url}/model/parse", json={"text": _FIRST_WORDS}, timeout=_FIRST_PARSE
                    ) as response:
                        if response.status != 200:
                            return False
                        await response.read()
                    self._warm.add(url)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
                self._warm.discard(url)
                return False
            return True

        return ready


async def _answers(request: web.Request, url: str) -> bool:
    try:
        async with request.app[SESSION].get(url, timeout=_QUICK) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return False
