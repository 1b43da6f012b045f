"""Kills the intake process in the middle of its work and looks at what is left: ``python -m bench.kill --times 50``.

While residents report, operators file and merge, departments accept, ask for help and report, dispatchers and verifiers
decide (``bench.killing.people``), all with idempotency keys and repeated until they are acknowledged, the process is
killed (SIGKILL) at random moments and started again. With two processes on one database each is killed in turn while
the other goes on. Afterwards no acknowledged case or action may be lost, none doubled, no case claimed by two, no
record broken, every message for a resident written once, and each receiver of webhooks must have heard what concerns
it at least once and in order (``bench.killing.checks``).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bench.killable import Killable, empty_database
from bench.killing import checks, people
from bench.killing.door import TIME_OUT, Door
from bench.killing.ledger import Ledger
from bench.killing.receiver import Receiver, listening
from groundwork.settings import Settings
from intake_api import administration
from intake_api.domain.access import Role
from intake_api.storage.database import Database

_LIVES_SECONDS = (0.1, 2.5)
_HANDLED_TO_BEGIN_WITH = 3  # cases closed before the first kill: so many actions have certainly been done
_RESIDENTS, _OPERATORS, _HANDLERS, _DISPATCHERS, _HELPERS, _VERIFIERS = 4, 2, 4, 2, 2, 2


@dataclass
class Report:
    """What was done, and ``faults``: what should not have happened."""

    kills: int = 0
    acknowledged: int = 0
    actions: int = 0
    claimed: int = 0
    repeated: int = 0
    at_once: int = 0
    given_up: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    events: int = 0
    closed: int = 0
    heard: int = 0
    heard_again: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def words(self) -> str:
        """In one line."""
        refused = "、".join(f"{code} {count}" for code, count in self.refused.most_common())
        return (
            f"杀死 {self.kills} 次，确认 {self.acknowledged} 件、办理 {self.actions} 次、领办 {self.claimed} 次，"
            f"结案 {self.closed} 件（重试后确认 {self.repeated}，同时问两次 {self.at_once}，放弃 {self.given_up}，"
            f"按规则不办：{refused or '没有'}），事件 {self.events}，推送 {self.heard}，其中重复 {self.heard_again}，"
            f"用时 {self.seconds:.0f} 秒："
            + ("没有差错" if not self.faults else f"差错 {len(self.faults)}：" + "；".join(self.faults[:10]))
        )


def _intake(settings: Settings, name: str) -> Killable:
    more = {"YHT_WEBHOOK_PRIVATE": "127.0.0.0/8", "YHT_LISTEN": "127.0.0.1:{port}"}
    return Killable("intake_api", settings, name, more)


async def kill_under_load(settings: Settings, *, times: int, processes: int = 1) -> Report:
    """Kill ``times`` times and look at what is left. The database of ``settings`` has a city and no cases."""
    started = time.monotonic()
    report, ledger = Report(), Ledger()
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    running = [_intake(settings, f"intake-{number}") for number in range(processes)]
    database = Database(settings.cases_database)
    try:
        for process in running:
            await process.start()
        async with aiohttp.ClientSession(timeout=TIME_OUT, connector=aiohttp.TCPConnector(limit=0)) as session:
            scene = await _scene(settings, Door(running, session, ledger))
            receivers = [Receiver("外部系统", None), Receiver("主办", scene.lead), Receiver("协办", scene.helper)]
            async with listening(receivers) as hooks:
                await _subscribe(settings, scene.door, receivers, hooks)
                everybody = await _people(settings, scene)
                load = asyncio.gather(*(person.work() for person in everybody))
                await _kill(running, times, ledger, report, load)
                scene.stopping = True
                await load
                wanted = await checks.heard(database, receivers)
        for process in running:
            process.kill()
        kept, faults = await checks.look(database, ledger)
    finally:
        for process in running:
            process.kill()
        await database.close()
    report.faults = [*ledger.faults, *faults]
    for receiver, positions in zip(receivers, wanted, strict=True):
        report.faults += receiver.faults(positions)
        report.heard += len(receiver.positions)
        report.heard_again += receiver.heard_again
    _count(report, ledger, kept)
    report.seconds = time.monotonic() - started
    return report


async def _kill(
    running: Sequence[Killable], times: int, ledger: Ledger, report: Report, load: asyncio.Future[list[None]]
) -> None:
    """In turn, at random moments, from when a few actions have been done."""
    while ledger.done < _HANDLED_TO_BEGIN_WITH and not load.done():  # noqa: ASYNC110 (the ledger wakes nobody)
        await asyncio.sleep(0.1)
    for number in range(times):
        await asyncio.sleep(random.uniform(*_LIVES_SECONDS))
        if load.done():
            return  # what went wrong is raised where it is waited for
        process = running[number % len(running)]
        process.kill()
        report.kills += 1
        await process.start()
        if report.kills % 10 == 0:
            done = f"确认 {len(ledger.filed)} 件，办理 {ledger.done} 次，差错 {len(ledger.faults)}"
            print(f"已杀 {report.kills} 次，{done}", file=sys.stderr, flush=True)


def _count(report: Report, ledger: Ledger, kept: checks.Kept) -> None:
    report.acknowledged, report.actions, report.claimed = len(ledger.filed), ledger.done, ledger.claimed
    report.repeated, report.at_once, report.given_up = ledger.again, ledger.at_once, ledger.unheard
    report.refused = ledger.refused
    report.events = kept.event_count
    report.closed = sum(status == "closed" for status in kept.statuses.values())


async def _scene(settings: Settings, door: Door) -> people.Scene:
    """In the middle of the city's map; the departments are those that its matrix names there, and another."""
    channel = await administration.issue_token(settings, Role.CHANNEL, "探路")
    city = await door.read(channel, "/city")
    lat, lng = city["center"]
    place = {"text": "路口", "lat": lat, "lng": lng}
    body = {"channel": "web", "description": "路灯不亮", "category": people.CATEGORY, "location": place}
    answer = await door.once(channel, "/cases/preview", body)
    lead = answer.body["department"]["id"]
    units = (await door.read(channel, "/departments"))["items"]
    helper = next(unit["id"] for unit in units if unit["id"] != lead)
    return people.Scene(door, place, lead, helper)


async def _people(settings: Settings, scene: people.Scene) -> list[people.Person]:
    found: list[people.Person] = []
    for kind, role, department, number in (
        (people.Resident, Role.CHANNEL, None, _RESIDENTS),
        (people.Operator, Role.OPERATOR, None, _OPERATORS),
        (people.Handler, Role.HANDLER, scene.lead, _HANDLERS),
        (people.Dispatcher, Role.DISPATCHER, None, _DISPATCHERS),
        (people.Helper, Role.HANDLER, scene.helper, _HELPERS),
        (people.Verifier, Role.VERIFIER, None, _VERIFIERS),
    ):
        for place in range(number):
            name = f"{kind.__name__}-{place}"
            found.append(kind(scene, name, await administration.issue_token(settings, role, name, department)))
    return found


async def _subscribe(settings: Settings, door: Door, receivers: Sequence[Receiver], hooks: Sequence[str]) -> None:
    keeper = await administration.issue_token(settings, Role.SYSADMIN, "kill-test")
    await administration.issue_token(settings, Role.PARTNER, "kill-test")
    for receiver, hook in zip(receivers, hooks, strict=True):
        owner = {"department_id": receiver.department} if receiver.department else {"partner": "kill-test"}
        answer = await door.once(keeper, "/webhooks", {"name": receiver.name, "url": hook, **owner})
        receiver.secret = answer.body["secret"]


@contextlib.asynccontextmanager
async def fresh_database(kind: str, folder: Path, city: Path | None = None) -> AsyncIterator[Settings]:
    """Settings of an empty intake with a city (the sample), on SQLite or on the PostgreSQL server of this machine."""
    async with empty_database(kind, folder) as settings:
        await administration.upgrade_database(settings)
        await administration.load_city(settings, city or settings.city_dir)
        yield settings


async def _run(times: int, settings: Sequence[tuple[str, int]], city: Path | None) -> int:
    faults = 0
    for kind, processes in settings:
        load = os.getloadavg()[0]
        with tempfile.TemporaryDirectory(prefix="yht-kill-") as folder:
            async with fresh_database(kind, Path(folder), city) as fresh:
                report = await kill_under_load(fresh, times=times, processes=processes)
        print(f"{kind}，{processes} 个进程，负载 {load:.0f}–{os.getloadavg()[0]:.0f}：{report.words()}", flush=True)
        faults += len(report.faults)
    return 1 if faults else 0


_SETTINGS = (("sqlite", 1), ("postgresql", 1), ("postgresql", 2))


def main() -> int:
    """Kill in each setting; the exit code is 1 when anything was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(prog="bench.kill", description="在受理和办理途中反复杀死进程，再核对有没有丢失")
    parser.add_argument("--times", type=int, default=50, help="每种情形杀几次，缺省 50")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append", help="只测这一种")
    parser.add_argument("--processes", type=int, choices=[1, 2], action="append", help="只测这么多进程")
    parser.add_argument("--city", type=Path, default=None, help="城市数据文件夹，缺省为示例城市；小的城市启动快")
    arguments = parser.parse_args()
    chosen = [
        (kind, processes) for kind, processes in _SETTINGS
        if kind in (arguments.database or [kind]) and processes in (arguments.processes or [processes])
    ]  # fmt: skip
    return asyncio.run(_run(arguments.times, chosen, arguments.city))


if __name__ == "__main__":
    sys.exit(main())
