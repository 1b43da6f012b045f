"""``yht eval``: measures the assistant in its own environment, and speech recognition; figures as in contract.md."""

from __future__ import annotations

import argparse
import subprocess

from yht.environment import BOT_PYTHON, bot_environment


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``eval``; what is behind it is understood by ``channels.speech.evaluation`` or ``bot.evaluate``."""
    evaluation = commands.add_parser(
        "eval",
        help="评测：nlu FILE、categories --train A --test B、speech DIR、errors FILE、corpus",
        add_help=False,
    )
    evaluation.add_argument("rest", nargs=argparse.REMAINDER)
    evaluation.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    if arguments.rest[:1] == ["speech"]:
        from channels.speech.evaluation import main

        return main(arguments.rest[1:])
    command = [str(BOT_PYTHON), "-m", "bot.evaluate", *arguments.rest]
    return subprocess.run(command, env=bot_environment(), check=False).returncode
