"""What a user's message or event means to us."""

from __future__ import annotations

import math
from collections.abc import Mapping

from channels.gateway.message import Json, Kind
from channels.gateway.wording import TEXT_LIMIT
from groundwork.datum import gcj02_to_wgs84

MENU: Json = {
    "button": [
        {"type": "click", "name": "反映问题", "key": "REPORT"},
        {"type": "click", "name": "我的诉求", "key": "MY_CASES"},
        {"type": "click", "name": "转人工", "key": "OPERATOR"},
    ]
}
"""The account's menu, as ``yht wechat menu`` sets it."""

_PRESSED = {"REPORT": "我要反映问题", "MY_CASES": "查询进度", "OPERATOR": "转人工"}
"""What a press in the menu says to the assistant."""

WELCOME = (
    "您好，欢迎使用城市管理诉求受理服务。\n"
    "路灯不亮、井盖缺失、垃圾堆放……直接打字或说语音告诉我是什么问题、在什么地方，也可以发照片和位置。\n"
    "办理进展会在这里告诉您。您发来的内容只用于办理您的诉求。"
)
_NO_VIDEO = "暂时不能接收视频，请您发照片，或者用文字说明。"
_NOT_UNDERSTOOD = "这种消息暂时看不了，请您打字、发语音、照片或位置。"
_TOO_LONG = f"内容太长，最多 {TEXT_LIMIT} 个字，请分几次发送。"
_UNSUPPORTED = "【收到不支持的消息类型"  # what WeChat itself writes in place of a sticker or a mini-programme card

LEAVING = "unsubscribe"
_ARRIVING = frozenset({"subscribe", "SCAN"})


def meaning(fields: Mapping[str, str]) -> Json | str:
    """The parts of a message for the gateway, or the words that answer it at once; empty: nothing is to be said.

    WeChat's positions are GCJ-02; ours are WGS84.
    """
    match fields["MsgType"]:
        case "text":
            return _words(fields.get("Content", ""))
        case "voice":
            recognised = fields.get("Recognition", "").strip()[:TEXT_LIMIT]
            if not fields.get("MediaId"):
                return _words(recognised) or _NOT_UNDERSTOOD
            # our own recogniser knows the names of the city; WeChat's words are for when it cannot be had
            return {**_media(fields, "audio/amr"), **({"hint": recognised} if recognised else {})}
        case "image":
            return _media(fields, "image/jpeg") if fields.get("MediaId") else _NOT_UNDERSTOOD
        case "location":
            return _pin(fields)
        case "link":
            parts = (fields.get(name, "").strip() for name in ("Title", "Description", "Url"))
            return _words("\n".join(part for part in parts if part))
        case "video" | "shortvideo":
            return _NO_VIDEO
        case "event":
            return _event(fields.get("Event", ""), fields.get("EventKey", ""))
        case _:
            return _NOT_UNDERSTOOD


def _words(text: str) -> Json | str:
    if not text.strip():
        return ""
    if text.startswith(_UNSUPPORTED):
        return _NOT_UNDERSTOOD
    return {"text": text} if len(text) <= TEXT_LIMIT else _TOO_LONG


def _media(fields: Mapping[str, str], media_type: str) -> Json:
    return {"kind": Kind.MEDIA, "media_id": fields["MediaId"], "media_type": media_type}


def _pin(fields: Mapping[str, str]) -> Json | str:
    try:
        lat, lng = float(fields.get("Location_X", "")), float(fields.get("Location_Y", ""))
    except ValueError:
        return _NOT_UNDERSTOOD
    if not (math.isfinite(lat) and math.isfinite(lng) and abs(lat) <= 90 and abs(lng) <= 180):
        return _NOT_UNDERSTOOD
    lat, lng = gcj02_to_wgs84(lat, lng)
    label = fields.get("Label", "").strip()[:200]
    return {"kind": Kind.LOCATION, "lat": round(lat, 7), "lng": round(lng, 7), "label": label}


def _event(name: str, key: str) -> Json | str:
    if name in _ARRIVING:
        return WELCOME
    if name == "CLICK" and key:
        return {"text": _PRESSED.get(key, key)}
    # VIEW opens a page; LOCATION tells where the telephone is, unasked: not kept
    return ""
