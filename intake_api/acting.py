"""Acting on cases: one transaction loads a case, lets the rules decide, and stores what they recorded."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from bot.language.personal import without_personal
from intake_api.city_in_force import CityInForce, CityNotLoaded
from intake_api.domain import case_number
from intake_api.domain.action import Action, Doer, may
from intake_api.domain.case import Status
from intake_api.domain.casework import Casework, Refused, Rules, next_order_at
from intake_api.domain.event import SYSTEM, ActorKind, SealedEvent
from intake_api.domain.standing import Standing
from intake_api.domain.taxonomy import Taxonomy
from intake_api.noticing import Noticing
from intake_api.once import Key, is_first
from intake_api.storage import attachments, cases, casework, claims, responsibility
from intake_api.storage.casework import Follower
from intake_api.storage.database import Database, StorageUnavailable
from intake_api.storage.tables import CaseRow

log = logging.getLogger(__name__)

ACTIONS_DONE = Counter("yht_case_actions_total", "Actions done on cases, by action.", ["action"])

Run = Callable[[Casework], None]

BESIDE = frozenset(
    {
        Action.CONTACT,
        Action.FOLLOW,
        Action.NOTE,
        Action.RATE,
        Action.SUPERVISE,
        Action.SUPPLEMENT,
        Action.URGE,
        Action.WITHDRAW,
    }
)
"""What may be done beside the person who has claimed the case."""

TIMELY_BATCH = 200
"""How many cases are seen to in one round of keeping time."""


class CaseChanged(Exception):
    """The case went on since ``version``; look at ``events`` and act again from ``version`` as it is now."""

    def __init__(self, version: int, events: Sequence[SealedEvent]) -> None:
        super().__init__(version)
        self.version = version
        self.events = tuple(events)


class Claimed(Exception):
    """Somebody else has claimed the case until ``until``; wait, or ask ``holder``."""

    def __init__(self, holder: str, until: datetime) -> None:
        super().__init__(holder)
        self.holder = holder
        self.until = until


class NotAllowed(Exception):
    """This actor may not do this on this case, whatever its state."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: by whom, and for which state of the case (``version``, None where the caller does not say).

    ``evidence``: attachments that become the case's. ``channel_user``: the resident that a channel speaks for. ``key``:
    under the same one it is done once, however often it is asked for.
    """

    action: Action
    doer: Doer
    version: int | None = None
    evidence: tuple[str, ...] = ()
    channel_user: str = ""
    key: Key | None = None


class Acting:
    """The way to act on a case."""

    def __init__(
        self, database: Database, taxonomy: Taxonomy, cities: CityInForce, *, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._taxonomy = taxonomy
        self._cities = cities
        self._now = now
        self._noticing = Noticing(taxonomy)

    @property
    def rules(self) -> Rules:
        """What decides now."""
        return rules_of(self._cities, self._taxonomy)

    async def act(self, case_id: int, order: Order, run: Run) -> None:
        """Do one action on an existing case.

        Raises NotAllowed, Claimed, CaseChanged, KeyUsedForAnother, casework.NotNow, casework.Refused, CityNotLoaded,
        StorageUnavailable. Nothing is stored then.
        """
        async with self._database.write() as session:
            if not await is_first(session, order.key, case_id, self._now()):
                return
            outcome = await self._outcome(session, case_id) if order.action is Action.RATE else None
            row, work = await self._open(session, case_id, order)
            work.outcome = await casework.standing(session, outcome) if outcome is not None else None
            before = work.standing
            run(work)
            await self._store(session, row, before, work, order)
            if outcome is not None and work.outcome is not None and work.asks_reopening:
                other = Casework(work.outcome, self.rules, order.doer.actor, work.now)
                other.hear_rating(work.standing, work.asks_reopening)
                await self._save(session, outcome, work.outcome, other)
        if work.ruling is not None:
            await self._take_up_ruling()
        ACTIONS_DONE.labels(order.action.value).inc()

    async def merge(self, case_id: int, into: int, order: Order, reason: str) -> None:
        """并案 into another case. Raises as ``act`` does."""
        async with self._database.write() as session:
            if not await is_first(session, order.key, case_id, self._now()):
                return
            locked = await self._lock(session, case_id, into)
            row, work = await self._open(session, case_id, order)
            target_row = locked[into]
            target = await casework.standing(session, target_row)
            before = work.standing
            # the same words stand in both cases, and each case is another's
            reason = without_personal(reason, (row.reporter_name, target_row.reporter_name))
            work.merge_into(target, reason)
            other = Casework(target, self.rules, order.doer.actor, work.now)
            other.take_in(work.standing, reason)
            await self._store(session, row, before, work, order)
            await self._store(session, target_row, target, other, order)
        ACTIONS_DONE.labels(order.action.value).inc()

    async def urge(self, case_id: int, order: Order, reason: str) -> None:
        """催办, at most so often by one person. Raises as ``act`` does."""
        async with self._database.write() as session:
            if not await is_first(session, order.key, case_id, self._now()):
                return
            row, work = await self._open(session, case_id, order)
            before = work.standing
            follower = None
            if order.channel_user and order.channel_user != row.channel_user:
                # everybody has an allowance of their own: whose case was merged into this one follows it from now on
                channel = await casework.joined_by(session, case_id, order.channel_user)
                if channel is not None:
                    await casework.follow(session, case_id, Follower(channel, order.channel_user), work.now)
                follower = await casework.follower(session, case_id, order.channel_user)
            last = follower.last_urged_at if follower else row.last_urged_at
            work.urge(last, reason)
            if follower is not None:
                follower.last_urged_at = work.now
            else:
                row.last_urged_at = work.now
            await self._store(session, row, before, work, order)
        ACTIONS_DONE.labels(order.action.value).inc()

    async def follow(self, case_id: int, order: Order, follower: Follower) -> bool:
        """加入: the resident hears the outcome too; False when they did already, or it is their own case."""
        async with self._database.write() as session:
            if not await is_first(session, order.key, case_id, self._now()):
                return False
            row, work = await self._open(session, case_id, order)
            if follower.channel_user == row.channel_user and follower.channel == row.channel:
                return False
            if not await casework.follow(session, case_id, follower, work.now):
                return False
            before = work.standing
            count = len(await casework.followers(session, case_id))
            work.follow(count)
            await self._store(session, row, before, work, order)
        ACTIONS_DONE.labels(order.action.value).inc()
        return True

    async def keep_time(self, limit: int = TIMELY_BATCH) -> int:
        """Do what time demands: end suspensions, issue supervision orders. Returns how many cases were seen to.

        Any number of processes may do this at once: each case is looked at again under its lock. One that cannot be
        seen to does not stand in the way of the others.
        """
        now = self._now()
        async with self._database.read() as session:
            waiting = await casework.awaiting_time(session, now, limit)
        seen_to = 0
        for case_id in waiting:
            try:
                await self._keep_time_of(case_id, now)
                seen_to += 1
            except (StorageUnavailable, CityNotLoaded):
                raise
            except Exception:
                log.exception("what time demands was not done", extra={"case": case_number.format_number(case_id)})
        return seen_to

    async def _keep_time_of(self, case_id: int, now: datetime) -> None:
        async with self._database.write() as session:
            row = await cases.get_locked(session, case_id)
            before = await casework.standing(session, row)
            work = Casework(before, self.rules, SYSTEM, now)
            if before.status is Status.SUSPENDED and before.suspended_until and before.suspended_until <= now:
                work.resume("挂账到期，自动恢复")
            elif not work.supervise_by_rule():
                # the city has other hours than when the moment was noted, or another process was faster
                row.next_order_at = next_order_at(before, work.rules.policy)
            await self._save(session, row, before, work)

    async def _take_up_ruling(self) -> None:
        """The ruling is stored; a process that cannot read it now takes it up at its next look."""
        try:
            await self._cities.refresh()
        except StorageUnavailable:
            log.warning("a ruling is not taken up yet: the database does not answer")

    @staticmethod
    async def _lock(session: AsyncSession, *case_ids: int) -> dict[int, CaseRow]:
        """Several cases, always in the same order, so that nobody waits for somebody who waits for them."""
        return {each: await cases.get_locked(session, each) for each in sorted(set(case_ids))}

    async def _outcome(self, session: AsyncSession, case_id: int) -> CaseRow | None:
        """The case in which a merged case goes on, locked together with it."""
        into = await casework.goes_on_in(session, case_id)
        return (await self._lock(session, case_id, into))[into] if into is not None else None

    async def _open(self, session: AsyncSession, case_id: int, order: Order) -> tuple[CaseRow, Casework]:
        row = await cases.get_locked(session, case_id)
        standing = await casework.standing(session, row)
        doer = order.doer
        if order.channel_user:
            theirs = order.channel_user == row.channel_user
            follows = not theirs and await casework.follows(session, case_id, order.channel_user)
            doer = replace(doer, speaks_for_reporter=theirs, speaks_for_follower=follows)
        if not may(order.action, doer, standing.department, standing.supporting):
            raise NotAllowed
        if order.version is not None and order.version != row.last_seq:
            events = await cases.events(session, case_id)
            raise CaseChanged(row.last_seq, [sealed for sealed in events if sealed.seq > order.version])
        now = self._now()
        if order.action not in BESIDE and doer.actor.kind is ActorKind.STAFF:
            held = (await claims.of_cases(session, [case_id], now)).get(case_id)
            if held is not None and held.holder != doer.actor.id:
                raise Claimed(held.holder_name, held.until)
        if order.action is Action.WITHDRAW:
            standing = replace(standing, others=await casework.others_waiting(session, case_id))
        work = Casework(
            standing,
            self.rules,
            doer.actor,
            now,
            department=doer.department,
            for_follower=doer.speaks_for_follower,
        )
        return row, work

    async def _store(self, session: AsyncSession, row: CaseRow, before: Standing, work: Casework, order: Order) -> None:
        if order.evidence:
            known = await attachments.several(session, order.evidence)
            for index, attachment_id in enumerate(order.evidence):
                if attachment_id not in known or known[attachment_id].case_id not in (None, row.id):
                    raise Refused("unknown_attachment", "有附件不存在，请重新上传。", f"attachments/{index}")
            await attachments.bind(session, order.evidence, row.id)
        await self._save(session, row, before, work)

    async def _save(self, session: AsyncSession, row: CaseRow, before: Standing, work: Casework) -> None:
        if not work.events:
            return
        names = (row.reporter_name,)
        events = [replace(event, reason=without_personal(event.reason, names)) for event in work.events]
        tasks = tuple(
            replace(task, reason=without_personal(task.reason, names), answer=without_personal(task.answer, names))
            for task in work.standing.tasks
        )
        after = replace(work.standing, tasks=tasks)
        await casework.settle(session, row, before, after, self._cities.current.city.policy)
        await casework.record(session, row, events, work.remarks)
        if after.status is not before.status:
            await claims.release(session, row.id)
        else:
            await claims.renew(session, row.id, work.actor.id, work.now)
        if work.ruling is not None:
            ruling = work.ruling
            await responsibility.remember_ruling(
                session,
                category=ruling.category,
                area=ruling.town or "*",
                lead=ruling.lead,
                supporting=ruling.supporting,
                case_no=work.standing.number,
                by=work.actor,
                reason=without_personal(ruling.reason, names),
                now=work.now,
            )
        await session.flush()
        await self._noticing.tell(session, row, events, self._cities.current, work.now)


def rules_of(cities: CityInForce, taxonomy: Taxonomy) -> Rules:
    """The rules of the city in force. Raises CityNotLoaded."""
    city = cities.current.city
    return Rules(city.policy, city.calendar, city.matrix, taxonomy)
