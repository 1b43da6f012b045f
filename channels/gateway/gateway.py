"""The gateway: each message of a resident is kept, handled once and in its order, and answered once.

In the normal case a message costs two transactions: one that keeps it and takes the conversation's lease, one that
keeps the answer and lets the lease go. Only then is the answer said.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bot.language.danger_in_english import danger_in
from channels.gateway import metrics, people
from channels.gateway.dialogue import AssistantFailed, AssistantSlow, AssistantUnreachable, Dialogue
from channels.gateway.handover import Presence, Request, request_in
from channels.gateway.language import language_after
from channels.gateway.media import Fetch, MediaAway, MediaLost
from channels.gateway.message import Answer, Inbound, Json, Kind, Reply
from channels.gateway.people import BackWithAssistant, Line
from channels.gateway.pushes import Pushes
from channels.gateway.staffing import Staffing
from channels.gateway.store import LeaseLost, Store, Work
from channels.gateway.voice import Listen, is_voice, understood
from channels.gateway.waiting import Waiting
from channels.gateway.wording import BUSY, GIVEN_UP, MEDIA_LOST, STALE_BUTTON, STALE_TITLE, metadata, offered, wording

log = logging.getLogger(__name__)


def now_utc() -> datetime:
    """The present."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the gateway waits for what. Seconds."""

    patience: float = 25.0  # a resident's request waits this long for its answer
    renew: float = 10.0  # a lease is renewed after this, well before it expires
    poll: float = 0.05  # how often answers that other processes make are looked for
    retry: float = 0.5  # first wait before the assistant is asked again; doubled each time
    longest_retry: float = 4.0
    recover: float = 2.0  # how often unanswered messages are looked for
    postpone: float = 5.0  # first wait before an unanswered message is taken up again; doubled each time
    longest_postpone: float = 120.0
    listen: float = 12.0  # a voice message is listened to for so long while the resident waits
    listen_later: float = 90.0  # and for so long when it is taken up again
    push: float = 20.0  # a push waits this long for the conversation's lease


NOBODY = Presence(staffed=False, opens_at=None)
"""Where no staff is known of."""

FAILURES = 8
"""So many attempts the assistant may fail on one message (not: be away), over some minutes, before we say so."""

_DANGER_SHOWS_WITHIN = 400  # characters; who is in danger writes no more, and a long text takes long to read
_FETCHES = 5  # attempts, over more than a minute, before a photo counts as lost
_FAILURES_IN_A_ROW = 2  # of these within one attempt
_CLOSING_SECONDS = 20.0
_RECOVERIES_AT_ONCE = 8


class ConversationBusy(Exception):
    """The conversation's lease was not free in time. Try again later."""


class Gateway:
    """Takes messages from the channels to the assistant and the answers back. See the module's docstring."""

    def __init__(
        self,
        store: Store,
        dialogue: Dialogue,
        pushes: Pushes,
        *,
        clock: Callable[[], datetime] = now_utc,
        pace: Pace | None = None,
        fetchers: Mapping[str, Fetch] | None = None,
        staffing: Staffing | None = None,
        listen: Listen | None = None,
    ):
        """``fetchers`` by channel: each brings what its messages of the kind MEDIA stand for.

        ``staffing`` knows whether a person can be had; without it nobody is ever there. ``listen`` understands voice
        messages; without it they are kept only.
        """
        self._store = store
        self._dialogue = dialogue
        self._pushes = pushes
        self._clock = clock
        self._pace = pace or Pace()
        self._fetchers = fetchers or {}
        self._staffing = staffing
        self._listen = listen
        self._arrivals: dict[str, list[asyncio.Future[None]]] = {}
        # what this process is at work on, by conversation
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = Waiting(
            store, clock, at_work=self._at_work.__contains__, resume=self._resume, every=self._pace.poll
        )

    async def handle(self, message: Inbound, *, kept: Callable[[], None] | None = None) -> Answer:
        """Answer ``message``. A repetition gets the same answer and does nothing twice.

        ``kept`` is called as soon as it can be lost no more, for channels that do not wait for the answer.

        When the assistant cannot answer in time the answer is not ``settled``: an honest word that the message is
        kept. It will be answered later, and the answer pushed. Raises UnknownConversation.
        """
        started = time.perf_counter()
        sender, owner = message.sender, _owner()
        async with self._arrival(sender):
            accepted = await self._store.accept(message, owner, self._clock())
        if kept is not None:
            kept()
        if accepted.new:
            metrics.MESSAGES.labels(message.channel, message.kind.value).inc()
        if accepted.answer is not None:
            return accepted.answer
        if accepted.work is not None:
            first = accepted.work.seq == accepted.seq
            self._start(sender, owner, accepted.work, time.perf_counter() - started if first else None)
        self._pushes.tell(sender, busy=True)
        answer = await self._waiting.answer(sender, accepted.seq, self._pace.patience)
        if answer is None:
            metrics.BUSY_REPLIES.labels(message.channel).inc()
            answer = await self._store.apologise(sender, accepted.seq, BUSY, self._clock())
            self._pushes.tell(sender, busy=False)
        return answer

    async def push(
        self, sender: str, message_id: str, reply: Reply, *, moment: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Say ``reply`` without being asked; once for each ``message_id``, however often it is called.

        ``moment`` is awaited when nothing else can be said in the conversation, and raises when it is not the time.
        Raises UnknownConversation, ConversationBusy, and as ``Dialogue.remember``: then it was said, and the
        assistant does not know of it yet; call again.
        """
        owner = _owner()
        deadline = time.monotonic() + self._pace.push
        while not await self._store.hold(sender, owner, self._clock()):
            if time.monotonic() > deadline:
                raise ConversationBusy(sender)
            await asyncio.sleep(4 * self._pace.poll)
        try:
            async with self._renewing(sender, owner):
                if moment is not None:
                    await moment()
                seq, known = await self._store.push(
                    owner, sender, message_id=message_id, reply=reply, now=self._clock()
                )
                self._pushes.tell(sender)
                if not known:
                    await self._recount(sender, await self._store.untold(sender))
                    await self._dialogue.remember(sender, reply.text)
                    await self._store.remembered(seq)
        finally:
            await self._store.release(sender, owner)
            self._pushes.tell(sender, busy=False)

    async def recover(self) -> int:
        """Take up unanswered messages that nobody is at work on. Returns in how many conversations."""
        begun: list[asyncio.Task[None]] = []
        for sender in await self._store.overdue(self._clock(), _RECOVERIES_AT_ONCE):
            task = await self._resume(sender)
            if task is not None:
                begun.append(task)
        if begun:
            await asyncio.wait(begun)
        return len(begun)

    async def run_recovery(self) -> None:
        """Recover for ever."""
        while True:
            await asyncio.sleep(self._pace.recover)
            try:
                while await self.recover() == _RECOVERIES_AT_ONCE:
                    pass
            except Exception:  # the database may be away for a while
                log.warning("recovery failed", exc_info=True)

    async def close(self) -> None:
        """Let what is under way come to its end; what does not is taken up later, when its lease is over."""
        await self._waiting.close()
        if self._tasks:
            _, unfinished = await asyncio.wait(set(self._tasks), timeout=_CLOSING_SECONDS)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    @asynccontextmanager
    async def _arrival(self, sender: str) -> AsyncIterator[None]:
        """Messages of one conversation are kept in the order in which they came in: first come, first served."""
        queue = self._arrivals.setdefault(sender, [])
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            if queue[0] is not turn:
                await turn
            yield
        finally:
            queue.remove(turn)
            if not queue:
                self._arrivals.pop(sender, None)
            elif not queue[0].done():
                queue[0].set_result(None)

    # handling a conversation under its lease

    async def _resume(self, sender: str) -> asyncio.Task[None] | None:
        owner = _owner()
        work = await self._store.take(sender, owner, self._clock())
        if work is None:
            return None
        self._pushes.tell(sender, busy=True)
        return self._start(sender, owner, work, None)

    def _start(self, sender: str, owner: str, work: Work, arrival: float | None) -> asyncio.Task[None]:
        # a task of its own: the request may be broken off by the resident's telephone, the work goes on
        task = asyncio.create_task(self._work(sender, owner, work, arrival), name=f"conversation {owner}")
        self._at_work[sender] = task
        self._tasks.add(task)

        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if self._at_work.get(sender) is task:
                del self._at_work[sender]

        task.add_done_callback(done)
        return task

    async def _work(self, sender: str, owner: str, work: Work, arrival: float | None) -> None:
        """Handle all unanswered messages of the conversation, oldest first.

        ``arrival``: seconds that were spent on keeping the first one; None when it had to wait for others.
        """
        following: Work | None = work
        try:
            async with self._renewing(sender, owner):
                while following is not None:
                    following = await self._handle_one(owner, following, arrival)
                    arrival = None
        except LeaseLost:
            log.warning("a conversation was taken over", extra={"seq": work.seq})
        except Exception:  # the database is away; the lease ends by itself and the recovery goes on from there
            log.exception("a conversation was left", extra={"seq": work.seq})
        self._pushes.tell(sender, busy=False)

    async def _handle_one(self, owner: str, work: Work, arrival: float | None) -> Work | None:
        """Answer one message and keep the answer. Returns the next one, None when the lease has been let go."""
        began = time.perf_counter()
        exchange = _Exchange(work.message, language_after(work.message, work.language))
        given_up = False
        try:
            replies = await self._replies(work, exchange)
        except (AssistantUnreachable, AssistantFailed, MediaAway) as error:
            failed = isinstance(error, AssistantFailed)
            if not (failed and work.failures + 1 >= FAILURES):
                await self._postpone(owner, work, failed)
                return None
            log.error("a message was given up", extra={"seq": work.seq, "reason": str(error)})
            metrics.GIVEN_UP_TOTAL.inc()
            replies, given_up = [GIVEN_UP], True
        now = self._clock()
        replies, request = request_in(replies)
        try:
            answer, following = await self._store.finish(
                owner,
                replace(work, message=exchange.message),
                replies,
                now,
                language=exchange.language,
                given_up=given_up,
                also=await self._besides(work, exchange, request, now),
            )
        except BackWithAssistant:
            untold = tuple(await self._store.untold(work.message.sender))
            again = replace(work, message=exchange.message, served=False, untold=untold)
            return await self._handle_one(owner, again, None)
        metrics.ANSWER_SECONDS.labels(work.message.channel).observe((now - work.message.received_at).total_seconds())
        if arrival is not None:
            metrics.OVERHEAD_SECONDS.observe(arrival + time.perf_counter() - began - exchange.others_seconds)
        if work.attempts > 1:
            metrics.RECOVERED.inc()
        sender = work.message.sender
        self._waiting.tell(sender, answer, work.seq)
        self._pushes.tell(sender, busy=following is not None)
        return following

    async def _postpone(self, owner: str, work: Work, failed: bool) -> None:
        pause = min(self._pace.postpone * 2 ** min(work.attempts - 1, 10), self._pace.longest_postpone)
        now = self._clock()
        await self._store.postpone(owner, work, now + timedelta(seconds=pause), now, failed=failed)
        log.warning("the assistant does not answer", extra={"seq": work.seq, "attempts": work.attempts})
        self._waiting.tell(work.message.sender, None)

    async def _replies(self, work: Work, exchange: _Exchange) -> list[Reply]:
        """What is answered to ``work``: by the assistant, or by ourselves when it must not hear it."""
        offer = None
        if exchange.message.kind is Kind.MEDIA:
            try:
                exchange.message = await self._fetchers[exchange.message.channel](exchange.message)
            except MediaLost as lost:
                if not exchange.message.hint:
                    return [Reply(lost.words)]
                exchange.message = exchange.message.as_hinted()
            except MediaAway:
                if work.attempts < _FETCHES:
                    raise
                if not exchange.message.hint:
                    return [MEDIA_LOST]
                exchange.message = exchange.message.as_hinted()
        if is_voice(exchange.message):
            exchange.message = await self._heard(work, exchange)
        if exchange.message.kind is Kind.PAYLOAD:
            # a payload is a command, so it counts only as the assistant offered it, and while it means the same
            offer = offered(exchange.message, await self._store.offers(exchange.message.sender))
            if offer is None or not offer.title.strip():
                exchange.message = exchange.message.titled(STALE_TITLE)
                return [STALE_BUTTON]
            exchange.message = exchange.message.titled(offer.title)
        if work.served:
            return []
        exchange.presence = await self._presence()
        began = time.perf_counter()
        try:
            await self._recount(exchange.message.sender, work.untold)
            replies = await self._converse(work, exchange, wording(exchange.message, offer))
        finally:
            exchange.others_seconds += time.perf_counter() - began
        heard = understood(exchange.message)
        return [heard, *replies] if heard else replies

    async def _heard(self, work: Work, exchange: _Exchange) -> Inbound:
        """The voice message with its words: as our recogniser hears them, else as the provider did."""
        message, began = exchange.message, time.perf_counter()
        try:
            if self._listen:
                patience = self._pace.listen if work.attempts == 1 else self._pace.listen_later
                message = await self._listen(message, patience)
        except MediaAway:
            if work.attempts < _FETCHES and not message.hint:
                raise
        finally:
            exchange.others_seconds += time.perf_counter() - began
        return message if message.heard else message.with_heard(message.hint)

    async def _besides(
        self, work: Work, exchange: _Exchange, request: Request | None, now: datetime
    ) -> Callable[[sa.Connection], list[Reply]]:
        """What is noted together with the answer: that a person is asked for, or spoken to, or is in danger."""
        message = exchange.message
        presence = exchange.presence if request is None else await self._presence()
        # said, spoken or below a photo; only what is read on a button is not the resident's
        said = "" if message.kind is Kind.PAYLOAD else message.text[:_DANGER_SHOWS_WITHIN]
        danger = danger_in(said)

        def note(connection: sa.Connection) -> list[Reply]:
            if danger:
                people.note_danger(connection, message.sender, danger, now)
            if work.served:
                return people.heard(connection, message, now)
            if request is not None:
                return people.register(connection, message.sender, request, presence, now)
            return []

        return note

    async def _presence(self) -> Presence:
        return await self._staffing.presence(self._clock()) if self._staffing else NOBODY

    async def _recount(self, sender: str, lines: Sequence[Line]) -> None:
        """Tell the assistant what people and the resident said while it was silent.

        Raises AssistantUnreachable. What it cannot take in it does without: the resident waits for an answer.
        """
        if not lines:
            return
        try:
            await self._dialogue.recount(sender, lines)
        except AssistantFailed as failed:
            log.error("the assistant was not told of talk with people", extra={"reason": str(failed)})
        await self._store.told(sender, lines[-1].seq)

    async def _converse(self, work: Work, exchange: _Exchange, text: str) -> list[Reply]:
        """Ask the assistant, again if need be; but look first whether it has heard the message already.

        A message that has been put off before gets one try only: those behind it should not wait for long.
        Raises AssistantUnreachable or AssistantFailed.
        """
        message = exchange.message
        age = (self._clock() - message.received_at).total_seconds()
        patience = self._pace.patience - age if work.attempts == 1 else 0.0
        deadline = time.monotonic() + patience
        maybe_heard, still_thinking, failures = work.attempts > 1, False, 0
        pause = self._pace.retry
        told: Json | None = exchange.presence.as_metadata() if self._staffing else None
        while True:
            error: AssistantUnreachable | AssistantFailed
            try:
                if maybe_heard:
                    replies = await self._dialogue.answered(message.sender, message.message_id)
                    if replies:
                        return replies
                if not still_thinking:
                    maybe_heard = True
                    replies = await self._dialogue.ask(message.sender, text, metadata(message, told, exchange.language))
                    if replies:
                        return replies
                    # its actions did not answer; silence helps nobody
                    raise AssistantFailed("silence")
                error = AssistantSlow("no answer yet")
            except AssistantSlow as slow:
                error, still_thinking = slow, True
            except AssistantUnreachable as unreachable:
                error, still_thinking = unreachable, False
            except AssistantFailed as failed:
                error, failures = failed, failures + 1
            if failures >= _FAILURES_IN_A_ROW or time.monotonic() + pause > deadline:
                raise error
            metrics.RETRIES.labels(type(error).__name__.removeprefix("Assistant").lower()).inc()
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._pace.longest_retry)

    @asynccontextmanager
    async def _renewing(self, sender: str, owner: str) -> AsyncIterator[None]:
        """Keep the lease while the block lasts."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(self._pace.renew)
                try:
                    await self._store.renew(sender, owner, self._clock())
                except LeaseLost:
                    return  # the one at work learns it when it writes
                except Exception:  # the database may be back before the lease ends
                    log.warning("a lease could not be renewed", exc_info=True)

        task = asyncio.create_task(renew())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@dataclass(slots=True)
class _Exchange:
    """A message on its way: ``message`` gains a button's title or a voice's words.

    ``others_seconds``: the time that was the assistant's or the recogniser's, not ours. ``presence``: whether a person
    could be had when the assistant was asked.
    """

    message: Inbound
    language: str | None = None
    others_seconds: float = 0.0
    presence: Presence = NOBODY


def _owner() -> str:
    return secrets.token_hex(8)
