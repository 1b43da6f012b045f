"""The whole system, started once as a user starts it: all processes, SQLite, the trained assistant, a free port."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.fingerprint import model_path

ROOT = Path(__file__).resolve().parents[2]
YHT = (sys.executable, "-m", "yht")
_START_SECONDS = 90


@dataclass
class System:
    """A running system: its address, its environment, and commands against it."""

    url: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    log: Path

    def command(self, *arguments: str) -> str:
        """What a ``yht`` command prints."""
        done = subprocess.run(
            [*YHT, *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return done.stdout

    def token(self, role: str) -> str:
        """A fresh token of this role."""
        return self.command("token", "issue", "--role", role, "--name", f"test-{role}").strip().splitlines()[-1]

    def pids(self, what: str) -> list[int]:
        """Processes of this system whose command line has ``what`` in it."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (entry / "environ").read_bytes()
                if what in command and f"YHT_VAR_DIR={self.environment['YHT_VAR_DIR']}".encode() in environment:
                    found.append(int(entry.name))
        return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when ``/readyz`` is 200."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.3)
    pytest.fail(f"the system did not become ready:\n{log.read_text(encoding='utf-8')[-4000:]}")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The running system; ``make test`` has trained the assistant before."""
    if not model_path().is_file():
        pytest.skip("no trained assistant; `make train` makes one")
    folder = tmp_path_factory.mktemp("system")
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YHT_")}
    environment |= {"YHT_VAR_DIR": str(folder / "var"), "YHT_PORT": str(port)}
    subprocess.run([*YHT, "setup"], env=environment, cwd=ROOT, check=True, timeout=120)
    log = folder / "serve.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*YHT, "serve"], env=environment, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    running = System(f"http://127.0.0.1:{port}", environment, process, log)
    try:
        wait_until_ready(running.url, process, log)
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def founding_link(system: System) -> str:
    """The one-time link that is printed while there is no staff."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        match = re.search(r"http://\S+/desk/invitation/\S+", system.log.read_text(encoding="utf-8"))
        if match:
            return match.group()
        time.sleep(0.2)
    pytest.fail("no founding link was printed")
