"""Score the assistant's understanding and the text that it learns from: ``yht eval …`` calls this.

``nlu`` and ``categories`` print the figures of contract.md, ``errors`` lists what went wrong, ``corpus`` looks at the
training text.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.fingerprint import model_path
from bot.runtime import quiet, quiet_rasa

if TYPE_CHECKING:
    from bot.mistakes import Outcome


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
    _check_writable(arguments.report)
    model = _model(arguments.model)
    outcomes = _parse(lines, model)
    from bot.scoring import Score

    score = Score()
    for outcome in outcomes:
        score.add(dict(outcome.line), outcome.act, outcome.codes, outcome.place_texts, outcome.took)
    _write_predictions(
        arguments.predictions,
        [{"id": o.line["id"], "act": o.act, "categories": o.codes, "locations": o.place_texts} for o in outcomes],
    )
    if arguments.report:
        from bot.corpus import taxonomy_codes
        from bot.markup import now_text
        from bot.understanding_report import understanding_page

        trained = "与当前训练数据一致" if model == model_path() else "不是当前训练数据的模型"
        facts = [
            ("评测文件", Path(arguments.file).name),
            ("消息", f"{len(outcomes)} 条"),
            ("模型", f"{model.name}（{trained}）"),
            ("模型日期", now_text(model.stat().st_mtime)),
            ("生成", now_text()),
        ]
        _write_report(arguments.report, understanding_page(outcomes, score.figures(), taxonomy_codes(), facts))
    _show(score.figures(), arguments.json)


def errors(arguments: argparse.Namespace) -> None:
    """``errors``: parse each message by the trained assistant and list what went wrong, grouped by kind."""
    lines = read_lines(arguments.file, "id", "text", "act")
    outcomes = _parse(lines, _model(arguments.model))
    from bot.corpus import taxonomy_codes
    from bot.mistakes import error_list

    print(error_list(outcomes, taxonomy_codes(), arguments.n))


def _model(given: str | None) -> Path:
    model = Path(given) if given else model_path()
    if not model.is_file():
        sys.exit(
            f"{given}: no such file"
            if given
            else "models/: no assistant trained from the present inputs; run `make train`"
        )
    return model


def _parse(lines: list[dict[str, Any]], model: Path) -> list[Outcome]:
    quiet()
    from rasa.core.agent import Agent

    from bot.embedding.choice import require_chosen
    from bot.mistakes import Outcome

    require_chosen()
    quiet_rasa()
    agent = Agent.load(str(model))
    outcomes = []

    async def parse_all() -> None:
        await agent.parse_message("路灯不亮")  # dictionaries are read at first use
        for line in lines:
            started = time.perf_counter()
            parsed = await agent.parse_message(line["text"])
            took = (time.perf_counter() - started) * 1000
            outcomes.append(
                Outcome(
                    line,
                    parsed["intent"]["name"],
                    float(parsed["intent"].get("confidence") or 0.0),
                    tuple((category["code"], category["confidence"]) for category in parsed["categories"]),
                    tuple((location["start"], location["end"]) for location in parsed["locations"]),
                    took,
                )
            )

    asyncio.run(parse_all())
    return outcomes


def corpus(arguments: argparse.Namespace) -> None:
    """``corpus``: look at the training text category by category. Ends with 1 when a category has too little."""
    _check_writable(arguments.report)
    quiet()
    import jieba

    from bot.corpus import NLU_DATA, BadCorpus, read_utterances, taxonomy_codes, taxonomy_words
    from bot.corpus_report import MINIMUM, corpus_figures, corpus_page, corpus_report, corpus_table

    for words in sorted((NLU_DATA / "lexicon").glob("*")):
        jieba.load_userdict(str(words))  # as the assistant's tokenizer does
    try:
        rows = corpus_report(read_utterances(), taxonomy_codes(), jieba.lcut, taxonomy_words())
    except BadCorpus as error:
        sys.exit(f"nlu_data: {error}")
    if arguments.report:
        _write_report(arguments.report, corpus_page(rows))
    print(json.dumps(corpus_figures(rows), ensure_ascii=False) if arguments.json else corpus_table(rows))
    if any(row.n < MINIMUM for row in rows):
        sys.exit(1)


def categories(arguments: argparse.Namespace) -> None:
    """``categories``: train the category model alone on labelled texts and test it on others."""
    quiet()
    import jieba
    import numpy as np
    from sklearn.metrics import f1_score

    from bot.components.features import headline, terms
    from bot.components.linear import LinearModel, settings_for
    from bot.components.tokenizer import heard
    from bot.corpus import read_utterances
    from bot.scoring import percentile

    train = [(line["text"], str(line["code"])) for line in read_lines(arguments.train, "text", "code")]
    test = [(line["text"], str(line["code"])) for line in read_lines(arguments.test, "text", "code")]
    if arguments.with_nlu_data:
        train += [(u.text, u.code) for u in read_utterances() if u.code]

    def document(text: str) -> Any:
        said = heard(text).text
        return terms(said, jieba.lcut(said))

    def first(text: str) -> Any:
        return document(headline(heard(text).text))

    started = time.perf_counter()
    codes = [code for _, code in train]
    # the likeliest is all that counts here: no calibration
    model = LinearModel.train([document(text) for text, _ in train], codes, folds=1, **settings_for(codes))
    seconds = time.perf_counter() - started
    predicted, took = [], []
    for text, _ in test:
        begun = time.perf_counter()
        scores = model.scores([document(text)], headlines=[first(text)])[0]
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


def _check_writable(report: str | None) -> None:
    """Ends the program before the work begins when there is nowhere to write the report."""
    if report and (not Path(report).parent.is_dir() or Path(report).is_dir()):
        sys.exit(f"{report}: not a file in an existing folder")


def _write_report(path: str, document: str) -> None:
    try:
        Path(path).write_text(document, encoding="utf-8")
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}")
    print(f"报告：{path}（含居民原话，注意保管）", file=sys.stderr)


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
    nlu.add_argument("--report", metavar="OUT.html", help="写一份网页报告：各类别、混淆、地点、险情、把握是否可信")
    nlu.set_defaults(run=understand)
    listed = evaluations.add_parser("errors", help="列出认错的消息，按错误种类分组")
    listed.add_argument("file")
    listed.add_argument("--n", type=int, default=60, help="最多列多少处，缺省 60")
    listed.add_argument("--model", help="一个训练好的模型文件；缺省为当前训练数据的模型")
    listed.set_defaults(run=errors)
    text = evaluations.add_parser("corpus", help="逐个类别看训练语料：条数、近似重复、开头、易混的类别")
    text.add_argument("--json", action="store_true")
    text.add_argument("--report", metavar="OUT.html", help="写一份网页报告")
    text.set_defaults(run=corpus)
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
