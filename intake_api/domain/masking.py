"""Personal data as those see it who need not know it."""

from __future__ import annotations

import re

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
_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?!\d)")


def mask_phone(phone: str) -> str:
    """``138****5678``; of other numbers only the last two digits stay."""
    mobile = _MOBILE.fullmatch(phone.strip().removeprefix("+86").strip())
    if mobile:
        return f"{mobile.group(1)}****{mobile.group(2)}"
    return "*" * max(len(phone) - 2, 1) + (phone[-2:] if len(phone) > 4 else "")


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


def mask_text(text: str) -> str:
    """Mobile and identity numbers within what people wrote."""
    return _IDENTITY.sub(r"\1********\2", _MOBILE.sub(r"\1****\2", text))
