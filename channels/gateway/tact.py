"""When a resident may be spoken to without having asked: not in the middle of a report, not in the quiet hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from channels.gateway.dialogue import AssistantFailed, AssistantUnreachable, Dialogue
from channels.gateway.store import Store

FORGOTTEN = timedelta(minutes=10)
"""A question that the resident has left unanswered for so long holds nothing up any more."""

AWAKE = timedelta(minutes=15)
"""Whoever has written so shortly ago is not disturbed by an answer in the quiet hours."""

_LOOK_AGAIN = timedelta(minutes=1)
_LOOK_AGAIN_AT_NIGHT = timedelta(minutes=10)


class NotNow(Exception):
    """It is not the moment; look again in ``retry_in`` seconds. ``reason`` is short, for the figures."""

    def __init__(self, reason: str, retry_in: timedelta):
        super().__init__(reason)
        self.reason = reason
        self.retry_in = max(1, int(retry_in.total_seconds()))


class Tact:
    """Decides by what the conversation's record and the assistant's tracker say."""

    def __init__(self, store: Store, dialogue: Dialogue, clock: Callable[[], datetime]):
        self._store = store
        self._dialogue = dialogue
        self._clock = clock

    async def moment(self, sender: str, quiet_until: datetime | None) -> None:
        """Raise NotNow unless ``sender`` may be spoken to. ``quiet_until``: end of the quiet hours; None: none now.

        To be called under the conversation's lease, so that no question is put between this and what is said.
        """
        conversation = await self._store.conversation(sender)
        if conversation is None:
            return  # said by those who keep the words
        now = self._clock()
        silent_for = now - conversation.last_seen
        if quiet_until is not None and quiet_until > now and silent_for > AWAKE:
            # they may turn to us before the night is over
            raise NotNow("quiet", min(quiet_until - now, _LOOK_AGAIN_AT_NIGHT))
        if silent_for > FORGOTTEN:
            return
        try:
            asks = await self._dialogue.asks(sender)
        except (AssistantUnreachable, AssistantFailed):
            asks = True  # it may well: the resident has just spoken to us
        if asks:
            raise NotNow("question", min(_LOOK_AGAIN, FORGOTTEN - silent_for + timedelta(seconds=1)))
