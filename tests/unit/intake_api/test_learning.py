"""What the assistant may learn from a correction."""

from __future__ import annotations

import pytest

from intake_api.domain.learning import example, spans


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        ("银都路812弄门口井盖没了", "银都路812弄门口", ["银都路812弄门口"]),
        ("銀都路８１２弄井盖没了", "银都路812弄", ["銀都路８１２弄"]),
        ("在三百二十弄，就是三百二十弄", "320弄", ["三百二十弄", "三百二十弄"]),
        ("井盖没了", "银都路", []),
        ("井盖没了", "", []),
    ],
)
def test_a_place_is_found_whichever_way_it_is_written(text: str, place: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in spans(text, place)] == found


def test_an_example_names_nobody_and_its_spans_fit_the_text_that_is_kept() -> None:
    kept = example("我叫张伟，张伟家住银都路812弄，电话13812345678", "银都路812弄", ("张伟",))
    assert kept.text == "我叫某，某家住银都路812弄，电话"
    assert [kept.text[start:end] for start, end in kept.places] == ["银都路812弄"]
