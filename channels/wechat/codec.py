"""WeChat's callbacks on the wire: signatures, the encrypted envelope, and XML that nobody can turn against us.

The envelope: AES-256-CBC with the key base64(EncodingAESKey + "="), iv = the key's first 16 bytes, PKCS#7 to 32 bytes;
inside are 16 random bytes, the message's length (uint32, big-endian), the message and the account's app id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from collections.abc import Mapping
from typing import NoReturn
from xml.parsers import expat

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_RANDOM = 16
_HEAD = _RANDOM + 4
_DEEPEST = 8
_MOST_ELEMENTS = 500


class Forged(Exception):
    """What came is not from WeChat, or not for this account. Refuse it."""


class Malformed(Exception):
    """What came is no message as WeChat writes them. Refuse it."""


def signature(*parts: str) -> str:
    """WeChat's signature of ``parts``: the token, time stamp and nonce, and the encrypted text if there is one."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def signed(given: str, *parts: str) -> bool:
    """Whether ``given`` is the signature of ``parts``, compared in constant time."""
    return hmac.compare_digest(given.encode(), signature(*parts).encode())


class Envelope:
    """Seals and opens messages of the account ``app_id`` with its EncodingAESKey (43 characters)."""

    def __init__(self, app_id: str, encoding_aes_key: str):
        self._app_id = app_id.encode()
        self._key = base64.b64decode(encoding_aes_key + "=")
        if len(self._key) != 32:
            raise ValueError("an EncodingAESKey has 43 characters")

    def open(self, encrypted: str) -> bytes:
        """The message inside. Raises Forged."""
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Forged("not base64") from error
        # WeChat pads to 32 bytes, some of its own samples to 16
        if not sealed or len(sealed) % 16:
            raise Forged("length")
        decryptor = self._cipher().decryptor()
        padded = decryptor.update(sealed) + decryptor.finalize()
        padding = padded[-1]
        if not 1 <= padding <= _BLOCK or padded[-padding:] != bytes([padding]) * padding:
            raise Forged("padding")
        plain = padded[:-padding]
        if len(plain) < _HEAD:
            raise Forged("too short")
        (length,) = struct.unpack(">I", plain[_RANDOM:_HEAD])
        if length > len(plain) - _HEAD:
            raise Forged("length")
        if not hmac.compare_digest(plain[_HEAD + length :], self._app_id):
            raise Forged("another account")
        return plain[_HEAD : _HEAD + length]

    def seal(self, message: bytes, random: bytes | None = None) -> str:
        """``message`` encrypted, as base64. ``random``: 16 bytes, for tests of the format only."""
        prefix = random or secrets.token_bytes(_RANDOM)
        plain = prefix + struct.pack(">I", len(message)) + message + self._app_id
        padding = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))


def read_xml(document: bytes) -> dict[str, str]:
    """The texts of an ``<xml>`` document by their paths below the root (``Content``, ``ScanCodeInfo/ScanType``).

    A document type, an entity or a processing instruction is refused before anything of it is read.
    Raises Malformed.
    """
    fields: dict[str, str] = {}
    path: list[str] = []
    texts: list[list[str]] = []
    count = 0

    def refuse(*_details: object) -> NoReturn:
        raise Malformed("a document type or entity")

    def begin(name: str, _attributes: object) -> None:
        nonlocal count
        count += 1
        if len(path) >= _DEEPEST or count > _MOST_ELEMENTS or (not path and name != "xml"):
            raise Malformed("not a message")
        path.append(name)
        texts.append([])

    def read(words: str) -> None:
        texts[-1].append(words)

    def end(_name: str) -> None:
        words = "".join(texts.pop())
        if len(path) > 1:
            fields.setdefault("/".join(path[1:]), words)
        path.pop()

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.UnparsedEntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.ProcessingInstructionHandler = refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = read
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise Malformed("not XML") from error
    return fields


def write_xml(fields: Mapping[str, str | int]) -> bytes:
    """An ``<xml>`` document with these fields, numbers bare and words in CDATA sections."""
    parts = []
    for name, value in fields.items():
        if isinstance(value, int):
            parts.append(f"<{name}>{value}</{name}>")
        else:
            words = "".join(letter for letter in value if _may_be_written(letter)).replace("]]>", "]]]]><![CDATA[>")
            parts.append(f"<{name}><![CDATA[{words}]]></{name}>")
    return f"<xml>{''.join(parts)}</xml>".encode()


def _may_be_written(letter: str) -> bool:
    """Whether XML 1.0 has the character at all."""
    return letter in "\t\n\r" or ("\x20" <= letter <= "\ufffd" and not _half(letter)) or letter > "\uffff"


def _half(letter: str) -> bool:
    return "\ud800" <= letter <= "\udfff"
