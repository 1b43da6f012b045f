"""The environment that all processes share: ``.env``, and folders that mean the same everywhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from yht import environment


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own; the environment is as before afterwards."""
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    for name in [name for name in os.environ if name.startswith("YHT_")] + ["YHT_PORT", "YHT_VAR_DIR", "YHT_CITY_DIR"]:
        monkeypatch.setenv(name, "to be restored")
        monkeypatch.delenv(name)
    return tmp_path


def test_the_environment_wins_over_the_file(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / ".env").write_text("YHT_PORT=9000\nYHT_LOG_LEVEL=DEBUG\n")
    monkeypatch.setenv("YHT_LOG_LEVEL", "ERROR")
    environment.settle()
    assert os.environ["YHT_PORT"] == "9000"
    assert os.environ["YHT_LOG_LEVEL"] == "ERROR"


@pytest.mark.parametrize(("given", "meant"), [(None, "var"), ("", "var"), ("elsewhere", "elsewhere")])
def test_data_is_in_the_checkout_wherever_the_command_is_called(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, meant: str
) -> None:
    monkeypatch.chdir("/")
    if given is not None:
        monkeypatch.setenv("YHT_VAR_DIR", given)
    environment.settle()
    assert os.environ["YHT_VAR_DIR"] == str(checkout / meant)


def test_an_absolute_folder_stays(checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("YHT_VAR_DIR", "/srv/yht")
    monkeypatch.setenv("YHT_CITY_DIR", "/srv/city")
    environment.settle()
    assert os.environ["YHT_VAR_DIR"] == "/srv/yht"
    assert os.environ["YHT_CITY_DIR"] == "/srv/city"
