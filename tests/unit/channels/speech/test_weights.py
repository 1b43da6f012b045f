"""The shipped weights are laid out once, whole and verified, or there is no recogniser."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from channels.speech import weights
from channels.speech.port import RecogniserMissing

FILES = {"model.bin.part1": b"first ", "model.bin.part2": b"second", "config.json": b"{}"}
WHOLE = {"model.bin": b"first second", "config.json": b"{}"}


@pytest.fixture
def carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Two packages that carry a small model."""
    found = {}
    for name, content in FILES.items():
        found[name] = tmp_path / name
        found[name].write_bytes(content)
    monkeypatch.setattr(weights, "_carried", lambda: found)
    monkeypatch.setattr(
        weights, "DIGESTS", {name: hashlib.sha256(content).hexdigest() for name, content in WHOLE.items()}
    )
    return found


def test_the_halves_are_joined_and_verified(carried: dict[str, Path], tmp_path: Path) -> None:
    folder = weights.model_folder(None, tmp_path / "models" / "whisper")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == WHOLE
    assert [child.name for child in folder.parent.iterdir()] == ["whisper"]


def test_it_is_done_once(carried: dict[str, Path], tmp_path: Path) -> None:
    folder = weights.model_folder(None, tmp_path / "whisper")
    carried.clear()
    assert weights.model_folder(None, tmp_path / "whisper") == folder


def test_other_weights_are_not_loaded(carried: dict[str, Path], tmp_path: Path) -> None:
    carried["model.bin.part2"].write_bytes(b"SECOND")
    with pytest.raises(RecogniserMissing, match=r"model\.bin is not the original"):
        weights.model_folder(None, tmp_path / "whisper")


def test_a_package_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_PACKAGES", ("no-such-package-of-weights",))
    with pytest.raises(RecogniserMissing, match="no-such-package-of-weights"):
        weights.model_folder(None, tmp_path / "whisper")
    assert list(tmp_path.iterdir()) == []


def test_a_city_may_bring_its_own_model(tmp_path: Path) -> None:
    with pytest.raises(RecogniserMissing, match="YHT_SPEECH_MODEL_DIR"):
        weights.model_folder(tmp_path)
    (tmp_path / "model.bin").touch()
    assert weights.model_folder(tmp_path) == tmp_path
