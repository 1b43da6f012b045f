"""All processes together: they start, come back when killed, and stop at one signal, without orphans."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwork.settings import ROOT
from yht.ports import free_ports

SCRIPT = """
import os, sys
from pathlib import Path
import yht.serve
from groundwork.settings import Settings

BODY = "import os, sys, time; open(sys.argv[1], 'a').write(str(os.getpid()) + '\\\\n'); print('up', flush=True); {end}"

def processes(settings):
    end = {"bad": "sys.exit(2)"}
    return [
        yht.serve.Process(
            name,
            (sys.executable, "-c", BODY.format(end=end.get(name, "time.sleep(60)")), str(settings.var_dir / name)),
            dict(os.environ),
        )
        for name in sys.argv[3:]
    ]

yht.serve.processes = processes
sys.exit(yht.serve.serve(Settings(port=int(sys.argv[1]), var_dir=Path(sys.argv[2]))))
"""


class Run:
    """A supervisor with processes that only note that they run."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        self.names = names
        command = [sys.executable, "-c", SCRIPT, str(free_ports(1)[0]), str(folder), *names]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )

    def pids(self, name: str) -> list[int]:
        """Ids of all starts of one process."""
        file = self.folder / name
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def wait_for(self, starts: int, *names: str) -> None:
        """Until each of the processes was started so often."""
        end = time.monotonic() + 15
        while any(len(self.pids(name)) < starts for name in names or self.names):
            assert time.monotonic() < end, "not started in time"
            time.sleep(0.02)

    def _announces(self, cmdline: Path) -> bool:
        try:
            return cmdline.read_bytes().split(b"\0")[2:4] == [b"yht.announce", str(self.process.pid).encode()]
        except OSError:
            return False

    def survivors(self) -> list[int]:
        """Started processes that still live, after a short while to end."""
        end = time.monotonic() + 5
        while True:
            left = [pid for name in self.names for pid in self.pids(name) if Path(f"/proc/{pid}/exe").exists()]
            left += [int(file.parent.name) for file in Path("/proc").glob("[0-9]*/cmdline") if self._announces(file)]
            if not left or time.monotonic() > end:
                return left
            time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_everything_within_ten_seconds(folder: Path, number: int) -> None:
    run = Run(folder, "intake", "assistant")
    run.wait_for(1)
    asked = time.monotonic()
    run.process.send_signal(number)
    assert run.process.wait(10) == 0, run.process.communicate()[0]
    assert time.monotonic() - asked < 10
    assert run.survivors() == []


def test_a_signal_while_starting_is_obeyed(folder: Path) -> None:
    run = Run(folder, "intake", "assistant", "actions")
    run.wait_for(1, "intake")
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(10) == 0, run.process.communicate()[0]
    assert run.survivors() == []


def test_a_killed_process_comes_back_and_the_others_stay(folder: Path) -> None:
    run = Run(folder, "intake", "assistant")
    run.wait_for(1)
    os.kill(run.pids("intake")[0], signal.SIGKILL)
    run.wait_for(2, "intake")
    assert len(run.pids("assistant")) == 1
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(10) == 0
    assert run.survivors() == []


def test_bad_settings_of_one_process_end_the_start(folder: Path) -> None:
    run = Run(folder, "intake", "bad")
    assert run.process.wait(15) == 2
    assert run.survivors() == []


def test_a_killed_supervisor_leaves_nothing_running(folder: Path) -> None:
    run = Run(folder, "intake", "assistant")
    run.wait_for(1)
    run.process.kill()
    run.process.wait(5)
    assert run.survivors() == []
