"""Score the assistant's understanding: ``yht eval nlu`` and ``yht eval categories`` (contract.md) call this."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from bot.fingerprint import model_path
from bot.runtime import quiet, quiet_rasa


def read_lines(path: str, *needed: str) -> list[dict[str, Any]]:
    """The JSON objects of a file, one a line. Ends the program with file and line where one is not as it should be."""
    lines = []
    try:
        with Path(path).open(encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                if not text.strip():
                    continue
                try:
                    line = json.loads(text)
                    missing = [name for name in needed if name not in line]
                except (ValueError, TypeError) as error:
                    sys.exit(f"{path}:{number}: not a JSON object: {error}")
                if missing:
                    sys.exit(f"{path}:{number}: without {', '.join(missing)}")
                lines.append(line)
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}")
    if not lines:
        sys.exit(f"{path}: no lines")
    return lines


def understand(arguments: argparse.Namespace) -> None:
    """``nlu``: parse each message by the trained assistant and score acts, categories and places."""
    lines = read_lines(arguments.file, "id", "text", "act")
    model = Path(arguments.model) if arguments.model else model_path()
    if not model.is_file():
        sys.exit("models/: no assistant trained from the present inputs; run `make train`")
    quiet()
    from rasa.core.agent import Agent

    from bot.scoring import Score

    quiet_rasa()
    agent = Agent.load(str(model))
    score, predictions = Score(), []

    async def parse_all() -> None:
        await agent.parse_message("路灯不亮")  # dictionaries are read at first use
        for line in lines:
            started = time.perf_counter()
            parsed = await agent.parse_message(line["text"])
            took = (time.perf_counter() - started) * 1000
            codes = [category["code"] for category in parsed["categories"]]
            places = [location["text"] for location in parsed["locations"]]
            score.add(line, parsed["intent"]["name"], codes, places, took)
            predictions.append(
                {"id": line["id"], "act": parsed["intent"]["name"], "categories": codes, "locations": places}
            )

    asyncio.run(parse_all())
    _write_predictions(arguments.predictions, predictions)
    _show(score.figures(), arguments.json)


def categories(arguments: argparse.Namespace) -> None:
    """``categories``: train the category model alone on labelled texts and test it on others."""
    quiet()
    import jieba
    import numpy as np
    from sklearn.metrics import f1_score

    from bot.components.features import terms
    from bot.components.linear import LinearModel
    from bot.corpus import read_utterances
    from bot.language.normalise import normalise
    from bot.scoring import percentile

    train = [(line["text"], str(line["code"])) for line in read_lines(arguments.train, "text", "code")]
    test = [(line["text"], str(line["code"])) for line in read_lines(arguments.test, "text", "code")]
    if arguments.with_nlu_data:
        train += [(u.text, u.code) for u in read_utterances() if u.code]

    def document(text: str) -> Any:
        plain = normalise(text).text
        return terms(plain, jieba.lcut(plain))

    started = time.perf_counter()
    model = LinearModel.train([document(text) for text, _ in train], [code for _, code in train])
    seconds = time.perf_counter() - started
    predicted, took = [], []
    for text, _ in test:
        begun = time.perf_counter()
        scores = model.scores([document(text)])[0]
        took.append((time.perf_counter() - begun) * 1000)
        predicted.append(model.labels[int(scores.argmax())])
    gold = [code for _, code in test]
    _write_predictions(
        arguments.predictions, [{"text": text, "code": code} for (text, _), code in zip(test, predicted, strict=True)]
    )
    _show(
        {
            "n": len(test),
            "accuracy": round(float(np.mean([a == b for a, b in zip(predicted, gold, strict=True)])), 4),
            "macro_f1": round(float(f1_score(gold, predicted, average="macro", zero_division=0)), 4),
            "train_s": round(seconds, 1),
            "latency_ms": {"p50": percentile(took, 0.5), "p95": percentile(took, 0.95)},
        },
        arguments.json,
    )


def _write_predictions(path: str | None, predictions: list[dict[str, Any]]) -> None:
    if path:
        lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in predictions)
        Path(path).write_text(lines, encoding="utf-8")


def _show(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        print(f"{name:22} {value}")


def add_parsers(evaluations: Any) -> None:
    """Give ``evaluations`` (argparse sub-parsers) the commands of this module, with ``run`` set to what does them."""
    nlu = evaluations.add_parser("nlu", help="诉求类型、案件类别、地点（对已标注的消息）")
    nlu.add_argument("file")
    nlu.add_argument("--json", action="store_true")
    nlu.add_argument("--predictions")
    nlu.add_argument("--model", help="一个训练好的模型文件；缺省为当前训练数据的模型")
    nlu.set_defaults(run=understand)
    alone = evaluations.add_parser("categories", help="只训练并评测案件类别模型（城市自己的历史工单）")
    alone.add_argument("--train", required=True)
    alone.add_argument("--test", required=True)
    alone.add_argument("--json", action="store_true")
    alone.add_argument("--predictions")
    alone.add_argument("--with-nlu-data", action="store_true")
    alone.set_defaults(run=categories)


def main() -> None:
    """Run one evaluation."""
    parser = argparse.ArgumentParser(prog="yht eval")
    add_parsers(parser.add_subparsers(required=True))
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
