"""The port to the assistant, and its two adapters: Rasa's HTTP interface, and one in memory for tests."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp

from channels.gateway.message import Json, Reply, reply_from
from channels.gateway.people import Line

ASK_SECONDS = 20.0
CONNECT_SECONDS = 2.0
LOOK_UP_SECONDS = 5.0


class AssistantUnreachable(Exception):
    """The assistant did not take the message, or went away over it: look whether it was heard, then ask again."""


class AssistantSlow(AssistantUnreachable):
    """The assistant took the message and has not answered in time. It may still do: look later, do not ask again."""


class AssistantFailed(Exception):
    """The assistant answered with an error. The same message may fail again: ask a few times, not for ever."""


class Dialogue(Protocol):
    """One conversation partner for each sender.

    The caller sees to it that at most one call for a sender is under way: a second writer at the same time would
    lose events in the tracker.
    """

    async def ask(self, sender: str, text: str, metadata: Mapping[str, Any]) -> list[Reply]:
        """Say ``text`` for ``sender`` and return what is answered.

        ``metadata["message_id"]`` is kept with the message. Raises AssistantUnreachable, AssistantSlow or
        AssistantFailed.
        """
        ...

    async def answered(self, sender: str, message_id: str) -> list[Reply] | None:
        """What was answered to the message with this id; None when it was never heard.

        What was pushed later (``remember``) is no answer. Raises as ``ask`` does.
        """
        ...

    async def asks(self, sender: str) -> bool:
        """Whether the assistant waits for the answer to a question of its report form. Raises as ``ask`` does."""
        ...

    async def remember(self, sender: str, text: str) -> None:
        """Note that ``text`` was said to ``sender`` without being asked, so that a later turn can refer to it.

        Raises as ``ask`` does.
        """
        ...

    async def recount(self, sender: str, lines: Sequence[Line]) -> None:
        """Tell what the resident and people said while the partner was silent; what it knows already counts nothing.

        Raises as ``ask`` does.
        """
        ...


def home(sender: str, urls: Sequence[str]) -> str:
    """The one of ``urls`` that ``sender`` always goes to (rendezvous hashing: few move when an address is added)."""
    return max(urls, key=lambda url: hashlib.sha256(f"{url}|{sender}".encode()).digest())


class RasaDialogue:
    """Talks to Rasa's REST channel and tracker interface at the addresses of ``YHT_RASA_URLS``."""

    def __init__(self, session: aiohttp.ClientSession, urls: Sequence[str], *, ask_seconds: float = ASK_SECONDS):
        if not urls:
            raise ValueError("no assistant: YHT_RASA_URLS is empty")
        self._session = session
        self._urls = tuple(urls)
        self._ask_timeout = aiohttp.ClientTimeout(total=ask_seconds, sock_connect=CONNECT_SECONDS)
        self._look_up_timeout = aiohttp.ClientTimeout(total=LOOK_UP_SECONDS, sock_connect=CONNECT_SECONDS)

    async def ask(self, sender: str, text: str, metadata: Mapping[str, Any]) -> list[Reply]:
        body = {"sender": sender, "message": text, "metadata": dict(metadata)}
        async with (
            _errors(),
            self._session.post(
                f"{home(sender, self._urls)}/webhooks/rest/webhook", json=body, timeout=self._ask_timeout
            ) as response,
        ):
            said = await _json(response)
        if not isinstance(said, list):
            raise AssistantFailed("the assistant's answer is no list")
        return [reply_from(item) for item in said if item.get("text") or item.get("custom")]

    async def answered(self, sender: str, message_id: str) -> list[Reply] | None:
        return replies_to(message_id, await self._events(sender))

    async def remember(self, sender: str, text: str) -> None:
        await self._append(
            sender, {"event": "bot", "text": text, "timestamp": time.time(), "metadata": {"pushed": True}}
        )

    async def recount(self, sender: str, lines: Sequence[Line]) -> None:
        known = recounted(await self._events(sender))
        events = [recounting(line) for line in lines if line.seq not in known]
        if events:
            await self._append(sender, events)

    async def _events(self, sender: str) -> Sequence[Json]:
        async with (
            _errors(),
            self._session.get(
                self._conversation(sender, "tracker"),
                params={"include_events": "AFTER_RESTART"},
                timeout=self._look_up_timeout,
            ) as response,
        ):
            tracker = await _json(response)
        return tracker.get("events") or []

    async def asks(self, sender: str) -> bool:
        async with (
            _errors(),
            self._session.get(
                self._conversation(sender, "tracker"),
                params={"include_events": "NONE"},
                timeout=self._look_up_timeout,
            ) as response,
        ):
            tracker = await _json(response)
        return bool((tracker.get("active_loop") or {}).get("name"))

    async def _append(self, sender: str, events: Json | list[Json]) -> None:
        async with (
            _errors(),
            self._session.post(
                self._conversation(sender, "tracker/events"),
                params={"include_events": "NONE"},
                json=events,
                timeout=self._look_up_timeout,
            ) as response,
        ):
            await _json(response)

    def _conversation(self, sender: str, what: str) -> str:
        return f"{home(sender, self._urls)}/conversations/{quote(sender, safe=':')}/{what}"


def replies_to(message_id: str, events: Sequence[Json]) -> list[Reply] | None:
    """The bot's words after the user event with ``message_id`` in a tracker's ``events``; None without such an event.

    A message that was asked twice has two events; the first words found count.
    """
    replies: list[Reply] | None = None
    listening = False
    for event in events:
        if event.get("event") == "user":
            if replies:
                break
            listening = (event.get("metadata") or {}).get("message_id") == message_id
            if listening:
                replies = []
        elif event.get("event") == "bot" and listening and replies is not None:
            if (event.get("metadata") or {}).get("pushed"):
                continue
            data = event.get("data") or {}
            said = {"text": event.get("text"), "buttons": data.get("buttons"), "custom": data.get("custom")}
            if said["text"] or said["custom"]:
                replies.append(reply_from(said))
    return replies


def recounting(line: Line) -> Json:
    """A line of talk with a person as an event of the tracker.

    All are events of the bot: a user's event without an intent would be a turn in which the rules expect an answer.
    """
    told = {"pushed": True, "speaker": line.speaker, "seq": line.seq}
    return {"event": "bot", "text": line.text, "timestamp": line.at.timestamp(), "metadata": told}


def recounted(events: Sequence[Json]) -> set[int]:
    """Which lines a tracker's ``events`` have already."""
    found = [(event.get("metadata") or {}) for event in events if event.get("event") == "bot"]
    return {int(told["seq"]) for told in found if told.get("speaker") and "seq" in told}


@asynccontextmanager
async def _errors() -> AsyncIterator[None]:
    """Errors of the network as the port names them."""
    try:
        yield
    except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
        raise AssistantUnreachable(type(error).__name__) from error
    except TimeoutError as error:
        raise AssistantSlow("no answer in time") from error
    except (aiohttp.ClientError, OSError) as error:
        raise AssistantUnreachable(type(error).__name__) from error


async def _json(response: aiohttp.ClientResponse) -> Any:
    if response.status in (502, 503, 504) or response.status == 409:  # 409: Rasa runs and has no model yet
        raise AssistantUnreachable(f"status {response.status}")
    if response.status >= 400:
        raise AssistantFailed(f"status {response.status}")
    try:
        return await response.json(content_type=None)
    except ValueError as error:
        raise AssistantFailed("the assistant's answer is no JSON") from error


Respond = Callable[[str, str], Awaitable[list[Reply]]]


class MemoryDialogue:
    """A dialogue in memory that follows a script: ``respond(sender, text)`` gives the replies or raises."""

    def __init__(self, respond: Respond):
        self._respond = respond
        self.events: dict[str, list[Json]] = {}
        self.asked: list[tuple[str, str, Json]] = []
        self.down = False
        self.asking: set[str] = set()

    async def ask(self, sender: str, text: str, metadata: Mapping[str, Any]) -> list[Reply]:
        await self._reach()
        self.asked.append((sender, text, dict(metadata)))
        replies = await self._respond(sender, text)
        events = self.events.setdefault(sender, [])
        events.append({"event": "user", "text": text, "metadata": dict(metadata)})
        for reply in replies:
            content = reply.content()
            data = {"buttons": content.get("buttons"), "custom": content.get("custom")}
            events.append({"event": "bot", "text": reply.text, "data": data, "metadata": {}})
        return replies

    async def answered(self, sender: str, message_id: str) -> list[Reply] | None:
        await self._reach()
        return replies_to(message_id, self.events.get(sender, []))

    async def asks(self, sender: str) -> bool:
        await self._reach()
        return sender in self.asking

    async def remember(self, sender: str, text: str) -> None:
        await self._reach()
        self.events.setdefault(sender, []).append({"event": "bot", "text": text, "metadata": {"pushed": True}})

    async def recount(self, sender: str, lines: Sequence[Line]) -> None:
        await self._reach()
        events = self.events.setdefault(sender, [])
        known = recounted(events)
        events += [recounting(line) for line in lines if line.seq not in known]

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if self.down:
            raise AssistantUnreachable("switched off")
