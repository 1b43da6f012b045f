"""Any sentence model as a folder: ``model.onnx`` and ``tokenizer.json``, as sentence-transformers exports them.

Beside them may stand what sentence-transformers writes: ``1_Pooling/config.json`` (mean of the tokens, or the first)
and ``config_sentence_transformers.json`` (``prompts``: what is put before a text; ``query`` is taken). Without them:
the mean, and nothing before the text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.embedding.port import EmbedderUnavailable, Vectors, readable, unit

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
_TOKENS = 512
_BATCH = 16


class OnnxEmbedder:
    """The model in ``folder``, run by onnxruntime on the processor. Its name follows from the files, not from where."""

    def __init__(self, folder: Path) -> None:
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as error:
            raise EmbedderUnavailable(
                f"{error.name} is not installed; `python3 deploy/bootstrap.py run` installs it"
            ) from error
        for name in (MODEL, TOKENIZER):
            if not (folder / name).is_file():
                raise EmbedderUnavailable(f"{folder / name}: no such file")
        try:
            self._session = onnxruntime.InferenceSession(str(folder / MODEL), providers=["CPUExecutionProvider"])
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._first = bool(_optional(folder / "1_Pooling" / "config.json").get("pooling_mode_cls_token"))
            prompts = _optional(folder / "config_sentence_transformers.json").get("prompts") or {}
            self._prompt = str(prompts.get("query") or "")
        except Exception as error:  # the libraries raise many kinds for a file that is not what it should be
            raise EmbedderUnavailable(f"{folder}: no model that can be used: {error}") from error
        self._tokenizer.enable_truncation(_TOKENS)
        self._tokenizer.enable_padding()
        self._inputs = {given.name for given in self._session.get_inputs()}
        asked = f"{_digest(folder / MODEL)} {_digest(folder / TOKENIZER)} {self._first} {self._prompt}"
        self.name = f"onnx-{hashlib.sha256(asked.encode()).hexdigest()[:16]}"
        self.dimensions = int(self._run(["。"]).shape[1])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See ``Embedder``."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        parts = [self._run(texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)]
        return unit(np.concatenate(parts))

    def _run(self, texts: Sequence[str]) -> Any:
        encoded = self._tokenizer.encode_batch([self._prompt + readable(text) for text in texts])
        mask = np.array([e.attention_mask for e in encoded], dtype=np.int64)
        given = {
            "input_ids": np.array([e.ids for e in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.array([e.type_ids for e in encoded], dtype=np.int64),
        }
        if not mask.size:  # nothing but texts without a token
            given = {name: np.zeros((len(texts), 1), dtype=np.int64) for name in given}
            mask = given["attention_mask"]
        found = self._session.run(None, {name: given[name] for name in self._inputs & given.keys()})[0]
        if found.ndim == 2:  # the model pools by itself
            return found
        if self._first:
            return found[:, 0]
        weights = mask[:, :, None].astype(np.float32)
        return (found * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)


def _optional(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
