"""What a user's message means to us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Audio, Document, Message, PhotoSize, Voice

from channels.gateway.message import Json, Kind, Reply
from channels.gateway.wording import TEXT_LIMIT
from channels.telegram.letters import MENU, PRESSED

COMMANDS = (("start", "开始"), ("help", "怎么用"))
"""The bot's commands, as ``yht telegram connect`` sets them."""

_WELCOME = Reply(
    "您好，欢迎使用城市管理诉求受理服务。\n"
    "路灯不亮、井盖缺失、垃圾堆放……直接打字或发语音告诉我是什么问题、在什么地方，也可以发照片和位置。\n"
    "办理进展会在这里告诉您。您发来的内容只用于办理您的诉求。",
    custom=MENU,
)
_HELP = Reply(
    "可以这样用：\n"
    "• 反映问题：打字、发语音或照片，说清什么事、在哪里；点“发送我的位置”可以发定位。\n"
    "• 查进度：点“我的诉求”，或者发案件编号。\n"
    "• 找工作人员：点“转人工”。\n"
    "说错了直接改，比如“不对，是江川东路”；不想报了就说“不报了”。",
    custom=MENU,
)
_NO_VIDEO = Reply("暂时不能接收视频，请您发照片，或者用文字说明。")
_NO_FILE = Reply("暂时不能接收这种文件，请您发照片、语音，或者用文字说明。")
_NOT_UNDERSTOOD = Reply("这种消息暂时看不了，请您打字、发语音、照片或位置。")
_TOO_LONG = Reply(f"内容太长，最多 {TEXT_LIMIT} 个字，请分几次发送。")
_CHINA = "86"


@dataclass(frozen=True, slots=True)
class Meaning:
    """``parts`` of a message for the assistant, or None; and what is said at once, by ourselves."""

    parts: Json | None = None
    says: tuple[Reply, ...] = ()


NOTHING = Meaning()


def meaning(messages: Sequence[Message], limit: int) -> Meaning:
    """What one message means, or the photos of one album. ``limit``: bytes of the largest photo we take."""
    message = messages[0]
    if message.text is not None:
        return _words(message.text)
    images = [file_id for each in messages if (file_id := _image(each, limit))]
    caption = next((each.caption for each in messages if each.caption and each.caption.strip()), "")
    if images:
        others = _NO_VIDEO if len(images) < len(messages) else None
        parts: Json = {
            "kind": Kind.MEDIA,
            "media_id": images[0],
            "media_type": "image/jpeg",
            "more": tuple(images[1:]),
            "text": caption,
        }
        return Meaning(parts, (others,) if others else ())
    if recording := _recording(message):
        media_type = recording.mime_type or "audio/ogg"
        parts = {"kind": Kind.MEDIA, "media_id": recording.file_id, "media_type": media_type}
        return Meaning(parts | ({"text": caption.strip()} if caption else {}))
    if message.venue:
        venue = message.venue
        label = " ".join(part.strip() for part in (venue.title, venue.address) if part.strip())
        return _pin(venue.location.latitude, venue.location.longitude, label)
    if message.location:
        return _pin(message.location.latitude, message.location.longitude, "")
    if message.contact:
        return _contact(message)
    if message.video or message.video_note or message.animation:
        return _with_caption(caption, _NO_VIDEO)
    if message.document:
        return _with_caption(caption, _NO_FILE)
    if message.sticker or message.dice or message.poll or message.story or message.game or message.paid_media:
        return Meaning(says=(_NOT_UNDERSTOOD,))
    return NOTHING  # a note of Telegram itself: a message was pinned, a timer set


def correction(message: Message) -> Meaning:
    """What it means that a user has changed what they wrote: the new words, as a correction of the old."""
    text = message.text if message.text is not None else message.caption or ""
    if not text.strip():
        return NOTHING  # a live position moves on, a photo was exchanged: what was sent stands
    found = _words(f"更正，{text}")
    return found if not text.startswith("/") else NOTHING


def _words(text: str) -> Meaning:
    text = text.strip()
    command = text.split(maxsplit=1)[0].partition("@")[0] if text else ""
    if command == "/start":
        return Meaning(says=(_WELCOME,))
    if command == "/help":
        return Meaning(says=(_HELP,))
    if not text:
        return NOTHING
    if len(text) > TEXT_LIMIT:
        return Meaning(says=(_TOO_LONG,))
    return Meaning({"text": PRESSED.get(text, text)})


def _with_caption(caption: str, says: Reply) -> Meaning:
    """The words below what we cannot take are heard all the same."""
    return Meaning(_words(caption).parts, (says,))


def _image(message: Message, limit: int) -> str | None:
    """The photo in its best size that is not too large, or a picture sent as a file."""
    if message.photo:
        fitting = [size for size in message.photo if (size.file_size or 0) <= limit]
        largest: PhotoSize = max(fitting or message.photo[:1], key=lambda size: size.width * size.height)
        return largest.file_id
    document: Document | None = message.document
    if document and not message.animation and (document.mime_type or "").startswith("image/"):
        return document.file_id
    return None


def _recording(message: Message) -> Voice | Audio | Document | None:
    """A voice message, or a recording sent as music or as a file."""
    document = message.document
    sound = document if document and (document.mime_type or "").startswith("audio/") else None
    return message.voice or message.audio or sound


def _pin(lat: float, lng: float, label: str) -> Meaning:
    return Meaning(
        {"kind": Kind.LOCATION, "lat": round(float(lat), 7), "lng": round(float(lng), 7), "label": label[:200]}
    )


def _contact(message: Message) -> Meaning:
    """One's own contact is the answer to the question for a number; somebody else's is named as such."""
    contact, user = message.contact, message.from_user
    assert contact is not None
    number = contact.phone_number.strip().replace(" ", "")
    plain = number.removeprefix("+")
    if plain.startswith(_CHINA) and len(plain) == 13:
        number = plain.removeprefix(_CHINA)
    if user is not None and contact.user_id == user.id:
        return Meaning({"text": f"我的电话是{number}"})
    name = " ".join(part for part in (contact.last_name, contact.first_name) if part)
    return Meaning({"text": f"联系人：{name} {number}"})
