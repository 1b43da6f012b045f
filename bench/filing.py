"""How fast cases are filed over HTTP, on SQLite: straight at the intake, and through the front as a partner would."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from typing import Any

import aiohttp

from bench.figures import Figure, at_least, figure, percentile
from bench.processes import intake_and_actions, whole_system
from bench.residents import http_session, read_scripts
from groundwork.settings import Settings
from yht.records import issue_token

CONNECTIONS = 8
SECONDS = 10.0
CASES_PER_SECOND = 50


def measure(settings: Settings, repeats: int) -> list[Figure]:
    """Cases per second by both ways, and how long one took."""
    token = asyncio.run(issue_token(settings, "channel", "bench-filing", None)).splitlines()[-1]
    figures = []
    with intake_and_actions(settings) as (intake, _actions):
        straight = asyncio.run(_rounds(intake, token, repeats))
    with whole_system(settings) as system:
        fronted = asyncio.run(_rounds(system.url, token, repeats))
    for name, label, rounds, target in (
        ("filing", "立案，直接到受理进程", straight, at_least(CASES_PER_SECOND)),
        ("filing_front", "立案，经统一入口", fronted, None),
    ):
        figures += [
            figure(f"{name}_rate", f"{label}：每秒件数", "件", [len(took) / spent for took, spent in rounds], target),
            figure(f"{name}_p50", f"{label}：p50", "ms", [percentile(took, 0.5) for took, _ in rounds]),
            figure(f"{name}_p95", f"{label}：p95", "ms", [percentile(took, 0.95) for took, _ in rounds]),
        ]
    return figures


async def _rounds(url: str, token: str, repeats: int) -> list[tuple[list[float], float]]:
    headers = {"Authorization": f"Bearer {token}"}
    async with http_session(CONNECTIONS) as session:
        await _file(session, url, headers, 0.5, [])
        return [await _round(session, url, headers) for _ in range(repeats)]


async def _round(session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> tuple[list[float], float]:
    """``CONNECTIONS`` file for ``SECONDS``: ms of each case, and the seconds until the last was answered."""
    took: list[float] = []
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(_file(session, url, headers, SECONDS, took))
    return took, time.perf_counter() - started


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


def _body() -> dict[str, Any]:
    """A report with a place in words and without a category that was chosen: all rules have their work."""
    script = random.choice(read_scripts())
    number = str(random.randint(1, 4000))
    matter = max(script.turns, key=len).replace("{n}", number)
    return {
        "channel": "web",
        "description": matter,
        "category": "0115",
        "category_confidence": 0.8,
        "location": {"text": script.place.replace("{n}", number)},
        "reporter": {"channel_user": uuid.uuid4().hex},
    }
