"""Who may call us back: only WeChat, for our account, within five minutes, in the form the account is set to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from channels.wechat.codec import Envelope, Forged, Malformed, read_xml, signature, signed, write_xml

Mode = Literal["plain", "compatible", "safe"]

_STALE_SECONDS = 300
_REQUIRED = ("ToUserName", "FromUserName", "CreateTime", "MsgType")


class Refused(Exception):
    """A callback that we do not take. ``reason`` is short and for the figures."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Callback:
    """A message or event as WeChat sent it. ``sealed``: it came encrypted, so the reply must be."""

    fields: Mapping[str, str]
    sealed: bool

    @property
    def open_id(self) -> str:
        """The user, as this account knows him."""
        return self.fields["FromUserName"]

    @property
    def message_id(self) -> str:
        """The same for each repetition of the callback. Events have no id of their own."""
        if number := self.fields.get("MsgId"):
            return number
        return f"{self.fields['CreateTime']}.{self.fields['MsgType']}.{self.fields.get('Event', '')}"


class Gate:
    """Checks and opens callbacks, and writes the replies to them."""

    def __init__(self, token: str, mode: Mode, envelope: Envelope | None):
        """``envelope`` is needed unless ``mode`` is plain."""
        self._token = token
        self._mode = mode
        self._envelope = envelope

    def echo(self, query: Mapping[str, str]) -> str:
        """The answer to WeChat's check of our address. Raises Refused."""
        if not signed(query.get("signature", ""), self._token, query.get("timestamp", ""), query.get("nonce", "")):
            raise Refused("signature")
        return query.get("echostr", "")

    def open(self, query: Mapping[str, str], body: bytes, now: datetime) -> Callback:
        """The message in ``body``, once it is sure that WeChat sent it just now. Raises Refused."""
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        sealed = "msg_signature" in query or query.get("encrypt_type") == "aes"
        if not sealed:
            if self._mode == "safe":
                raise Refused("not_encrypted")
            self._check(query.get("signature", ""), timestamp, nonce, now)
            return self._callback(body, sealed=False)
        if self._envelope is None or self._mode == "plain":
            raise Refused("encrypted")
        outer = self._read(body)
        encrypted = outer.get("Encrypt", "")
        self._check(query.get("msg_signature", ""), timestamp, nonce, now, encrypted)
        try:
            return self._callback(self._envelope.open(encrypted), sealed=True)
        except Forged as error:
            raise Refused("decryption") from error

    def reply(self, callback: Callback, words: str, now: datetime, nonce: str) -> bytes:
        """The reply that says ``words`` to the sender of ``callback``, encrypted when that was."""
        seconds = int(now.timestamp())
        message = write_xml(
            {
                "ToUserName": callback.open_id,
                "FromUserName": callback.fields["ToUserName"],
                "CreateTime": seconds,
                "MsgType": "text",
                "Content": words,
            }
        )
        if not callback.sealed or self._envelope is None:
            return message
        encrypted = self._envelope.seal(message)
        return write_xml(
            {
                "Encrypt": encrypted,
                "MsgSignature": signature(self._token, str(seconds), nonce, encrypted),
                "TimeStamp": seconds,
                "Nonce": nonce,
            }
        )

    def _check(self, given: str, timestamp: str, nonce: str, now: datetime, *more: str) -> None:
        if not signed(given, self._token, timestamp, nonce, *more):
            raise Refused("signature")
        if not timestamp.isdecimal() or abs(now.timestamp() - int(timestamp[:15])) > _STALE_SECONDS:
            raise Refused("stale")

    def _callback(self, document: bytes, *, sealed: bool) -> Callback:
        fields = self._read(document)
        if not all(fields.get(name) for name in _REQUIRED) or len(fields["FromUserName"]) > 128:
            raise Refused("malformed")
        return Callback(fields, sealed)

    def _read(self, document: bytes) -> dict[str, str]:
        try:
            return read_xml(document)
        except Malformed as error:
            raise Refused("malformed") from error
