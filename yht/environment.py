"""The environment variables of this process and of those it starts: complete, absolute, and no more than each needs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from groundwork.settings import ROOT

BOT_PYTHON = ROOT / ".venv-bot" / "bin" / "python"
"""Rasa's Python: the assistant, its actions and training run on it."""

BOT_DEFAULTS = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
    # one sentence at a time is understood: threads would only fight for the cores
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
"""What Rasa and TensorFlow are told; the operator's own values win."""

_SECRET_ENDINGS = ("_TOKEN", "_SECRET", "_KEY", "_URL")
_NOT_SECRET = ("YHT_INTAKE_URL", "YHT_ACTIONS_URL", "YHT_SPEECH_URL", "YHT_PUBLIC_URL")


def settle() -> None:
    """Complete this process' environment by ``.env`` and make the folders named in it absolute.

    Relative folders are relative to the checkout, wherever the command is called, so that every process means the same.
    """
    for name, value in dotenv_values(ROOT / ".env").items():
        if value is not None:
            os.environ.setdefault(name, value)
    os.environ["YHT_VAR_DIR"] = str(ROOT / (os.environ.get("YHT_VAR_DIR") or "var"))
    for folder in ("YHT_CITY_DIR", "YHT_SPEECH_MODEL_DIR"):
        if os.environ.get(folder):
            os.environ[folder] = str(ROOT / os.environ[folder])


def main_environment(**extra: str) -> dict[str, str]:
    """For a process of the main environment: everything, and ``extra``."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **extra}


def bot_environment(**extra: str) -> dict[str, str]:
    """For a process on Rasa's Python: no credentials, tokens or database addresses but those in ``extra``."""
    return {**BOT_DEFAULTS, **without_secrets(os.environ), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **extra}


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` without our variables that hold or may contain credentials."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("YHT_") or name in _NOT_SECRET or not name.endswith(_SECRET_ENDINGS)
    }


def secret_file(var_dir: Path, name: str) -> Path:
    """Where the token of the inner process ``name`` (gateway, actions) is kept."""
    return var_dir / "secrets" / f"{name}.token"
