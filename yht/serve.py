"""``yht serve``: starts all processes on this machine, keeps them running, and stops them together."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from honcho.manager import Manager
from honcho.printer import Printer

from groundwork.settings import ROOT, BadSettings, Settings
from yht.environment import BOT_PYTHON, bot_environment, main_environment, secret_file, without_secrets
from yht.ports import LOOPBACK, check_front, free_ports


@dataclass(frozen=True)
class Process:
    """A process to keep running."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Addresses:
    """Where the inner processes are. What is not ``ours`` was set and is run by somebody else."""

    intake: str
    rasa: tuple[str, ...]
    actions: str
    speech: str  # empty: there is no recogniser


class Supervisor(Manager):  # type: ignore[misc]
    """honcho's manager; a signal that comes while processes are still being started is obeyed when they are."""

    _stop_asked = False

    def terminate(self) -> None:
        """Stop all processes."""
        if self._all_started():
            super().terminate()
        else:
            self._stop_asked = True

    def _system_print(self, data: str) -> None:
        super()._system_print(data)
        if self._stop_asked and self._all_started():
            self._stop_asked = False
            self.terminate()


def serve(settings: Settings) -> int:
    """Run until a signal or until a process cannot be kept. Returns the exit code: 0 after a signal.

    Raises BadSettings or PortUnavailable, with one line, before anything is started.
    """
    check_front(settings.host, settings.port)
    supervisor = Supervisor(Printer(sys.stdout))
    for process in processes(settings):
        environment = {
            **process.environment,
            "YHT_KEEP_COMMAND": json.dumps(process.command),
            "YHT_KEEP_SUPERVISOR": str(os.getpid()),
        }
        keeper = f"exec {shlex.quote(sys.executable)} -m yht.keep"
        supervisor.add_process(process.name, keeper, env=environment, cwd=str(ROOT))
    # a closed terminal stops everything, too
    signal.signal(signal.SIGHUP, _as_terminate)
    announce = [sys.executable, "-m", "yht.announce", str(os.getpid())]
    with subprocess.Popen(announce, env=main_environment(), cwd=ROOT) as announcer:
        try:
            supervisor.loop()
        finally:
            announcer.terminate()
    stopped_by_signal = supervisor.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    return 0 if stopped_by_signal else supervisor.returncode or 1


def processes(settings: Settings) -> list[Process]:
    """What has to run here: the front always, the others unless their addresses are set. Raises BadSettings."""
    intake_listen, rasa_listen, actions_listen, speech_listen = (f"{LOOPBACK}:{port}" for port in free_ports(4))
    speech_here = settings.speech != "none" and not settings.speech_url
    addresses = Addresses(
        intake=settings.intake_url or f"http://{intake_listen}",
        rasa=settings.rasa_urls or (f"http://{rasa_listen}",),
        actions=settings.actions_url or f"http://{actions_listen}",
        speech=f"http://{speech_listen}" if speech_here else settings.speech_url,
    )
    known = {
        "YHT_INTAKE_URL": addresses.intake,
        "YHT_RASA_URLS": ",".join(addresses.rasa),
        "YHT_ACTIONS_URL": addresses.actions,
        "YHT_SPEECH_URL": addresses.speech,
    }
    wanted = [
        Process(
            "channels",
            (sys.executable, "-m", "channels"),
            main_environment(**known, YHT_CHANNEL_TOKEN=token(settings, "gateway", settings.channel_token)),
        )
    ]
    if not settings.intake_url:
        wanted.append(
            Process("intake", (sys.executable, "-m", "intake_api"), main_environment(**known, YHT_LISTEN=intake_listen))
        )
    if not settings.rasa_urls:
        # with PostgreSQL the conversations are kept there, so that another assistant process can go on with them
        database = {"YHT_DATABASE_URL": settings.database_url} if settings.database_url else {}
        wanted.append(
            Process(
                "assistant",
                (str(BOT_PYTHON), "-m", "bot.serve"),
                bot_environment(**known, **database, YHT_LISTEN=rasa_listen),
            )
        )
    if not settings.actions_url:
        wanted.append(
            Process(
                "actions",
                (str(BOT_PYTHON), "-m", "actions"),
                bot_environment(
                    **known,
                    YHT_LISTEN=actions_listen,
                    YHT_ACTIONS_TOKEN=token(settings, "actions", settings.actions_token),
                ),
            )
        )
    if speech_here:
        # it decodes what strangers send: no credentials where they are not needed
        secretless = without_secrets(main_environment(**known))
        wanted.append(
            Process("speech", (sys.executable, "-m", "channels.speech"), {**secretless, "YHT_LISTEN": speech_listen})
        )
    return wanted


def token(settings: Settings, name: str, explicit: str) -> str:
    """The token of an inner process at the intake: the one that is set, else the one that setting up has kept.

    Raises BadSettings when there is neither.
    """
    if explicit:
        return explicit
    file = secret_file(settings.var_dir, name)
    try:
        return file.read_text("ascii").strip()
    except OSError as error:
        setting = "YHT_CHANNEL_TOKEN" if name == "gateway" else "YHT_ACTIONS_TOKEN"
        raise BadSettings(f"{setting}: 未设置，也没有 {_short(file)}；请先运行 yht setup") from error


def _short(file: Path) -> Path:
    return file.relative_to(ROOT) if file.is_relative_to(ROOT) else file


def _as_terminate(_number: int, _frame: FrameType | None) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
