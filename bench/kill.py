"""Kills the intake process in the middle of its work and looks at what is left: ``python -m bench.kill --times 50``.

While reports are filed all the time, with idempotency keys and repeated until they are acknowledged, the process is
killed (SIGKILL) at random moments and started again. With two processes on one database each is killed in turn while
the other goes on. Afterwards no acknowledged case may be lost, none doubled, no chain of events broken, every message
for a resident written once, and the receiver of a webhook must have heard every event at least once and in order.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg
from aiohttp import web
from sqlalchemy import func, select

from groundwork.settings import ROOT, Settings
from intake_api import administration
from intake_api.domain import case_number, webhook
from intake_api.noticing import ANNOUNCEMENT
from intake_api.storage import cases
from intake_api.storage.database import Database
from intake_api.storage.feed_tables import FeedQueueRow, FeedRow
from intake_api.storage.tables import CaseRow, EventRow, IdempotencyRow, OutboxRow
from yht.ports import LOOPBACK, free_ports

CLIENTS = 8
_READY_SECONDS = 60.0
_LIVES_SECONDS = (0.1, 2.5)
_HEARD_SECONDS = 120.0  # without anything new, the receiver has heard all that it will hear
_ALWAYS_REPEATS = 0.8  # the other clients give up at the first failure, as people do


class DidNotStart(Exception):
    """The process does not become ready; the message has the last lines it wrote."""


@dataclass
class Report:
    """What was done, and ``faults``: what should not have happened."""

    kills: int = 0
    acknowledged: int = 0
    repeated: int = 0
    given_up: int = 0
    events: int = 0
    heard_again: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def words(self) -> str:
        """In one line."""
        return (
            f"杀死 {self.kills} 次，确认 {self.acknowledged} 件（重试后确认 {self.repeated}，放弃 {self.given_up}），"
            f"事件 {self.events}，重复推送 {self.heard_again}，用时 {self.seconds:.0f} 秒："
            + ("没有差错" if not self.faults else "差错：" + "；".join(self.faults))
        )


class Process:
    """One intake process that can be killed and started again."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._port = free_ports(1)[0]
        self.url = f"http://{LOOPBACK}:{self._port}"
        self._log = settings.var_dir / f"{name}.log"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("YHT_")}
        # empty, not absent: what is absent would be looked up in .env
        blank = {f"YHT_{key.upper()}": "" for key, one in Settings.model_fields.items() if one.default in ("", ())}
        self._environment = (
            kept
            | blank
            | {
                "YHT_VAR_DIR": str(settings.var_dir),
                "YHT_DATABASE_URL": settings.database_url,
                "YHT_WEBHOOK_PRIVATE": "127.0.0.0/8",
                "YHT_LISTEN": f"{LOOPBACK}:{self._port}",
                "YHT_LOG_LEVEL": "WARNING",
            }
        )
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Returns when it is ready. Raises DidNotStart."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: ASYNC220 (a few ms, and it outlives the block)
                [sys.executable, "-m", "intake_api"], env=self._environment, cwd=ROOT, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + _READY_SECONDS
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < until and self._process.poll() is None:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)
        raise DidNotStart(self._log.read_text("utf-8", errors="replace")[-3000:])

    def kill(self) -> None:
        """At once, whatever it is doing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


class Receiver:
    """Whom the webhook calls. Notes every delivery that is signed as it should be."""

    def __init__(self) -> None:
        self.secret = ""
        self.positions: list[int] = []
        self.wrong = 0

    async def take(self, request: web.Request) -> web.Response:
        """Hear one delivery."""
        body = await request.read()
        given = request.headers.get(webhook.SIGNATURE_HEADER, "")
        at = given.partition(",")[0].removeprefix("t=")
        if not at.isdecimal() or webhook.signature([self.secret], int(at), body) != given:
            self.wrong += 1
        self.positions.append((await request.json())["position"])
        return web.Response()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Its address, while the block lasts."""
        app = web.Application()
        app.router.add_post("/", self.take)
        runner = web.AppRunner(app)
        await runner.setup()
        port = free_ports(1)[0]
        await web.TCPSite(runner, LOOPBACK, port).start()
        try:
            yield f"http://{LOOPBACK}:{port}/"
        finally:
            await runner.cleanup()

    def faults(self) -> tuple[list[str], int]:
        """What was heard out of order, and how much was heard again."""
        last = again = 0
        for position in self.positions:
            if position == last:
                again += 1
            elif position != last + 1:
                return [f"webhook 乱序：{last} 之后是 {position}"], again
            last = max(last, position)
        return ([f"{self.wrong} 次推送签名不对"] if self.wrong else []), again


class Clients:
    """Those who file reports: each with a key of its own, repeated until it is acknowledged."""

    def __init__(self, processes: Sequence[Process], token: str, report: Report) -> None:
        self._processes = processes
        self._headers = {"Authorization": f"Bearer {token}"}
        self._report = report
        self.acknowledged: dict[str, str] = {}
        self.stopping = False

    async def file_all(self) -> None:
        """File until told to stop; every report that was begun is brought to an end."""
        timeout = aiohttp.ClientTimeout(total=15)
        async with aiohttp.ClientSession(headers=self._headers, timeout=timeout) as session:
            await asyncio.gather(*(self._client(session) for _ in range(CLIENTS)))

    async def _client(self, session: aiohttp.ClientSession) -> None:
        while not self.stopping:
            await self._file(session, secrets.token_hex(8), patient=random.random() < _ALWAYS_REPEATS)
            await asyncio.sleep(random.random() * 0.05)

    async def _file(self, session: aiohttp.ClientSession, key: str, *, patient: bool) -> None:
        body = {
            "channel": "web", "description": "路灯不亮", "category": "0115", "announce": True,
            "location": {"text": "路口"}, "reporter": {"channel_user": key},
        }  # fmt: skip
        tries = 0
        while True:
            tries += 1
            process = random.choice(self._processes)
            try:
                url = f"{process.url}/api/v1/cases"
                async with session.post(url, json=body, headers={"Idempotency-Key": key}) as answer:
                    if answer.status in (200, 201):
                        self._acknowledge(key, (await answer.json())["case_no"], tries)
                        return
                    if answer.status < 500:
                        self._report.faults.append(f"受理回答 {answer.status}：{(await answer.text())[:200]}")
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            if not patient:
                self._report.given_up += 1
                return
            await asyncio.sleep(0.05)

    def _acknowledge(self, key: str, case_no: str, tries: int) -> None:
        self.acknowledged[key] = case_no
        self._report.acknowledged += 1
        self._report.repeated += tries > 1


async def kill_under_load(settings: Settings, *, times: int, processes: int = 1) -> Report:
    """Kill ``times`` times and look at what is left. The database of ``settings`` has a city and no cases."""
    started = time.monotonic()
    report = Report()
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    token = await administration.issue_token(settings, "channel", "kill-test")
    keeper = await administration.issue_token(settings, "sysadmin", "kill-test")
    await administration.issue_token(settings, "partner", "kill-test")
    receiver = Receiver()
    running = [Process(settings, f"intake-{number}") for number in range(processes)]
    try:
        async with receiver.listening() as hook:
            for process in running:
                await process.start()
            receiver.secret = await _subscribe(running[0].url, keeper, hook)
            clients = Clients(running, token, report)
            load = asyncio.create_task(clients.file_all())
            for number in range(times):
                await asyncio.sleep(random.uniform(*_LIVES_SECONDS))
                process = running[number % processes]
                process.kill()
                report.kills += 1
                await process.start()
                if report.kills % 10 == 0:
                    print(f"已杀 {report.kills} 次，确认 {report.acknowledged} 件", file=sys.stderr, flush=True)
            clients.stopping = True
            await load
            await _heard(settings, receiver)
    finally:
        for process in running:
            process.kill()
    faults, report.heard_again = receiver.faults()
    report.faults += faults
    await _look(settings, clients.acknowledged, receiver, report)
    report.seconds = time.monotonic() - started
    return report


async def _subscribe(url: str, token: str, hook: str) -> str:
    body = {"name": "kill-test", "partner": "kill-test", "url": hook}
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.post(f"{url}/api/v1/webhooks", json=body) as answer,
    ):
        answer.raise_for_status()
        secret: str = (await answer.json())["secret"]
        return secret


async def _heard(settings: Settings, receiver: Receiver) -> None:
    """Wait until the receiver has heard everything, or nothing for so long that it never will."""
    database = Database(settings.cases_database)
    until = time.monotonic() + _HEARD_SECONDS
    try:
        while time.monotonic() < until:
            async with database.read() as session:
                count = await session.scalar(select(func.count()).select_from(EventRow)) or 0
            if receiver.positions and max(receiver.positions) >= count:
                return
            heard = len(receiver.positions)
            await asyncio.sleep(0.2)
            if len(receiver.positions) > heard:
                until = time.monotonic() + _HEARD_SECONDS
    finally:
        await database.close()


async def _look(settings: Settings, acknowledged: dict[str, str], receiver: Receiver, report: Report) -> None:
    """Compare what was promised with what is in the database."""
    database = Database(settings.cases_database)
    try:
        async with database.read() as session:
            case_ids = set(await session.scalars(select(CaseRow.id)))
            keys = {row.key: row.case_id for row in await session.scalars(select(IdempotencyRow))}
            told = list(await session.scalars(select(OutboxRow.case_id).where(OutboxRow.kind == ANNOUNCEMENT)))
            report.events = await session.scalar(select(func.count()).select_from(EventRow)) or 0
            positions = list(await session.scalars(select(FeedRow.position).order_by(FeedRow.position)))
            queued = await session.scalar(select(func.count()).select_from(FeedQueueRow)) or 0
            broken = [case_id for case_id in case_ids if not await _intact(session, case_id)]
    finally:
        await database.close()
    found = {key: case_number.format_number(case_id) for key, case_id in keys.items() if case_id is not None}
    lost = [key for key, number in acknowledged.items() if found.get(key) != number]
    checks = (
        (lost, f"{len(lost)} 件确认过的案件丢失或换了编号"),
        (len(set(keys.values())) != len(keys), "两个幂等键指向同一案件"),
        (set(keys.values()) != case_ids, f"案件 {len(case_ids)} 件，幂等键 {len(keys)} 个：有重复或无主的案件"),
        (broken, f"{len(broken)} 件案件的事件链断了"),
        (sorted(told) != sorted(case_ids), "给市民的消息缺少或重复"),
        (positions != list(range(1, report.events + 1)) or queued, "事件流有缺口"),
        (set(receiver.positions) != set(positions), f"webhook 只听到 {len(set(receiver.positions))}/{len(positions)}"),
    )
    report.faults += [words for fault, words in checks if fault]


async def _intact(session: object, case_id: int) -> bool:
    from intake_api.domain.event import is_intact

    events = await cases.events(session, case_id)  # type: ignore[arg-type]
    return bool(events) and is_intact(case_id, events)


@contextlib.asynccontextmanager
async def fresh_database(kind: str, folder: Path, city: Path | None = None) -> AsyncIterator[Settings]:
    """Settings of an empty intake with a city (the sample), on SQLite or on the PostgreSQL server of this machine."""
    server = os.environ.get("YHT_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
    server = server.replace("postgresql+asyncpg://", "postgresql://")
    name = f"kill_{secrets.token_hex(6)}"
    url = f"sqlite+aiosqlite:///{folder / 'cases.db'}"
    if kind == "postgresql":
        await _execute(server, f"CREATE DATABASE {name}")
        url = f"{server.rpartition('/')[0]}/{name}".replace("postgresql://", "postgresql+asyncpg://")
    try:
        settings = Settings(_env_file=None, var_dir=folder, database_url=url)  # type: ignore[call-arg]
        await administration.upgrade_database(settings)
        await administration.load_city(settings, city or settings.city_dir)
        yield settings
    finally:
        if kind == "postgresql":
            await _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _run(times: int, kinds: Sequence[str], city: Path | None) -> int:
    faults = 0
    for kind, processes in (("sqlite", 1), ("postgresql", 1), ("postgresql", 2)):
        if kind in kinds:
            with tempfile.TemporaryDirectory(prefix="yht-kill-") as folder:
                async with fresh_database(kind, Path(folder), city) as settings:
                    report = await kill_under_load(settings, times=times, processes=processes)
            print(f"{kind}，{processes} 个进程：{report.words()}", flush=True)
            faults += len(report.faults)
    return 1 if faults else 0


def main() -> int:
    """Kill on each kind of database; the exit code is 1 when anything was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(prog="bench.kill", description="在受理途中反复杀死进程，再核对有没有丢失")
    parser.add_argument("--times", type=int, default=50, help="每种情形杀几次，缺省 50")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append", help="只测这一种")
    parser.add_argument("--city", type=Path, default=None, help="城市数据文件夹，缺省为示例城市；小的城市启动快")
    arguments = parser.parse_args()
    return asyncio.run(_run(arguments.times, arguments.database or ["sqlite", "postgresql"], arguments.city))


if __name__ == "__main__":
    sys.exit(main())
