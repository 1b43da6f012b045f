"""Filing a report: the assistant is asked where the category is missing, the rules decide, one transaction stores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.acting import rules_of
from intake_api.city_in_force import CityInForce
from intake_api.domain.case import Case, Report, Status, receive
from intake_api.domain.casework import Casework, next_order_at
from intake_api.domain.clock import Due, due
from intake_api.domain.event import SYSTEM, Actor, Event
from intake_api.domain.limits import AppliedLimit, raised, settle
from intake_api.domain.place import Datum, Place
from intake_api.domain.responsibility import Assignment
from intake_api.domain.standing import Standing
from intake_api.domain.taxonomy import Category, Taxonomy, UnknownCategory, Urgency
from intake_api.noticing import Noticing
from intake_api.once import KeyUsedForAnother
from intake_api.places import PlaceResolver
from intake_api.storage import attachments, cases, casework, neighbours, outbox
from intake_api.storage.database import Conflict, Database, insert_together
from intake_api.storage.tables import AttachmentRow, IdempotencyRow, OutboxRow, TaskRow

CASES_FILED = Counter("yht_cases_filed_total", "Cases stored, by channel and first status.", ["channel", "status"])


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text that speaks of a problem of its own; offsets count code points."""

    text: str
    start: int
    end: int
    categories: tuple[tuple[str, float], ...]
    locations: tuple[dict[str, object], ...]


@dataclass(frozen=True)
class Understood:
    """What the assistant makes of a text. Lists are best first; ``locations`` hold text, start, end, kind."""

    normalized: str
    act: str
    acts: tuple[tuple[str, float], ...]
    categories: tuple[tuple[str, float], ...]
    locations: tuple[dict[str, object], ...]
    problems: tuple[Part, ...] = ()


class Understanding(Protocol):
    """The assistant as seen from here. Both answer None when it does not answer in time; they never raise."""

    async def parse(self, text: str) -> Understood | None:
        """What is meant by ``text``."""
        ...

    async def model(self) -> str | None:
        """The fingerprint of the trained model that it uses."""
        ...


@dataclass(frozen=True, slots=True)
class Location:
    """Where, as the reporter gave it: words, a pin in degrees, a pole's number, or nothing."""

    text: str = ""
    lat: float | None = None
    lng: float | None = None
    datum: Datum = Datum.WGS84
    pole_no: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A report as it comes in. ``act`` empty: not said; ``announce``: the reporter has not been told the number yet."""

    report: Report
    location: Location
    category: str | None = None
    condition: str | None = None
    announce: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say to a draft."""

    report: Report
    place: Place
    category: Category | None
    assignment: Assignment | None
    due: Due | None
    limit: AppliedLimit | None
    condition: str | None
    repeat_of: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Filed:
    """A stored case; ``new`` is None when the key had been used for the same before."""

    case_id: int
    new: cases.NewCase | None = None
    files: Mapping[str, AttachmentRow] = field(default_factory=dict)

    @property
    def created(self) -> bool:
        """Whether it was stored now."""
        return self.new is not None


class UnknownAttachment(Exception):
    """An attachment does not exist; upload it first. ``index`` is its place in the list."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class Filing:
    """The way in for reports, whatever they came by."""

    def __init__(
        self,
        database: Database,
        taxonomy: Taxonomy,
        cities: CityInForce,
        places: PlaceResolver,
        assistant: Understanding,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._taxonomy = taxonomy
        self._cities = cities
        self._places = places
        self._assistant = assistant
        self._now = now
        self._noticing = Noticing(taxonomy)

    async def decide(self, draft: Draft) -> Decision:
        """What would become of a draft now; stores nothing. Raises UnknownCategory, UnknownCondition, CityNotLoaded."""
        loaded = self._cities.current
        report = draft.report
        category = self._taxonomy.get(draft.category) if draft.category else None
        if category is None:
            report, category = await self._understand(report)
        report = replace(report, act=report.act or "report")
        where = draft.location
        found = await self._places.resolve(where.text, where.lat, where.lng, where.datum, where.pole_no)
        place = found.place
        now = self._now()
        if category is None:
            return Decision(report, place, None, None, None, None, None, None, now)
        city = loaded.city
        limit, condition = settle(
            category,
            report.description,
            city.filing_conditions,
            city.policy,
            place.precision,
            chosen=draft.condition if draft.category else None,
        )
        limit = raised(limit, report.urgency)
        today = now.astimezone(city.calendar.timezone).date()
        assignment = city.matrix.assign(category, place.town_code, today)
        repeat_of = await self._repeated(category, place, now)
        deadline = due(limit.limit, now, city.calendar, limit.rule)
        return Decision(report, place, category, assignment, deadline, limit, condition, repeat_of, now)

    async def file(self, draft: Draft, *, scope: str, key: str, body_hash: str, actor: Actor) -> Filed:
        """Store a report as a case, once per ``scope`` and ``key``.

        Raises UnknownCategory, UnknownCondition, UnknownAttachment, KeyUsedForAnother, CityNotLoaded,
        StorageUnavailable.
        """
        async with self._database.read() as session:
            opening = await cases.open_filing(session, scope, key)
        if opening.before is not None:
            return await self._filed_before(draft, opening.before, body_hash)
        decision = await self.decide(draft)
        now = decision.at
        case, events = receive(
            decision.report,
            category=decision.category,
            place=decision.place,
            assignment=decision.assignment,
            due=decision.due,
            policy=self._cities.current.city.auto_file,
            actor=actor,
            now=now,
            limit=decision.limit,
            condition=decision.condition,
            repeat_of=decision.repeat_of,
        )
        policy = self._cities.current.city.policy
        standing, moved = self._begin(case)
        case, events = replace(case, status=standing.status), (*events, *moved)
        names = case.report.attachments
        hurried = draft.announce and case.urgency is Urgency.EMERGENCY
        # otherwise a case is one statement
        begin = self._database.write if names or hurried else self._database.write_at_once
        try:
            async with begin() as session:
                files = await self._files(session, names)
                case_id = opening.case_id or await cases.next_id(session)
                new = cases.new(
                    case_id,
                    case,
                    events,
                    standing,
                    next_order_at(standing, policy),
                    postgres=not self._database.is_sqlite,
                )
                new.rows[TaskRow] = [casework.task_columns(case_id, task) for task in standing.tasks]
                new.rows[IdempotencyRow] = [cases.key_columns(scope, key, body_hash, now, case_id)]
                if draft.announce:
                    new.rows[OutboxRow] = self._noticing.announcement(new.row, self._cities.current, now)
                await insert_together(session, new.rows)
                await attachments.bind(session, names, case_id)
                if hurried:
                    await outbox.hurry(session, new.row.channel, new.row.channel_user)
        except Conflict:
            async with self._database.read() as session:
                taken = await cases.find_key(session, scope, key)
            if taken is None:
                raise
            return await self._filed_before(draft, taken, body_hash)  # another filed under the key at the same moment
        CASES_FILED.labels(case.report.channel.value, case.status.value).inc()
        return Filed(case_id, new, files)

    async def _understand(self, report: Report) -> tuple[Report, Category | None]:
        """Ask the assistant for the category; a report that it does not understand, or in time, is filed without."""
        understood = await self._assistant.parse(report.description)
        if understood is None:
            return replace(report, category_confidence=0.0), None
        report = replace(report, act=report.act or understood.act)
        for code, confidence in understood.categories:
            try:
                return replace(report, category_confidence=confidence), self._taxonomy.get(code)
            except UnknownCategory:
                continue  # a model trained with another taxonomy
        return replace(report, category_confidence=0.0), None

    async def _repeated(self, category: Category, place: Place, now: datetime) -> int | None:
        """The newest case of this place and category that was closed lately (S13)."""
        policy = self._cities.current.city.policy
        async with self._database.read() as session:
            earlier = await neighbours.repeats_of(
                session,
                category=category.code,
                lat=place.lat,
                lng=place.lng,
                at=now,
                days=policy.repeat_days,
                radius=policy.similar_metres,
            )
        return earlier[0].case_id if earlier else None

    def _begin(self, case: Case) -> tuple[Standing, tuple[Event, ...]]:
        """Where a new case stands; what is filed goes on to its department at once, where the city wants that."""
        assignment = case.assignment
        standing = Standing(
            id=0,
            status=case.status,
            received_at=case.received_at,
            category=case.category.code if case.category else None,
            town=case.place.town_code,
            department=assignment.lead.id if assignment else None,
            supporting=tuple(unit.id for unit in assignment.supporting) if assignment else (),
            basis=assignment.basis.value if assignment else None,
            rule=assignment.rule if assignment else None,
            clock=case.due,
            filed_at=case.filed_at,
            fast_track=case.fast_track,
        )
        rules = rules_of(self._cities, self._taxonomy)
        if case.status is not Status.FILED or not rules.policy.auto_dispatch:
            return standing, ()
        work = Casework(standing, rules, SYSTEM, case.received_at)
        work.dispatch_by_matrix()
        return work.standing, tuple(work.events)

    async def _filed_before(self, draft: Draft, used: cases.UsedKey, body_hash: str) -> Filed:
        """The case that the key stands for.

        A caller whose first attempt got through unheard may only now ask to have the number announced.
        """
        if used.body_hash != body_hash:
            raise KeyUsedForAnother
        assert used.case_id is not None
        if draft.announce:
            async with self._database.write() as session:
                row = await cases.get_locked(session, used.case_id)
                await self._noticing.announce(session, row, self._cities.current, self._now())
        return Filed(used.case_id)

    @staticmethod
    async def _files(session: AsyncSession, ids: Sequence[str]) -> dict[str, AttachmentRow]:
        known = await attachments.several(session, ids)
        for index, attachment_id in enumerate(ids):
            if attachment_id not in known:
                raise UnknownAttachment(index)
        return known
