"""A sentence model brings together what shares no words, whatever its cosines are."""

from __future__ import annotations

import numpy as np
import pytest

from actions.nearness import Nearness
from actions.second_reading import SecondReading, second_reading

SUBJECTS = {"小电驴": 0, "电动自行车": 0, "垃圾": 1, "沙发": 1}


class Subjects:
    """An embedder that knows two subjects, and takes everything for rather alike, as real ones do."""

    name = "subjects"
    dimensions = 40

    def embed(self, texts):
        rows = np.full((len(texts), self.dimensions), 0.4, dtype=np.float32)
        for row, text in zip(rows, texts):  # noqa: B905 - of one length
            known = [place for word, place in SUBJECTS.items() if word in text]
            row[known[0] if known else 2 + sum(map(ord, text)) % 38] += 3.0
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def article(key: str, title: str, answer: str, score: float) -> dict[str, object]:
    return {"key": key, "title": title, "questions": [], "answer": answer, "score": score, "fit": "none"}


def test_nearness_is_told_against_texts_that_have_nothing_to_do_with_one_another():
    near = Nearness(Subjects(), ["路灯", "井盖", "噪音", "树木", "垃圾"])
    same, other = near.of("小电驴", ["电动自行车", "沙发"])
    assert same > 1 > other
    assert near.of("小电驴", []) == []


def test_an_article_in_other_words_comes_before_one_that_shares_some():
    found = [
        article("waste", "垃圾去哪里扔", "垃圾分四类。", 30.0),
        article("plate", "电动自行车要上牌吗", "电动自行车要登记。", 24.0),
    ]
    read = SecondReading(Subjects()).read("小电驴去哪里领牌", found)
    assert [item["key"] for item in read] == ["plate", "waste"]
    assert (read[0]["fit"], read[1]["fit"]) == ("answer", "none")
    assert all(0 <= item["score"] <= 100 for item in read)


@pytest.mark.parametrize("setting", ["", "none", "onnx:nowhere"])
def test_without_a_sentence_model_the_search_stands_alone(tmp_path, monkeypatch, setting):
    monkeypatch.setenv("YHT_EMBEDDER", setting)
    assert second_reading(tmp_path / "vectors.db") is None
