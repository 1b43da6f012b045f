"""How long a resident waits for an answer: through the web channel of the whole system, alone and among many."""

from __future__ import annotations

import asyncio

from bench.figures import Figure, at_most, figure
from bench.processes import WholeSystem, memory, pids_of, whole_system
from bench.residents import Talk, WebChannel, http_session, talk
from groundwork.settings import Settings

CROWDS = {1: 200, 8: 400, 32: 640}
"""Residents at once → messages in a repeat."""
SLOWEST_P95_MS = 80
MOST_MEMORY_GB = 1.6
START_SECONDS = 30


def measure(settings: Settings, repeats: int) -> list[Figure]:
    """Turn latency, messages per second, memory of all processes, and the time to start."""
    with whole_system(settings) as system:
        talks = asyncio.run(_talks(system, repeats))
        proportional, resident = memory(pids_of(settings.var_dir))
    figures = []
    for crowd, held in talks.items():
        who = "1 人" if crowd == 1 else f"{crowd} 人同时"
        target = at_most(SLOWEST_P95_MS) if crowd == 1 else None
        figures += [
            figure(f"turn_{crowd}_p50", f"一轮应答 p50，{who}", "ms", [t.percentile(0.5) for t in held]),
            figure(f"turn_{crowd}_p95", f"一轮应答 p95，{who}", "ms", [t.percentile(0.95) for t in held], target),
            figure(f"turn_{crowd}_max", f"一轮应答最慢，{who}", "ms", [t.percentile(1) for t in held]),
            figure(f"turn_{crowd}_rate", f"每秒消息，{who}", "条", [t.rate for t in held]),
            figure(
                f"turn_{crowd}_filed",
                f"对话中成案的比例，{who}",
                "%",
                [100 * len(t.filed) / t.conversations for t in held],
            ),
        ]
    return [
        *figures,
        figure("memory_pss", "全部进程内存（PSS）", "GB", [proportional], at_most(MOST_MEMORY_GB)),
        figure("memory_rss", "全部进程内存（RSS 之和）", "GB", [resident]),
        figure("start", "从启动到就绪", "s", [system.start_seconds], at_most(START_SECONDS)),
    ]


async def _talks(system: WholeSystem, repeats: int) -> dict[int, list[Talk]]:
    talks: dict[int, list[Talk]] = {crowd: [] for crowd in CROWDS}
    async with http_session(max(CROWDS)) as session:
        door = WebChannel(session, system.url)
        await talk(door, residents=1, turns=20, seed=0)  # caches are filled, connections opened
        for repeat in range(repeats):
            for crowd, turns in CROWDS.items():
                talks[crowd].append(await talk(door, residents=crowd, turns=turns, seed=repeat * 100 + crowd))
    return talks
