"""A kept process comes back when it dies, and goes when it should."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CHILD = """
import os, sys, time
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()}\\n")
%s
"""

Keep = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    """Where each start of the kept process writes its id."""
    return tmp_path / "pids"


@pytest.fixture
def keep(pids: Path) -> Iterator[Keep]:
    """Keep a process with the given body; everything is gone after the test."""
    keepers: list[subprocess.Popen[str]] = []

    def start(body: str, supervisor: int = os.getpid()) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", CHILD % body, str(pids)]
        environment = os.environ | {"YHT_KEEP_COMMAND": json.dumps(command), "YHT_KEEP_SUPERVISOR": str(supervisor)}
        keepers.append(
            subprocess.Popen([sys.executable, "-m", "yht.keep"], env=environment, stdout=subprocess.PIPE, text=True)
        )
        return keepers[-1]

    yield start
    for keeper in keepers:
        keeper.kill()
        keeper.communicate()
    for pid in started(pids):
        assert until(lambda pid=pid: not lives(pid)), "an orphan was left"


def started(pids: Path) -> list[int]:
    return [int(line) for line in pids.read_text().split()] if pids.exists() else []


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_process_that_is_killed_comes_back(keep: Keep, pids: Path) -> None:
    keep("time.sleep(60)")
    assert until(lambda: len(started(pids)) == 1)
    os.kill(started(pids)[0], signal.SIGKILL)
    assert until(lambda: len(started(pids)) == 2)
    assert lives(started(pids)[1])


def test_the_pauses_between_restarts_grow(keep: Keep, pids: Path) -> None:
    keeper = keep("sys.exit(1)")
    assert until(lambda: len(started(pids)) == 3)
    keeper.terminate()
    output, _ = keeper.communicate(timeout=10)
    assert "0.5 秒后" in output
    assert "1 秒后" in output


def test_a_process_with_bad_settings_is_given_up(keep: Keep, pids: Path) -> None:
    keeper = keep("sys.exit(2)")
    assert keeper.wait(10) == 2
    assert len(started(pids)) == 1


def test_stopping_gives_the_process_time_to_end_well(keep: Keep, pids: Path) -> None:
    keeper = keep(
        "import signal\n"
        "def end(*_):\n"
        "    time.sleep(0.3); open(sys.argv[1] + '.ended', 'w'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open(sys.argv[1] + '.ready', 'w')\n"
        "time.sleep(60)"
    )
    assert until(lambda: pids.with_suffix(".ready").exists())
    keeper.terminate()
    assert keeper.wait(10) == 0
    assert pids.with_suffix(".ended").exists()


def test_a_process_that_will_not_stop_is_killed_with_what_it_started(keep: Keep, pids: Path) -> None:
    keeper = keep(
        "import signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "if os.fork() == 0:\n"
        "    open(sys.argv[1], 'a').write(f'{os.getpid()}\\n')\n"
        "time.sleep(60)"
    )
    assert until(lambda: len(started(pids)) == 2)
    keeper.terminate()
    assert keeper.wait(8) == 0
    assert until(lambda: not any(lives(pid) for pid in started(pids)))


def test_when_the_supervisor_is_gone_nothing_is_left_running(keep: Keep, pids: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as supervisor:
        keeper = keep("time.sleep(60)", supervisor.pid)  # type: ignore[call-arg]
        assert until(lambda: len(started(pids)) == 1)
        supervisor.kill()
    assert keeper.wait(10) == 0
    assert not lives(started(pids)[0])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a process that its parent is gone")
def test_a_killed_keeper_leaves_no_orphan(keep: Keep, pids: Path) -> None:
    keeper = keep("time.sleep(60)")
    assert until(lambda: len(started(pids)) == 1)
    keeper.kill()
    assert until(lambda: not lives(started(pids)[0]))
