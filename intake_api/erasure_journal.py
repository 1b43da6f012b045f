"""Which cases people had their data erased from, kept beside the database and outside its backups.

A backup holds what was erased after it was made; when it is restored, this journal says what has to be erased again. It
names cases only, nothing of the person: who has no case is not in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FILE = "erasures.jsonl"
"""In the folder of everything that is kept (``YHT_VAR_DIR``)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request: when it was made, and the ids of the person's cases."""

    at: datetime
    cases: tuple[int, ...]


class ErasureJournal:
    """The file, one request a line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, at: datetime, cases: Sequence[int]) -> None:
        """Write a request down, on the disk before anything is erased. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"at": at.isoformat(), "cases": sorted(cases)}) + "\n"
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def entries(self) -> list[Entry]:
        """All requests, oldest first; a line that a broken disk or power cut left unfinished is passed over."""
        if not self._path.exists():
            return []
        found = []
        for line in self._path.read_text("utf-8").splitlines():
            try:
                said = json.loads(line)
                found.append(Entry(datetime.fromisoformat(said["at"]), tuple(map(int, said["cases"]))))
            except (ValueError, KeyError, TypeError):
                continue
        return found
