"""Vectors that were worked out once: the last ones in memory while serving, all of the training text in a file."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from bot.embedding.port import Embedder, Vectors

_BLOCK = 200


class Remembering:
    """Another embedder with a memory of the ``size`` texts asked for last."""

    def __init__(self, embedder: Embedder, size: int = 2048) -> None:
        self._embedder = embedder
        self._size = size
        self._rows: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        self.name = embedder.name
        self.dimensions = embedder.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See ``Embedder``."""
        with self._lock:
            known = {text: self._rows[text] for text in texts if text in self._rows}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known.update(zip(missing, self._embedder.embed(missing), strict=True))
        with self._lock:
            for text in texts:
                self._rows[text] = known[text]
                self._rows.move_to_end(text)
            while len(self._rows) > self._size:
                self._rows.popitem(last=False)
        return _stacked([known[text] for text in texts], self.dimensions)


class Filed:
    """Another embedder with an SQLite file of all vectors it ever gave, under a hash of the text: no text is in it.

    For training, which asks for the same thousands of texts every time.
    """

    def __init__(self, embedder: Embedder, path: Path) -> None:
        self._embedder = embedder
        self._path = path
        self.name = embedder.name
        self.dimensions = embedder.dimensions
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, row BLOB) WITHOUT ROWID")

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See ``Embedder``."""
        rows: list[Vectors] = []
        with closing(self._open()) as connection:
            for start in range(0, len(texts), _BLOCK):
                rows += self._block(connection, texts[start : start + _BLOCK])
        return _stacked(rows, self.dimensions)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30)

    def _block(self, connection: sqlite3.Connection, texts: Sequence[str]) -> list[Vectors]:
        known: dict[str, Vectors] = {}
        for text in texts:
            found = connection.execute("SELECT row FROM vectors WHERE key = ?", (self._key(text),)).fetchone()
            if found and len(found[0]) == 4 * self.dimensions:
                known[text] = np.frombuffer(found[0], dtype=np.float32)
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            fresh = self._embedder.embed(missing)
            known.update(zip(missing, fresh, strict=True))
            with connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                    [(self._key(text), row.tobytes()) for text, row in zip(missing, fresh, strict=True)],
                )
        return [known[text] for text in texts]

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self.name}\n{text}".encode("utf-8", "surrogatepass")).digest()


def _stacked(rows: Sequence[Vectors], dimensions: int) -> Vectors:
    return np.stack(rows) if rows else np.zeros((0, dimensions), dtype=np.float32)
