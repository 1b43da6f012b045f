"""Starts what is measured, in a folder of its own, and looks at the memory of what runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundwork.settings import ROOT, Settings, read_settings
from yht.environment import BOT_PYTHON, bot_environment, main_environment
from yht.ports import LOOPBACK, free_ports
from yht.serve import Process, processes
from yht.setup import make_var, set_up_records

START_SECONDS = 300.0
_STOP_SECONDS = 20.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


_BEGUN = time.monotonic()


def progress(doing: str) -> None:
    """Say on standard error what is being done, and how long it has taken so far."""
    print(f"  {time.monotonic() - _BEGUN:4.0f} 秒  {doing}", file=sys.stderr, flush=True)


class DidNotStart(Exception):
    """A process ended or did not answer; the message has the last lines it wrote."""


def fresh_folder(var_dir: Path, tickets: Path) -> Settings:
    """Point this process at an empty ``var_dir`` with databases, the city and tokens in it; the settings of that.

    Everything the operator has set is put aside but the city, so that no record of theirs is touched. Their tickets
    stay in sight: the trained assistant is known by them.
    """
    kept = os.environ.get("YHT_CITY_DIR")
    for name in [name for name in os.environ if name.startswith("YHT_")]:
        del os.environ[name]
    # empty, not absent: what is absent would be looked up in .env
    blank = [name for name, field in Settings.model_fields.items() if field.default in ("", ())]
    os.environ |= {f"YHT_{name.upper()}": "" for name in blank}
    os.environ |= {"YHT_VAR_DIR": str(var_dir), "YHT_LOG_LEVEL": "WARNING", "YHT_PORT": str(free_ports(1)[0])}
    if kept:
        os.environ["YHT_CITY_DIR"] = kept
    settings = read_settings()
    make_var(var_dir)
    if tickets.is_dir():
        (var_dir / "tickets").symlink_to(tickets)
    asyncio.run(set_up_records(settings))
    return settings


@contextlib.contextmanager
def running(name: str, command: Sequence[str], environment: Mapping[str, str], ready: str) -> Iterator[int]:
    """Run a command while the block lasts; its process id. Entered when ``ready`` answers 200. Raises DidNotStart."""
    log = Path(environment["YHT_VAR_DIR"]) / f"{name}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env=dict(environment), cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait(name, process, ready, log)
        yield process.pid
    except Exception as error:
        error.add_note(f"{name}: {_last_lines(log)}")
        raise
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(name: str, process: subprocess.Popen[bytes], ready: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError), _DIRECT.open(ready, timeout=5):
            return
        time.sleep(0.1)
    raise DidNotStart(f"{name} 没有启动：{_last_lines(log)}")


def _last_lines(log: Path) -> str:
    return "\n" + log.read_text(encoding="utf-8", errors="replace")[-3000:]


@dataclass(frozen=True)
class WholeSystem:
    """Everything, as ``yht serve`` starts it."""

    url: str
    start_seconds: float


@contextlib.contextmanager
def whole_system(settings: Settings) -> Iterator[WholeSystem]:
    """``yht serve`` while the block lasts."""
    url = f"http://{LOOPBACK}:{settings.port}"
    command = [sys.executable, "-m", "yht", "serve"]
    started = time.monotonic()
    with running("serve", command, main_environment(), f"{url}/readyz"):
        yield WholeSystem(url, time.monotonic() - started)


@contextlib.contextmanager
def intake_and_actions(settings: Settings) -> Iterator[tuple[str, str]]:
    """The intake and the action server alone; their addresses."""
    parts = {process.name: process for process in processes(settings)}
    intake, actions = _address(parts["intake"]), _address(parts["actions"])
    with (
        running("intake", parts["intake"].command, parts["intake"].environment, f"{intake}/readyz"),
        running("actions", parts["actions"].command, parts["actions"].environment, f"{actions}/health"),
    ):
        yield intake, actions


def _address(process: Process) -> str:
    return f"http://{process.environment['YHT_LISTEN']}"


@dataclass(frozen=True)
class Assistant:
    """One assistant that is served alone."""

    url: str
    pid: int


@contextlib.contextmanager
def assistant(settings: Settings, model: Path, actions: str, *, compiled_schema: bool) -> Iterator[Assistant]:
    """One assistant with this model and a tracker of its own."""
    listen = f"{LOOPBACK}:{free_ports(1)[0]}"
    environment = bot_environment(YHT_LISTEN=listen, YHT_ACTIONS_URL=actions, YHT_VAR_DIR=str(settings.var_dir))
    command = [str(BOT_PYTHON), "-m", "bench.serve", str(model), *(["--compiled-schema"] if compiled_schema else [])]
    with running("assistant", command, environment, f"http://{listen}/status") as pid:
        yield Assistant(f"http://{listen}", pid)


def memory(pids: Sequence[int]) -> tuple[float, float]:
    """Proportional and plain resident sets of these processes together, in GB (10⁹ bytes)."""
    proportional = resident = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
                name, _, rest = line.partition(":")
                if name in ("Pss", "Rss"):
                    size = int(rest.split()[0]) * 1024
                    proportional += size * (name == "Pss")
                    resident += size * (name == "Rss")
    return proportional / 1e9, resident / 1e9


def pids_of(var_dir: Path) -> list[int]:
    """All processes that keep their files there."""
    mark = f"YHT_VAR_DIR={var_dir}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        # this process says so of itself while it starts the others
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found
