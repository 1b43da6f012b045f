"""How a resident's message is put to the assistant, and what may not be put to it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from channels.gateway.message import Button, Inbound, Kind, Reply

TEXT_LIMIT = 5000
"""Longest text of a message, in characters."""

BUSY = Reply("系统正忙，您的话已经记下，稍后会回复您。")
GIVEN_UP = Reply("很抱歉，刚才那句话没能处理好。请您换个说法再说一遍，或拨打服务热线。")
MEDIA_LOST = Reply("刚才的照片或语音没能取到，请您再发一次，或者用文字说明。")
STALE_BUTTON = Reply("这个选项已经过期了，请您直接打字告诉我。")
STALE_TITLE = "（已失效的选项）"


def spoken(text: str) -> str:
    """A resident's words for the assistant. A leading slash would make a command, so it becomes a full-width one."""
    words = text.strip()
    return "／" + words[1:] if words.startswith("/") else words


def offered(payload: str, buttons: Sequence[Button]) -> Button | None:
    """The button with this ``payload``, if it was among ``buttons``."""
    return next((button for button in buttons if button.payload == payload), None)


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
        case Kind.ATTACHMENT if message.text:
            return spoken(message.text)  # what is attached goes along in the metadata
        case Kind.ATTACHMENT:
            return "/share_attachment" + json.dumps(
                {"id": message.attachment_id, "media_type": message.media_type}, ensure_ascii=False
            )
        case Kind.MEDIA:
            raise ValueError("what is not fetched yet cannot be put into words")


def metadata(message: Inbound) -> dict[str, str]:
    """What travels with the message into the assistant's tracker; of a voice message with words, the recording too."""
    said_with = {"attachment_id": message.attachment_id, "media_type": message.media_type}
    return {
        "message_id": message.message_id,
        "channel": message.channel,
        "conversation_id": message.conversation_id,
        "sent_at": message.received_at.isoformat(),
    } | (said_with if message.kind is Kind.ATTACHMENT and message.text else {})
