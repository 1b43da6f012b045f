"""How fast the queue answers over HTTP with few and with many cases: first pages, searches, similar cases,
hot spots, and a month's figures.

Needs a PostgreSQL server (``YHT_TEST_POSTGRES_URL`` or a local one); the databases are made for it and dropped.
By hand: ``python -m bench.queue_speed --cases 10000 --cases 100000``.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from aiohttp import web

from bench import postgres
from bench.figures import Figure, at_most, figure, percentile, table
from bench.generate import NotGenerated, generate, phrases
from bench.processes import DidNotStart
from groundwork.settings import Settings
from intake_api import administration
from intake_api.domain.city import City
from intake_api.domain.city_folder import read_city
from intake_api.domain.taxonomy import read_taxonomy
from intake_api.filing import Understood
from intake_api.http.app import TAXONOMY_FILE, create_app

SIZES = (10_000, 1_000_000)
ROUNDS = 40
P95_MS = 150.0
GROWTH = 3.0
_COMMON = ("垃圾", "井盖", "路灯", "小区", "门口")
_RARE = ("水表井 绊倒", "“斑马线上”", "富民小区", "消火栓 木板", "育才巷")


@dataclass(frozen=True)
class Question:
    """One kind of request: its path, or its body for ``POST``, at random each time."""

    name: str
    label: str
    ask: Callable[[random.Random, City], str | dict[str, Any]]


def _day(chance: random.Random) -> str:
    return f"{chance.randint(1, 9):02}-{chance.randint(1, 28):02}"


def _similar(chance: random.Random, city: City) -> dict[str, Any]:
    spot = chance.choice(city.places)
    code = chance.choice(sorted(phrases()))
    return {"category": code, "lat": spot.lat, "lng": spot.lng, "text": chance.choice(phrases()[code])}


def _box(chance: random.Random, city: City) -> str:
    spot = chance.choice(city.places)
    return f"bbox={spot.lng - 0.005},{spot.lat - 0.004},{spot.lng + 0.005},{spot.lat + 0.004}"


def _department(chance: random.Random, city: City) -> str:
    return chance.choice(city.departments).id


def _month(chance: random.Random) -> str:
    last = datetime.now(UTC).date() - timedelta(days=chance.randrange(30))
    return f"from={last - timedelta(days=29)}&to={last}"


def _code(chance: random.Random) -> str:
    return chance.choice(sorted(phrases()))


QUESTIONS = (
    Question("first", "首页，不筛选", lambda _c, _city: ""),
    Question("status", "按状态", lambda c, _: f"status={c.choice(('received', 'returned', 'closed', 'suspended'))}"),
    Question("statuses", "按几个状态", lambda _c, _: "status=received,filed,returned"),
    Question("category", "按类别", lambda c, _: f"category={_code(c)}"),
    Question("department", "按部门", lambda c, city: f"department={_department(c, city)}"),
    Question("town", "按街镇", lambda c, city: f"town={c.choice(city.towns).code}"),
    Question("channel", "按渠道", lambda c, _: f"channel={c.choice(('wechat', 'hotline', 'telegram'))}"),
    Question("day", "按日期", lambda c, _: f"from=2026-{c.randint(1, 9):02}-10&to=2026-{c.randint(1, 9):02}-28"),
    Question("overdue", "超期", lambda _c, _: "overdue=true"),
    Question("soon", "24 小时内到期", lambda _c, _: "due_within=24"),
    Question("closed", "一天里结案的", lambda c, _: "closed_from=2026-{0}&closed_to=2026-{0}".format(_day(c))),
    Question("box", "地图范围", _box),
    Question("together", "部门＋状态＋街镇", lambda c, city: (
        f"department={_department(c, city)}&status={c.choice(('accepted', 'closed'))}&town={c.choice(city.towns).code}"
    )),
    Question("repeat", "重复发生", lambda _c, _: "repeat=true"),
    Question("due", "按期限排序", lambda _c, _: "order=due"),
    Question("own", "本部门按期限排序", lambda c, city: f"order=due&department={_department(c, city)}"),
    Question("priority", "按优先次序", lambda _c, _: "order=priority&claimed=free"),
    Question("priority_town", "街镇按优先次序", lambda c, city: f"order=priority&town={c.choice(city.towns).code}"),
    Question("common", "全文：常见词", lambda c, _: f"q={c.choice(_COMMON)}"),
    Question("rare", "全文：少见词", lambda c, _: f"q={c.choice(_RARE)}"),
    Question("character", "全文：单字", lambda c, _: f"q={c.choice('井灯桶漏臭')}"),
    Question("nothing", "全文：没有结果", lambda _c, _: "q=鲸鱼搁浅"),
    Question("words_status", "全文＋状态", lambda c, _: f"q={c.choice(_COMMON)}&status=received"),
    Question("words_department", "全文＋部门", lambda c, city: (
        f"q={c.choice(_COMMON)}&department={_department(c, city)}"
    )),
    Question("words_due", "全文，按期限排序", lambda c, _: f"q={c.choice(_COMMON)}&order=due"),
    Question("similar", "相似案件", _similar),
    Question("figures", "一个月的指标", lambda c, _: f"/api/v1/figures?{_month(c)}"),
    Question("figures_department", "一个月的指标，分部门", lambda c, _: f"/api/v1/figures?{_month(c)}&by=department"),
    Question("hotspots", "热点，一周", lambda _c, _: "/api/v1/hotspots"),
    Question("board", "督导看板", lambda _c, _: "/api/v1/board"),
)  # fmt: skip


class _NoAssistant:
    """Nothing is filed here."""

    async def parse(self, _text: str) -> Understood | None:
        return None

    async def model(self) -> str | None:
        return None


def measure(settings: Settings, repeats: int, sizes: Sequence[int] = SIZES) -> list[Figure]:
    """p50 and p95 of each question at each size, and by how much p95 grows from the least to the most cases."""
    try:
        return asyncio.run(_measure(settings, repeats, sizes))
    except NotGenerated as error:
        raise DidNotStart(str(error)) from error
    except (OSError, asyncpg.PostgresError) as error:
        raise DidNotStart(f"PostgreSQL 没有应答（{postgres.server()}）：{error}") from error


async def _measure(settings: Settings, repeats: int, sizes: Sequence[int]) -> list[Figure]:
    took: dict[int, dict[str, list[list[float]]]] = {}
    figures = []
    for cases in sizes:
        async with postgres.database("queue") as url:
            with tempfile.TemporaryDirectory(prefix="yht-queue-") as folder:
                own = Settings(_env_file=None, var_dir=Path(folder), database_url=url)  # type: ignore[call-arg]
                seconds = await generate(own, settings.city_dir, cases)
                figures.append(figure(f"load_{cases}", f"生成并装入 {cases} 件", "s", [seconds]))
                took[cases] = await ask_all(own, settings.city_dir, repeats)
    return figures + list(_figures(took))


def _figures(took: dict[int, dict[str, list[list[float]]]]) -> Iterator[Figure]:
    few, many = min(took), max(took)
    for question in QUESTIONS:
        at = {cases: [percentile(each, 0.95) for each in rounds[question.name]] for cases, rounds in took.items()}
        for cases, rounds in took.items():
            name = f"queue_{question.name}_{cases}"
            middles = [percentile(each, 0.5) for each in rounds[question.name]]
            yield figure(f"{name}_p50", f"{question.label}，{cases} 件：p50", "ms", middles)
            yield figure(f"{name}_p95", f"{question.label}，{cases} 件：p95", "ms", at[cases], at_most(P95_MS))
        if few != many:
            growth = [more / less for less, more in zip(at[few], at[many], strict=True)]
            yield figure(f"queue_{question.name}_growth", f"{question.label}：p95 之比", "倍", growth, at_most(GROWTH))


async def ask_all(settings: Settings, city_dir: Path, repeats: int) -> dict[str, list[list[float]]]:
    """ms of each request, by question and repeat, of an intake on the database of ``settings``."""
    token = await administration.issue_token(settings, "operator", "bench-queue", None)
    city = await asyncio.to_thread(read_city, city_dir, read_taxonomy(TAXONOMY_FILE))
    runner = web.AppRunner(create_app(settings, assistant=_NoAssistant(), now=lambda: datetime.now(UTC)))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with aiohttp.ClientSession(runner_url(runner), headers={"Authorization": f"Bearer {token}"}) as session:
            chance = random.Random(1)
            for question in QUESTIONS:  # connections, caches and the dictionary
                for _ in range(3):
                    await _ask(session, question.ask(chance, city))
            return {
                question.name: [
                    [await _ask(session, question.ask(chance, city)) for _ in range(ROUNDS)] for _ in range(repeats)
                ]
                for question in QUESTIONS
            }
    finally:
        await runner.cleanup()


def runner_url(runner: web.AppRunner) -> str:
    """Where the only site of a runner listens."""
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"


async def _ask(session: aiohttp.ClientSession, asked: str | dict[str, Any]) -> float:
    begun = time.perf_counter()
    if isinstance(asked, dict):
        request = session.post("/api/v1/cases/similar", json=asked)
    else:
        request = session.get(asked if asked.startswith("/") else f"/api/v1/cases?{asked}")
    async with request as response:
        await response.read()
        response.raise_for_status()
    return (time.perf_counter() - begun) * 1000


def main() -> int:
    """Measure at the sizes asked for, and print."""
    parser = argparse.ArgumentParser(prog="bench.queue_speed", description="队列的速度（PostgreSQL）")
    parser.add_argument("--cases", type=int, action="append", help="多少件，可重复")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--city", type=Path, default=Settings.model_fields["city_dir"].default)
    arguments = parser.parse_args()
    settings = Settings(_env_file=None, city_dir=arguments.city)  # type: ignore[call-arg]
    print(table(measure(settings, arguments.repeats, arguments.cases or SIZES)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
