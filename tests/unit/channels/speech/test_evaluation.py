"""Character error rate as the contract has it."""

from __future__ import annotations

import json

import pytest

from channels.speech import evaluation


@pytest.mark.parametrize(
    ("said", "recognised", "wrong"),
    [
        ("报春路二百一十六号对面的花坛塌了，老人家绕着走", "报春路216號對面的花壇塌了,老人家绕着走。", 0),
        ("井盖坏了", "紧盖坏了", 1),
        ("井盖坏了", "井盖坏", 1),
        ("井盖坏了", "那井盖坏了", 1),
        ("井盖", "", 2),
        ("七莘路一千八百号", "七莘路 1800 号", 0),
    ],
)
def test_script_numerals_and_punctuation_do_not_count(said: str, recognised: str, wrong: int) -> None:
    assert evaluation.errors(evaluation.comparable(said), evaluation.comparable(recognised)) == wrong


def test_a_folder_that_is_not_as_it_should_be_is_said_in_one_line(tmp_path, capsys, monkeypatch) -> None:
    (tmp_path / "transcripts.jsonl").write_text(json.dumps({"file": "a.wav"}) + "\n", "utf-8")
    with pytest.raises(evaluation._BadFolder, match=r"transcripts\.jsonl:1"):
        list(evaluation._transcripts(tmp_path))
    monkeypatch.setenv("YHT_SPEECH_MODEL_DIR", str(tmp_path / "none"))
    assert evaluation.main([str(tmp_path)]) == 2
    assert "YHT_SPEECH_MODEL_DIR" in capsys.readouterr().err
