"""What goes over a channel, whatever channel it is: a resident's message, and the words said back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Kind(StrEnum):
    """What a resident sent."""

    TEXT = "text"  # words, typed or dictated
    PAYLOAD = "payload"  # a button was pressed
    LOCATION = "location"  # a pin on the map
    ATTACHMENT = "attachment"  # a photo or a voice message, already stored by the intake
    MEDIA = "media"  # the same, still at the channel's provider: fetched before the assistant hears of it


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message of a resident.

    ``message_id`` is the channel's own id and unique in the conversation: the same id again is the same message.
    ``lat`` and ``lng`` are WGS84 degrees. ``text`` holds, once they are known, a button's title for a payload and a
    voice message's words for an attachment; of a photo or a recording the words below it, too. ``heard`` are the words
    that our recogniser understood of a voice message, ``hint`` those that the provider did: they count where ours
    cannot be had. ``more`` are further photos of the same
    message, by the same kind of id. ``shown_at`` is the place of our message below which a pressed button stood; 0 when
    it was never shown.
    """

    channel: str
    conversation_id: str
    message_id: str
    kind: Kind
    received_at: datetime
    text: str = ""
    payload: str = ""
    shown_at: int = 0
    lat: float | None = None
    lng: float | None = None
    label: str = ""
    attachment_id: str = ""
    media_type: str = ""
    media_id: str = ""
    heard: str = ""
    hint: str = ""
    more: tuple[str, ...] = ()

    @property
    def sender(self) -> str:
        """The conversation's name everywhere behind the channel: in the store, at the assistant, in the tracker."""
        return sender_id(self.channel, self.conversation_id)

    def content(self) -> Json:
        """What is kept of the message, as JSON; ``inbound_from`` reads it again."""
        match self.kind:
            case Kind.TEXT:
                body: Json = {"text": self.text}
            case Kind.PAYLOAD:
                body = {"payload": self.payload, "text": self.text, "shown_at": self.shown_at}
            case Kind.LOCATION:
                body = {"location": {"lat": self.lat, "lng": self.lng, "label": self.label}}
            case Kind.ATTACHMENT:
                body = {"attachment": {"attachment_id": self.attachment_id, "media_type": self.media_type}}
            case Kind.MEDIA:
                body = {"media": {"media_id": self.media_id, "media_type": self.media_type}}
        if self.kind in (Kind.ATTACHMENT, Kind.MEDIA):
            body |= {name: words for name in ("text", "heard", "hint") if (words := getattr(self, name))}
            body |= {"more": list(self.more)} if self.more else {}
        return {"kind": self.kind.value} | body

    def with_parts(self, parts: Mapping[str, Any]) -> Inbound:
        """The same message with these fields set."""
        return replace(self, **parts)

    def with_heard(self, words: str) -> Inbound:
        """The same voice message with what was said in it, before what was written below it."""
        return replace(self, heard=words, text="\n".join(filter(None, (words, self.text)))) if words else self

    def as_hinted(self) -> Inbound:
        """A voice message that is lost as the words that the provider understood."""
        text = "\n".join(filter(None, (self.hint, self.text)))
        return replace(self, kind=Kind.TEXT, text=text, hint="", media_id="", media_type="")

    def titled(self, title: str) -> Inbound:
        """The same press of a button, with the title that the resident saw on it."""
        return replace(self, text=title)


def inbound_from(sender: str, message_id: str, content: Mapping[str, Any], received_at: datetime) -> Inbound:
    """The message that was kept as ``content``."""
    channel, _, conversation_id = sender.partition(":")
    location = content.get("location") or {}
    attachment = content.get("attachment") or {}
    media = content.get("media") or {}
    return Inbound(
        channel=channel,
        conversation_id=conversation_id,
        message_id=message_id,
        kind=Kind(content["kind"]),
        received_at=received_at,
        text=content.get("text", ""),
        payload=content.get("payload", ""),
        shown_at=content.get("shown_at", 0),
        lat=location.get("lat"),
        lng=location.get("lng"),
        label=location.get("label", ""),
        attachment_id=attachment.get("attachment_id", ""),
        media_type=(attachment or media).get("media_type", ""),
        media_id=media.get("media_id", ""),
        heard=content.get("heard", ""),
        hint=content.get("hint", ""),
        more=tuple(content.get("more") or ()),
    )


def sender_id(channel: str, conversation_id: str) -> str:
    """The conversation's name behind the channel: ``web:…``."""
    return f"{channel}:{conversation_id}"


@dataclass(frozen=True, slots=True)
class Button:
    """A quick reply: what is read on it and what it means to the assistant."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing said to the resident. ``custom`` is a card (``kind`` names it) for channels that can show one.

    ``english``: the same text for residents who write English, where there is one; not kept (gateway/language.py).
    """

    text: str
    buttons: tuple[Button, ...] = ()
    custom: Json | None = None
    english: str = field(default="", compare=False)

    def content(self) -> Json:
        """The reply as the contract's JSON; what is empty is left out."""
        body: Json = {"text": self.text}
        if self.buttons:
            body["buttons"] = [{"title": button.title, "payload": button.payload} for button in self.buttons]
        if self.custom:
            body["custom"] = self.custom
        return body


def reply_from(content: Mapping[str, Any]) -> Reply:
    """The reply that was kept, or sent by the assistant, as ``content``."""
    buttons = content.get("buttons") or ()
    return Reply(
        text=content.get("text") or "",
        buttons=tuple(Button(str(item.get("title", "")), str(item.get("payload", ""))) for item in buttons),
        custom=content.get("custom") or None,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """All that is said to one message. ``seqs`` are the places of the replies in the conversation's history.

    ``settled`` is false for the honest word that the message is kept and will be answered later.
    """

    replies: tuple[Reply, ...]
    seqs: tuple[int, ...] = ()
    settled: bool = True

    @property
    def case_nos(self) -> list[str]:
        """Numbers of the cases that this very answer filed."""
        return case_numbers(self.replies)


def case_numbers(replies: Iterable[Reply]) -> list[str]:
    """Numbers on the case cards among ``replies``, each once, in order."""
    found = [
        str(reply.custom["case_no"])
        for reply in replies
        if reply.custom and reply.custom.get("kind") == "case" and reply.custom.get("case_no")
    ]
    return list(dict.fromkeys(found))
