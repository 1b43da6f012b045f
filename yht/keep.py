"""Keeps one process running: starts it again when it ends, with growing pauses, and stops it when told to.

Started by the supervisor with its task in two environment variables (not in its arguments, so that whoever looks for
the kept process by its command line finds that one and not its keeper):

``YHT_KEEP_COMMAND``     the command as a JSON list
``YHT_KEEP_SUPERVISOR``  process id of the supervisor; when it is gone, the kept process is stopped as well
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

BAD_SETTINGS = 2
"""Exit code of a process whose settings are wrong: starting it again would not help."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
"""Seconds before a process that ended is started again; doubled each time."""
STEADY = 30.0
"""A process that ran this many seconds counts as sound: its next pause is short again."""
GRACE = 4.0
"""Seconds a process has to stop by itself."""
_LOOK = 0.5
_PR_SET_PDEATHSIG = 1


class Keeper:
    """Runs ``command`` until told to stop. ``supervisor``: the process id without which there is nothing to do."""

    def __init__(self, command: Sequence[str], supervisor: int) -> None:
        self._command = list(command)
        self._supervisor = supervisor
        self._stopping = False
        self._signals, wake = socket.socketpair()
        self._signals.setblocking(False)
        wake.setblocking(False)
        self._wake = wake
        self._die_with_us = _death_signal()

    def run(self) -> int:
        """Returns 0 after a stop, or BAD_SETTINGS when the process says that its settings are wrong."""
        self._listen()
        pause = FIRST_PAUSE
        while not self._over():
            started = time.monotonic()
            child = self._start()
            while child.poll() is None and not self._over():
                self._wait(_LOOK)
            if self._over():
                return self._stop(child)
            if child.returncode == BAD_SETTINGS:
                return BAD_SETTINGS
            if time.monotonic() - started >= STEADY:
                pause = FIRST_PAUSE
            print(f"意外退出（{child.returncode}），{pause:g} 秒后重新启动", flush=True)
            _signal_group(child, signal.SIGKILL)  # what it started itself
            until = time.monotonic() + pause
            while not self._over() and time.monotonic() < until:
                self._wait(min(_LOOK, max(0.0, until - time.monotonic())))
            pause = min(pause * 2, LONGEST_PAUSE)
        return 0

    def _start(self) -> subprocess.Popen[bytes]:
        # a group of its own: a signal to the keeper's group must not reach it a second time
        return subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=self._die_with_us,  # noqa: PLW1509 (no threads here)
        )

    def _stop(self, child: subprocess.Popen[bytes]) -> int:
        if child.poll() is None:
            child.terminate()
            until = time.monotonic() + GRACE
            while child.poll() is None and time.monotonic() < until:
                self._wait(0.1)
        _signal_group(child, signal.SIGKILL)
        child.wait()
        return 0

    def _listen(self) -> None:
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop_asked)

    def _stop_asked(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _over(self) -> bool:
        if not self._stopping and not _lives(self._supervisor):
            self._stopping = True
        return self._stopping

    def _wait(self, seconds: float) -> None:
        """Wait for a signal (a child that ended is one) or for ``seconds``."""
        ready, _, _ = select.select([self._signals], [], [], seconds)
        if ready:
            self._signals.recv(64)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal_group(child: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _death_signal() -> Callable[[], None] | None:
    """On Linux: what makes a child end when its keeper is killed, to be called in the child. Elsewhere None."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def set_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

    return set_signal


def main() -> int:
    """Keep what the environment says."""
    command = json.loads(os.environ.pop("YHT_KEEP_COMMAND"))
    supervisor = int(os.environ.pop("YHT_KEEP_SUPERVISOR"))
    return Keeper(command, supervisor).run()


if __name__ == "__main__":
    sys.exit(main())
