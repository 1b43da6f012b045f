"""``yht eval``: measures the assistant in its own environment; figures as in contract.md."""

from __future__ import annotations

import argparse
import subprocess

from yht.environment import BOT_PYTHON, bot_environment


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``eval``; everything behind it is understood by ``bot.evaluate`` in the assistant's environment."""
    evaluation = commands.add_parser(
        "eval",
        help="评测：nlu FILE、categories --train A --test B、errors FILE、corpus",
        add_help=False,
    )
    evaluation.add_argument("rest", nargs=argparse.REMAINDER)
    evaluation.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    command = [str(BOT_PYTHON), "-m", "bot.evaluate", *arguments.rest]
    return subprocess.run(command, env=bot_environment(), check=False).returncode
