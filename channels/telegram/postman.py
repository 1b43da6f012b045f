"""Writes to users of the bot: what Telegram answers, in the postman's terms."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from channels.gateway.database import Database
from channels.gateway.postman import Away, LetterRefused, Manners, Postman, Unwelcome
from channels.gateway.pulse import Pulse
from channels.gateway.recipients import Recipients, Waits
from channels.telegram import metrics
from channels.telegram.client import Blocked, Telegram, TelegramDown, TelegramRefused
from channels.telegram.inbox import CHANNEL
from channels.telegram.letters import Letter, letters
from channels.telegram.tables import chats

log = logging.getLogger(__name__)

_MANNERS = Manners(CHANNEL, recent=timedelta(days=2), all_every=15, first_pause=timedelta(seconds=2), skips=True)


def telegram_postman(
    database: Database, telegram: Telegram, pulse: Pulse, clock: Callable[[], datetime]
) -> Postman[Letter]:
    """The postman of the bot. Who has blocked it is told when they turn to it again."""

    async def send(chat: str, letter: Letter) -> None:
        try:
            if letter.pin is not None:
                await telegram.show_place(chat, letter.text, *letter.pin)
            else:
                await telegram.send(chat, letter.text, letter.keyboard)
        except Blocked as error:
            raise Unwelcome("blocked", Waits.CONTACT) from error
        except TelegramDown as error:
            log.warning("Telegram cannot be reached", extra={"reason": str(error)})
            raise Away("wait" if error.retry_after else "down", error.retry_after) from error
        except TelegramRefused as error:
            log.error("Telegram refuses a message", extra={"reason": str(error)})
            raise LetterRefused from error

    recipients = Recipients(database, chats, letters)
    return Postman(recipients, send, _MANNERS, letters=metrics.LETTERS, pulse=pulse, clock=clock)
