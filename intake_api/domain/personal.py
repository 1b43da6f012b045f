"""Whose personal data: a person as they name themselves, by a phone number or a channel's id of theirs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from intake_api.domain.case import Channel, Status

OVER = frozenset({Status.CLOSED, Status.REJECTED, Status.MERGED, Status.WITHDRAWN})
"""States in which nobody needs the reporter's data any more."""

KEPT = (
    "案件的类别、位置、办理经过和时限（不含个人信息），按政务档案要求保存",
    "审计记录（只写谁在何时做了什么，不含诉求人信息）",
    "已去掉个人信息的学习样本",
)
"""What stays when personal data is erased, in Chinese."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One person; at least one of the two is given."""

    phone: str = ""
    channel_user: str = ""

    def phone_forms(self) -> list[str]:
        """The ways in which the number may have been written down."""
        digits = re.sub(r"\D", "", self.phone)
        if not digits:
            return []
        plain = digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
        forms = {self.phone.strip(), digits, plain}
        if len(plain) == 11:
            split = (plain[:3], plain[3:7], plain[7:])
            for written in (plain, " ".join(split), "-".join(split)):
                forms |= {written, f"+86{written}", f"+86 {written}", f"86{written}"}
        return sorted(forms)


def conversations_of(channel_user: str) -> list[str]:
    """The names that the gateway and the tracker may give a channel's user."""
    prefixes = tuple(f"{channel.value}:" for channel in Channel)
    if channel_user.startswith(prefixes):
        return [channel_user]
    return [prefix + channel_user for prefix in prefixes]
