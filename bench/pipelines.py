"""Our pipeline against Rasa's stock one: the same conversations, the same actions, the same intake, in turn."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.figures import Figure, at_least, figure, percentile
from bench.models import Models
from bench.processes import Assistant, assistant, fresh_folder, intake_and_actions, memory
from bench.residents import RestChannel, Talk, hold_all, http_session, read_scripts, talk
from groundwork.settings import ROOT, Settings
from yht.environment import BOT_PYTHON, bot_environment
from yht.records import issue_token

SENDERS = {1: 160, 8: 240}
"""Senders at once → messages in a repeat."""
TIMES_STOCK = 2.0
HELD_OUT = ROOT / "tests" / "data" / "chat_heldout.jsonl"
LENGTHS = (30, 300)
TEXTS = 100


@dataclass
class Contender:
    """One assistant as it is served, with the intake it files at, and what it did."""

    name: str
    label: str
    assistant: Assistant
    intake: str
    token: str
    """an operator's at this intake"""
    scripted: Talk = field(default_factory=Talk)
    with_place: int = 0
    right_place: int = 0
    talks: dict[int, list[Talk]] = field(default_factory=lambda: {senders: [] for senders in SENDERS})
    memory_gb: float = 0.0


def throughput(settings: Settings, models: Models, repeats: int) -> list[Figure]:
    """Messages per second of each, alone and with eight senders; what each files of the same conversations."""
    assert models.stock is not None
    with contextlib.ExitStack() as served:
        contenders = [
            served.enter_context(_contender(settings, name, label, model, compiled_schema=compiled))
            for name, label, model, compiled in (
                ("ours", "本项目", models.ours, True),
                ("stock", "Rasa 自带", models.stock, False),
                ("stock_compiled", "Rasa 自带（校验模式预编译）", models.stock, True),
            )
        ]
        asyncio.run(_compete(contenders, repeats))
        for contender in contenders:
            contender.memory_gb = memory([contender.assistant.pid])[0]
    figures = [each for contender in contenders for each in _figures(contender)]
    ours, stock, compiled_stock = contenders
    for senders in SENDERS:
        for other, target in ((stock, at_least(TIMES_STOCK)), (compiled_stock, None)):
            times = [
                mine.rate / theirs.rate for mine, theirs in zip(ours.talks[senders], other.talks[senders], strict=True)
            ]
            label = f"本项目比{other.label}，每秒消息，{senders} 个发送者"
            figures.append(figure(f"times_{other.name}_{senders}", label, "倍", times, target))
    return figures


@contextlib.contextmanager
def _contender(settings: Settings, name: str, label: str, model: Path, *, compiled_schema: bool) -> Iterator[Contender]:
    """Serve one, with an intake and actions of its own: what one files must not look like a repeat of the other's."""
    own = fresh_folder(settings.var_dir.with_name(name), settings.var_dir / "tickets")
    token = asyncio.run(issue_token(own, "operator", "bench", None)).splitlines()[-1]
    with (
        intake_and_actions(own) as (intake, actions),
        assistant(own, model, actions, compiled_schema=compiled_schema) as served,
    ):
        yield Contender(name, label, served, intake, token)


async def _compete(contenders: list[Contender], repeats: int) -> None:
    """All are up, one is spoken to at a time; they take turns so that each has its share of a slow minute."""
    async with http_session(max(SENDERS)) as session:
        for contender in contenders:
            contender.scripted = await hold_all(RestChannel(session, contender.assistant.url), seed=1)
            await _look_at_cases(contender, session)
        for repeat in range(repeats):
            for senders, turns in SENDERS.items():
                for contender in contenders:
                    door = RestChannel(session, contender.assistant.url)
                    seed = 1000 + repeat * 100 + senders
                    held = await talk(door, residents=senders, turns=turns, seed=seed)
                    contender.talks[senders].append(held)


async def _look_at_cases(contender: Contender, session: aiohttp.ClientSession) -> None:
    """Count the cases that carry a place, and those that carry the one that was said."""
    for number, place in contender.scripted.filed:
        async with session.get(
            f"{contender.intake}/api/v1/cases/{number}", headers={"Authorization": f"Bearer {contender.token}"}
        ) as response:
            response.raise_for_status()
            text = (await response.json())["location"]["text"]
        contender.with_place += bool(text)
        contender.right_place += place in text


def _figures(contender: Contender) -> Iterator[Figure]:
    name, label, scripted = contender.name, contender.label, contender.scripted
    of = f"（{len(read_scripts())} 段对话）"
    yield figure(f"{name}_filed", f"{label}：成案{of}", "件", [len(scripted.filed)])
    yield figure(f"{name}_with_place", f"{label}：其中有地点", "件", [contender.with_place])
    yield figure(f"{name}_right_place", f"{label}：其中地点完整无误", "件", [contender.right_place])
    yield figure(f"{name}_messages", f"{label}：用了多少条消息", "条", [len(scripted.milliseconds)])
    for senders, talks in contender.talks.items():
        who = f"{senders} 个发送者"
        yield figure(f"{name}_{senders}_rate", f"{label}：每秒消息，{who}", "条", [t.rate for t in talks])
        yield figure(f"{name}_{senders}_p50", f"{label}：p50，{who}", "ms", [t.percentile(0.5) for t in talks])
        yield figure(f"{name}_{senders}_p95", f"{label}：p95，{who}", "ms", [t.percentile(0.95) for t in talks])
    yield figure(f"{name}_memory", f"{label}：助手进程内存（PSS）", "GB", [contender.memory_gb])


def accuracy(_settings: Settings, models: Models, _repeats: int) -> list[Figure]:
    """Both on the same labelled messages, once: nothing in it is left to chance."""
    figures = []
    for name, label, model in _both(models):
        scores = _evaluate(model)
        places = scores["location"]
        for key, words, value in (
            ("act", "诉求类型准确率", scores["act_accuracy"]),
            ("top1", "案件类别首选", scores["category_top1"]),
            ("top3", "案件类别前三", scores["category_top3"]),
            ("location_f1", "地点 F1", places["f1"]),
            ("location_precision", "地点精确率", places["precision"]),
            ("location_recall", "地点召回率", places["recall"]),
            ("emergency_recall", "紧急召回率", scores["emergency_recall"]),
            ("emergency_false", "紧急误报率", scores["emergency_false_rate"]),
        ):
            if value is not None:
                figures.append(figure(f"{name}_{key}", f"{label}：{words}（{scores['n']} 条）", "", [value]))
    if models.stock_train_seconds is not None:
        figures.append(figure("stock_train", "Rasa 自带：训练用时", "s", [models.stock_train_seconds]))
    return figures


def _evaluate(model: Path) -> dict[str, Any]:
    command = [str(BOT_PYTHON), "-m", "bot.evaluate", "nlu", str(HELD_OUT), "--json", "--model", str(model)]
    done = subprocess.run(command, env=bot_environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def parsing(_settings: Settings, models: Models, repeats: int) -> list[Figure]:
    """Understanding alone, short messages and long letters, in one process without HTTP."""
    figures = []
    for name, label, model in _both(models):
        for length in LENGTHS:
            rounds = _parse(model, texts_of(length), repeats)
            what = f"{label}：理解 {length} 字"
            figures += [
                figure(f"{name}_parse_{length}_p50", f"{what} p50", "ms", [percentile(took, 0.5) for took in rounds]),
                figure(f"{name}_parse_{length}_p95", f"{what} p95", "ms", [percentile(took, 0.95) for took in rounds]),
            ]
    return figures


def _parse(model: Path, texts: list[str], repeats: int) -> list[list[float]]:
    command = [str(BOT_PYTHON), "-m", "bench.parse", str(model), str(repeats)]
    done = subprocess.run(
        command, env=bot_environment(), cwd=ROOT, input=json.dumps(texts), stdout=subprocess.PIPE, text=True, check=True
    )
    return [list(took) for took in json.loads(done.stdout.strip().splitlines()[-1])]


def texts_of(length: int) -> list[str]:
    """Different texts of so many characters: what residents say, run together and cut."""
    said = [turn.replace("{n}", "1280") for script in read_scripts() for turn in script.turns if len(turn) > 6]
    texts = []
    for first in range(TEXTS):
        words = "，".join(said[first % len(said) :] + said)
        texts.append(words[:length])
    return texts


def _both(models: Models) -> tuple[tuple[str, str, Path], ...]:
    assert models.stock is not None
    return ("ours", "本项目", models.ours), ("stock", "Rasa 自带", models.stock)
