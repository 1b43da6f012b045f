"""``yht eval speech``: how well and how fast recorded speech is recognised, with the model that serves."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.language.normalise import normalise
from bot.language.numerals import NUMERAL, read_numeral
from channels.speech import weights
from channels.speech.port import AudioUnreadable, RecogniserMissing
from groundwork.settings import BadSettings, read_settings

_PUNCTUATION = re.compile(r"[\W_]+")
_NUMERAL = re.compile(f"{NUMERAL}+")


def comparable(text: str) -> str:
    """``text`` for comparing: simplified, without punctuation, Chinese numerals as digits."""
    bare = _PUNCTUATION.sub("", normalise(text).text).lower()
    return _NUMERAL.sub(lambda match: read_numeral(match.group()) or match.group(), bare)


def errors(said: str, recognised: str) -> int:
    """Characters to put in, leave out or replace to make what was said of what was recognised."""
    above = list(range(len(recognised) + 1))
    for number, character in enumerate(said, 1):
        row = [number]
        for at, other in enumerate(recognised, 1):
            row.append(min(above[at - 1] + (character != other), above[at] + 1, row[at - 1] + 1))
        above = row
    return above[-1]


def main(arguments: Sequence[str]) -> int:
    """Score a folder. Returns the exit code; what is wrong is one line on standard error."""
    parser = argparse.ArgumentParser(prog="yht eval speech")
    parser.add_argument("folder", type=Path, metavar="DIR", help="transcripts.jsonl（file、text）和旁边的录音")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--hotwords", action="store_true", help="加上城市地名和词表作热词")
    parser.add_argument("--predictions", type=Path, metavar="OUT", help="逐条写出识别结果")
    given = parser.parse_args(arguments)
    try:
        figures = _score(given.folder, given.hotwords, given.predictions)
    except (BadSettings, RecogniserMissing, AudioUnreadable, _BadFolder, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's output
        return 2
    if given.json:
        print(json.dumps(figures, ensure_ascii=False))  # noqa: T201
    else:
        for name, value in figures.items():
            print(f"{name:22} {value}")  # noqa: T201
    return 0


class _BadFolder(Exception):
    """The folder is not as the contract has it. The message names file and line."""


def _score(folder: Path, hotwords: bool, predictions: Path | None) -> dict[str, object]:
    model_dir = read_settings().speech_model_dir
    model = weights.model_folder(model_dir)
    try:
        from channels.speech.city import city_repair  # noqa: PLC0415 - optional packages
        from channels.speech.decoder import Decoder  # noqa: PLC0415
        from channels.speech.recording import read_recording  # noqa: PLC0415

    except ImportError as error:
        raise RecogniserMissing(f"not installed: {error.name}") from error
    name = weights.NAME if model_dir is None else model.name
    decoder = Decoder(model, name, threads=min(4, os.cpu_count() or 1), repair=city_repair() if hotwords else None)
    wrong = characters = n = 0
    heard_seconds = took = 0.0
    lines = []
    for file, text in _transcripts(folder):
        speech = read_recording((folder / file).read_bytes())
        started = time.perf_counter()
        recognised = decoder.transcribe(speech).text
        took += time.perf_counter() - started
        heard_seconds += speech.seconds
        said = comparable(text)
        wrong += errors(said, comparable(recognised))
        characters += len(said)
        n += 1
        lines.append(json.dumps({"file": file, "text": recognised}, ensure_ascii=False) + "\n")
    if predictions is not None:
        predictions.write_text("".join(lines), encoding="utf-8")
    return {
        "n": n,
        "cer": round(wrong / max(1, characters), 4),
        "rtf": round(took / max(heard_seconds, 0.001), 3),
        "model": name,
    }


def _transcripts(folder: Path) -> Iterator[tuple[str, str]]:
    path = folder / "transcripts.jsonl"
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                yield str(entry["file"]), str(entry["text"])
            except (ValueError, LookupError, TypeError) as error:
                raise _BadFolder(f"{path}:{number}: not an object with file and text") from error
