"""One of our processes that is killed in the middle of its work and started again, and the databases it works on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp

from bench import postgres
from bench.processes import DidNotStart
from groundwork.settings import ROOT, Settings
from yht.ports import LOOPBACK, free_ports

_READY_SECONDS = 120.0


class Killable:
    """A process of ``python -m MODULE`` with a port of its own, kept for life."""

    def __init__(self, module: str, settings: Settings, name: str, more: Mapping[str, str]) -> None:
        """``name``: of its log. ``more``: further settings as their variables; ``{port}`` in them is its port."""
        port = free_ports(1)[0]
        self.url = f"http://{LOOPBACK}:{port}"
        self._module = module
        self._log = settings.var_dir / f"{name}.log"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("YHT_")}
        # empty, not absent: what is absent would be looked up in .env
        blank = {f"YHT_{key.upper()}": "" for key, one in Settings.model_fields.items() if one.default in ("", ())}
        self._environment = {
            **kept,
            **blank,
            "YHT_VAR_DIR": str(settings.var_dir),
            "YHT_DATABASE_URL": settings.database_url,
            "YHT_LOG_LEVEL": "WARNING",
            **{key: value.format(port=port) for key, value in more.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Returns when it is ready. Raises DidNotStart."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: ASYNC220 (a few ms, and it outlives the block)
                [sys.executable, "-m", self._module], env=self._environment, cwd=ROOT, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + _READY_SECONDS
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < until and self._process.poll() is None:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.1)
        raise DidNotStart(self._log.read_text("utf-8", errors="replace")[-3000:])

    def processor_seconds(self) -> float:
        """What it has used so far."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        user, system = fields[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """At once, whatever it is doing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextlib.asynccontextmanager
async def empty_database(kind: str, folder: Path) -> AsyncIterator[Settings]:
    """Settings with an empty database: SQLite, or of its own on the PostgreSQL server of this machine."""
    async with contextlib.AsyncExitStack() as stack:
        url = f"sqlite+aiosqlite:///{folder / 'cases.db'}"
        if kind == "postgresql":
            url = await stack.enter_async_context(postgres.database("crash"))
        yield Settings(_env_file=None, var_dir=folder, database_url=url)  # type: ignore[call-arg]
