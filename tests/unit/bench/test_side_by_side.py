"""Processes that make cases for measuring: none is left behind, and none is waited for in vain."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bench.generate import NotGenerated, side_by_side


def leave_a_mark(folder: str, name: str) -> None:
    Path(folder, name).touch()


def work_or_fail(folder: str, name: str) -> None:
    if name == "fails":
        while not Path(folder, "works").exists():
            time.sleep(0.05)
        raise SystemExit(3)
    Path(folder, name).write_text(str(os.getpid()))
    time.sleep(3600)


async def test_all_parts_are_done(tmp_path: Path) -> None:
    await side_by_side(leave_a_mark, [(str(tmp_path), "one"), (str(tmp_path), "two")])
    assert (tmp_path / "one").exists()
    assert (tmp_path / "two").exists()


async def test_when_one_fails_the_others_are_ended_and_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotGenerated, match="3"):
        await side_by_side(work_or_fail, [(str(tmp_path), "works"), (str(tmp_path), "fails")])
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "works").read_text()), 0)
