"""Two real processes serve the bot; the one that polls is killed, and nothing that was said is lost or heard twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import unused_port

from channels.gateway.database import Database
from channels.gateway.wording import BUSY
from channels.telegram.tables import pollers
from groundwork.settings import ROOT
from tests.integration.channels.conftest import IntakeStandIn, RasaStandIn
from tests.integration.channels.test_telegram import TOKEN, BotApi

PATIENCE = 240.0
"""Seconds for two processes to start on a busy machine."""


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    server = BotApi()
    await server.start()
    yield server
    await server.stop()


async def holder(database: Database) -> int:
    """The process that polls."""
    query = sa.select(pollers.c.holder).where(pollers.c.owner != "")
    found = await database.read(lambda connection: connection.execute(query).scalar_one_or_none())
    return int(found.rpartition(":")[2]) if found else 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # it waits for most of a minute
async def test_the_other_process_takes_over_within_a_minute(
    database_url: str, tmp_path: Path, telegram: BotApi, intake: IntakeStandIn, rasa: RasaStandIn, eventually
) -> None:
    settings = {
        "YHT_VAR_DIR": str(tmp_path),
        "YHT_DATABASE_URL": database_url.replace("channels.db", "cases.db"),
        "YHT_INTAKE_URL": intake.url,
        "YHT_RASA_URLS": rasa.url,
        "YHT_TELEGRAM_TOKEN": TOKEN,
        "YHT_TELEGRAM_API_BASE": telegram.url,
    }
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "channels",
            cwd=ROOT,
            env=os.environ | settings | {"YHT_PORT": str(unused_port())},
            stderr=asyncio.subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    database = Database(database_url)
    try:
        first = [f"第{number}句" for number in range(10)]
        for words in first:
            telegram.message(text=words)
        await eventually(lambda: len(telegram.words) >= 3, PATIENCE)
        killed = await holder(database)
        assert killed in {process.pid for process in processes}
        os.kill(killed, signal.SIGKILL)
        second = [f"又说第{number}句" for number in range(5)]
        for words in second:
            telegram.message(text=words)
        wanted = [f"听到：{words}" for words in first + second]
        await eventually(lambda: set(wanted) <= set(telegram.words), PATIENCE)
        assert await holder(database) not in (0, killed)
        assert [words for _, words in rasa.heard] == first + second
        # what was on the way when the process died may come again, and nothing else out of its order
        answers = [words for words in telegram.words if words != BUSY.text]
        assert list(dict.fromkeys(answers)) == wanted
        assert len(answers) <= len(wanted) + 1
    finally:
        for process in processes:
            if process.returncode is None:
                process.terminate()
        await asyncio.gather(*(process.wait() for process in processes))
        await database.close()
