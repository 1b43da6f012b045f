"""What each training leaves beside its model: date, amounts, duration, and figures before and after.

Written to ``models/FINGERPRINT.json`` and kept when the model is gone. The intake shows it: ``GET /api/v1/model``.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bot.corpus import ROOT, read_utterances
from bot.scoring import Score

HELDOUT = ROOT / "tests" / "data" / "chat_heldout.jsonl"
"""Messages that are never learnt from; an installation without the tests has none, and then nothing is measured."""

CORRECTIONS = "corrections.jsonl"

Parse = Callable[[str], Awaitable[Mapping[str, Any]]]


def measure(parse: Parse, lines: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """How well messages with known answers are understood: shares of 0 … 1 (bot.scoring), and their number ``n``."""
    score = Score()

    async def parse_all() -> None:
        for line in lines:
            started = time.perf_counter()
            parsed = await parse(line["text"])
            took = (time.perf_counter() - started) * 1000
            codes = [category["code"] for category in parsed["categories"]]
            places = [location["text"] for location in parsed["locations"]]
            score.add(dict(line), parsed["intent"]["name"], codes, places, took)

    asyncio.run(parse_all())
    figures = score.figures()
    names = ("n", "act_accuracy", "category_top1", "category_top3")
    return {**{name: figures[name] for name in names}, "location_f1": figures["location"]["f1"]}


def measure_model(model: Path, heldout: Path = HELDOUT) -> dict[str, float]:
    """The figures of a trained model, loaded as the assistant loads it."""
    from rasa.core.agent import Agent

    agent = Agent.load(str(model))
    text = heldout.read_text(encoding="utf-8")
    return measure(agent.parse_message, [json.loads(line) for line in text.splitlines() if line.strip()])


def counts(tickets: Path) -> dict[str, int]:
    """From how much is learnt: our utterances, texts of imported tickets, accepted corrections."""
    lines = {path.name: _lines(path) for path in tickets.glob("*.jsonl")}
    corrections = lines.pop(CORRECTIONS, 0)
    return {
        "utterances": sum(1 for _ in read_utterances()),
        "tickets": sum(lines.values()),
        "corrections": corrections,
    }


def write_record(model: Path, *, seconds: float, learnt: Mapping[str, int], heldout: Path = HELDOUT) -> dict[str, Any]:
    """Measure a model just trained and write its record, with the figures of the one trained before it."""
    before = latest(model.parent)
    there = heldout.is_file()
    record: dict[str, Any] = {
        "trained_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "counts": dict(learnt),
        "heldout": hashlib.sha256(heldout.read_bytes()).hexdigest()[:16] if there else None,
        "figures": measure_model(model, heldout) if there else None,
        "previous": before,
    }
    target = model.with_name(model.name.replace(".tar.gz", ".json"))
    draft = target.with_suffix(".json.new")
    draft.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(target)
    return record


def latest(folder: Path) -> dict[str, Any] | None:
    """The newest measured model: its fingerprint, its figures, and on which messages; None if there is none."""
    found = []
    for path in folder.glob("*.json"):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            if record["figures"] and record["heldout"]:
                kept = {"fingerprint": path.stem, "heldout": record["heldout"], "figures": record["figures"]}
                found.append((str(record["trained_at"]), kept))
        except (OSError, ValueError, TypeError, KeyError):
            continue  # a record of another form says nothing
    return max(found, key=lambda pair: pair[0])[1] if found else None


def words(record: Mapping[str, Any]) -> str:
    """The figures of a record in a line, with those of the model before where they were measured on the same."""
    figures, before = record["figures"], record["previous"]
    if not figures:
        return "没有测试材料，未测量。"
    comparable = before is not None and before["heldout"] == record["heldout"]

    def shown(name: str) -> str:
        was = f"（上次 {before['figures'][name]:.3f}）" if comparable else ""
        return f"{figures[name]:.3f}{was}"

    return (
        f"{figures['n']} 条没有学过的话：诉求类型 {shown('act_accuracy')}，类别 {shown('category_top1')}、"
        f"前三 {shown('category_top3')}，地点 {shown('location_f1')}"
    )


def _lines(path: Path) -> int:
    with path.open(encoding="utf-8") as file:
        return sum(1 for line in file if line.strip())
