"""Personal data as those see it who need not know it."""

from __future__ import annotations

from bot.language.masking import mask_text

_COMPOUND = (
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "夏侯",
    "司徒",
    "端木",
    "长孙",
)


def mask_name(name: str) -> str:
    """``张**``: the family name, and always two stars, so that the length tells nothing."""
    name = name.strip()
    if not name:
        return ""
    return (name[:2] if name.startswith(_COMPOUND) and len(name) > 2 else name[:1]) + "**"


def mask_said(text: str, name: str) -> str:
    """What was said of a case, with the reporter's ``name`` masked beside the numbers."""
    name = name.strip()
    masked = mask_text(text)
    return masked.replace(name, mask_name(name)) if len(name) > 1 else masked
