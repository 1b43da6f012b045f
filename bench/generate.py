"""Cases that never were, as many as wanted, for measuring: ``python -m bench.generate URL --cases N``.

A year of a city's life in PostgreSQL: our own phrases at the city's own places, received, decided and sealed by the
product's rules, in every state that a case can be in. Rows go in by COPY, indexes are built afterwards.

A new column of ``cases`` needs nothing here when ``storage.cases.columns_of`` fills it; what a case becomes later in
its life is said in ``_live``, the one place to extend.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, cast

import asyncpg

from groundwork.settings import ROOT, Settings
from intake_api import administration
from intake_api.domain.case import AutoFile, Case, Channel, Report, Reporter, Status, receive
from intake_api.domain.city import City, NamedPlace
from intake_api.domain.city_folder import read_city
from intake_api.domain.clock import due
from intake_api.domain.event import Actor, ActorKind, Event, EventKind, SealedEvent, seal
from intake_api.domain.grid import cell
from intake_api.domain.place import Place, Precision
from intake_api.domain.standing import Grade, Standing
from intake_api.domain.taxonomy import Category, Taxonomy, read_taxonomy
from intake_api.http.app import TAXONOMY_FILE
from intake_api.storage.cases import columns_of
from intake_api.storage.queue_tables import CaseTextRow
from intake_api.storage.tables import CaseRow, EventRow
from intake_api.storage.text_index import entry_of

BATCH = 10_000
WORKERS = 2
_LOOK_SECONDS = 1.0
YEAR = timedelta(days=365)
_UTTERANCES = ROOT / "nlu_data" / "utterances"
_PLACED = re.compile(r"\[([^\]]*)\]")
_LATER = (
    "",
    "已经三天了",
    "反映过一次没人来",
    "希望尽快处理",
    "晚上更严重",
    "老人小孩走路很危险",
    "早高峰最明显",
    "影响居民休息",
)
_CHANNELS = (Channel.WECHAT,) * 5 + (Channel.HOTLINE,) * 3 + (Channel.WEB, Channel.INSPECTOR, Channel.API)
_CLERK = Actor(ActorKind.STAFF, "staff:bench", "测量")
_GATEWAY = Actor(ActorKind.CHANNEL, "token:bench", "测量渠道")

# what leads to each state, and the share of cases older than a month and of younger ones that are in it
_PATHS: dict[Status, tuple[str, ...]] = {
    Status.RECEIVED: (),
    Status.FILED: ("file",),
    Status.DISPATCHED: ("file", "dispatch"),
    Status.ACCEPTED: ("file", "dispatch", "accept"),
    Status.RETURNED: ("file", "dispatch", "return"),
    Status.SUSPENDED: ("file", "dispatch", "accept", "suspend"),
    Status.REPORTED_DONE: ("file", "dispatch", "accept", "report_done"),
    Status.CLOSED: ("file", "dispatch", "accept", "report_done", "verify"),
    Status.REJECTED: ("reject",),
    Status.MERGED: ("merge",),
    Status.WITHDRAWN: ("withdraw",),
}
_OLD = {Status.CLOSED: 930, Status.REJECTED: 30, Status.WITHDRAWN: 15, Status.MERGED: 15, Status.SUSPENDED: 6,
        Status.ACCEPTED: 3, Status.RETURNED: 1}  # fmt: skip
_YOUNG = {Status.CLOSED: 560, Status.ACCEPTED: 160, Status.DISPATCHED: 60, Status.REPORTED_DONE: 50, Status.FILED: 40,
          Status.RECEIVED: 60, Status.RETURNED: 15, Status.SUSPENDED: 15, Status.REJECTED: 20, Status.MERGED: 12,
          Status.WITHDRAWN: 8}  # fmt: skip
_MOVES = {
    "file": Status.FILED, "dispatch": Status.DISPATCHED, "accept": Status.ACCEPTED, "return": Status.RETURNED,
    "suspend": Status.SUSPENDED, "report_done": Status.REPORTED_DONE, "verify": Status.CLOSED,
    "reject": Status.REJECTED, "merge": Status.MERGED, "withdraw": Status.WITHDRAWN,
}  # fmt: skip
_MOMENTS = {
    "dispatched_at": Status.DISPATCHED, "accepted_at": Status.ACCEPTED, "reported_at": Status.REPORTED_DONE,
    "closed_at": Status.CLOSED,
}  # fmt: skip
# an event's kind is its action, or what the action has done
_DONE = {"file": "filed", "dispatch": "dispatched", "accept": "accepted", "return": "returned", "suspend": "suspended",
         "report_done": "reported_done", "verify": "verified", "reject": "rejected", "merge": "merged",
         "withdraw": "withdrawn"}  # fmt: skip


@cache
def kind_of(action: str) -> EventKind | None:
    """The kind of event of an action; None where the product does not know it."""
    for name in (action, _DONE[action]):
        with contextlib.suppress(ValueError):
            return EventKind(name)
    return None


@cache
def phrases() -> dict[str, list[str]]:
    """Our own utterances by category."""
    found: dict[str, list[str]] = {}
    for file in sorted(_UTTERANCES.glob("[0-9]*.txt")):
        code = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                code = line.removeprefix("#").split()[0] if line.removeprefix("#").strip() else ""
            elif line.strip() and code:
                found.setdefault(code, []).append(line.strip())
    return found


@dataclass(frozen=True)
class Made:
    """A made-up case as rows."""

    columns: Mapping[str, Any]
    supporting: tuple[str, ...]
    events: Sequence[SealedEvent]


class Maker:
    """Makes cases; the same for the same seed."""

    def __init__(self, city: City, taxonomy: Taxonomy, now: datetime, seed: int) -> None:
        self._chance = random.Random(seed)
        self._city, self._now = city, now
        self._towns = {town.code: town.name for town in city.towns}
        said = phrases()
        self._categories = [category for category in taxonomy if said.get(category.code)]
        # a few categories make most of the cases
        self._weights = [1 / (rank + 2) for rank in range(len(self._categories))]
        random.Random(7).shuffle(self._categories)
        self._said = said
        self._policy = AutoFile(city.auto_file_confidence, frozenset(city.auto_file_precision))

    def make(self, case_id: int, received_at: datetime) -> Made:
        """One case."""
        chance = self._chance
        category: Category | None = chance.choices(self._categories, self._weights)[0]
        assert category is not None
        spot = chance.choice(self._city.places)
        place = self._place(spot)
        text = _PLACED.sub(lambda _: place.text, chance.choice(self._said[category.code]))
        report = Report(
            channel=chance.choice(_CHANNELS),
            description=f"{text} {chance.choice(_LATER)}".strip(),
            reporter=Reporter("测量", "", f"bench-{chance.randrange(200_000)}"),
            category_confidence=round(chance.uniform(0.5, 1.0), 3),
            act="report",
        )
        if chance.random() < 0.02:
            category = None
        calendar = self._city.calendar
        today = received_at.astimezone(calendar.timezone).date()
        case, events = receive(
            report,
            category=category,
            place=place,
            assignment=self._city.matrix.assign(category, place.town_code, today) if category else None,
            due=due(category.limit, received_at, self._city.calendar, f"taxonomy:{category.code}")
            if category
            else None,
            policy=self._policy,
            actor=_GATEWAY,
            now=received_at,
        )
        return self._live(replace(case, id=case_id), list(events))

    def _place(self, spot: NamedPlace) -> Place:
        chance = self._chance
        near = chance.random() < 0.5
        lat = spot.lat + (0 if near else chance.uniform(-0.003, 0.003))
        lng = spot.lng + (0 if near else chance.uniform(-0.003, 0.003))
        return Place(
            text=f"{spot.name}{chance.randint(1, 90)}号" if chance.random() < 0.5 else spot.name,
            precision=Precision.ESTATE if near and spot.kind == "estate" else Precision.POINT,
            lat=lat,
            lng=lng,
            grid_cell=cell(lat, lng),
            town=self._towns.get(spot.town),
            town_code=spot.town,
            community=spot.community or None,
            name=spot.name,
        )

    def _live(self, case: Case, events: list[Event]) -> Made:
        """What became of a case up to now: its state, its events, and the columns that follow from them."""
        chance = self._chance
        age = self._now - case.received_at
        shares = _OLD if age > timedelta(days=30) else _YOUNG
        state = chance.choices(list(shares), list(shares.values()))[0]
        at = case.received_at
        current = case.status
        filed_at = case.filed_at
        for action in _PATHS[state]:
            to = _MOVES[action]
            if current is to:
                continue
            at = min(at + age * chance.uniform(0.01, 0.2), self._now)
            kind = kind_of(action)
            if kind is not None:
                events.append(Event(kind, at, _CLERK, current.value, to.value, "", {}))
            current = to
            if to is Status.FILED:
                filed_at = at
        if state is Status.RECEIVED:
            events, filed_at = events[:1], None
        moved = {event.to_status: event.at for event in events if event.to_status}
        standing = Standing(case.id, state, case.received_at, clock=case.due)
        columns = columns_of(case, standing, None) | {"status": state.value, "filed_at": filed_at}
        columns |= {column: moved.get(status.value) for column, status in _MOMENTS.items()}
        columns |= dict.fromkeys(("reworks", "reopenings", "extensions", "orders", "order_level"), 0)
        columns |= {
            "returns": int(state is Status.RETURNED),
            "urges": int(chance.random() < 0.05),
            "repeat_of": case.id - 700 if case.id > 700 and chance.random() < 0.02 else None,
            "responsible_id": case.assignment.lead.id if case.assignment and "dispatched" in moved else None,
        }
        if state is Status.CLOSED and chance.random() < 0.4:
            grade = chance.choice(list(Grade))
            columns |= {"grade": grade.value, "solved": grade.is_satisfied, "rated_at": moved["closed"]}
        sealed = seal(case.id, events)
        columns |= {"id": case.id, "last_seq": sealed[-1].seq, "last_hash": sealed[-1].hash}
        units = case.assignment.supporting if case.assignment else ()
        return Made(columns, tuple(unit.id for unit in units), sealed)


# into the database

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_to_json = json.JSONEncoder(ensure_ascii=False).encode
_CASE_COLUMNS = [column.name for column in CaseRow.__table__.columns if column.computed is None]
_EVENT_COLUMNS = [column.name for column in EventRow.__table__.columns if column.name != "id"]
_TEXT_COLUMNS = [column.name for column in CaseTextRow.__table__.columns]
_TABLES = ("cases", "case_supporting", "events", "case_text")


def _escaped(text: str) -> str:
    # what is printable has nothing to escape but the backslash, and most texts are
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPES)


_WRITTEN: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "\\N",
    str: _escaped,
    int: int.__repr__,
    float: float.__repr__,
    bool: lambda value: "t" if value else "f",
    datetime: datetime.isoformat,
    dict: lambda value: _escaped(_to_json(value)),
    list: lambda value: _escaped(_to_json(value)) if value else "[]",
}


def _line(values: Iterator[object]) -> str:
    return "\t".join([_WRITTEN.get(type(value), str)(value) for value in values]) + "\n"


def _event(case_id: int, sealed: SealedEvent) -> dict[str, Any]:
    event = sealed.event
    return {
        "case_id": case_id, "seq": sealed.seq, "kind": event.kind.value, "at": event.at,
        "actor_kind": event.actor.kind.value, "actor_id": event.actor.id, "actor_name": event.actor.name,
        "from_status": event.from_status, "to_status": event.to_status, "reason": event.reason,
        "data": dict(event.data), "prev_hash": sealed.prev_hash, "hash": sealed.hash,
    }  # fmt: skip


def _batch(maker: Maker, first: int, last: int, moments: tuple[datetime, timedelta]) -> dict[str, str]:
    """Rows of the cases ``first`` … ``last`` for COPY, by table."""
    lines: dict[str, list[str]] = {table: [] for table in _TABLES}
    begin, step = moments
    for case_id in range(first, last + 1):
        made = maker.make(case_id, begin + step * case_id)
        lines["cases"].append(_line(made.columns.get(name) for name in _CASE_COLUMNS))
        lines["case_supporting"] += [f"{case_id}\t{unit}\n" for unit in made.supporting]
        for sealed in made.events:
            event = _event(case_id, sealed)
            lines["events"].append(_line(event[name] for name in _EVENT_COLUMNS))
        entry = entry_of(case_id, made.columns, made.supporting, postgres=True)
        lines["case_text"].append(_line(entry[name] for name in _TEXT_COLUMNS))
    return {table: "".join(rows) for table, rows in lines.items()}


_COLUMNS = {
    "cases": _CASE_COLUMNS,
    "case_supporting": ["case_id", "department_id"],
    "events": _EVENT_COLUMNS,
    "case_text": _TEXT_COLUMNS,
}


def _work(url: str, folder: Path, cases: int, now: datetime, batches: Sequence[int]) -> None:
    maker = Maker(read_city(folder, taxonomy := read_taxonomy(TAXONOMY_FILE)), taxonomy, now, seed=batches[0])
    step = YEAR / cases
    started = time.monotonic()

    async def load() -> None:
        connection = await asyncpg.connect(url)
        await _trust(connection)
        for number in batches:
            first = number * BATCH + 1
            rows = _batch(maker, first, min(first + BATCH - 1, cases), (now - YEAR, step))
            print(f"{time.monotonic() - started:5.0f} 秒，第 {first} 件起", file=sys.stderr, flush=True)
            async with connection.transaction():
                for table, lines in rows.items():
                    await connection.copy_to_table(table, source=BytesIO(lines.encode()), columns=_COLUMNS[table])
        await connection.close()

    asyncio.run(load())


async def _trust(connection: asyncpg.Connection) -> None:
    """Spare the checks of each row where we may: what is loaded here holds together."""
    with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
        await connection.execute("SET session_replication_role = replica")
    await connection.execute("SET synchronous_commit = off")


async def _build(url: str, definitions: Sequence[str]) -> None:
    """Build indexes, several at a time; that of the words takes longest and comes first."""
    waiting = sorted(definitions, key=lambda definition: "USING gin" not in definition)

    async def build() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("SET maintenance_work_mem = '512MB'")
        while waiting:
            await connection.execute(waiting.pop(0))
        await connection.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(build())


class NotGenerated(Exception):
    """A process that was to make cases ended before its time; what it wrote on standard error says why."""


async def side_by_side(work: Callable[..., None], parts: Sequence[tuple[Any, ...]]) -> None:
    """Do each part in a process of its own. None outlives this: when one fails, the others are ended.

    Raises NotGenerated.
    """
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=work, args=part, daemon=True) for part in parts]
    try:
        for process in processes:
            process.start()
        running = {process.sentinel: process for process in processes}
        while running:
            # looking from time to time, so that the wait itself can be called off
            for ended in await asyncio.to_thread(wait, list(running), _LOOK_SECONDS):
                process = running.pop(cast("int", ended))
                process.join()
                if process.exitcode:
                    raise NotGenerated(f"生成没有完成：进程 {process.pid} 以 {process.exitcode} 结束")
    finally:
        for process in processes:
            if process.is_alive():
                process.terminate()
        for process in processes:
            if process.pid is not None:
                await asyncio.to_thread(process.join)


async def generate(settings: Settings, folder: Path, cases: int, *, workers: int = WORKERS) -> float:
    """Fill the PostgreSQL database of ``settings`` with the city and ``cases`` cases; the seconds that it took."""
    started = time.monotonic()
    await administration.upgrade_database(settings)
    await administration.load_city(settings, folder)
    url = settings.cases_database.replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    indexes = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY($1) AND indexname NOT LIKE 'pk_%'"
        " AND indexname NOT LIKE 'uq_%'",
        list(_TABLES),
    )
    for index in indexes:
        await connection.execute(f'DROP INDEX "{index["indexname"]}"')
    now = datetime.now(UTC)
    numbers = range(-(-cases // BATCH))
    parts = [numbers[part::workers] for part in range(workers) if numbers[part::workers]]
    try:
        await side_by_side(_work, [(url, folder, cases, now, part) for part in parts])
    except BaseException:
        await connection.close()
        raise
    await _build(url, [index["indexdef"] for index in indexes])
    await connection.execute("SELECT setval(pg_get_serial_sequence('cases', 'id'), $1)", cases)
    await connection.execute("VACUUM (ANALYZE)")
    await connection.close()
    return time.monotonic() - started


def main() -> int:
    """Generate into an empty database."""
    parser = argparse.ArgumentParser(prog="bench.generate", description="生成测量用的案件（PostgreSQL）")
    parser.add_argument("url", help="postgresql+asyncpg://…，一个空库")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--city", type=Path, default=Settings.model_fields["city_dir"].default)
    arguments = parser.parse_args()
    settings = Settings(_env_file=None, database_url=arguments.url)  # type: ignore[call-arg]
    try:
        seconds = asyncio.run(generate(settings, arguments.city, arguments.cases))
    except NotGenerated as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{arguments.cases} 件，{seconds:.0f} 秒")
    return 0


if __name__ == "__main__":
    sys.exit(main())
