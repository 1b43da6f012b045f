"""A telephone in a process of its own, to be killed: ``python -m …process DATABASE_URL VAR_DIR INTAKE_URL PORT``."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import ClientSession

from channels.gateway.database import Database
from channels.hotline.switchboard import running
from channels.hotline.voice import LoudnessActivity
from channels.speech.scripted import ScriptedRecogniser
from groundwork.settings import Settings
from tests.integration.channels.hotline.conftest import QUICK


async def main(url: str, var_dir: str, intake: str, port: str) -> None:
    settings = Settings(_env_file=None, var_dir=Path(var_dir), intake_url=intake, audiosocket_port=int(port))  # type: ignore[call-arg]
    async with (
        ClientSession() as session,
        running(
            settings, Database(url), session, ScriptedRecogniser(["第一句话。", "第二句话。"]),
            lambda: datetime.now(UTC), new_activity=LoudnessActivity, pauses=QUICK,
        ),
    ):  # fmt: skip
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
