"""Recordings of calls: encrypted while they are spoken, in chunks that a crash cannot spoil.

A file is a header and then chunks, each appended whole. Every time a file is opened for writing a *stretch* begins: a
chunk with a random salt from which the stretch's own key is derived, so that no nonce is ever used twice, not even
when a crash left half a chunk and the call goes on. Within a stretch chunks are numbered, and their place is part of
what is authenticated: chunks cannot be exchanged, left out in the middle, or taken from another file.

::

    file     magic "YHTR1\\n" · key id (8) · rate (uint32) · recording id (16)
    stretch  "S" · salt (32) · first sample (uint64)          authenticated by the chunks that follow
    chunk    "A" · length (uint32) · AES-256-GCM(PCM) with a tag of 16 bytes
"""

from __future__ import annotations

import fcntl
import os
import secrets
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from groundwork.keys import KEY_BYTES, KeyRing, key_id

SAMPLE_BYTES = 2
_MAGIC = b"YHTR1\n"
_HEADER = struct.Struct(">8sI16s")
_STRETCH = struct.Struct(">32sQ")
_LENGTH = struct.Struct(">I")
_TAG_BYTES = 16
_PURPOSE = b"recording"
_LONGEST_CHUNK = 1 << 20


class RecordingUnreadable(Exception):
    """The file is no recording, was changed, or its key is not among ours. Restore file or keys from the backup."""


class RecordingBusy(Exception):
    """Another writes this recording now."""


def _named(keys: KeyRing, id_: bytes) -> bytes:
    """The key with this id. Raises RecordingUnreadable."""
    key = keys.named(id_, _PURPOSE)
    if key is None:
        raise RecordingUnreadable("its key is not among ours")
    return key


class _Stretch:
    """The cipher of one stretch; the number of a chunk in it is its nonce."""

    def __init__(self, key: bytes, header: bytes, opening: bytes):
        salt, _ = _STRETCH.unpack(opening)
        derived = HKDF(SHA256(), KEY_BYTES, salt, b"recording stretch" + header + opening).derive(key)
        self._cipher = AESGCM(derived)

    def seal(self, number: int, pcm: bytes) -> bytes:
        return self._cipher.encrypt(number.to_bytes(12, "big"), pcm, None)

    def unseal(self, number: int, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(number.to_bytes(12, "big"), sealed, None)
        except InvalidTag as error:
            raise RecordingUnreadable("a chunk was changed") from error


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Where a chunk lies: its stretch's opening, number, first sample, and place in the file."""

    opening: bytes
    number: int
    first: int
    samples: int
    offset: int
    sealed: int


class Recorder:
    """Appends to the recording at ``path``. Methods block for as long as the disk does.

    One writer at a time, by a lock that ends with its process: the constructor raises RecordingBusy.

    A file that is there is continued: half a chunk at its end is cut off. ``first``: the sample at which this stretch
    begins, at the earliest where the last one ended; what lies between was not heard and is read as silence.
    """

    def __init__(self, path: Path, keys: KeyRing, rate: int, *, first: int = 0):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            header, first, fresh = self._begin(path, keys, rate, first)
        except BlockingIOError as error:
            self._file.close()
            raise RecordingBusy(path.name) from error
        except BaseException:
            self._file.close()
            raise
        opening = _STRETCH.pack(secrets.token_bytes(32), first)
        self._stretch = _Stretch(_named(keys, header[:8]), header, opening)
        self._number = 0
        self._file.write(b"S" + opening)
        self.samples = first
        """Length of the recording so far, in samples."""
        self._parent = path.parent if fresh else None

    def _begin(self, path: Path, keys: KeyRing, rate: int, first: int) -> tuple[bytes, int, bool]:
        """Go to the end of what is whole. Returns the file's header, the first sample, whether the file is new."""
        if os.fstat(self._file.fileno()).st_size < len(_MAGIC) + _HEADER.size:
            header = _HEADER.pack(key_id(keys.keys[0], _PURPOSE), rate, secrets.token_bytes(16))
            self._file.truncate(0)
            self._file.write(_MAGIC + header)
            return header, first, True
        known = Recording(path, keys)
        if known.rate != rate:
            raise RecordingUnreadable(f"{known.rate} samples per second cannot become {rate}")
        self._file.truncate(known.sound_until)
        self._file.seek(known.sound_until)
        return known.header, max(first, known.samples), False

    def append(self, pcm: bytes) -> None:
        """Add sound: whole samples."""
        if not pcm:
            return
        sealed = self._stretch.seal(self._number, pcm)
        self._number += 1
        self._file.write(b"A" + _LENGTH.pack(len(sealed)) + sealed)
        self.samples += len(pcm) // SAMPLE_BYTES

    def sync(self) -> None:
        """Have the disk keep what was appended even when the power fails."""
        os.fdatasync(self._file.fileno())
        if self._parent is not None:
            descriptor = os.open(self._parent, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._parent = None

    def close(self) -> None:
        """Keep everything and end."""
        if not self._file.closed:
            self.sync()
            self._file.close()


class Recording:
    """Reads the recording at ``path``, also while it is being written: ``refresh`` finds what was added."""

    def __init__(self, path: Path, keys: KeyRing):
        self._path = path
        try:
            with path.open("rb") as file:
                magic, self.header = file.read(len(_MAGIC)), file.read(_HEADER.size)
        except OSError as error:
            raise RecordingUnreadable(f"cannot be opened ({type(error).__name__})") from error
        if magic != _MAGIC or len(self.header) != _HEADER.size:
            raise RecordingUnreadable("is no recording")
        key, self.rate, _ = _HEADER.unpack(self.header)
        self._key = _named(keys, key)
        self._chunks: list[_Chunk] = []
        self._opening = b""
        self._number = 0
        self.samples = 0
        """Length in samples, gaps included."""
        self.sound_until = len(_MAGIC) + _HEADER.size
        """Place in the file behind the last whole chunk."""
        self.refresh()

    def refresh(self) -> int:
        """Look for chunks that were added. Returns the length in samples."""
        with self._path.open("rb") as file:
            file.seek(self.sound_until)
            while self._step(file):
                pass
        return self.samples

    def _step(self, file: BinaryIO) -> bool:
        kind = file.read(1)
        if kind == b"S":
            opening = file.read(_STRETCH.size)
            if len(opening) < _STRETCH.size:
                return False
            self._opening, self._number = opening, 0
            self.samples = max(self.samples, _STRETCH.unpack(opening)[1])
        elif kind == b"A":
            length = file.read(_LENGTH.size)
            if len(length) < _LENGTH.size:
                return False
            (sealed,) = _LENGTH.unpack(length)
            offset = file.tell()
            if not self._opening or not _TAG_BYTES <= sealed <= _LONGEST_CHUNK:
                raise RecordingUnreadable("its chunks are not in order")
            if offset + sealed > os.fstat(file.fileno()).st_size:
                return False
            file.seek(sealed, os.SEEK_CUR)
            samples = (sealed - _TAG_BYTES) // SAMPLE_BYTES
            self._chunks.append(_Chunk(self._opening, self._number, self.samples, samples, offset, sealed))
            self._number += 1
            self.samples += samples
        elif kind:
            raise RecordingUnreadable("its chunks are not in order")
        else:
            return False
        self.sound_until = file.tell()
        return True

    def read(self, first: int, until: int) -> bytes:
        """PCM from sample ``first`` up to, not including, ``until``; silence where nothing was heard.

        Never more than there is. Raises RecordingUnreadable.
        """
        return b"".join(self.pieces(first, until))

    def pieces(self, first: int, until: int) -> Iterator[bytes]:
        """As ``read``, piece by piece, so that a long call need not be in memory."""
        until = min(until, self.samples)
        at = first
        with self._path.open("rb") as file:
            for chunk in self._between(first, until):
                if chunk.first > at:
                    yield bytes((chunk.first - at) * SAMPLE_BYTES)
                    at = chunk.first
                file.seek(chunk.offset)
                pcm = self._unsealed(chunk, file.read(chunk.sealed))
                end = min(until, chunk.first + chunk.samples)
                yield pcm[(at - chunk.first) * SAMPLE_BYTES : (end - chunk.first) * SAMPLE_BYTES]
                at = end
        if at < until:
            yield bytes((until - at) * SAMPLE_BYTES)

    def _between(self, first: int, until: int) -> Sequence[_Chunk]:
        low, high = 0, len(self._chunks)
        while low < high:
            middle = (low + high) // 2
            if self._chunks[middle].first + self._chunks[middle].samples <= first:
                low = middle + 1
            else:
                high = middle
        end = low
        while end < len(self._chunks) and self._chunks[end].first < until:
            end += 1
        return self._chunks[low:end]

    def _unsealed(self, chunk: _Chunk, sealed: bytes) -> bytes:
        return _Stretch(self._key, self.header, chunk.opening).unseal(chunk.number, sealed)
