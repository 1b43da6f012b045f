"""How well questions find their article: hit@1, hit@3, and false answers where there is none.

``python -m bench.knowledge [FILE]`` reads lines ``{"id","part","text","key"}`` (``key`` null: no article answers)
and the sample city's articles. Synonyms, formula and thresholds were chosen on the part ``chosen``; ``reported`` was
written afterwards and only measured; a file of its own (``tests/data/knowledge_blind.jsonl``) was written before the
search was changed. With ``YHT_EMBEDDER`` set the sentence model reads what was found a second time, as the assistant
does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from groundwork.settings import ROOT
from intake_api.domain.city_folder import read_departments
from intake_api.domain.knowledge import Content, Entry
from intake_api.domain.knowledge_files import read_articles
from intake_api.domain.relevance import ANSWERS, SUGGESTS, rank
from intake_api.knowledge import reader
from intake_api.words import Words

QUESTIONS = ROOT / "tests" / "data" / "knowledge_questions.jsonl"
CITY = ROOT / "nlu_data" / "city" / "minhang"


BOT_PYTHON = ROOT / ".venv-bot" / "bin" / "python"
READ_AGAIN = 12
"""Articles that the assistant has read a second time (actions/second_reading.py), with the thresholds there."""
ANSWERS_AGAIN, SUGGESTS_AGAIN = 40.0, 31.0


@dataclass(frozen=True)
class Found:
    """An article that was found; ``why``: its score explained."""

    key: str
    score: float
    why: str = ""


@dataclass(frozen=True)
class Asked:
    """A question, the key of the article that answers it (None: there is none), and what was found, best first."""

    id: str
    part: str
    text: str
    key: str | None
    found: tuple[Found, ...]


def ask_all(file: Path = QUESTIONS, city: Path = CITY, *, again: bool = False) -> list[Asked]:
    """Every question of a file, asked of a city's articles; ``again``: with the second reading."""
    departments = {department.id for department in read_departments(city)}
    articles, faults = read_articles((city / "knowledge.md").read_text("utf-8"), "knowledge.md", departments)
    if faults:
        raise SystemExit("\n".join(map(str, faults)))
    with tempfile.TemporaryDirectory() as cache:
        reads = reader(Words(Path(cache)))
        known = [reads.readable(number, article.content) for number, article in enumerate(articles)]
        asked = []
        for line in file.read_text("utf-8").splitlines():
            question = json.loads(line)
            ranked = rank(reads.units(question["text"]), known, len(known))
            found = tuple(Found(articles[one.article_id].key, one.score, one.words) for one in ranked if one.score)
            asked.append(Asked(question["id"], question["part"], question["text"], question["key"], found))
    return _read_again(asked, articles) if again else asked


def _read_again(asked: list[Asked], articles: list[Entry]) -> list[Asked]:
    contents = {article.key: article.content for article in articles}
    wanted = [
        [one.text, [_as_found(found, contents[found.key]) for found in one.found[:READ_AGAIN]]] for one in asked
    ]  # fmt: skip
    done = subprocess.run(
        [BOT_PYTHON, "-m", "bench.second_reading"],
        cwd=ROOT, input=json.dumps(wanted), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [
        replace(one, found=tuple(Found(key, score) for key, score, _ in read))
        for one, read in zip(asked, json.loads(done.stdout), strict=True)
    ]


def _as_found(found: Found, content: Content) -> dict[str, object]:
    """As the search gives it."""
    return {
        "key": found.key, "score": found.score, "title": content.title, "questions": content.questions,
        "answer": content.answer,
    }  # fmt: skip


def figures(asked: list[Asked], threshold: float = ANSWERS) -> dict[str, float]:
    """Shares: right one first, among three, given as the answer; a wrong one given; one given where there is none."""
    known = [one for one in asked if one.key]
    unknown = [one for one in asked if not one.key]
    given = [one for one in known if one.found and one.found[0].score >= threshold]
    right = sum(one.found[0].key == one.key for one in given)
    return {
        "questions": len(known),
        "hit1": sum(bool(one.found) and one.found[0].key == one.key for one in known) / len(known),
        "hit3": sum(one.key in [found.key for found in one.found[:3]] for one in known) / len(known),
        "answered_right": right / len(known),
        "answered_wrong": (len(given) - right) / len(known),
        "without": len(unknown),
        "false_answers": sum(bool(one.found) and one.found[0].score >= threshold for one in unknown) / len(unknown),
    }


def main() -> None:
    """Print the figures of each part, those of other thresholds too, and what went wrong where they were chosen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=QUESTIONS)
    again = os.environ.get("YHT_EMBEDDER", "none") not in ("", "none")
    answers, suggests = (ANSWERS_AGAIN, SUGGESTS_AGAIN) if again else (ANSWERS, SUGGESTS)
    asked = ask_all(parser.parse_args().file, again=again)
    chosen = [one for one in asked if one.part == "chosen"]
    for threshold in (suggests, answers - 10, answers - 5, answers, answers + 5, answers + 10) if chosen else ():
        print(f"选阈值的部分，{threshold:.0f}：{_line(figures(chosen, threshold))}")
    for part, name in (("reported", "报告的部分"), ("blind", "另写的部分")):
        if these := [one for one in asked if one.part == part]:
            print(f"{name}，答（{answers:.0f}）：{_line(figures(these, answers))}")
            print(f"{name}，提议（{suggests:.0f}）：{_line(figures(these, suggests))}")
    for one in chosen:
        best = one.found[0] if one.found else None
        if best and best.key != one.key and (best.score >= answers or one.key):
            print(f"{one.id} {one.text} 应为 {one.key}：{best.key} {best.why}")
        elif best and best.score < answers and one.key:
            print(f"{one.id} {one.text} 没有答：{best.why}")


def _line(found: dict[str, float]) -> str:
    return "，".join(
        f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}" for name, value in found.items()
    )


if __name__ == "__main__":
    main()
