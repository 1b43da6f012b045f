"""What the assistant asks of a sentence model, and the one that is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Vectors = npt.NDArray[np.float32]

LONGEST = 400
"""Characters of a text that are looked at: within the 512 tokens that such models were trained on."""


class EmbedderUnavailable(Exception):
    """The embedder asked for cannot be had; the message names what is missing and what to do."""


class Embedder(Protocol):
    """Gives each text a vector, so that texts of like meaning have vectors of like direction.

    * ``embed`` returns one row per text in their order, ``float32``, ``dimensions`` wide; no texts, no rows.
    * Rows are finite and have length one, whatever the text: empty, very long (what is beyond ``LONGEST`` characters is
      not looked at), in any script, with characters that are none (lone surrogates, NUL).
    * A text has the same row every time and in any company (within 1e-3), so rows may be kept.
    * Several threads may call it at once. It blocks for some 10 ms a sentence and reaches for no network.
    * What can be missing is missed when it is made (``EmbedderUnavailable``), not when it is used.
    """

    @property
    def name(self) -> str:
        """The model and the way it is asked. Vectors of different names have nothing to do with one another."""
        ...

    @property
    def dimensions(self) -> int:
        """Width of the vectors; 0 of an embedder that is switched off."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The vectors of ``texts``, a row each."""
        ...


class NoEmbedder:
    """Switched off: vectors of no width."""

    name = "none"
    dimensions = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A row of nothing for each text."""
        return np.zeros((len(texts), 0), dtype=np.float32)


def readable(text: str) -> str:
    """``text`` as every model can take it: no lone surrogates, no NUL, no longer than ``LONGEST``."""
    return text[:LONGEST].encode("utf-8", "replace").decode().replace("\0", " ")


def unit(rows: Array) -> Vectors:
    """``rows`` with length one; a row without direction becomes the first axis."""
    found: Vectors = np.nan_to_num(np.asarray(rows, dtype=np.float32), posinf=0.0, neginf=0.0)
    lengths = np.linalg.norm(found, axis=1)
    found[lengths < 1e-9, :1] = 1.0
    lengths[lengths < 1e-9] = 1.0
    return np.asarray(found / lengths[:, None], dtype=np.float32)
