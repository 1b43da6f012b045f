"""Fetches users' photos and recordings from Telegram and hands them to the intake."""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import Callable
from datetime import datetime

from channels.gateway.intake import Intake, IntakeDown, IntakeRefused
from channels.gateway.media import MediaAway, MediaLost
from channels.gateway.message import Inbound, Kind, Reply
from channels.gateway.store import Store
from channels.telegram.client import Telegram, TelegramDown, TelegramRefused, TooLarge

log = logging.getLogger(__name__)

TELEGRAM_LIMIT = 20 * 1024 * 1024
"""Bytes of the largest file that Telegram hands to a bot."""

_GONE = "刚才的照片或语音已经取不到了，请您再发一次，或者用文字说明。"
_SOME_GONE = Reply("有照片没能取到，其余的已经收下。需要的话请您再发一次。")


class Porter:
    """Makes of a message of the kind MEDIA one with its attachments stored. ``limit``: bytes of the largest one."""

    def __init__(self, telegram: Telegram, intake: Intake, store: Store, clock: Callable[[], datetime], limit: int):
        self._telegram = telegram
        self._intake = intake
        self._store = store
        self._clock = clock
        self._limit = limit

    async def fetch(self, message: Inbound) -> Inbound:
        """The message with its attachments stored. Of an album what can be had. Raises MediaAway or MediaLost."""
        stored: list[tuple[str, str]] = []
        lost: MediaLost | None = None
        for file_id in (message.media_id, *message.more):
            try:
                stored.append(await self._fetch(message.sender, file_id, message.media_type))
            except MediaLost as error:
                lost = error
        if not stored:
            if message.text.strip():  # the words below the photo are worth hearing without it
                await self._say(message, Reply(lost.words if lost else _GONE))
                return message.with_parts({"kind": Kind.TEXT, "media_id": "", "media_type": "", "more": ()})
            raise lost or MediaLost(_GONE)
        if lost:
            await self._say(message, _SOME_GONE)
        (first, media_type), *others = stored
        return message.with_parts(
            {
                "kind": Kind.ATTACHMENT,
                "attachment_id": first,
                "media_type": media_type,
                "media_id": "",
                "more": tuple(attachment_id for attachment_id, _ in others),
            }
        )

    async def _say(self, message: Inbound, reply: Reply) -> None:
        await self._store.note(message.sender, f"{message.message_id}.lost", reply, self._clock())

    async def _fetch(self, sender: str, file_id: str, media_type: str) -> tuple[str, str]:
        try:
            content = await self._telegram.file(file_id, self._limit)
            name = f"telegram{mimetypes.guess_extension(media_type) or ''}"
            stored = await self._intake.store_attachment(content, name, media_type)
        except TooLarge as error:
            raise MediaLost(f"文件太大，最多 {self._limit // 1024 // 1024} MB，请您换一张再发。") from error
        except TelegramRefused as error:
            log.warning("Telegram does not give a file", extra={"reason": str(error)})
            raise MediaLost(_GONE) from error
        except IntakeRefused as error:
            if error.status in (401, 403, 429):  # our token, our pace: not the resident's fault
                raise MediaAway from error
            raise MediaLost(error.detail) from error
        except (TelegramDown, IntakeDown) as error:
            raise MediaAway from error
        attachment_id, media_type = str(stored["attachment_id"]), str(stored.get("media_type") or media_type)
        await self._store.add_attachment(sender, attachment_id, media_type, self._clock())
        return attachment_id, media_type
