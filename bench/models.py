"""The two assistants that are compared: ours as it is trained, the stock one trained when it is missing."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bot.fingerprint import model_path, training_inputs
from groundwork.settings import ROOT
from yht.environment import BOT_PYTHON, bot_environment

_STOCK_INPUTS = ("config.yml", "importer.py", "adaptor.py")


class NoModel(Exception):
    """There is no assistant to measure; the message says what to do."""


@dataclass(frozen=True)
class Models:
    """Files of trained assistants."""

    ours: Path
    ours_is_current: bool
    """False when the training data changed since: then it is the newest there is"""
    stock: Path | None = None
    stock_train_seconds: float | None = None


def our_model() -> Models:
    """Our assistant: that of the present training data, else the newest, as ``bot.serve`` takes it. Raises NoModel."""
    model = model_path()
    if model.is_file():
        return Models(model, True)
    others = sorted((ROOT / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not others:
        raise NoModel("没有训练好的助手，请先运行 make train")
    return Models(others[-1], False)


def with_stock(models: Models, folder: Path) -> Models:
    """Add the stock assistant of the present training data; trained into ``folder`` the first time. Raises NoModel."""
    digest = hashlib.sha256()
    for path in [*training_inputs(), *(ROOT / "bench" / "stock" / name for name in _STOCK_INPUTS)]:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    model = folder / f"stock-{digest.hexdigest()[:16]}.tar.gz"
    notes = model.with_name(model.name.replace(".tar.gz", ".json"))
    if not (model.is_file() and notes.is_file()):
        folder.mkdir(parents=True, exist_ok=True)
        print("训练对照用的 Rasa 自带流水线（DIET、TED；两核空闲时 20 分钟以内，只做一次）……", flush=True)
        notes.write_text(json.dumps({"train_s": _train_stock(model)}), encoding="utf-8")
        for old in folder.glob("stock-*"):
            if not old.name.startswith(model.name.removesuffix(".tar.gz")):
                old.unlink()
    seconds = json.loads(notes.read_text(encoding="utf-8"))["train_s"]
    return Models(models.ours, models.ours_is_current, model, seconds)


def _train_stock(model: Path) -> float:
    cores = str(os.cpu_count() or 1)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), cores)
    log = model.with_suffix(".log")
    started = time.monotonic()
    with log.open("wb") as out:
        done = subprocess.run(
            [BOT_PYTHON, "-m", "bench.stock.train", model],
            env=bot_environment(**threads),
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode or not model.is_file():
        sys.stderr.write(log.read_text(encoding="utf-8", errors="replace")[-3000:])
        raise NoModel("对照用的助手没有训练成功，原因见上")
    log.unlink()
    return round(time.monotonic() - started)
