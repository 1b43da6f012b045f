"""Recognised text as it is read: simplified, house numbers in digits, Chinese punctuation, nothing that nobody said."""

from __future__ import annotations

import re
import zlib

from bot.language.normalise import normalise

PROMPT = "以下是普通话的句子。"
"""Put before every decoding: it makes the model punctuate and write simplified characters."""

_ECHO = re.compile(r"以下是(?:普通话|國語)的?句子[。.，,]?")
# what Whisper learnt from the ends of films and writes where nobody speaks
_CREDITS = re.compile(
    r"字幕(?:志愿者|由|by|制作|组|提供).*|.*(?:点赞|订阅|转发|打赏).*(?:栏目|频道|明镜|订阅)|(?:谢谢|感谢)(?:大家|您|各位)?的?(?:观看|收看|收听)"
    r"|(?:中文字幕|优优独播剧场|独播剧场).*|请不吝.*|MING PAO.*|[Ww]ww\..*|.*Amara\.org.*",
)
_WIDE = str.maketrans({",": "，", "?": "？", "!": "！", ":": "：", ";": "；"})
_BESIDE_CHINESE = re.compile(r"(?<=[一-龥0-9）”])[,?!:;](?!\d)|(?<=[一-龥])\.(?=\s|$|[一-龥])")
_SPACE = re.compile(r"(?<=[一-龥，。？！、])\s+|\s+(?=[一-龥，。？！、])")
_PUNCTUATION = re.compile(r"[\W_]+")
_FASTEST = 8.0
"""Characters that a hurried speaker of Mandarin says in a second."""
_REPETITIVE = 2.4
"""Text that shrinks by more than this when compressed says one thing over and over (the bound of Whisper's authors)."""


def written(text: str) -> str:
    """Recognised ``text`` as it is shown and understood; empty when it holds no word or only what nobody said."""
    said = normalise(_ECHO.sub("", text)).text
    said = _BESIDE_CHINESE.sub(lambda match: "。" if match.group() == "." else match.group().translate(_WIDE), said)
    said = _SPACE.sub("", said).strip()
    bare = _PUNCTUATION.sub("", said)
    return "" if not bare or _CREDITS.fullmatch(bare) else said


def is_lost(text: str, seconds: float) -> bool:
    """Whether the model has lost itself in saying one thing over and over, faster than anybody speaks.

    Who repeats himself, or cries for help again and again, speaks no faster for it and is not erased.
    """
    encoded = text.encode()
    spoken = len(_PUNCTUATION.sub("", text))
    return spoken > _FASTEST * seconds and len(encoded) / len(zlib.compress(encoded)) > _REPETITIVE
