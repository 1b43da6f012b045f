"""The queue: which cases somebody sees, in which order, a page at a time.

Pages go on from the last case of the page before (never by counting rows), so that new cases neither repeat nor hide
others. Every way through is bounded, however many cases there are:

* no filter, or one of status, category, department, reporter: its own index in the order of the list;
* words, or several filters together: the text index, which holds the facets of each case too. A filter that most cases
  pass is answered from the newest ones; a rare one is looked up block by block, in strides that grow;
* order by due time or priority: indexes of open cases only; with several filters their ids first, then sorted.

A day or hour given as a filter bounds the ids as well: ids go up with the time of receipt, give or take ``SLACK``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.case import Status
from intake_api.domain.task import TaskState
from intake_api.domain.tokens import TextQuery
from intake_api.storage.overdue import CLOCK_RUNS, overdue
from intake_api.storage.queue_tables import CaseTextRow, ClaimRow
from intake_api.storage.tables import CaseRow, SupportingRow, TaskRow
from intake_api.storage.text_index import BLOCK, OPEN_STATES, Lookup, fts_ids, hits, matches, one_of, sectors

SLACK = timedelta(hours=1)
_NEWEST = 2000  # cases looked at before the index is asked: enough for what every fortieth case has
_STRIDE = 4  # blocks in the first stride; each is four times as long as the one before
_COUNT_LIMIT = 1000
_WAITING = tuple(state.value for state in TaskState if state.is_open)
_SMALL_BOX = 2.5e-5  # square degrees, a quarter of a square kilometre: its cases are read and sorted
_SHORT_TIME = timedelta(days=31)  # in which cases were closed: these are read and sorted, too


class Order(StrEnum):
    """In which order cases are listed."""

    NEWEST = "newest"  # received last first
    DUE = "due"  # open cases, due first first, those without a clock last
    PRIORITY = "priority"  # open cases, as domain.priority says
    STAGE = "stage"  # by when what they wait for began, clock or no clock; open cases, or all of a work list

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {"newest": "最新在前", "due": "先到期在前", "priority": "按优先次序", "stage": "先到先办"}[self]


WAITS_SINCE = case(
    (CaseRow.status == Status.FILED.value, CaseRow.filed_at),
    (CaseRow.status == Status.REPORTED_DONE.value, CaseRow.reported_at),
    (CaseRow.status == Status.CLOSED.value, CaseRow.closed_at),
    else_=CaseRow.received_at,
)
"""When the stage began in which a case waits (``domain.stages.WAITING``), or the wait for the call-back."""


def waits_since(row: CaseRow) -> datetime:
    """``WAITS_SINCE`` of a case that is here."""
    began = {
        Status.FILED.value: row.filed_at,
        Status.REPORTED_DONE.value: row.reported_at,
        Status.CLOSED.value: row.closed_at,
    }
    return began.get(row.status) or row.received_at


@dataclass(frozen=True, slots=True)
class After:
    """Where a page goes on: behind this case. ``at``: its due time, rank or when it began to wait; None for newest,
    or without a clock."""

    id: int
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list shows; empty means all."""

    status: Sequence[str] = ()
    category: Sequence[str] = ()
    department: Sequence[str] = ()
    without_department: bool = False  # cases of no department; beside those of ``department``
    channel: Sequence[str] = ()
    town: Sequence[str] = ()  # codes or names
    urgency: Sequence[str] = ()
    precision: Sequence[str] = ()
    grid_cell: Sequence[str] = ()
    case_id: int | None = None
    text: TextQuery = field(default_factory=TextQuery)
    received_from: datetime | None = None
    received_to: datetime | None = None
    due_before: datetime | None = None  # only open cases whose clock runs, due before
    due_from: datetime | None = None  # only open cases whose clock runs, due then or later
    closed_from: datetime | None = None
    closed_to: datetime | None = None
    box: tuple[float, float, float, float] | None = None  # west, south, east, north
    channel_user: str | None = None
    own_department: str | None = None  # leads or supports
    repeat: bool = False  # only cases that came back
    held_by: str | None = None  # only cases that this person has claimed
    free: bool = False  # only cases that nobody has claimed
    waits_for: str | None = None  # kind of a side task that is open
    condition: ColumnElement[bool] | None = None  # any other, of few cases
    now: datetime | None = None  # by which claims are judged
    order: Order = Order.NEWEST
    after: After | None = None
    limit: int = 50

    @property
    def of_due(self) -> bool:
        """Whether only open cases are meant, by their due time."""
        return self.due_before is not None or self.due_from is not None

    @property
    def of_closed(self) -> bool:
        """Whether only cases closed in a time are meant."""
        return self.closed_from is not None or self.closed_to is not None


@dataclass(frozen=True, slots=True)
class Page:
    """Cases, and where the next page goes on; None at the end."""

    rows: list[CaseRow]
    following: After | None


async def search(session: AsyncSession, wanted: CaseFilter) -> Page:
    """A page of the queue."""
    ids = await find(session, replace(wanted, limit=wanted.limit + 1))
    more = len(ids) > wanted.limit
    ids = ids[: wanted.limit]
    found = {row.id: row for row in await session.scalars(select(CaseRow).where(CaseRow.id.in_(ids)))}
    rows = [found[case_id] for case_id in ids if case_id in found]
    if not more or not rows:
        return Page(rows, None)
    last = rows[-1]
    at = {
        Order.NEWEST: None,
        Order.DUE: last.due_at,
        Order.PRIORITY: last.rank_at,
        Order.STAGE: waits_since(last),
    }[wanted.order]
    return Page(rows, After(last.id, at))


async def count(session: AsyncSession, wanted: CaseFilter) -> tuple[int, bool]:
    """How many cases a filter shows, counted up to a thousand; whether there are more."""
    ids = await find(session, replace(wanted, order=Order.NEWEST, after=None, limit=_COUNT_LIMIT + 1))
    return min(len(ids), _COUNT_LIMIT), len(ids) > _COUNT_LIMIT


async def find(session: AsyncSession, wanted: CaseFilter) -> list[int]:
    """The ids of the first ``limit`` cases, in order."""
    if wanted.order is not Order.NEWEST and not wanted.status and not _of_work(wanted):
        wanted = replace(wanted, status=OPEN_STATES)
    if wanted.case_id is not None:
        return list(await session.scalars(_ordered(_plain(wanted).where(CaseRow.id == wanted.case_id), wanted)))
    if wanted.order is Order.DUE:
        return await _by_due_time(session, wanted)
    return await _find(session, wanted)


async def _by_due_time(session: AsyncSession, wanted: CaseFilter) -> list[int]:
    """Those with a clock first; then those without, oldest first."""
    ids: list[int] = []
    if wanted.after is None or wanted.after.at is not None:
        ids = await _find(session, wanted)
        wanted = replace(wanted, after=None)
    if len(ids) < wanted.limit:
        rest = replace(wanted, limit=wanted.limit - len(ids))
        ids += await _find(session, rest, without_clock=True)
    return ids


async def _find(session: AsyncSession, wanted: CaseFilter, *, without_clock: bool = False) -> list[int]:
    lookup = _lookup(wanted)
    if _has_few_by_an_index(wanted) and wanted.order is not Order.STAGE:
        # the planner would rather walk all cases in the order of the list until it has enough
        within = _plain(wanted, without_clock=without_clock).add_columns(CaseRow.due_at, CaseRow.rank_at)
        if lookup.text:
            within = within.where(_has_text(session, lookup))
        found = within.cte("within").prefix_with("MATERIALIZED")
        query = _sorted(select(found.c.id), found, wanted, without_clock=without_clock)
        return list(await session.scalars(query))
    if (
        wanted.held_by is not None
        or wanted.repeat
        or wanted.of_closed
        or wanted.waits_for
        or wanted.condition is not None
        or wanted.channel_user is not None
        or wanted.without_department
        or wanted.order is Order.STAGE
    ):
        # few cases, found by their own tables, or by the states in which work waits
        query = _plain(wanted, without_clock=without_clock)
        if lookup.text:
            query = query.where(_has_text(session, lookup))
        return list(await session.scalars(_ordered(query, wanted, without_clock=without_clock)))
    driver = _driver(wanted, lookup)
    if driver is not None:
        return await _by_column(session, wanted, driver, without_clock=without_clock)
    floor, ceiling = await _bounds(session, wanted)
    if floor > ceiling:
        return []
    if wanted.order is Order.NEWEST:
        if _is_postgres(session):
            return await _newest(session, wanted, lookup, floor, ceiling)
        matching = fts_ids(lookup, floor, ceiling)
        query = _plain(wanted).join(matching, matching.c.id == CaseRow.id)
        query = query.order_by(matching.c.id.desc()).limit(wanted.limit)
        return list(await session.scalars(query))
    query = _plain(wanted, without_clock=without_clock)
    if _is_postgres(session):
        query = _rows_of(hits(lookup, _blocks(floor, ceiling)), query, wanted, without_clock=without_clock)
    else:
        matching = fts_ids(lookup, floor, ceiling)
        query = query.join(matching, matching.c.id == CaseRow.id)
        query = _ordered(query, wanted, without_clock=without_clock)
    return list(await session.scalars(query))


def _has_few_by_an_index(wanted: CaseFilter) -> bool:
    """Whether the place, or the time of closing, leaves so few that they are best read and sorted."""
    if wanted.box is not None:
        return _area(wanted.box) <= _SMALL_BOX
    since, until = wanted.closed_from, wanted.closed_to
    return since is not None and until is not None and until - since <= _SHORT_TIME


# by the order of one column


def _driver(wanted: CaseFilter, lookup: Lookup) -> tuple[Any, Sequence[str]] | None:
    """The one column with an index in the order of the list that will do; None: the text index is asked.

    All open states together, or none, are no filter where only open cases are in the index.
    """
    if lookup.text:
        return None
    ordered_open = wanted.order is not Order.NEWEST and (
        set(wanted.status) == set(OPEN_STATES) or (not wanted.status and not _of_work(wanted))
    )
    facets = len(lookup.facets) - (ordered_open and len(wanted.status) > 0)
    if facets == 0 or (wanted.of_due and facets == 1):
        return None, ()
    if facets > 1:
        return None
    for column, values in (
        (CaseRow.department_id, wanted.department),
        (CaseRow.category, wanted.category if wanted.order is Order.NEWEST else ()),
        (CaseRow.status, () if ordered_open else wanted.status),
        # by its code: open cases lie in their order by town as well
        (CaseRow.town_code, wanted.town if ordered_open and all(town.isascii() for town in wanted.town) else ()),
    ):
        if values:
            return column, values
    return None


async def _by_column(
    session: AsyncSession, wanted: CaseFilter, driver: tuple[Any, Sequence[str]], *, without_clock: bool
) -> list[int]:
    """One ordered stretch of an index for each value, merged: the planner would rather read and sort them all."""
    column, values = driver
    floor, ceiling = await _bounds(session, wanted) if _is_timed(wanted) else (0, 0)
    branches = []
    for value in values or (None,):
        query = _plain(wanted, without_clock=without_clock)
        if value is not None:
            query = query.where(column == value)
        if ceiling:
            query = query.where(CaseRow.id >= floor, CaseRow.id <= ceiling)
        branches.append(_ordered(query, wanted, without_clock=without_clock, with_key=True))
    if len(branches) == 1:
        return [row[0] for row in await session.execute(branches[0])]
    merged = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    key = merged.c.key.desc() if wanted.order is Order.NEWEST else merged.c.key
    return list(await session.scalars(select(merged.c.id).order_by(key, merged.c.id).limit(wanted.limit)))


# newest first by the text index, on PostgreSQL


async def _newest(session: AsyncSession, wanted: CaseFilter, lookup: Lookup, floor: int, ceiling: int) -> list[int]:
    low = max(floor, ceiling - _NEWEST + 1)
    ids = await _stretch(session, wanted, lookup, (low, ceiling))
    stride = _STRIDE
    while len(ids) < wanted.limit and low > floor:
        high = low - 1
        low = max(floor, (high // BLOCK - stride + 1) * BLOCK)
        rest = replace(wanted, limit=wanted.limit - len(ids))
        ids += await _stretch(session, rest, lookup, (low, high), by_index=True)
        stride *= 4
    return ids


async def _stretch(
    session: AsyncSession, wanted: CaseFilter, lookup: Lookup, stretch: tuple[int, int], *, by_index: bool = False
) -> list[int]:
    """The newest matching cases of a stretch of ids, both ends included."""
    low, high = stretch
    if by_index:
        matching = hits(lookup, _blocks(low, high))
        query = _rows_of(matching, _plain(wanted), wanted).where(matching.c.id >= low, matching.c.id <= high)
    else:
        # the rows of a short stretch, one after another
        newest = select(CaseTextRow.case_id.label("id")).where(
            matches(lookup, _blocks(low, high)), CaseTextRow.case_id >= low, CaseTextRow.case_id <= high
        )
        query = _rows_of(newest.cte("hits").prefix_with("MATERIALIZED"), _plain(wanted), wanted)
    return list(await session.scalars(query))


def _rows_of(matching: Any, conditions: Select[Any], wanted: CaseFilter, *, without_clock: bool = False) -> Select[Any]:
    """The first cases of these ids that meet the conditions, each looked up by its id.

    The planner, who cannot know how few they are, would else read cases by the conditions and look for the ids in them.
    """
    one = conditions.add_columns(CaseRow.due_at, CaseRow.rank_at).where(CaseRow.id == matching.c.id)
    met = one.correlate(matching).limit(1).lateral("met")
    query = select(met.c.id).select_from(matching).join(met, true())
    return _sorted(query, met, wanted, without_clock=without_clock)


def _sorted(query: Select[Any], found: Any, wanted: CaseFilter, *, without_clock: bool) -> Select[Any]:
    """The first of these cases in the order of the list."""
    if wanted.order is Order.NEWEST:
        query = query.order_by(found.c.id.desc())
    elif without_clock:
        query = query.order_by(found.c.id)
    else:
        query = query.order_by(found.c.due_at if wanted.order is Order.DUE else found.c.rank_at, found.c.id)
    return query.limit(wanted.limit)


def _blocks(low: int, high: int) -> list[int]:
    return list(range(low // BLOCK, high // BLOCK + 1))


def _is_postgres(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"


# what a filter says


def _lookup(wanted: CaseFilter) -> Lookup:
    """A filter as facets and words."""
    groups = [
        one_of(name, values)
        for name, values in (
            ("s", wanted.status if tuple(wanted.status) != OPEN_STATES else ()),
            ("c", wanted.category),
            ("d", wanted.department),
            ("h", wanted.channel),
            ("t", wanted.town),
            ("u", wanted.urgency),
            ("p", wanted.precision),
            ("x", wanted.grid_cell),
        )
        if values
    ]
    if tuple(wanted.status) == OPEN_STATES or wanted.of_due:
        groups.append(("o=1",))
    if wanted.own_department is not None:
        groups.append(one_of("w", [wanted.own_department]))
    if wanted.box is not None:
        touched = sectors(*wanted.box)
        if touched is not None:
            groups.append(touched)
    return Lookup(tuple(groups), wanted.text)


def _plain(wanted: CaseFilter, *, without_clock: bool = False) -> Select[tuple[int]]:
    """The ids of the cases that a filter shows, but for the words: phrases are looked for in the text itself."""
    query = select(CaseRow.id)
    for column, values in (
        (CaseRow.status, wanted.status),
        (CaseRow.category, wanted.category),
        (CaseRow.department_id, () if wanted.without_department else wanted.department),
        (CaseRow.channel, wanted.channel),
        (CaseRow.urgency, wanted.urgency),
        (CaseRow.precision, wanted.precision),
        (CaseRow.grid_cell, wanted.grid_cell),
    ):
        if values:
            query = query.where(column.in_(values))
    if wanted.without_department:
        nobody = CaseRow.department_id.is_(None)
        query = query.where(or_(nobody, CaseRow.department_id.in_(wanted.department)) if wanted.department else nobody)
    if (wanted.order is not Order.NEWEST and not _of_work(wanted)) or wanted.of_due:
        query = query.where(_is_open())  # said as the partial indexes say it
    if wanted.town:
        query = query.where(or_(CaseRow.town_code.in_(wanted.town), CaseRow.town.in_(wanted.town)))
    if wanted.received_from is not None:
        query = query.where(CaseRow.received_at >= wanted.received_from)
    if wanted.received_to is not None:
        query = query.where(CaseRow.received_at < wanted.received_to)
    if wanted.due_before is not None:
        query = query.where(overdue(wanted.due_before))
    if wanted.due_from is not None:
        query = query.where(CaseRow.due_at >= wanted.due_from, CLOCK_RUNS)
    if wanted.closed_from is not None:
        query = query.where(CaseRow.closed_at >= wanted.closed_from)
    if wanted.closed_to is not None:
        query = query.where(CaseRow.closed_at < wanted.closed_to)
    if wanted.box is not None:
        west, south, east, north = wanted.box
        query = query.where(CaseRow.lat.between(south, north), CaseRow.lng.between(west, east))
    if wanted.channel_user is not None:
        query = query.where(CaseRow.channel_user == wanted.channel_user)
    if wanted.own_department is not None:
        supports = exists().where(
            SupportingRow.case_id == CaseRow.id, SupportingRow.department_id == wanted.own_department
        )
        query = query.where(or_(CaseRow.department_id == wanted.own_department, supports))
    if wanted.repeat:
        query = query.where(CaseRow.repeat_of.is_not(None))
    if wanted.condition is not None:
        query = query.where(wanted.condition)
    if wanted.waits_for:
        waiting = select(TaskRow.case_id).where(TaskRow.kind == wanted.waits_for, TaskRow.state.in_(_WAITING))
        query = query.where(CaseRow.id.in_(waiting))
    if wanted.held_by is not None:
        held = select(ClaimRow.case_id).where(ClaimRow.holder == wanted.held_by, ClaimRow.until > wanted.now)
        query = query.where(CaseRow.id.in_(held))
    if wanted.free:
        query = query.where(~exists().where(ClaimRow.case_id == CaseRow.id, ClaimRow.until > wanted.now))
    for phrase in wanted.text.phrases:
        query = query.where(
            exists().where(CaseTextRow.case_id == CaseRow.id, CaseTextRow.text.contains(phrase, autoescape=True))
        )
    return _behind(query, wanted, without_clock=without_clock)


def _of_work(wanted: CaseFilter) -> bool:
    """Whether a work list is asked for by how long its cases wait: it says itself in which states they are."""
    return wanted.order is Order.STAGE and wanted.condition is not None


def _is_open() -> Any:
    # literal values: a partial index is only used when the statement itself says its condition
    return CaseRow.status.in_([literal(state, literal_execute=True) for state in OPEN_STATES])


_BY: dict[Order, Any] = {
    Order.NEWEST: CaseRow.id,
    Order.DUE: CaseRow.due_at,
    Order.PRIORITY: CaseRow.rank_at,
    Order.STAGE: WAITS_SINCE,
}


def _behind(query: Select[Any], wanted: CaseFilter, *, without_clock: bool) -> Select[Any]:
    """Only what comes behind the page before."""
    if wanted.order is Order.DUE:
        query = query.where(CaseRow.due_at.is_(None) if without_clock else CaseRow.due_at.is_not(None))
    after = wanted.after
    if after is None:
        return query
    if wanted.order is Order.NEWEST:
        return query.where(CaseRow.id < after.id)
    if without_clock:
        return query.where(CaseRow.id > after.id)
    column = _BY[wanted.order]
    return query.where(column >= after.at, or_(column > after.at, and_(column == after.at, CaseRow.id > after.id)))


def _ordered(
    query: Select[Any], wanted: CaseFilter, *, without_clock: bool = False, with_key: bool = False
) -> Select[Any]:
    column = CaseRow.id if without_clock else _BY[wanted.order]
    if with_key:
        query = query.add_columns(column.label("key"))
    query = query.order_by(column.desc() if wanted.order is Order.NEWEST else column)
    return (query if column is CaseRow.id else query.order_by(CaseRow.id)).limit(wanted.limit)


def _has_text(session: AsyncSession, lookup: Lookup) -> Any:
    """Whether a case has the words: looked up for few cases, by the text itself."""
    conditions = [
        CaseTextRow.text.contains(part, autoescape=True) for part in (*lookup.text.terms, *lookup.text.prefixes)
    ]
    return exists().where(CaseTextRow.case_id == CaseRow.id, *conditions)


def _area(box: tuple[float, float, float, float]) -> float:
    west, south, east, north = box
    return max(east - west, 0.0) * max(north - south, 0.0)


def _is_timed(wanted: CaseFilter) -> bool:
    return wanted.received_from is not None or wanted.received_to is not None


async def _bounds(session: AsyncSession, wanted: CaseFilter) -> tuple[int, int]:
    """Lowest and highest id that can be meant; the lowest above the highest when none can."""
    highest = await session.scalar(select(func.max(CaseRow.id))) or 0
    floor, ceiling = 1, highest
    if wanted.after is not None and wanted.order is Order.NEWEST:
        ceiling = min(ceiling, wanted.after.id - 1)
    if wanted.received_from is not None:
        before = select(CaseRow.id).where(CaseRow.received_at < wanted.received_from - SLACK)
        floor = (await session.scalar(before.order_by(CaseRow.received_at.desc()).limit(1)) or 0) + 1
    if wanted.received_to is not None:
        later = select(CaseRow.id).where(CaseRow.received_at >= wanted.received_to + SLACK)
        ceiling = min(ceiling, (await session.scalar(later.order_by(CaseRow.received_at).limit(1)) or highest + 1) - 1)
    if wanted.order is not Order.NEWEST or wanted.of_due:
        oldest = await session.scalar(select(CaseRow.id).where(_is_open()).order_by(CaseRow.id).limit(1))
        floor = max(floor, oldest or highest + 1)
    return floor, ceiling
