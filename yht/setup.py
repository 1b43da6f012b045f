"""``yht setup``: makes what is missing before the first start, and nothing that is there."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from pathlib import Path

from sqlalchemy.engine import make_url

from groundwork.settings import BadSettings, Settings
from yht.databases import has_city, require_current, upgrade_cases, upgrade_channels, usable
from yht.environment import BOT_PYTHON, bot_environment, secret_file
from yht.failure import CommandFailed

TOKENS = {"gateway": "channel_token", "actions": "actions_token"}
"""Inner processes that talk to the intake, and the setting that replaces the token kept for them."""


def set_up(settings: Settings) -> None:
    """Make folder, databases, city, tokens and assistant, each only where it is missing and run on this machine.

    Raises BadSettings or CommandFailed.
    """
    make_var(settings.var_dir)
    asyncio.run(set_up_records(settings))
    if not settings.rasa_urls:
        train_if_missing(settings)


def make_var(var_dir: Path) -> None:
    """The folder of everything that changes, for its owner only. Raises CommandFailed."""
    try:
        for folder in (var_dir, var_dir / "secrets"):
            if not folder.is_dir():
                folder.mkdir(parents=True, mode=0o700)
                folder.chmod(0o700)
    except OSError as error:
        raise CommandFailed(f"YHT_VAR_DIR={var_dir} 不能使用（{error.strerror}）") from error


async def set_up_records(settings: Settings) -> None:
    """Databases, city and tokens."""
    await upgrade_channels(settings)
    if settings.intake_url:
        return
    from intake_api import administration

    await upgrade_cases(settings)
    await load_city_if_new(settings)
    with usable():
        for name, setting in TOKENS.items():
            if not getattr(settings, setting):
                await administration.ensure_internal_token(settings, name, secret_file(settings.var_dir, name))


async def load_city_if_new(settings: Settings) -> None:
    """Load the city's folder when there is no city yet, or when the folder is not as it was when last loaded from here.

    A city that was loaded by hand since then stays.
    """
    from yht.records import load_city

    mark = settings.var_dir / "city.digest"
    digest = city_digest(settings)
    if mark.is_file() and mark.read_text("ascii") == digest and await has_city(settings):
        return
    say(await load_city(settings, settings.city_dir))
    mark.write_text(digest, "ascii")


def city_digest(settings: Settings) -> str:
    """Changes when a file of the city's folder does, or the database it was loaded into."""
    digest = hashlib.sha256(settings.cases_database.encode())
    for path in sorted(settings.city_dir.glob("*")):
        if path.is_file():
            digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def train_if_missing(settings: Settings) -> None:
    """Train the assistant when there is no model of the present inputs. Raises CommandFailed.

    Corrections accepted since the last training are no reason to hold up a start: they wait for the next training.
    """
    from bot.fingerprint import model_path

    if not model_path().is_file():
        say("训练助手（约几分钟）")
        train(settings, [])


def train(settings: Settings, options: list[str]) -> None:
    """Train the assistant, on accepted corrections too, showing its progress. Raises CommandFailed."""
    if not BOT_PYTHON.exists():
        raise CommandFailed("没有 Rasa 的环境 .venv-bot，请先运行 python3 deploy/bootstrap.py run")
    if _records_kept_here(settings):
        asyncio.run(export_corrections(settings))
    done = subprocess.run([BOT_PYTHON, "-m", "bot.train", *options], env=bot_environment(), check=False)
    if done.returncode:
        raise CommandFailed("训练没有成功，原因见上面的输出")


def _records_kept_here(settings: Settings) -> bool:
    """Whether there is a system of record of this installation; opening an SQLite file would make an empty one."""
    url = make_url(settings.cases_database)
    return not settings.intake_url and (url.get_backend_name() != "sqlite" or Path(url.database or "").is_file())


async def export_corrections(settings: Settings) -> None:
    """Lay the accepted corrections beside the imported tickets, where training finds them.

    Where the records cannot be read, those of the last export stay: training must not wait for a database.
    """
    from intake_api import administration
    from yht.tickets import CORRECTIONS, store

    try:
        await require_current(settings)
        with usable():
            lines = await administration.accepted_examples(settings)
    except (BadSettings, CommandFailed) as error:
        say(f"没有取到新的更正，沿用上次的：{error}")
        return
    folder = settings.var_dir / "tickets"
    if lines:
        store(folder, CORRECTIONS, lines)
        say(f"工作人员的更正 {len(lines)} 条用于训练")
    else:
        (folder / f"{CORRECTIONS}.jsonl").unlink(missing_ok=True)


def say(text: str) -> None:
    """A line of progress."""
    print(f"[准备] {text}", flush=True)
