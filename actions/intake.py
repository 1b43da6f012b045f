"""The intake API as the actions use it: over HTTP, with one narrow token, a time-out and few retries."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp

log = logging.getLogger(__name__)

_LONGEST_QUESTION = 500


class IntakeDown(Exception):
    """The intake did not answer, or not now: try again later."""


class IntakeRefused(Exception):
    """The intake will not take this as it is; ``status`` and the problem document say why."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code', '')}")
        self.status = status
        self.problem = problem

    @property
    def code(self) -> str:
        """The problem's stable code."""
        return str(self.problem.get("code") or "")

    @property
    def detail(self) -> str:
        """The problem in words for people."""
        return str(self.problem.get("detail") or "")


class Intake:
    """Client of the intake API. Made once per process inside its event loop; ``close`` it at the end."""

    def __init__(self, url: str, token: str, *, timeout: float = 5.0) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=1.5)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def file(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """File a report under an idempotency key; the case. Raises IntakeDown or IntakeRefused."""
        return await self._call("POST", "/api/v1/cases", body, headers={"Idempotency-Key": key}, tries=2)

    async def preview(self, body: dict[str, Any]) -> dict[str, Any]:
        """What filing the report would give: category, place, department, due time. Nothing is stored."""
        return await self._call("POST", "/api/v1/cases/preview", body, tries=1, timeout=2.0)

    async def case(self, case_no: str, channel: str, channel_user: str) -> dict[str, Any] | None:
        """A case of this reporter, or one they follow; None if there is none of that number."""
        try:
            params = {"channel": channel, "channel_user": channel_user}
            return await self._call("GET", f"/api/v1/cases/{case_no}", params=params, tries=2)
        except IntakeRefused as refused:
            if refused.status in (403, 404, 422) and refused.code != "case_number_misread":
                return None
            raise

    async def cases(self, channel: str, channel_user: str, limit: int = 20) -> list[dict[str, Any]]:
        """The newest cases that this resident reported, newest first."""
        params = {"channel": channel, "channel_user": channel_user, "limit": str(limit)}
        answer = await self._call("GET", "/api/v1/cases", params=params, tries=2)
        return list(answer.get("items") or [])

    async def events(self, case_no: str, channel: str, channel_user: str) -> list[dict[str, Any]]:
        """What happened to a case, oldest first, as far as the resident may know it."""
        params = {"channel": channel, "channel_user": channel_user}
        answer = await self._call("GET", f"/api/v1/cases/{case_no}/events", params=params, tries=2)
        return list(answer.get("items") or [])

    async def public_text(self, case_no: str) -> str:
        """What staff made public of a case; empty when nothing."""
        try:
            answer = await self._call("GET", f"/api/v1/public/cases/{case_no}", tries=1, timeout=2.0)
        except (IntakeDown, IntakeRefused):
            return ""
        return str(answer.get("text") or "")

    async def similar(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Cases near in kind, place and time to a report that is not filed yet, the most alike first."""
        answer = await self._call("POST", "/api/v1/cases/similar", body, tries=1, timeout=2.0)
        return list(answer.get("items") or [])

    async def act(self, case_no: str, action: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """Act on a case for a resident, once for each ``key``; the case afterwards. Raises as all do."""
        path = f"/api/v1/cases/{case_no}/actions/{action}"
        return await self._call("POST", path, body, headers={"Idempotency-Key": key}, tries=2)

    async def check_phone(self, case_no: str, channel: str, channel_user: str, last_four: str) -> dict[str, Any] | None:
        """Somebody's case, opened by its number and the phone's last four digits; None when they do not fit.

        Raises IntakeRefused with ``too_many_tries`` when too much was tried.
        """
        body = {"channel": channel, "channel_user": channel_user, "last_four": last_four}
        try:
            return await self._call("POST", f"/api/v1/cases/{case_no}/phone-check", body, tries=1)
        except IntakeRefused as refused:
            if refused.status == 404:
                return None
            raise

    async def search_knowledge(self, question: str, limit: int = 4) -> list[dict[str, Any]]:
        """The articles that come nearest to a question, best first. Raises IntakeDown or IntakeRefused."""
        asked = {"q": question[:_LONGEST_QUESTION], "limit": str(limit)}
        answer = await self._call("GET", "/api/v1/knowledge/search", params=asked, tries=2, timeout=2.0)
        return list(answer["items"])

    async def note_question(self, text: str, article_id: int | None) -> None:
        """Note a question that found no answer, or one that did not help. Raises IntakeDown or IntakeRefused."""
        body = {"text": text[:_LONGEST_QUESTION], "article_id": article_id}
        await self._call("POST", "/api/v1/knowledge/questions", body, tries=1, timeout=1.5)

    async def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
        tries: int,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout, headers={"Authorization": f"Bearer {self._token}"}
            )
        limit = aiohttp.ClientTimeout(total=timeout, connect=1.0) if timeout else self._timeout
        for attempt in range(tries):
            try:
                async with self._session.request(
                    method, self._url + path, json=body, headers=headers, params=params, timeout=limit
                ) as response:
                    if response.status == 204:
                        return {}
                    if response.status < 300:
                        answer: dict[str, Any] = await response.json()
                        return answer
                    if response.status < 500 and response.status not in (401, 408, 425):
                        refused = IntakeRefused(response.status, await _problem(response))
                        # of what is asked too often only this is for the resident to know; the rest passes
                        if response.status != 429 or refused.code == "too_many_tries":
                            raise refused
                    log.warning("intake answered %s", response.status)
            except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
                log.warning("intake did not answer: %s", type(error).__name__)
            if attempt + 1 < tries:
                await asyncio.sleep(0.2 * 2**attempt)
        raise IntakeDown(path)


async def _problem(response: aiohttp.ClientResponse) -> dict[str, Any]:
    try:
        problem = await response.json(content_type=None)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
