"""How a resident's message is put to the assistant, and what may not be put to it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from channels.gateway.message import Button, Inbound, Json, Kind, Reply
from channels.gateway.offers import Offer

TEXT_LIMIT = 5000
"""Longest text of a message, in characters."""

BUSY = Reply(
    "系统正忙，您的话已经记下，稍后会回复您。",
    english="We are busy right now. Your message is kept; you will get an answer soon.",
)
GIVEN_UP = Reply(
    "很抱歉，刚才那句话没能处理好。请您换个说法再说一遍，或拨打服务热线。",
    english="Sorry, that message could not be handled. Please put it another way, or call the hotline.",
)
MEDIA_LOST = Reply(
    "刚才的照片或语音没能取到，请您再发一次，或者用文字说明。",
    english="Your photo or recording did not reach us. Please send it again, or describe it in words.",
)
STALE_BUTTON = Reply(
    "这个选项已经过期了，请您直接打字告诉我。", english="That choice is no longer open. Please type what you want."
)
STALE_TITLE = "（已失效的选项）"

# tabs and ends of lines stay, and the joiner within an emoji
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
    "|(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
)


def visible(text: str) -> str:
    """``text`` without characters that nobody sees: controls, zero-width ones, those that turn the direction round.

    They split words that the assistant knows, and can make text read otherwise than it is.
    """
    return _UNSEEN.sub("", text)


def spoken(text: str) -> str:
    """A resident's words for the assistant. A leading slash would make a command, so it becomes a full-width one."""
    words = visible(text).strip() or text.strip()
    return "／" + words[1:] if words.startswith("/") else words


def offered(message: Inbound, offers: Sequence[Offer]) -> Button | None:
    """The button that ``message`` pressed, if it is among ``offers``; the same payload of an older answer is not."""
    return next(
        (each.button for each in offers if each.seq == message.shown_at and each.button.payload == message.payload),
        None,
    )


def wording(message: Inbound, offer: Button | None = None) -> str:
    """The text by which the assistant hears ``message``.

    A press of a button is put as its payload only with ``offer``, the button as the assistant itself offered it.
    """
    match message.kind:
        case Kind.TEXT:
            return spoken(message.text)
        case Kind.PAYLOAD:
            return offer.payload if offer else spoken(message.text)
        case Kind.LOCATION:
            return "/share_location" + json.dumps(
                {"lat": message.lat, "lng": message.lng, "label": message.label}, ensure_ascii=False
            )
        case Kind.ATTACHMENT if message.text.strip():
            return spoken(message.text)  # what is attached travels beside the words
        case Kind.ATTACHMENT:
            return "/share_attachment" + json.dumps(
                {"id": message.attachment_id, "media_type": message.media_type}, ensure_ascii=False
            )
        case Kind.MEDIA:
            raise ValueError("what is not fetched yet cannot be put into words")


def metadata(message: Inbound, presence: Json | None = None, language: str | None = None) -> Json:
    """What travels with the message into the assistant's tracker.

    ``presence`` tells whether a person could be had: ``people`` with ``staffed`` and ``opens_at``. ``language`` is
    the conversation's (gateway/language.py), when it is known. ``attachments`` are there when the words by
    which the assistant hears the message do not name them all.
    """
    facts: Json = {
        "message_id": message.message_id,
        "channel": message.channel,
        "conversation_id": message.conversation_id,
        "sent_at": message.received_at.isoformat(),
    }
    if language is not None:
        facts["language"] = language
    if message.kind is Kind.ATTACHMENT and (message.text.strip() or message.more):
        ids = (message.attachment_id, *message.more)
        facts["attachments"] = [{"id": each, "media_type": message.media_type} for each in ids]
    return facts if presence is None else facts | {"people": presence}
