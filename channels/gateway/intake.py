"""The intake as the channels see it: its HTTP interface, with a token of the role ``channel``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from channels.gateway.message import Json
from groundwork.problem import FieldError

_QUICK = aiohttp.ClientTimeout(total=10, sock_connect=2)
_UPLOAD = aiohttp.ClientTimeout(total=60, sock_connect=2)
_DOWNLOAD = aiohttp.ClientTimeout(total=60, sock_connect=2, sock_read=15)


class IntakeDown(Exception):
    """The intake does not answer, or not as it should. Try again later; nothing was changed for all we know."""


class IntakeRefused(Exception):
    """The intake answered with a problem document; ``code``, ``detail`` and ``errors`` of fields are its."""

    def __init__(self, status: int, code: str, detail: str, errors: Sequence[FieldError] = ()):
        super().__init__(f"{status} {code}")
        self.errors = errors
        self.status = status
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Delivery:
    """Words that a resident must hear, from the intake's outbox. ``attempts`` counts how often it was handed out.

    ``quiet_until``: they may wait for the end of the city's quiet hours, then.
    """

    id: str
    channel: str
    channel_user: str
    kind: str
    case_no: str
    payload: Json
    attempts: int
    quiet_until: datetime | None = None


class Intake:
    """Client of the intake's interface at ``url``. Every method raises IntakeDown or IntakeRefused."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str):
        self._session = session
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def store_attachment(self, content: bytes, filename: str, media_type: str) -> Json:
        """Hand over a photo or voice message. Returns ``attachment_id``, ``media_type`` and what else is known."""
        form = aiohttp.FormData()
        form.add_field("file", content, filename=filename, content_type=media_type)
        async with self._call("POST", "/api/v1/attachments", data=form, timeout=_UPLOAD) as response:
            return _object(await response.json())

    @asynccontextmanager
    async def attachment(self, attachment_id: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """The content of an attachment, as the intake's response to read from."""
        async with self._call("GET", f"/api/v1/attachments/{attachment_id}", timeout=_DOWNLOAD) as response:
            yield response

    async def cases(self, channel: str, channel_user: str, limit: int = 50) -> list[Json]:
        """The newest cases that this user of the channel reported."""
        params = {"channel": channel, "channel_user": channel_user, "limit": str(limit)}
        async with self._call("GET", "/api/v1/cases", params=params) as response:
            return list(_object(await response.json()).get("items") or [])

    async def office_hours(self) -> list[tuple[datetime, datetime]]:
        """The stretches of the next days in which people work, in order."""
        async with self._call("GET", "/api/v1/office-hours") as response:
            periods = _object(await response.json()).get("periods") or []
        return [(datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])) for one in periods]

    async def claim(self, channels: Sequence[str], limit: int, lease_seconds: int) -> list[Delivery]:
        """Take deliveries for these channels from the outbox; they come again unless told delivered in time."""
        body = {"channels": list(channels), "limit": limit, "lease_seconds": lease_seconds}
        async with self._call("POST", "/api/v1/outbox/claim", json=body) as response:
            items = _object(await response.json()).get("items") or []
        return [
            Delivery(
                id=str(item["id"]),
                channel=str(item["channel"]),
                channel_user=str(item["channel_user"]),
                kind=str(item["kind"]),
                case_no=str(item.get("case_no") or ""),
                payload=dict(item.get("payload") or {}),
                attempts=int(item.get("attempts") or 0),
                quiet_until=datetime.fromisoformat(item["quiet_until"]) if item.get("quiet_until") else None,
            )
            for item in items
        ]

    async def delivered(self, delivery_id: str) -> None:
        """The resident has the words."""
        async with self._call("POST", f"/api/v1/outbox/{delivery_id}/delivered"):
            pass

    async def failed(self, delivery_id: str, retry_in_seconds: int) -> None:
        """The words could not be delivered now."""
        body = {"retry_in_seconds": retry_in_seconds}
        async with self._call("POST", f"/api/v1/outbox/{delivery_id}/failed", json=body):
            pass

    @asynccontextmanager
    async def _call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        data: aiohttp.FormData | None = None,
        params: Mapping[str, str] | None = None,
        timeout: aiohttp.ClientTimeout = _QUICK,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if not self._url:
            raise IntakeDown("YHT_INTAKE_URL is empty")
        try:
            async with self._session.request(
                method, self._url + path, json=json, data=data, params=params, timeout=timeout, headers=self._headers
            ) as response:
                if response.status >= 500:
                    raise IntakeDown(f"status {response.status}")
                if response.status >= 400:
                    raise await refusal(response)
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise IntakeDown(type(error).__name__) from error


async def refusal(response: aiohttp.ClientResponse) -> IntakeRefused:
    """What a response of 4xx says."""
    try:
        problem = _object(await response.json(content_type=None))
        errors = [FieldError.model_validate(one) for one in problem.get("errors") or ()]
    except ValueError:
        problem, errors = {}, []
    return IntakeRefused(
        response.status,
        str(problem.get("code", "refused")),
        str(problem.get("detail", "暂时不能处理，请稍后再试。")),
        errors,
    )


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
