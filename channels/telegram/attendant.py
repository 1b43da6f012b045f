"""Attends to the updates that lie in the inbox: each goes to the gateway, or is answered at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from telegram import CallbackQuery, Message, Update
from telegram.error import TelegramError

from channels.gateway.flood import Flood, Limits
from channels.gateway.gateway import Gateway
from channels.gateway.message import Answer, Inbound, Json, Kind, Reply
from channels.gateway.offers import pressed
from channels.gateway.postman import Postman
from channels.gateway.pulse import Pulse
from channels.gateway.store import Store
from channels.gateway.wording import GIVEN_UP, STALE_BUTTON
from channels.telegram.client import Telegram, TelegramDown, TelegramRefused
from channels.telegram.inbox import CHANNEL, Inbox, Parcel
from channels.telegram.incoming import NOTHING, Meaning, correction, meaning
from channels.telegram.letters import MARK, Letter, chosen

log = logging.getLogger(__name__)

_EVERY_SECONDS = 0.5
_LIMIT = 50
_AT_ONCE = 20
_TYPING_AFTER_SECONDS = 1.0
_FIRST_PAUSE = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(minutes=2)
_PRUNE_EVERY = 7200  # rounds
_STALE = "这个选项已经过期了"
_FAULTS = (AssertionError, AttributeError, KeyError, TypeError, ValueError)
"""Errors of a program, not of the network or the database: the same update may fail each time."""

_ATTEMPTS = 5
"""So often a fault may stop an update; then it is given up, so that those after it are heard."""


class Attendant:
    """Takes what came, chat by chat in its order. Several processes may do so side by side."""

    def __init__(
        self,
        inbox: Inbox,
        gateway: Gateway,
        *,
        store: Store,
        telegram: Telegram,
        postman: Postman[Letter],
        limits: Limits,
        pulse: Pulse,
        clock: Callable[[], datetime],
        photo_limit: int,
        every: float = _EVERY_SECONDS,
    ):
        """``photo_limit``: bytes of the largest photo."""
        self._inbox = inbox
        self._gateway = gateway
        self._store = store
        self._telegram = telegram
        self._postman = postman
        self._limits = limits
        self._pulse = pulse
        self._clock = clock
        self._photo_limit = photo_limit
        self._every = every
        self._bell = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    def ring(self) -> None:
        """Something has come."""
        self._bell.set()

    async def run(self) -> None:
        """Look for ever, also for what other processes left."""
        rounds = 0
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), self._every)
            self._bell.clear()
            try:
                while await self.round():
                    pass
                if rounds % _PRUNE_EVERY == 0:
                    await self._inbox.prune(self._clock())
                rounds += 1
            except Exception:  # the database may be away for a while
                log.warning("a round of the Telegram updates failed", exc_info=True)

    async def round(self) -> int:
        """Handle the oldest update of each chat. Returns in how many chats that was done."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def attend(conversation: str) -> int:
            async with places:
                parcel = await self._inbox.take(conversation, self._clock())
                if parcel is None:
                    return 0
                await self._attend(parcel)
                return 1

        due = await self._inbox.due(self._clock(), _LIMIT)
        return sum(await asyncio.gather(*(attend(conversation) for conversation in due)))

    async def close(self) -> None:
        """Wait for nothing more: what is kept is answered by the gateway's recovery."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _attend(self, parcel: Parcel) -> None:
        try:
            await self._handle(parcel)
        except Flood as flood:
            # nobody's message is lost: it only waits longer
            await self._inbox.postpone(parcel, self._clock() + timedelta(seconds=flood.retry_after))
        except Exception as error:
            extra = {"update": parcel.numbers[0], "attempts": parcel.attempts}
            self._pulse.error(CHANNEL, "update")
            if isinstance(error, _FAULTS) and parcel.attempts >= _ATTEMPTS:
                log.exception("an update was given up", extra=extra)
                await self._say(parcel, f"u{parcel.numbers[0]}", (GIVEN_UP,))
                await self._inbox.done(parcel)
                return
            log.exception("an update was put off", extra=extra)
            pause = min(_FIRST_PAUSE * (1 << min(parcel.attempts, 10)), _LONGEST_PAUSE)
            await self._inbox.postpone(parcel, self._clock() + pause)
        else:
            await self._inbox.done(parcel)

    async def _handle(self, parcel: Parcel) -> None:
        try:
            found = [Update.de_json(content) for content in parcel.contents]
        except (TelegramError, *_FAULTS) as error:
            # not of the form that the library knows; its words may hold what the user wrote
            log.error("an update cannot be read", extra={"update": parcel.numbers[0], "reason": type(error).__name__})
            self._pulse.error(CHANNEL, "unreadable")
            return
        update = found[0]
        self._pulse.heard(CHANNEL)
        if update.callback_query is not None:
            await self._press(parcel, update.callback_query)
        elif update.edited_message is not None:
            await self._edited(parcel, update.edited_message)
        else:
            messages = [each.message for each in found if each.message is not None]
            if messages:
                await self._message(parcel, f"m{messages[0].message_id}", meaning(messages, self._photo_limit))

    async def _edited(self, parcel: Parcel, message: Message) -> None:
        before: Json | None = await self._store.heard(parcel.conversation, f"m{message.message_id}")
        text = message.text if message.text is not None else message.caption or ""
        same = before is not None and before.get("text", "").strip() == text.strip()
        meant = NOTHING if same else correction(message)
        await self._message(parcel, f"m{message.message_id}.{parcel.numbers[0]}", meant)

    async def _message(self, parcel: Parcel, message_id: str, meant: Meaning) -> None:
        await self._say(parcel, message_id, meant.says)
        if meant.parts is not None:
            await self._tell_gateway(parcel, message_id, meant.parts)

    async def _press(self, parcel: Parcel, press: CallbackQuery) -> None:
        """A button counts by what we showed; its data only tells which it was.

        Pressed again it is the same message. One of an older answer counts no more: the same words may mean another
        report by now.
        """
        chat, which = parcel.conversation.partition(":")[2], pressed(press.data or "")
        button = await self._store.button(parcel.conversation, which) if which else None
        if which and button:
            message_id = f"p{which.seq}.{which.index}"
            known = await self._store.heard(parcel.conversation, message_id) is not None
            if known or any(offer.seq == which.seq for offer in await self._store.offers(parcel.conversation)):
                self._courtesy(self._telegram.answer_press(press.id))
                if press.message is not None:
                    mark = chosen(button.title)
                    self._courtesy(self._telegram.show_buttons(chat, press.message.message_id, mark))
                parts = {"kind": Kind.PAYLOAD, "payload": button.payload, "text": button.title, "shown_at": which.seq}
                await self._tell_gateway(parcel, message_id, parts)
                return
        elif press.data == MARK:
            self._courtesy(self._telegram.answer_press(press.id))
            return
        self._courtesy(self._telegram.answer_press(press.id, _STALE))
        if press.message is not None:
            self._courtesy(self._telegram.show_buttons(chat, press.message.message_id, None))
        await self._say(parcel, f"p{parcel.numbers[0]}", (STALE_BUTTON,))

    async def _say(self, parcel: Parcel, message_id: str, replies: tuple[Reply, ...]) -> None:
        for number, reply in enumerate(replies):
            await self._store.note(parcel.conversation, f"{message_id}.said.{number}", reply, self._clock())
        if replies:
            self._postman.ring()

    async def _tell_gateway(self, parcel: Parcel, message_id: str, parts: Json) -> None:
        """Return when the gateway has kept the message; the answer is brought by the postman."""
        await self._limits.reserve(parcel.conversation, longest_wait=0.0)
        chat = parcel.conversation.partition(":")[2]
        message = Inbound(CHANNEL, chat, message_id, Kind.TEXT, self._clock()).with_parts(parts)
        kept = asyncio.Event()
        task = self._begin(self._gateway.handle(message, kept=kept.set))
        task.add_done_callback(self._answered)
        self._begin(self._show_typing(chat, task))
        waiting = asyncio.create_task(kept.wait())
        try:
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if not kept.is_set():
            task.result()  # its error is this update's: it is put off

    async def _show_typing(self, chat: str, task: asyncio.Task[Answer]) -> None:
        await asyncio.wait({task}, timeout=_TYPING_AFTER_SECONDS)
        if not task.done():
            self._courtesy(self._telegram.typing(chat))

    def _answered(self, task: asyncio.Task[Answer]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a Telegram message was not answered", extra={"reason": type(error).__name__})
        self._postman.ring()

    def _begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _courtesy(self, call: Coroutine[Any, Any, None]) -> None:
        """Begin what may fail: a press may be too old to be answered."""

        async def quietly() -> None:
            with contextlib.suppress(TelegramDown, TelegramRefused):
                await call

        self._begin(quietly())
