"""Speech through the recogniser's own process: ``python -m bench.speech DIR [--categories]``.

``DIR`` is a folder as ``yht eval speech`` takes it. One speaker at a time: a partial for every two seconds that are
spoken, at the end the final. Figures are the time from the last sample to the answer, what the processes hold in memory
afterwards and, with ``--categories``, how often what was recognised leads the trained assistant to the category that
the true words lead it to.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.figures import Figure, at_least, at_most, percentile, table
from bench.processes import memory, pids_of, running
from channels.speech.evaluation import comparable, errors
from channels.speech.port import Speech
from channels.speech.recording import read_recording
from channels.speech.remote import RemoteRecogniser
from yht.environment import main_environment
from yht.ports import LOOPBACK, free_ports

_STEP = 2  # seconds between partials
_ACT = "report"  # `yht eval nlu` wants one; it is not scored here


@dataclass(frozen=True)
class Heard:
    """A recording: what was said, what was recognised, and how long that took in seconds."""

    said: str
    recognised: str
    final: float
    partials: tuple[float, ...]


async def listen(url: str, folder: Path) -> list[Heard]:
    """Every recording of ``folder``, one after another."""
    heard = []
    async with aiohttp.ClientSession() as session:
        recogniser = RemoteRecogniser(session, url)
        for line in (folder / "transcripts.jsonl").read_text("utf-8").splitlines():
            entry = json.loads(line)
            speech = read_recording((folder / entry["file"]).read_bytes())
            partials = []
            for seconds in range(_STEP, int(speech.seconds) + 1, _STEP):
                started = time.perf_counter()
                begun = Speech(speech.pcm[: 2 * speech.rate * seconds], speech.rate)
                await recogniser.transcribe(begun, partial=True)
                partials.append(time.perf_counter() - started)
            started = time.perf_counter()
            transcription = await recogniser.transcribe(speech)
            took = time.perf_counter() - started
            heard.append(Heard(str(entry["text"]), transcription.text, took, tuple(partials)))
    return heard


def categories(texts: Sequence[str]) -> list[list[str]]:
    """What the trained assistant takes each text for, the likeliest category first."""
    with tempfile.TemporaryDirectory() as name:
        lines, found = Path(name, "lines.jsonl"), Path(name, "found.jsonl")
        lines.write_text(
            "".join(
                json.dumps({"id": str(number), "text": text, "act": _ACT}, ensure_ascii=False) + "\n"
                for number, text in enumerate(texts)
            ),
            "utf-8",
        )
        command = [sys.executable, "-m", "yht", "eval", "nlu", str(lines), "--predictions", str(found), "--json"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return [json.loads(line)["categories"] for line in found.read_text("utf-8").splitlines()]


def figures(heard: Sequence[Heard], gigabytes: float) -> list[Figure]:
    """What was measured, as it is reported."""
    wrong = sum(errors(comparable(each.said), comparable(each.recognised)) for each in heard)
    finals = [each.final for each in heard]
    partials = [took for each in heard for took in each.partials]
    return [
        Figure("cer", "字错率", "", (wrong / sum(len(comparable(each.said)) for each in heard),), at_most(0.10)),
        Figure("final_p50", "说完到定稿，p50", "s", (percentile(finals, 0.5),)),
        Figure("final_max", "同上，最慢", "s", (max(finals),), at_most(3.0)),
        Figure("partial_p95", "草稿用时，p95", "s", (percentile(partials, 0.95),), at_most(_STEP)),
        Figure("memory", "识别的全部进程，PSS", "GB", (gigabytes,), at_most(0.7)),
    ]


def agreement(heard: Sequence[Heard]) -> Figure:
    """How often the category of the true words is among the first three of what was recognised."""
    meant = categories([each.said for each in heard])
    found = categories([each.recognised for each in heard])
    told = [(true[0], guessed[:3]) for true, guessed in zip(meant, found, strict=True) if true]
    share = sum(first in guessed for first, guessed in told) / max(1, len(told))
    return Figure("category_top3", f"真话的类别在前三名里（{len(told)} 句）", "", (share,), at_least(0.90))


def main() -> None:
    """Print the figures and the load of the machine while they were taken."""
    parser = argparse.ArgumentParser(prog="python -m bench.speech")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--categories", action="store_true", help="也比较类别（要有训练好的助手）")
    given = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        listen_on = f"{LOOPBACK}:{free_ports(1)[0]}"
        environment = main_environment(YHT_LISTEN=listen_on, YHT_VAR_DIR=name)
        command, url = [sys.executable, "-m", "channels.speech"], f"http://{listen_on}"
        with running("speech", command, environment, f"{url}/readyz"):
            heard = asyncio.run(listen(url, given.folder))
            gigabytes, _ = memory(pids_of(Path(name)))
    measured = figures(heard, gigabytes)
    if given.categories:
        measured.append(agreement(heard))
    print(table(measured))
    print(f"负载：开始 {before:.1f}，结束 {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
