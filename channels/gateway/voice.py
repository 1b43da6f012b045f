"""Voice messages of every channel: listened to before the assistant hears of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from channels.gateway import metrics
from channels.gateway.intake import Intake, IntakeDown, IntakeRefused
from channels.gateway.media import MediaAway
from channels.gateway.message import Inbound, Kind, Reply
from channels.gateway.wording import TEXT_LIMIT
from channels.speech.port import AudioUnreadable, RecogniserMissing, RecogniserUnavailable, Transcription

log = logging.getLogger(__name__)

Listen = Callable[[Inbound, float], Awaitable[Inbound]]
"""Gives a voice message its words, within so many seconds; it stays without where none can be had.

Raises MediaAway when they can be had later.
"""


class Recordings(Protocol):
    """What recognises recordings: ``channels.speech.remote`` does."""

    async def transcribe_recording(self, recording: bytes, *, hotwords: Sequence[str] = ()) -> Transcription:
        """The words of a voice message. Raises as the recogniser's port."""
        ...


def is_voice(message: Inbound) -> bool:
    """Whether ``message`` is a stored voice message whose words are not known yet."""
    return message.kind is Kind.ATTACHMENT and message.media_type.startswith("audio/") and not message.heard


def understood(message: Inbound) -> Reply | None:
    """What the resident is told of how a voice message was understood; nothing to any other message."""
    if not message.heard:
        return None
    return Reply(
        f"我听到的是：“{message.heard}”\n有听错的地方，直接告诉我。",
        english=f"I heard: “{message.heard}”\nTell me if I got something wrong.",
    )


class Listener:
    """Takes voice messages from the intake to the recogniser."""

    def __init__(self, intake: Intake, recogniser: Recordings, limit: int):
        """``limit``: bytes of the longest recording."""
        self._intake = intake
        self._recogniser = recogniser
        self._limit = limit

    async def listen(self, message: Inbound, patience: float) -> Inbound:
        """As ``Listen``."""
        try:
            async with asyncio.timeout(patience):
                transcription = await self._recogniser.transcribe_recording(await self._recording(message))
        except (RecogniserMissing, AudioUnreadable) as error:
            metrics.VOICE.labels("not_understood").inc()
            log.warning("a voice message is kept without words", extra={"reason": type(error).__name__})
            return message
        except IntakeRefused as error:
            if error.status in (401, 403, 429):  # our token, our pace: not the resident's fault
                raise MediaAway from error
            return message
        except (RecogniserUnavailable, IntakeDown, TimeoutError) as error:
            metrics.VOICE.labels("later").inc()
            raise MediaAway from error
        text = transcription.text.strip()[:TEXT_LIMIT]
        metrics.VOICE.labels("understood" if text else "no_words").inc()
        return message.with_heard(text)

    async def _recording(self, message: Inbound) -> bytes:
        content = bytearray()
        async with self._intake.attachment(message.attachment_id) as stored:
            async for chunk in stored.content.iter_chunked(64 * 1024):
                content += chunk
                if len(content) > self._limit:
                    raise AudioUnreadable("larger than the limit")
        return bytes(content)
