"""The second reading of ``actions.second_reading`` for a measurement: runs on the assistant's Python.

Standard input: a JSON list of ``[question, [article as the search gives it, …]]``; standard output: of each question
the ``[key, score, fit]`` of its articles, best first.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from actions.second_reading import second_reading


def main() -> None:
    """Read all questions' articles again."""
    asked = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        reading = second_reading(Path(folder) / "vectors.db")
        if reading is None:
            sys.exit("YHT_EMBEDDER: no sentence model")
        read = [
            [[item["key"], item["score"], item["fit"]] for item in reading.read(question, found)]
            for question, found in asked
        ]
    json.dump(read, sys.stdout)


if __name__ == "__main__":
    main()
