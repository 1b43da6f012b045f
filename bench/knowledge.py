"""How well questions find their article: hit@1, hit@3, and false answers where there is none.

``python -m bench.knowledge [FILE]`` reads lines ``{"id","part","text","key"}`` (``key`` null: no article answers)
and the sample city's articles. Synonyms, formula and thresholds were chosen on the part ``chosen``; ``reported`` was
written afterwards and only measured.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from groundwork.settings import ROOT
from intake_api.domain.city_folder import read_departments
from intake_api.domain.knowledge_files import read_articles
from intake_api.domain.relevance import ANSWERS, SUGGESTS, Fit, Relevance, rank
from intake_api.knowledge import reader
from intake_api.words import Words

QUESTIONS = ROOT / "tests" / "data" / "knowledge_questions.jsonl"
CITY = ROOT / "nlu_data" / "city" / "minhang"


@dataclass(frozen=True)
class Asked:
    """A question, the key of the article that answers it (None: there is none), and what was found, best first."""

    id: str
    part: str
    text: str
    key: str | None
    found: tuple[tuple[str, Relevance], ...]


def ask_all(file: Path = QUESTIONS, city: Path = CITY) -> list[Asked]:
    """Every question of a file, asked of a city's articles."""
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
            ranked = rank(reads.units(question["text"]), known, len(known))[:3]
            found = tuple((articles[one.article_id].key, one) for one in ranked)
            asked.append(Asked(question["id"], question["part"], question["text"], question["key"], found))
    return asked


def figures(asked: list[Asked], threshold: float = ANSWERS) -> dict[str, float]:
    """Shares: right one first, among three, given as the answer; a wrong one given; one given where there is none."""
    known = [one for one in asked if one.key]
    unknown = [one for one in asked if not one.key]
    given = [one for one in known if one.found and one.found[0][1].score >= threshold]
    right = sum(one.found[0][0] == one.key for one in given)
    return {
        "questions": len(known),
        "hit1": sum(bool(one.found) and one.found[0][0] == one.key for one in known) / len(known),
        "hit3": sum(one.key in [key for key, _ in one.found] for one in known) / len(known),
        "answered_right": right / len(known),
        "answered_wrong": (len(given) - right) / len(known),
        "without": len(unknown),
        "false_answers": sum(bool(one.found) and one.found[0][1].score >= threshold for one in unknown) / len(unknown),
    }


def main() -> None:
    """Print the figures of both parts, thresholds around the one in force, and what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=QUESTIONS)
    asked = ask_all(parser.parse_args().file)
    chosen, reported = [[one for one in asked if one.part == part] for part in ("chosen", "reported")]
    for threshold in (SUGGESTS, ANSWERS - 10, ANSWERS - 5, ANSWERS, ANSWERS + 5, ANSWERS + 10):
        print(f"选阈值的部分，{threshold:.0f}：{_line(figures(chosen, threshold))}")
    print(f"报告的部分，答（{ANSWERS:.0f}）：{_line(figures(reported))}")
    print(f"报告的部分，提议（{SUGGESTS:.0f}）：{_line(figures(reported, SUGGESTS))}")
    for one in chosen:
        best = one.found[0] if one.found else None
        if best and best[0] != one.key and (best[1].fit is Fit.ANSWER or one.key):
            print(f"{one.id} {one.text} 应为 {one.key}：{best[0]} {best[1].words}")
        elif best and best[1].fit is not Fit.ANSWER and one.key:
            print(f"{one.id} {one.text} 没有答：{best[1].words}")


def _line(found: dict[str, float]) -> str:
    return "，".join(
        f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}" for name, value in found.items()
    )


if __name__ == "__main__":
    main()
