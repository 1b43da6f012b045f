"""Each training leaves a record: from how much was learnt, how well it understands, and how well the one before did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot import model_record
from bot.model_record import counts, latest, measure, words, write_record

LINES = [
    {"text": "银都路路灯不亮", "act": "report", "code": "0115", "locations": ["银都路"]},
    {"text": "春申路垃圾成堆", "act": "report", "code": "1101", "alt": ["1102"], "locations": ["春申路"]},
    {"text": "你好", "act": "greet", "code": None, "locations": []},
    {"text": "没人管", "act": "report", "code": None, "locations": []},
]


async def parse(text: str) -> dict[str, object]:
    """Says 路灯 of everything that is reported, and finds one place."""
    return {
        "intent": {"name": "greet" if text == "你好" else "report"},
        "categories": [{"code": "0115"}, {"code": "0116"}, {"code": "1102"}],
        "locations": [{"text": "银都路"}] if "银都路" in text else [],
    }


def test_figures_are_those_of_the_contract():
    assert measure(parse, LINES) == {
        "n": 4, "act_accuracy": 1.0, "category_top1": 0.5, "category_top3": 1.0, "location_f1": 0.6667,
    }  # fmt: skip


def test_what_was_learnt_from_is_counted(tmp_path: Path):
    (tmp_path / "2025.jsonl").write_text("{}\n{}\n\n", encoding="utf-8")
    (tmp_path / "corrections.jsonl").write_text("{}\n", encoding="utf-8")
    found = counts(tmp_path)
    assert (found["tickets"], found["corrections"]) == (2, 1)
    assert found["utterances"] > 1000
    assert counts(tmp_path / "none")["tickets"] == 0


@pytest.fixture
def heldout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "heldout.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES), encoding="utf-8")
    monkeypatch.setattr(model_record, "measure_model", lambda _model, _heldout: measure(parse, LINES))
    return path


def test_a_record_holds_the_figures_before_and_after(tmp_path: Path, heldout: Path):
    models = tmp_path / "models"
    models.mkdir()
    learnt = {"utterances": 10, "tickets": 0, "corrections": 1}
    first = write_record(models / "aaaa.tar.gz", seconds=12.34, learnt=learnt, heldout=heldout)
    assert (first["previous"], first["seconds"], first["counts"]) == (None, 12.3, learnt)
    (models / "broken.json").write_text("{")
    second = write_record(models / "bbbb.tar.gz", seconds=10, learnt=learnt, heldout=heldout)
    assert second["previous"] == {
        "fingerprint": "aaaa", "heldout": first["heldout"], "figures": first["figures"],
    }  # fmt: skip
    assert json.loads((models / "bbbb.json").read_text(encoding="utf-8")) == second
    assert "（上次 0.500）" in words(second)
    heldout.write_text("changed", encoding="utf-8")
    third = write_record(models / "cccc.tar.gz", seconds=10, learnt=learnt, heldout=heldout)
    assert "上次" not in words(third)  # figures of different messages do not compare


def test_without_messages_to_measure_on_there_are_no_figures(tmp_path: Path):
    record = write_record(tmp_path / "aaaa.tar.gz", seconds=1, learnt={}, heldout=tmp_path / "none.jsonl")
    assert (record["figures"], record["heldout"], latest(tmp_path)) == (None, None, None)
    assert "未测量" in words(record)


def test_a_model_trained_again_is_compared_with_itself_before(tmp_path: Path, heldout: Path):
    for _ in range(2):
        record = write_record(tmp_path / "aaaa.tar.gz", seconds=1, learnt={}, heldout=heldout)
    assert record["previous"]["fingerprint"] == "aaaa"
