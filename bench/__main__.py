"""``make bench``, ``python -m bench [--only NAME]``: measures this installation's code on this machine.

Prints a table and writes ``bench.json`` into ``YHT_VAR_DIR``. Records are kept in temporary folders only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from bench import filing, pipelines, queue_speed, resolution, turns
from bench.figures import Figure, table
from bench.models import Models, NoModel, our_model, with_stock
from bench.processes import DidNotStart, fresh_folder
from groundwork.settings import BadSettings, Settings
from yht.environment import settle

REPEATS = 3
BUSY = 1.5
"""Load from which other work on the machine spoils the figures."""


@dataclass(frozen=True)
class Measurement:
    """One measurement, as ``--only`` names it."""

    name: str
    title: str
    measure: Callable[[Settings, Models, int], list[Figure]]
    needs_stock: bool = False


MEASUREMENTS = (
    Measurement("turns", "应答时间（网页渠道，整个系统，SQLite）", lambda s, _m, r: turns.measure(s, r)),
    Measurement("throughput", "与 Rasa 自带流水线相比：吞吐量（REST，SQLite）", pipelines.throughput, needs_stock=True),
    Measurement("accuracy", "与 Rasa 自带流水线相比：理解", pipelines.accuracy, needs_stock=True),
    Measurement("parse", "与 Rasa 自带流水线相比：单次理解用时", pipelines.parsing, needs_stock=True),
    Measurement("filing", "立案速度（SQLite 与 PostgreSQL）", lambda s, _m, r: filing.measure(s, r)),
    Measurement(
        "queue", "队列、热点、指标（PostgreSQL，1 万件与 100 万件）", lambda s, _m, r: queue_speed.measure(s, r)
    ),
    Measurement("resolution", "地点识别（地名库）", lambda _s, _m, r: resolution.measure(r)),
)


def main() -> int:
    """Measure, print, write. The exit code is 0 whether targets are reached or not."""
    parser = argparse.ArgumentParser(prog="bench", description="性能与质量测量")
    names = [each.name for each in MEASUREMENTS]
    parser.add_argument("--only", choices=names, action="append", help="只做这一项（可重复）")
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"每项重复几次，缺省 {REPEATS}")
    arguments = parser.parse_args()
    chosen = [each for each in MEASUREMENTS if not arguments.only or each.name in arguments.only]
    settle()
    var_dir = Path(os.environ["YHT_VAR_DIR"])
    try:
        models = our_model()
        if not models.ours_is_current:
            print(f"训练数据在训练之后有改动，使用最新的模型 {models.ours.name}", file=sys.stderr)
        if any(each.needs_stock for each in chosen):
            models = with_stock(models, var_dir / "bench")
        report = _measure(chosen, models, arguments.repeats, var_dir / "tickets")
    except (NoModel, DidNotStart, BadSettings) as error:
        print(error, file=sys.stderr)
        return 1
    var_dir.mkdir(parents=True, exist_ok=True)
    file = var_dir / "bench.json"
    file.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"\n已写入 {file}")
    return 0


def _measure(chosen: list[Measurement], models: Models, repeats: int, tickets: Path) -> dict[str, object]:
    results = {}
    for each in chosen:
        load = os.getloadavg()[0]
        print(f"\n{each.title}" + (f"  （机器忙，负载 {load:.1f}）" if load > BUSY else ""), flush=True)
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="yht-bench-") as folder:
            settings = fresh_folder(Path(folder) / "var", tickets)
            figures = each.measure(settings, models, repeats)
        print(table(figures), flush=True)
        results[each.name] = {
            "load_before": round(load, 2),
            "seconds": round(time.monotonic() - started),
            "figures": [one.as_json() for one in figures],
        }
    return {"at": datetime.now().astimezone().isoformat(timespec="seconds"), **_conditions(models, repeats)} | {
        "measurements": results
    }


def _conditions(models: Models, repeats: int) -> dict[str, object]:
    return {
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "processor": _processor()},
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("aiohttp", "sqlalchemy", "pydantic")},
        "model": models.ours.name.removesuffix(".tar.gz"),
        "model_is_current": models.ours_is_current,
        "repeats": repeats,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


if __name__ == "__main__":
    sys.exit(main())
