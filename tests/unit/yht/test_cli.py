"""The command line: what a wrong setting or a wrong use says."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from groundwork.settings import ROOT
from yht import cli


def yht(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as operators call it, from some other folder."""
    return subprocess.run(
        [sys.executable, "-m", "yht", *arguments],
        cwd="/",
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "command", [("serve",), ("setup",), ("db", "upgrade"), ("token", "issue", "--role=channel", "--name=n")]
)
def test_a_bad_setting_ends_every_command_with_one_line(command: tuple[str, ...], tmp_path: Path) -> None:
    done = yht(*command, YHT_PORT="eighty", YHT_VAR_DIR=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "YHT_PORT" in done.stderr


def test_serving_on_a_taken_port_names_the_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = yht("serve", YHT_PORT=port, YHT_VAR_DIR=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"YHT_PORT={port}" in done.stderr


def test_serving_before_setting_up_says_what_to_do(tmp_path: Path) -> None:
    done = yht("serve", YHT_PORT=str(free_port()), YHT_VAR_DIR=str(tmp_path))
    assert done.returncode == 2
    assert "yht setup" in done.stderr


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/none"
    done = yht("db", "upgrade", YHT_DATABASE_URL=url, YHT_VAR_DIR=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "YHT_DATABASE_URL" in done.stderr


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = yht("setup", YHT_VAR_DIR=str(tmp_path / "file" / "var"))
    assert done.returncode == 1
    assert "YHT_VAR_DIR" in done.stderr


def test_the_commands_of_the_contract_exist(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        ["serve"],
        ["setup"],
        ["train"],
        ["db", "upgrade"],
        ["user", "add"],
        ["token", "issue"],
        ["city", "load"],
        ["tickets", "import"],
        ["tickets", "list"],
        ["tickets", "remove"],
    ):
        with pytest.raises(SystemExit) as caught:
            cli.main([*command, "--help"])
        assert caught.value.code == 0
    capsys.readouterr()


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    assert "serve" in capsys.readouterr().out


def test_the_records_are_verified_anchored_and_exported(tmp_path: Path) -> None:
    here = {"YHT_VAR_DIR": str(tmp_path / "var"), "YHT_DATABASE_URL": ""}
    assert yht("db", "upgrade", **here).returncode == 0
    assert yht("user", "add", "--name", "王芳", "--roles", "operator", **here).returncode == 0
    anchor = yht("audit", "anchor", **here).stdout.strip()
    assert len(anchor) == 64
    verified = yht("audit", "verify", "--anchor", anchor, **here)
    assert (verified.returncode, "审计记录 1 行：完整" in verified.stdout) == (0, True)
    assert yht("audit", "verify", "--anchor", "0" * 64, **here).returncode == 1
    exported = yht("audit", "export", str(tmp_path / "audit.csv"), "--from", "2026-01-01", **here)
    assert "已导出 2 行" in exported.stdout
    assert "开设账号" in (tmp_path / "audit.csv").read_text(encoding="utf-8-sig")
    nowhere = yht("audit", "export", str(tmp_path / "no" / "audit.csv"), **here)
    assert (nowhere.returncode, nowhere.stderr.count("\n")) == (1, 1)
