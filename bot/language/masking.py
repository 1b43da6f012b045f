"""Numbers that tell who somebody is, as those see them who need not know them."""

from __future__ import annotations

import re

_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?!\d)")


def mask_phone(phone: str) -> str:
    """``138****5678``; of other numbers only the last two digits stay."""
    mobile = _MOBILE.fullmatch(phone.strip().removeprefix("+86").strip())
    if mobile:
        return f"{mobile.group(1)}****{mobile.group(2)}"
    return "*" * max(len(phone) - 2, 1) + (phone[-2:] if len(phone) > 4 else "")


def mask_text(text: str) -> str:
    """Mobile and identity numbers within what people wrote."""
    return _IDENTITY.sub(r"\1********\2", _MOBILE.sub(r"\1****\2", text))
