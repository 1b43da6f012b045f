"""Keys that encrypt what lies at rest: a file with one key a line, the newest first, made at the first start.

One concept for recordings and for the secrets of authenticator apps; each has a file of its own. The files are not in
the backup: whoever has the one without the other can read nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from groundwork.settings import BadSettings

KEY_BYTES = 32
_ID_BYTES = 8
_NONCE_BYTES = 12


class BadKeys(Exception):
    """The file of keys cannot be used. The message says why in one line."""


class Unreadable(Exception):
    """What was sealed was changed, is about something else, or its key is not among ours. Restore the file of keys."""


@dataclass(frozen=True)
class KeyRing:
    """Keys of one purpose: the first encrypts, all decrypt, so that a key can be renewed without losing the past."""

    keys: tuple[bytes, ...]

    @classmethod
    def read(cls, path: Path, *, make: bool = False) -> KeyRing:
        """The keys in the file at ``path``: one a line, 32 bytes in base64, the newest first.

        ``make``: a file that is not there is made with one key, readable by its owner only; of two processes that
        make it at once, one does. Raises BadKeys.
        """
        if make and not path.exists():
            _make(path)
        try:
            lines = path.read_text("ascii").split()
            keys = tuple(base64.b64decode(line, validate=True) for line in lines)
        except (OSError, UnicodeDecodeError, binascii.Error) as error:
            raise BadKeys(f"{path} cannot be read as keys ({type(error).__name__})") from error
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise BadKeys(f"{path} must hold keys of 32 bytes in base64, one a line")
        return cls(keys)

    @classmethod
    def chosen(cls, file: str, default: Path, setting: str) -> KeyRing:
        """The keys of the file that the operator chose, or else of ``default``, made if need be.

        A file that was chosen must be there: a new key would hide that the old one is missing. Raises BadSettings.
        """
        try:
            return cls.read(Path(file) if file else default, make=not file)
        except BadKeys as error:
            raise BadSettings(f"{setting}: {error}") from error

    def named(self, id_: bytes, purpose: bytes) -> bytes | None:
        """The key with this id, if it is ours."""
        return next((key for key in self.keys if secrets.compare_digest(key_id(key, purpose), id_)), None)

    def seal(self, plain: bytes, purpose: bytes, about: bytes) -> bytes:
        """Encrypt a short secret with the newest key. ``about`` must be said again to unseal it: whose it is."""
        nonce = secrets.token_bytes(_NONCE_BYTES)  # random: at most some thousand secrets are sealed with a key
        newest = self.keys[0]
        return key_id(newest, purpose) + nonce + AESGCM(newest).encrypt(nonce, plain, purpose + b":" + about)

    def unseal(self, sealed: bytes, purpose: bytes, about: bytes) -> bytes:
        """What was sealed. Raises Unreadable."""
        key = self.named(sealed[:_ID_BYTES], purpose)
        if key is None:
            raise Unreadable("its key is not among ours")
        nonce, rest = sealed[_ID_BYTES : _ID_BYTES + _NONCE_BYTES], sealed[_ID_BYTES + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, rest, purpose + b":" + about)
        except (InvalidTag, ValueError) as error:
            raise Unreadable("it was changed") from error

    def is_newest(self, sealed: bytes, purpose: bytes) -> bool:
        """Whether something was sealed with the newest key."""
        return secrets.compare_digest(key_id(self.keys[0], purpose), sealed[:_ID_BYTES])


def key_id(key: bytes, purpose: bytes) -> bytes:
    """What a key is known by in what it encrypted; it tells nothing of the key."""
    return hashlib.sha256(purpose + b" key id" + key).digest()[:_ID_BYTES]


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # unlike a renaming this never replaces a key that another process has made meanwhile
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
