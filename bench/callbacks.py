"""How long WeChat waits for its callbacks, and what the gateway itself takes: ``python -m bench.callbacks``.

One real channels process, an assistant that is slow, stopped or hangs, and users who write one message after another.
WeChat hangs up after five seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import aiohttp

from bench.figures import Figure, Target, at_most, figure, percentile, table
from bench.flood import call_back, channels_process
from bench.killable import Killable, empty_database
from bench.stand_ins import Assistant, Intake, Messengers, served
from channels.wechat.codec import write_xml

_HANGS_SECONDS = 60.0
_PAUSE_SECONDS = 1.0  # of a user at most between two messages
_BUCKET = re.compile(r'^yht_gateway_overhead_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True)
class Situation:
    """What is measured. ``slowest``: seconds of the assistant's slowest answer; None: it is stopped."""

    name: str
    label: str
    slowest: float | None
    reply_seconds: float
    messages: int  # of each user


_SITUATIONS = (
    Situation("service", "客服消息（应答 0.1 秒内没有就先答 success），助手 0–1 秒", 1.0, 0.1, 20),
    Situation("stopped", "被动回复（等 4 秒），Rasa 停着", None, 4.0, 3),
    Situation("hanging", "被动回复（等 4 秒），Rasa 收下不答", _HANGS_SECONDS, 4.0, 3),
    Situation("quick", "被动回复（等 4 秒），助手 0–30 毫秒", 0.03, 4.0, 20),
)


async def measure(kind: str, users: int) -> list[Figure]:
    """The figures on a database of this kind, with so many users at once."""
    figures: list[Figure] = []
    for situation in _SITUATIONS:
        with tempfile.TemporaryDirectory(prefix="yht-callbacks-") as folder:
            outcome = await _outcome(kind, Path(folder), situation, users)
        figures += _of_waits(situation, outcome.waits)
        if situation.name == "quick":
            figures += [
                _figure("overhead_p95", "　同上：网关自己的用时，p95", _quantile(outcome.overhead, 0.95), at_most(8)),
                _figure("processor", "　同上：一次回调的处理器时间", outcome.processor / len(outcome.waits)),
            ]
    return figures


@dataclass(frozen=True)
class Outcome:
    """Seconds that each callback took, and that the process computed; the gateway's own part of the messages as
    cumulated counts by their upper limits.
    """

    waits: list[float]
    processor: float
    overhead: list[tuple[float, float]]


def _of_waits(situation: Situation, waits: Sequence[float]) -> list[Figure]:
    name, label = situation.name, situation.label
    service, passive = name == "service", name in ("stopped", "hanging")
    return [
        _figure(f"{name}_p50", f"{label}：p50", percentile(waits, 0.5)),
        _figure(f"{name}_p99", "　同上：p99", percentile(waits, 0.99), at_most(1000) if service else None),
        _figure(f"{name}_max", f"　同上：最慢（{len(waits)} 次）", max(waits), at_most(4500) if passive else None),
    ]


def _figure(name: str, label: str, seconds: float, target: Target | None = None) -> Figure:
    return figure(name, label, "ms", (1000 * seconds,), target)


async def _outcome(kind: str, folder: Path, situation: Situation, users: int) -> Outcome:
    """Have so many users write to a process of its own."""
    async with contextlib.AsyncExitStack() as stack:
        settings = await stack.enter_async_context(empty_database(kind, folder))
        assistant = await stack.enter_async_context(contextlib.AsyncExitStack())
        rasa = await assistant.enter_async_context(served(Assistant(slowest=situation.slowest or 0.0)))
        outside = await stack.enter_async_context(served(Messengers()))
        more = {
            "YHT_RASA_URLS": rasa,
            "YHT_INTAKE_URL": await stack.enter_async_context(served(Intake())),
            "YHT_WECHAT_API_BASE": outside,
            "YHT_TELEGRAM_API_BASE": outside,
            "YHT_WECHAT_REPLY_SECONDS": str(situation.reply_seconds),
        }
        process = await stack.enter_async_context(_started(channels_process(settings, "channels", more)))
        if situation.slowest is None:
            await assistant.aclose()  # only now: without an assistant no process becomes ready
        session = await stack.enter_async_context(aiohttp.ClientSession())
        before = process.processor_seconds()
        waits = await asyncio.gather(
            *(_write(session, process.url, f"o-user-{number}", situation.messages) for number in range(users))
        )
        processor = process.processor_seconds() - before
        async with session.get(f"{process.url}/metrics") as answer:
            figures = await answer.text()
        overhead = [(float(limit), float(count)) for limit, count in _BUCKET.findall(figures)]
    return Outcome([seconds for one in waits for seconds in one], processor, overhead)


@contextlib.asynccontextmanager
async def _started(process: Killable) -> AsyncIterator[Killable]:
    try:
        await process.start()
        yield process
    finally:
        process.kill()


async def _write(session: aiohttp.ClientSession, url: str, user: str, messages: int) -> list[float]:
    """Have a user write; the seconds until each callback was answered."""
    waits = []
    for number in range(messages):
        await asyncio.sleep(random.random() * _PAUSE_SECONDS)
        head = {"ToUserName": "gh_account", "FromUserName": user, "CreateTime": int(time.time()), "MsgId": number + 1}
        body = write_xml(head | {"MsgType": "text", "Content": f"路灯不亮{number}"})
        began = time.perf_counter()
        async with await call_back(session, url, body) as answer:
            await answer.read()
            answer.raise_for_status()
        waits.append(time.perf_counter() - began)
    return waits


def _quantile(counts: Sequence[tuple[float, float]], share: float) -> float:
    """The value below which this share lies, linearly within its bucket, as Prometheus has it."""
    wanted = share * counts[-1][1]
    for (lower, before), (upper, count) in pairwise([(0.0, 0.0), *counts]):
        if count >= wanted:
            return lower if upper == float("inf") else lower + (upper - lower) * (wanted - before) / (count - before)
    raise ValueError("no counts")


def main() -> int:
    """Measure and print. The exit code is 1 when a callback took longer than WeChat waits."""
    parser = argparse.ArgumentParser(prog="bench.callbacks", description="微信回调的应答时间和网关自己的用时")
    parser.add_argument("--users", type=int, default=20, help="同时写的人数，缺省 20")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append", help="只测这一种")
    arguments = parser.parse_args()
    late = False
    for kind in arguments.database or ["sqlite", "postgresql"]:
        before = os.getloadavg()[0]
        figures = asyncio.run(measure(kind, arguments.users))
        print(f"\n{kind}，{arguments.users} 人，负载 {before:.1f}–{os.getloadavg()[0]:.1f}")
        print(table(figures), flush=True)
        late |= any(one.reached is False for one in figures if one.name.endswith("_max"))
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
