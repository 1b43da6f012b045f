"""The system of record as an operator's console uses it: the intake's interface, with the operator's own rights."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from channels.gateway.intake import IntakeDown, refusal
from channels.hotline.call import Operator
from channels.staff.credential import Credential

Json = dict[str, Any]

_QUICK = aiohttp.ClientTimeout(total=10, sock_connect=2)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as the intake knows them."""

    operator: Operator
    roles: frozenset[str]
    permissions: frozenset[str]

    @property
    def may_operate(self) -> bool:
        """Whether they take calls."""
        return "operator" in self.roles

    @property
    def may_supervise(self) -> bool:
        """Whether they see the figures of all operators, and listen to any call."""
        return "supervisor" in self.roles

    @property
    def confined_to(self) -> str:
        """Whose calls' figures they may see; empty: everybody's."""
        return "" if self.may_supervise else self.operator.id

    @property
    def is_program(self) -> bool:
        """Whether this is a token of the exchange: it may announce calls."""
        return bool(self.roles & {"channel", "partner"})


class Registry:
    """Client of the intake at ``url``. Every method raises IntakeDown or IntakeRefused."""

    def __init__(self, session: aiohttp.ClientSession, url: str):
        self._session = session
        self._url = url

    async def asker(self, credential: Credential, *, background: bool) -> Asker:
        """Who holds the credential."""
        answer = await self._ask("GET", "/api/v1/principal", credential, background=background)
        return Asker(
            Operator(str(answer["id"]), str(answer["name"])),
            frozenset(map(str, answer["roles"])),
            frozenset(map(str, answer["permissions"])),
        )

    async def parse(self, credential: Credential, text: str) -> Json:
        """What ``text`` means."""
        return await self._ask("POST", "/api/v1/nlu/parse", credential, {"text": text})

    async def resolve(self, credential: Credential, words: str) -> Json:
        """Where a place is."""
        return await self._ask("POST", "/api/v1/places/resolve", credential, {"text": words})

    async def similar(self, credential: Credential, report: Json) -> Json:
        """Cases that are like a report."""
        return await self._ask("POST", "/api/v1/cases/similar", credential, report)

    async def preview(self, credential: Credential, report: Json) -> Json:
        """Who would handle a report, and by when."""
        return await self._ask("POST", "/api/v1/cases/preview", credential, report)

    async def categories(self, credential: Credential) -> list[Json]:
        """The taxonomy."""
        return list((await self._ask("GET", "/api/v1/categories", credential))["items"])

    async def city(self) -> Json:
        """The city as everybody may know it."""
        return await self._ask("GET", "/api/v1/city", None)

    async def file(self, credential: Credential, report: Json, key: str) -> Json:
        """File a report; the same key again answers the same case."""
        headers = {"Idempotency-Key": key}
        return await self._ask("POST", "/api/v1/cases", credential, report, background=False, extra=headers)

    async def note_playing(self, credential: Credential, call_id: str) -> None:
        """Have the audit trail say that the recording is listened to. Nothing is played before."""
        await self._ask("POST", f"/api/v1/calls/{call_id}/heard", credential, {}, background=False)

    async def note_deed(self, credential: Credential, call_id: str, deed: str, at: datetime) -> None:
        """Have the audit trail say what was done with a call; told again it is said once."""
        body = {"deed": deed, "at": at.isoformat()}
        await self._ask("POST", f"/api/v1/calls/{call_id}/deeds", credential, body)

    async def record(self, credential: Credential, action: str, target: str, *, background: bool = False) -> Operator:
        """Have the audit trail say what is about to be done (``ConsoleAction`` of the intake). Returns who does it."""
        body = {"action": action, "target": target}
        answer = await self._ask("POST", "/api/v1/console/records", credential, body, background=background)
        return Operator(str(answer["id"]), str(answer["name"]))

    async def case(self, credential: Credential, case_no: str) -> Json:
        """A case, without names and numbers."""
        return await self._ask("GET", f"/api/v1/cases/{case_no}", credential, background=False)

    async def _ask(
        self,
        method: str,
        path: str,
        credential: Credential | None,
        body: Json | None = None,
        *,
        background: bool = True,
        extra: Mapping[str, str] | None = None,
    ) -> Json:
        headers = {**(credential.headers(background=background) if credential else {}), **(extra or {})}
        async with self._call(method, path, headers, body) as response:
            if response.status == 204:
                return {}
            answer = await response.json(content_type=None)
            if not isinstance(answer, dict):
                raise IntakeDown("not a JSON object")
            return answer

    @asynccontextmanager
    async def _call(
        self, method: str, path: str, headers: Mapping[str, str], body: Json | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if not self._url:
            raise IntakeDown("YHT_INTAKE_URL is empty")
        try:
            async with self._session.request(
                method, self._url + path, json=body, headers=headers, timeout=_QUICK
            ) as response:
                if response.status >= 500:
                    raise IntakeDown(f"status {response.status}")
                if response.status >= 400:
                    raise await refusal(response)
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise IntakeDown(type(error).__name__) from error
