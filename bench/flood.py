"""Messages over all channels at once, and a process killed meanwhile: ``python -m bench.flood --messages 10000``.

Residents write by the web channel, by callbacks of WeChat and by the webhook of Telegram, to real channels processes.
What they send comes late, twice, and to any of the processes; each sends on when the last was acknowledged, as their
channels do. Meanwhile processes are killed (SIGKILL) and started again. Afterwards the assistant must have heard every
message once and in its sender's order, and every resident must have been answered all of them, in order.

WeChat and Telegram have no key against repetition: a letter that was on its way to a user when a process died may come
twice (``told_again``); nothing else may. A process has at most ten on their way in each of the two channels.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from bench.killable import Killable, empty_database
from bench.stand_ins import TELEGRAM_TOKEN, Assistant, Intake, Messengers, echo, served
from channels.gateway.postman import AT_ONCE
from channels.gateway.wording import BUSY
from channels.telegram.views import SECRET_HEADER
from channels.wechat.codec import read_xml, signature, write_xml
from groundwork.settings import Settings

Json = dict[str, Any]

KILLS = 2
_RESIDENTS = 40  # of each channel at most, at once
_PAUSE = 0.05  # seconds at most between an acknowledgement and the next message
_TWICE = 0.2  # of the messages come twice at the same time, ...
_LATER = 0.1  # ... and of these come again when others have come
_PINS = 0.1  # are positions, the others words
_STILL_SECONDS = 150.0  # without anything new, nothing more will come; a lease is 30 s, a postponement at most 2 min
_WECHAT_TOKEN = "callback-token"
_SECRET = "webhook-secret"
_ECHO = re.compile(re.escape(echo("")) + r"(\S+)")


@dataclass
class Report:
    """What was done, and ``faults``: what should not have happened. ``told_again`` are letters, not answers."""

    messages: int = 0
    deliveries: int = 0
    kills: int = 0
    put_off: int = 0
    told_again: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def words(self) -> str:
        """In one line."""
        return (
            f"{self.messages} 条消息，送达 {self.deliveries} 次，杀死 {self.kills} 次，"
            f"先答“稍后回复”{self.put_off} 次，重复送出 {self.told_again} 条，"
            f"用时 {self.seconds:.0f} 秒（每秒 {self.messages / self.seconds:.0f} 条）："
            + ("没有差错" if not self.faults else "差错：" + "；".join(self.faults[:10]))
        )


def channels_process(settings: Settings, name: str, more: dict[str, str]) -> Killable:
    """One channels process; ``more``: further settings, as their variables."""
    own = {
        "YHT_PORT": "{port}",
        "YHT_WECHAT_APP_ID": "wx0123456789abcdef",
        "YHT_WECHAT_APP_SECRET": "app-secret",
        "YHT_WECHAT_TOKEN": _WECHAT_TOKEN,
        "YHT_TELEGRAM_TOKEN": TELEGRAM_TOKEN,
        "YHT_TELEGRAM_MODE": "webhook",
        "YHT_TELEGRAM_SECRET": _SECRET,
    }
    return Killable("channels", settings, name, more | own)


@dataclass
class Post:
    """The way to the processes: any of them, late, again until it is acknowledged, and at times twice."""

    processes: Sequence[Killable]
    session: aiohttp.ClientSession
    report: Report
    later: set[asyncio.Task[Any]] = field(default_factory=set)
    _acknowledged: int = 0
    _reached: dict[int, asyncio.Event] = field(default_factory=dict)

    async def reached(self, messages: int) -> None:
        """Return when so many messages have been acknowledged."""
        await self._reached.setdefault(messages, asyncio.Event()).wait()

    async def deliver(
        self, post: Callable[[str], Awaitable[aiohttp.ClientResponse]], *, later: bool = True
    ) -> list[bytes]:
        """The answers to one message, which ``post`` sends to an address; more than one when it came more than once.

        ``later``: it may come once more when others have come.
        """
        answers = [self._until_acknowledged(post) for _ in range(2 if random.random() < _TWICE else 1)]
        if later and random.random() < _LATER:
            task = asyncio.create_task(self._again(post))
            self.later.add(task)
        got = await asyncio.gather(*answers)
        self._acknowledged += 1
        for messages, event in self._reached.items():
            if self._acknowledged >= messages:
                event.set()
        return got

    async def _again(self, post: Callable[[str], Awaitable[aiohttp.ClientResponse]]) -> bytes:
        await asyncio.sleep(random.uniform(0.5, 3))
        return await self._until_acknowledged(post)

    async def _until_acknowledged(self, post: Callable[[str], Awaitable[aiohttp.ClientResponse]]) -> bytes:
        await asyncio.sleep(random.random() * _PAUSE)
        while True:
            try:
                answer = await post(random.choice(self.processes).url)
                async with answer:
                    body = await answer.read()
                self.report.deliveries += 1
                if answer.status < 300:
                    return body
                self.report.faults.append(f"回答 {answer.status}：{body[:200].decode(errors='replace')}")
            except (aiohttp.ClientError, TimeoutError):
                pass  # killed: it is sent again, as the channels do
            await asyncio.sleep(0.2)


class Resident:
    """One sender. ``sent`` are the words in order, each only once in the whole flood."""

    channel = ""

    def __init__(self, post: Post, messengers: Messengers, number: int) -> None:
        self._post = post
        self._messengers = messengers
        self.number = number
        self.user = f"{self.channel}{number}"
        self.sent: list[str] = []

    @property
    def sender(self) -> str:
        """The name of the conversation."""
        return f"{self.channel}:{self.user}"

    async def write(self, messages: int) -> None:
        """Send so many messages, one after another."""
        await self.begin()
        for place in range(messages):
            words = f"{self.channel}{self.number}-{place}"
            self.sent.append(words)
            await self.send(words, place, pin=random.random() < _PINS)
            await asyncio.sleep(random.random() * _PAUSE)

    async def begin(self) -> None:
        """What comes before the first message."""

    async def send(self, words: str, place: int, *, pin: bool) -> None:
        """Send one message, until it is acknowledged."""
        raise NotImplementedError

    async def read(self) -> list[str]:
        """All that was said to the resident so far, in order."""
        return self._messengers.told.get(self.sender, [])


class WebResident(Resident):
    """Uses the page: a message is acknowledged by its answer."""

    channel = "web"
    _conversation: Json

    async def begin(self) -> None:
        """Open a conversation; one that nobody heard of is of no consequence."""
        session = self._post.session

        async def post(url: str) -> aiohttp.ClientResponse:
            return await session.post(f"{url}/channels/web/conversations", json={"consent": True})

        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with await post(random.choice(self._post.processes).url) as answer:
                    self._conversation = await answer.json()
                    break
            await asyncio.sleep(0.2)
        self.user = self._conversation["conversation_id"]

    async def send(self, words: str, place: int, *, pin: bool) -> None:
        """To the web channel."""
        said: Json = {"location": {"lat": 31.1, "lng": 121.4, "label": words}} if pin else {"text": words}
        body = {"client_msg_id": str(place)} | said

        async def post(url: str) -> aiohttp.ClientResponse:
            return await self._post.session.post(self._messages(url), json=body, headers=self._headers)

        await self._post.deliver(post)

    async def read(self) -> list[str]:
        """What the page shows."""
        said: list[str] = []
        after = 0
        while True:
            url = f"{self._messages(self._post.processes[0].url)}?after={after}"
            async with self._post.session.get(url, headers=self._headers) as answer:
                page = await answer.json()
            said += [message["text"] for message in page["messages"] if message["direction"] == "out"]
            if page["next"] == after:
                return said
            after = page["next"]

    def _messages(self, url: str) -> str:
        return f"{url}/channels/web/conversations/{self.user}/messages"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._conversation['token']}"}


async def call_back(session: aiohttp.ClientSession, url: str, body: bytes) -> aiohttp.ClientResponse:
    """Call the process at ``url`` as WeChat does, in plain mode."""
    stamp = str(int(time.time()))
    signed = {"timestamp": stamp, "nonce": "n", "signature": signature(_WECHAT_TOKEN, stamp, "n")}
    return await session.post(f"{url}/channels/wechat", params=signed, data=body)


class WeChatResident(Resident):
    """Follows the account: a message is acknowledged by the reply to its callback, which may have words in it."""

    channel = "wechat"

    async def send(self, words: str, place: int, *, pin: bool) -> None:
        """Of the replies to one message WeChat shows one."""
        fields: Json = {
            "ToUserName": "gh_account", "FromUserName": self.user, "CreateTime": int(time.time()),
            "MsgId": self.number * 1_000_000 + place,
        }  # fmt: skip
        pinned: Json = {"MsgType": "location", "Location_X": "31.1", "Location_Y": "121.4", "Label": words}
        body = write_xml(fields | (pinned if pin else {"MsgType": "text", "Content": words}))

        async def post(url: str) -> aiohttp.ClientResponse:
            return await call_back(self._post.session, url, body)

        # WeChat repeats only what it has had no answer to, so nothing comes after the next message
        answers = await self._post.deliver(post, later=False)
        said = {read_xml(answer)["Content"] for answer in answers if answer != b"success"}
        for reply in said:
            self._messengers.tell(self.sender, reply)
        if len(said) > 1:
            self._post.report.faults.append(f"同一条微信消息有两种回复：{said}")


class TelegramResident(Resident):
    """Talks to the bot: a message is acknowledged when the webhook has kept it."""

    channel = "telegram"
    _numbers = count(1)

    def __init__(self, post: Post, messengers: Messengers, number: int) -> None:
        super().__init__(post, messengers, number)
        self.user = str(10_000 + number)

    async def send(self, words: str, place: int, *, pin: bool) -> None:
        """As Telegram calls the webhook."""
        chat = {"id": int(self.user), "type": "private", "first_name": "王"}
        user = {"id": int(self.user), "is_bot": False, "first_name": "王"}
        message: Json = {"message_id": place + 1, "date": int(time.time()), "chat": chat, "from": user}
        position = {"latitude": 31.1, "longitude": 121.4}
        message |= {"venue": {"location": position, "title": words, "address": ""}} if pin else {"text": words}
        update = {"update_id": next(self._numbers), "message": message}

        async def post(url: str) -> aiohttp.ClientResponse:
            headers = {SECRET_HEADER: _SECRET}
            return await self._post.session.post(f"{url}/channels/telegram", json=update, headers=headers)

        await self._post.deliver(post)


_CHANNELS: tuple[type[Resident], ...] = (WebResident, WeChatResident, TelegramResident)


async def flood(settings: Settings, *, messages: int, processes: int = 1, kills: int = KILLS) -> Report:
    """Have ``messages`` sent to so many processes, of which one after another is killed; look at what came of it.

    The database of ``settings`` is empty. At least one message is sent in each channel.
    """
    started = time.monotonic()
    report, assistant, messengers = Report(), Assistant(), Messengers()
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    async with (
        served(assistant) as rasa,
        served(Intake()) as intake,
        served(messengers) as outside,
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60)
        ) as session,
    ):
        addresses = {
            "YHT_RASA_URLS": rasa, "YHT_INTAKE_URL": intake,
            "YHT_WECHAT_API_BASE": outside, "YHT_TELEGRAM_API_BASE": outside,
        }  # fmt: skip
        running = [channels_process(settings, f"channels-{number}", addresses) for number in range(processes)]
        try:
            for process in running:
                await process.start()
            post = Post(running, session, report)
            residents, writing = _residents(post, messengers, messages)
            killing = asyncio.create_task(_kill(running, post, messages, kills, report))
            await asyncio.gather(*writing)
            await asyncio.gather(*post.later)
            await killing
            await _settled(residents, assistant, messengers)
            await _look(residents, assistant, report)
        finally:
            for process in running:
                process.kill()
    report.messages = sum(len(resident.sent) for resident in residents)
    report.seconds = time.monotonic() - started
    return report


def _residents(post: Post, messengers: Messengers, messages: int) -> tuple[list[Resident], list[Awaitable[None]]]:
    """Those who write, and their writing: as evenly as possible."""
    each = min(_RESIDENTS, max(1, messages // 3))
    people = [kind(post, messengers, number) for number in range(each) for kind in _CHANNELS]
    share, rest = divmod(messages, len(people))
    return people, [person.write(share + (place < rest)) for place, person in enumerate(people)]


async def _kill(running: Sequence[Killable], post: Post, messages: int, kills: int, report: Report) -> None:
    """Kill in turn, evenly over the flood."""
    for number in range(kills):
        await post.reached(messages * (number + 1) // (kills + 1))
        process = running[number % len(running)]
        process.kill()
        report.kills += 1
        await process.start()


async def _settled(residents: Sequence[Resident], assistant: Assistant, messengers: Messengers) -> None:
    """Wait until everything was heard and told, or nothing has come for so long that it never will."""
    wanted = {resident.sender: resident.sent for resident in residents}
    outside = [resident for resident in residents if not isinstance(resident, WebResident)]
    before, until = -1, time.monotonic() + _STILL_SECONDS
    while time.monotonic() < until:
        heard = sum(len(words) for words in assistant.heard.values())
        told = sum(len(_answers(messengers.told.get(resident.sender, []))) for resident in outside)
        if heard >= sum(map(len, wanted.values())) and all(
            set(wanted[resident.sender]) <= set(_answers(messengers.told.get(resident.sender, [])))
            for resident in outside
        ):
            await asyncio.sleep(2)  # what should not come may come now
            return
        if heard + told > before:
            before, until = heard + told, time.monotonic() + _STILL_SECONDS
        await asyncio.sleep(0.2)


def _answers(said: Sequence[str]) -> list[str]:
    """The messages that were answered in ``said``, in order. A letter may have several answers in it."""
    return [words for letter in said for words in _ECHO.findall(letter)]


async def _look(residents: Sequence[Resident], assistant: Assistant, report: Report) -> None:
    """Compare what was sent with what was heard and told."""
    if assistant.overlaps:
        report.faults.append(f"{assistant.overlaps} 次同一个人的两条消息同时交给了助手")
    for resident in residents:
        sent = f"{resident.sender} 发了 {len(resident.sent)} 条"
        heard = assistant.heard.get(resident.sender, [])
        if heard != resident.sent:
            report.faults.append(f"{sent}，助手听到 {_difference(heard, resident)}")
        said = await resident.read()
        report.put_off += sum(letter.count(BUSY.text) for letter in said)
        once: dict[str, None] = {}
        again = 0
        for letter in said:
            answers = dict.fromkeys(_answers([letter]))
            again += not once.keys().isdisjoint(answers)
            once |= answers
        report.told_again += again
        if list(once) != resident.sent:
            report.faults.append(f"{sent}，答了 {_difference(list(once), resident)}")
        if again and isinstance(resident, WebResident):
            report.faults.append(f"{resident.sender} 在网页上看到同一个回答两次")
    if report.told_again > report.kills * 2 * AT_ONCE:
        report.faults.append(f"{report.told_again} 条消息送了两次，比进程被杀时在路上的多")


def _difference(found: Sequence[str], resident: Resident) -> str:
    missing = len(set(resident.sent) - set(found))
    order = "，次序不同" if not missing and len(found) == len(resident.sent) else ""
    return f"{len(found)} 条，缺 {missing} 条{order}"


async def _run(messages: int, kinds: Sequence[str], kills: int) -> int:
    faults = 0
    for kind, processes in (("sqlite", 1), ("postgresql", 2)):
        if kind in kinds:
            with tempfile.TemporaryDirectory(prefix="yht-flood-") as folder:
                async with empty_database(kind, Path(folder)) as settings:
                    report = await flood(settings, messages=messages, processes=processes, kills=kills)
            print(f"{kind}，{processes} 个进程：{report.words()}", flush=True)
            faults += len(report.faults)
    return 1 if faults else 0


def main() -> int:
    """Flood each kind of database; the exit code is 1 when anything was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(prog="bench.flood", description="各渠道同时涌来大量消息、途中杀死进程，再逐条核对")
    parser.add_argument("--messages", type=int, default=10_000, help="一共多少条，缺省 10000")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"途中杀几次，缺省 {KILLS}")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append", help="只测这一种")
    arguments = parser.parse_args()
    return asyncio.run(_run(arguments.messages, arguments.database or ["sqlite", "postgresql"], arguments.kills))


if __name__ == "__main__":
    sys.exit(main())
