"""Photos and voice messages that a channel's provider keeps: fetched in the conversation's turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from channels.gateway.message import Inbound

Fetch = Callable[[Inbound], Awaitable[Inbound]]
"""Makes of a message of the kind MEDIA one that the assistant can hear. Raises MediaAway or MediaLost."""


class MediaAway(Exception):
    """It cannot be had now. The message is taken up again later."""


class MediaLost(Exception):
    """It cannot be had at all; ``words`` say so to the resident."""

    def __init__(self, words: str):
        super().__init__("media lost")
        self.words = words
