"""How fast cases are filed over HTTP, each with its department, tasks, words, feed and message to the reporter.

On SQLite straight at the intake, and through the front as a partner would; on PostgreSQL straight at the intake,
by turns with a loop that does nothing but store the same rows (``bench.bare``).
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

import aiohttp

from bench import bare, postgres
from bench.figures import Figure, Target, at_least, figure, percentile
from bench.processes import DidNotStart, intake_and_actions, progress, whole_system
from bench.residents import Script, http_session, read_scripts
from groundwork.settings import Settings, read_settings
from yht.records import issue_token
from yht.setup import set_up_records

CONNECTIONS = 8
SECONDS = 5.0
_GRACE = 60.0
"""Seconds after ``SECONDS`` in which the last answers must have come."""
CASES_PER_SECOND = 50
SHARE_OF_BARE = 0.12


@dataclass(frozen=True)
class Round:
    """``CONNECTIONS`` have filed for ``SECONDS``: ms of each case, and the seconds until the last was answered."""

    took: list[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Cases in a second."""
        return len(self.took) / self.seconds


def measure(settings: Settings, repeats: int) -> list[Figure]:
    """Cases per second on both databases, and how long one took. Raises DidNotStart when answers stay out."""
    try:
        return on_sqlite(settings, repeats) + on_postgres(repeats)
    except TimeoutError as error:
        raise DidNotStart(f"{_GRACE:g} 秒没有等到最后的应答") from error


def on_sqlite(settings: Settings, repeats: int) -> list[Figure]:
    """Straight at the intake, and through the front."""
    token = _token(settings)
    progress("受理进程启动")
    with intake_and_actions(settings) as (intake, _actions):
        straight = asyncio.run(_rounds(intake, token, repeats))
    progress("整个系统启动（装入助手）")
    with whole_system(settings) as system:
        fronted = asyncio.run(_rounds(system.url, token, repeats))
    target = at_least(CASES_PER_SECOND)
    return _figures("filing", "立案，SQLite，直接到受理进程", straight, target) + _figures(
        "filing_front", "立案，SQLite，经统一入口", fronted
    )


def on_postgres(repeats: int) -> list[Figure]:
    """Straight at the intake, by turns with the bare loop."""
    if not asyncio.run(postgres.answers()):
        print(f"没有 PostgreSQL 服务器应答（{postgres.server()}），这一部分不测", file=sys.stderr)
        return []
    ours, loops = asyncio.run(_on_postgres(repeats))
    shares = [each.rate / loop for each, loop in zip(ours, loops, strict=True)]
    return [
        *_figures("filing_postgres", "立案，PostgreSQL，直接到受理进程", ours),
        figure("filing_bare", "只写同样的行：每秒件数", "件", loops),
        figure("filing_share", "立案与只写之比", "", shares, at_least(SHARE_OF_BARE)),
    ]


async def _on_postgres(repeats: int) -> tuple[list[Round], list[float]]:
    ours, loops = [], []
    async with postgres.database("filing") as url:
        os.environ["YHT_DATABASE_URL"] = url
        try:
            settings = read_settings()
            progress("PostgreSQL：建库，受理进程启动")
            await set_up_records(settings)
            token = await issue_token(settings, "channel", "bench-filing", None)
            with intake_and_actions(settings) as (intake, _actions):
                for _ in range(repeats):
                    ours += await _rounds(intake, token.splitlines()[-1], 1)
                    progress("只写同样的行")
                    plain = url.replace("+asyncpg", "")
                    rows = await bare.rows_of_newest_case(plain)
                    async with asyncio.timeout(SECONDS + _GRACE):
                        loops.append(await bare.store_for(plain, rows, CONNECTIONS, SECONDS))
        finally:
            os.environ["YHT_DATABASE_URL"] = ""
    return ours, loops


def _token(settings: Settings) -> str:
    return asyncio.run(issue_token(settings, "channel", "bench-filing", None)).splitlines()[-1]


def _figures(name: str, label: str, rounds: list[Round], target: Target | None = None) -> list[Figure]:
    return [
        figure(f"{name}_rate", f"{label}：每秒件数", "件", [each.rate for each in rounds], target),
        figure(f"{name}_p50", f"{label}：p50", "ms", [percentile(each.took, 0.5) for each in rounds]),
        figure(f"{name}_p95", f"{label}：p95", "ms", [percentile(each.took, 0.95) for each in rounds]),
    ]


async def _rounds(url: str, token: str, repeats: int) -> list[Round]:
    headers = {"Authorization": f"Bearer {token}"}
    async with http_session(CONNECTIONS) as session:
        await _file(session, url, headers, 0.5, [])
        return [await _round(session, url, headers) for _ in range(repeats)]


async def _round(session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> Round:
    progress(f"立案 {SECONDS:g} 秒")
    took: list[float] = []
    started = time.perf_counter()
    async with asyncio.timeout(SECONDS + _GRACE), asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(_file(session, url, headers, SECONDS, took))
    return Round(took, time.perf_counter() - started)


async def _file(
    session: aiohttp.ClientSession, url: str, headers: dict[str, str], seconds: float, took: list[float]
) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        begun = time.perf_counter()
        key = {"Idempotency-Key": uuid.uuid4().hex}
        async with session.post(f"{url}/api/v1/cases", json=_body(), headers=headers | key) as response:
            response.raise_for_status()
            await response.read()
        took.append((time.perf_counter() - begun) * 1000)


@cache
def _scripts() -> list[Script]:
    return read_scripts()


def _body() -> dict[str, Any]:
    """A report that is sure enough to go to its department at once, and whose reporter is to be told the number."""
    script = random.choice(_scripts())
    number = str(random.randint(1, 4000))
    matter = max(script.turns, key=len).replace("{n}", number)
    return {
        "channel": "web",
        "description": matter,
        "category": "0115",
        "category_confidence": 0.95,
        "location": {"text": script.place.replace("{n}", number)},
        "reporter": {"channel_user": uuid.uuid4().hex},
        "announce": True,
    }
