"""Whom a channel speaks for. Two channels may give the same id to different people: a person is the two together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resident:
    """``user``: the channel's id of somebody; empty for nobody. ``channel``: empty where the caller does not say which.

    Who does not say it is taken for anybody of that id, as before channels said it; ours always say it.
    """

    user: str = ""
    channel: str = ""

    def __bool__(self) -> bool:
        """Whether anybody is meant."""
        return bool(self.user)

    def matches(self, channel: str, user: str) -> bool:
        """Whether this is the one whom ``channel`` knows by ``user``."""
        return bool(self.user) and self.user == user and self.channel in ("", channel)


NOBODY = Resident()
"""Of whom nobody asked."""
