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

    async def parse(text: str) -> float:
        started = time.perf_counter()
        await agent.parse_message(text)
        return (time.perf_counter() - started) * 1000

    async def parse_all() -> list[list[float]]:
        for text in texts[:10]:  # dictionaries are read, graphs traced at first use
            await parse(text)
        return [[await parse(text) for text in texts] for _ in range(int(sys.argv[2]))]

    print(json.dumps(asyncio.run(parse_all())))


if __name__ == "__main__":
    main()
