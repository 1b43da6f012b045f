"""Understanding alone: ``python -m bench.parse MODEL REPEATS`` reads texts as a JSON list, prints ms of each repeat."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

from bot.runtime import quiet


def main() -> None:
    """Parse all texts in each repeat, one by one."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    texts = json.load(sys.stdin)
    quiet()
    from rasa.core.agent import Agent

    from bot.runtime import quiet_rasa

    quiet_rasa()
    agent = Agent.load(sys.argv[1])

    async def parse(those: list[str]) -> list[float]:
        took = []
        for text in those:
            started = time.perf_counter()
            await agent.parse_message(text)
            took.append((time.perf_counter() - started) * 1000)
        return took

    async def parse_all() -> list[list[float]]:
        await parse(texts[:10])  # dictionaries are read, graphs traced at first use
        rounds = []
        for _ in range(int(sys.argv[2])):
            rounds.append(await parse(texts))
        return rounds

    print(json.dumps(asyncio.run(parse_all())))


if __name__ == "__main__":
    main()
