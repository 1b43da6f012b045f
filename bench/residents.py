"""Residents who report: scripted conversations, held one or many at a time, with the time each answer took."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from bench.figures import percentile

SCRIPTS = Path(__file__).with_name("conversations.txt")
_YES = "对"
_MORE_YES = 2
_HIGHEST_NUMBER = 4000


@dataclass(frozen=True)
class Script:
    """What a resident says, and the place the case must carry in the end."""

    place: str
    turns: tuple[str, ...]


def read_scripts() -> list[Script]:
    """The conversations of ``conversations.txt``: ``# place``, then a message a line. ``{n}`` is a house number."""
    scripts = []
    for block in SCRIPTS.read_text(encoding="utf-8").strip().split("\n\n"):
        heading, *turns = block.splitlines()
        scripts.append(Script(heading.removeprefix("# "), tuple(turns)))
    return scripts


def scripts_for_ever(seed: int) -> Iterator[Script]:
    """The scripts round and round, each time at other house numbers; the same for the same ``seed``."""
    chance = random.Random(seed)
    while True:
        for script in read_scripts():
            number = str(chance.randint(1, _HIGHEST_NUMBER))
            yield Script(script.place.replace("{n}", number), tuple(t.replace("{n}", number) for t in script.turns))


class Conversation(Protocol):
    """One resident's conversation."""

    async def open(self) -> None:
        """Begin it."""
        ...

    async def say(self, text: str) -> list[str]:
        """Say something and wait for the answer; the numbers of cases filed by it."""
        ...


class Door(Protocol):
    """Where residents come in."""

    def conversation(self) -> Conversation:
        """A new conversation."""
        ...


class WebChannel:
    """The web channel of a whole system."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.base = f"{url}/channels/web/conversations"

    def conversation(self) -> Conversation:
        """As the chat page opens one."""
        return _WebConversation(self)


class _WebConversation:
    def __init__(self, channel: WebChannel) -> None:
        self._channel = channel
        self._url = ""
        self._headers: dict[str, str] = {}

    async def open(self) -> None:
        opened = await _post(self._channel.session, self._channel.base, {"consent": True}, {})
        self._url = f"{self._channel.base}/{opened['conversation_id']}/messages"
        self._headers = {"Authorization": f"Bearer {opened['token']}"}

    async def say(self, text: str) -> list[str]:
        body = {"client_msg_id": uuid.uuid4().hex, "text": text}
        answer = await _post(self._channel.session, self._url, body, self._headers)
        return list(answer["case_nos"])


class RestChannel:
    """Rasa's REST channel of one assistant."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = f"{url}/webhooks/rest/webhook"

    def conversation(self) -> Conversation:
        """Under a new sender."""
        return _RestConversation(self)


class _RestConversation:
    def __init__(self, channel: RestChannel) -> None:
        self._channel = channel
        self._sender = f"web:{uuid.uuid4().hex}"

    async def open(self) -> None:
        """Rasa opens one by itself."""

    async def say(self, text: str) -> list[str]:
        body = {"sender": self._sender, "message": text, "metadata": {"message_id": uuid.uuid4().hex}}
        said = await _post(self._channel.session, self._channel.url, body, {})
        cards = [reply.get("custom") or {} for reply in said]
        return [card["case_no"] for card in cards if card.get("kind") == "case"]


async def _post(session: aiohttp.ClientSession, url: str, body: Any, headers: dict[str, str]) -> Any:
    async with session.post(url, json=body, headers=headers) as response:
        response.raise_for_status()
        return await response.json()


@dataclass
class Talk:
    """What came of it."""

    milliseconds: list[float] = field(default_factory=list)
    """one entry for each message"""
    seconds: float = 0.0
    conversations: int = 0
    filed: list[tuple[str, str]] = field(default_factory=list)
    """number of the case, and the place it should carry"""

    @property
    def rate(self) -> float:
        """Messages answered in a second."""
        return len(self.milliseconds) / self.seconds

    def percentile(self, share: float) -> float:
        """Of the time an answer took, in ms."""
        return percentile(self.milliseconds, share)


async def talk(door: Door, *, residents: int, turns: int, seed: int) -> Talk:
    """Let ``residents`` hold whole conversations side by side until ``turns`` messages were sent (or a few more)."""
    result = Talk()
    scripts = scripts_for_ever(seed)

    async def resident() -> None:
        while len(result.milliseconds) < turns:
            result.conversations += 1
            await _converse(door.conversation(), next(scripts), result)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(residents):
            group.create_task(resident())
    result.seconds = time.perf_counter() - started
    return result


async def hold_all(door: Door, seed: int) -> Talk:
    """Hold each of the scripted conversations once, one after another."""
    result = Talk()
    scripts = scripts_for_ever(seed)
    started = time.perf_counter()
    for _ in read_scripts():
        result.conversations += 1
        await _converse(door.conversation(), next(scripts), result)
    result.seconds = time.perf_counter() - started
    return result


async def _converse(conversation: Conversation, script: Script, result: Talk) -> None:
    """Follow the script, and say yes once or twice more where a question more was asked."""
    await conversation.open()
    for said, text in enumerate([*script.turns, *[_YES] * _MORE_YES]):
        begun = time.perf_counter()
        numbers = await conversation.say(text)
        result.milliseconds.append((time.perf_counter() - begun) * 1000)
        if numbers:
            result.filed += [(number, script.place) for number in numbers]
            if said >= len(script.turns) - 1:
                return


def http_session(connections: int) -> aiohttp.ClientSession:
    """A client for so many residents; a proxy in the environment is not asked."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=120), connector=aiohttp.TCPConnector(limit=connections)
    )
