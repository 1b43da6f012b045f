"""Attends to a callback: the message goes to the gateway, the answer into the reply if it is ready in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from channels.gateway.flood import Flood, Limits
from channels.gateway.gateway import Gateway
from channels.gateway.intake import Intake, IntakeDown, IntakeRefused
from channels.gateway.media import MediaAway, MediaLost
from channels.gateway.message import Answer, Inbound, Json, Kind, sender_id
from channels.gateway.postman import Postman
from channels.gateway.pulse import Pulse
from channels.gateway.store import Store
from channels.wechat import metrics
from channels.wechat.client import MediaTooLarge, WeChat, WeChatDown, WeChatRefused
from channels.wechat.followers import CHANNEL, Followers, Taken
from channels.wechat.gate import Callback
from channels.wechat.incoming import LEAVING, meaning
from channels.wechat.letters import Letter, chosen, typed_number

log = logging.getLogger(__name__)

LONGEST_LINE = 300
"""So many messages of a user may wait for their answers; of those who write too fast no more are taken until then."""

_MEDIA_GONE = "刚才的照片或语音已经取不到了，请您再发一次，或者用文字说明。"
_POLL_SECONDS = 0.05
_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "audio/amr": "amr"}


class Attendant:
    """Answers callbacks. What is not ready within ``reply_seconds`` is left to the postman."""

    def __init__(
        self,
        gateway: Gateway,
        followers: Followers,
        postman: Postman[Letter],
        *,
        store: Store,
        limits: Limits,
        pulse: Pulse,
        clock: Callable[[], datetime],
        reply_seconds: float,
    ):
        self._gateway = gateway
        self._followers = followers
        self._postman = postman
        self._store = store
        self._limits = limits
        self._pulse = pulse
        self._clock = clock
        self._reply_seconds = reply_seconds
        self._tasks: set[asyncio.Task[Answer]] = set()

    async def attend(self, callback: Callback) -> str:
        """The words for the reply to ``callback``; empty when there are none, or they come later."""
        began = asyncio.get_running_loop().time()
        conversation, now = sender_id(CHANNEL, callback.open_id), self._clock()
        self._pulse.heard(CHANNEL)
        if callback.fields.get("Event") == LEAVING:
            await self._followers.left(conversation)
            return ""
        meant = meaning(callback.fields)
        if isinstance(meant, str):
            if callback.fields.get("Event") not in ("LOCATION", "VIEW"):  # these give us no right to write
                await self._followers.contact(conversation, now)
            return meant
        patience = self._reply_seconds
        try:
            await self._limits.reserve(conversation)
        except Flood:
            if not await self._room(conversation, callback.message_id):
                return _not_taken(meant)
            patience = 0.0  # it has a long way to go
        deadline = began + patience
        await self._followers.contact(conversation, now, now + timedelta(seconds=patience + 1) if patience else None)
        message = Inbound(CHANNEL, callback.open_id, callback.message_id, Kind.TEXT, now).with_parts(meant)
        if message.kind is Kind.TEXT and typed_number(message.text) is not None:
            offer = chosen(message.text, await self._followers.choices(conversation))
            if offer is not None:
                parts = {"payload": offer.button.payload, "text": offer.button.title, "shown_at": offer.seq}
                message = message.with_parts({"kind": Kind.PAYLOAD, **parts})
        # a task of its own: the answer is made whether the callback waits for it or not
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._gateway.handle(message, kept=lambda: kept.set_result(None)))
        self._tasks.add(task)
        task.add_done_callback(self._answered)
        words = await self._reply(task, kept, conversation, callback.message_id, deadline)
        if words:
            metrics.REPLIES.labels("reply").inc()
            self._pulse.out(CHANNEL)
            return words
        metrics.REPLIES.labels("later").inc()
        await self._followers.hang_up(conversation)
        self._postman.ring()
        return ""

    async def close(self) -> None:
        """Wait for nothing more: what is under way is answered by the gateway's recovery."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _reply(
        self,
        task: asyncio.Task[Answer],
        kept: asyncio.Future[None],
        conversation: str,
        message_id: str,
        deadline: float,
    ) -> str:
        loop = asyncio.get_running_loop()
        await asyncio.wait({task}, timeout=max(0.0, deadline - loop.time()))
        if not task.done():
            # while it could still be lost it is not acknowledged: WeChat gives up waiting and sends it again
            first: set[asyncio.Future[Any]] = {task, kept}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()  # its error is the callback's: WeChat asks again
        # after the deadline WeChat may have hung up: words in the reply would count as told and be read by nobody
        while loop.time() < deadline:
            try:
                return await self._followers.reply(conversation, message_id, self._clock())
            except Taken:
                await asyncio.sleep(_POLL_SECONDS)
        return ""

    async def _room(self, conversation: str, message_id: str) -> bool:
        """Whether a message of somebody who writes too fast is taken; one that has been taken stays so."""
        if await self._store.unanswered_of(conversation) < LONGEST_LINE:
            return True
        return await self._store.heard(conversation, message_id) is not None

    def _answered(self, task: asyncio.Task[Answer]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a WeChat message was not answered", extra={"reason": type(error).__name__})
        self._postman.ring()


def _not_taken(meant: Json) -> str:
    """Which message was not taken, in the words of the user where it has some."""
    words = str(meant.get("text") or "").strip()
    which = f"“{words[:20]}{'…' if len(words) > 20 else ''}”" if words else "您刚发的照片、语音或位置"
    return f"您发来的内容太多，前面的还在一条条处理。{which}这一条没有收下，请收到前面的回复以后再发一次。"


class Porter:
    """Fetches users' photos and voice messages from WeChat and hands them to the intake."""

    def __init__(self, wechat: WeChat, intake: Intake, store: Store, clock: Callable[[], datetime], limit: int):
        """``limit``: bytes of the largest one."""
        self._wechat = wechat
        self._intake = intake
        self._store = store
        self._clock = clock
        self._limit = limit

    async def fetch(self, message: Inbound) -> Inbound:
        """The message with its attachment stored. Raises MediaAway or MediaLost."""
        try:
            content, media_type = await self._wechat.media(message.media_id, self._limit)
            if not media_type.startswith(("image/", "audio/")):
                media_type = message.media_type
            name = f"wechat.{_EXTENSIONS.get(media_type, 'bin')}"
            stored = await self._intake.store_attachment(content, name, media_type)
        except MediaTooLarge as error:
            raise MediaLost(f"文件太大，最多 {self._limit // 1024 // 1024} MB，请您换一张再发。") from error
        except WeChatRefused as error:
            log.warning("WeChat does not give a media", extra={"errcode": error.code})
            raise MediaLost(_MEDIA_GONE) from error
        except IntakeRefused as error:
            if error.status in (401, 403, 429):  # our token, our pace: not the resident's fault
                raise MediaAway from error
            raise MediaLost(error.detail) from error
        except (WeChatDown, IntakeDown) as error:
            raise MediaAway from error
        attachment_id, media_type = str(stored["attachment_id"]), str(stored.get("media_type") or media_type)
        await self._store.add_attachment(message.sender, attachment_id, media_type, self._clock())
        return message.with_parts(
            {"kind": Kind.ATTACHMENT, "attachment_id": attachment_id, "media_type": media_type, "media_id": ""}
        )
