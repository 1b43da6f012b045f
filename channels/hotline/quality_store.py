"""Figures of calls as the database keeps them, added up there; and what supervisors thought of calls.

A call is settled once it is over and its words are written down: its figures are then kept in a row, and stay when
its words are deleted. Of calls that are not settled the figures are made when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.hotline.call import Call, Operator, State
from channels.hotline.call_store import UnknownCall
from channels.hotline.form import form_from
from channels.hotline.quality import Correction, Fault, Quality, Tally, quality
from channels.hotline.rows import call_from, log_event
from channels.hotline.tables import calls, figures, forms, legs, reviews, utterances
from channels.hotline.transactions import reads, writes

_WRITTEN_WITHIN = timedelta(hours=1)
"""A call whose words are not written down by then is settled without the rest; it is settled anew when they come."""


class Grade(StrEnum):
    """A reviewer's verdict on a call."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {"good": "好", "fair": "合格", "poor": "需改进"}[self]


class ReviewedMeanwhile(Exception):
    """Somebody else has reviewed the call since. Look at what they wrote."""

    def __init__(self, by: str):
        super().__init__(by)
        self.by = by


@dataclass(frozen=True, slots=True)
class Review:
    """What a supervisor thought of a call. ``version`` counts from 1."""

    grade: Grade
    note: str
    by: Operator
    at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A call with its figures."""

    call: Call
    quality: Quality
    case_nos: Sequence[str]
    review: Review | None


@dataclass(frozen=True, slots=True)
class Share:
    """The tally of one operator's calls of one day. ``operator`` is None where nobody answered."""

    operator: Operator | None
    day: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Span:
    """Days of the city, ``first`` … ``last`` as 2026-11-26, and the moments at which they begin and are over."""

    first: str
    last: str
    since: datetime
    until: datetime
    operator: str = ""
    """Only calls of this operator; empty: of all."""


DayOf = Callable[[datetime], str]
"""The city's day of a moment."""


class QualityStore:
    """Keeps and adds up. Calls for training count nowhere."""

    def __init__(self, database: Database):
        self.database = database

    @writes
    def settle(self, connection: sa.Connection, day_of: DayOf, now: datetime, limit: int) -> int:
        """Write down the figures of calls that are over. Returns of how many."""
        unwritten = sa.exists().where(legs.c.call == calls.c.id, legs.c.transcribed_all.is_(False))
        query = (
            sa.select(calls)
            .where(
                calls.c.settled.is_(False),
                calls.c.state == State.ENDED,
                sa.or_(~unwritten, calls.c.finished_at < now - _WRITTEN_WITHIN),
            )
            .limit(limit)
            .with_for_update(skip_locked=True, of=calls)
        )
        found = connection.execute(query).all()
        real = [call_from(row) for row in found if not row.training]
        if real:
            kept = [_figures_row(each, day_of(each.call.rang_at)) for each in _judged(connection, real)]
            connection.execute(sa.insert(figures), kept)
        done = sa.update(calls).where(calls.c.id.in_([row.id for row in found]))
        connection.execute(done.values(settled=True))
        return len(found)

    @reads
    def shares(self, connection: sa.Connection, span: Span, day_of: DayOf) -> list[Share]:
        """Tallies of the span by operator and day; what is not settled yet is in them."""
        count, total = sa.func.count, sa.func.sum

        def number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
            return sa.func.coalesce(total(sa.case((condition, 1), else_=0)), 0)

        def seconds(column: sa.ColumnElement[Any]) -> sa.ColumnElement[float]:
            return sa.func.coalesce(total(column), 0.0)

        after_hanging_up = sa.case((figures.c.seconds_to_file > 0, figures.c.seconds_to_file), else_=0.0)
        query = (
            sa.select(
                figures.c.operator_id,
                sa.func.max(figures.c.operator_name).label("operator_name"),
                figures.c.day,
                count().label("calls"),
                number(figures.c.answered).label("answered"),
                number(figures.c.in_time).label("in_time"),
                number(figures.c.abandoned).label("abandoned"),
                seconds(figures.c.waited_seconds).label("waited_seconds"),
                sa.func.coalesce(sa.func.max(figures.c.waited_seconds), 0.0).label("longest_wait"),
                count(figures.c.after_call_seconds).label("finished"),
                seconds(figures.c.after_call_seconds).label("after_call_seconds"),
                count(figures.c.seconds_to_file).label("filed"),
                seconds(after_hanging_up).label("filing_seconds"),
                total(figures.c.recognised).label("recognised"),
                total(figures.c.corrected).label("corrected"),
                count(figures.c.category_changed).label("category_judged"),
                number(figures.c.category_changed).label("category_changed"),
                count(figures.c.place_changed).label("place_judged"),
                number(figures.c.place_changed).label("place_changed"),
            )
            .where(*_within(span))
            .group_by(figures.c.operator_id, figures.c.day)
        )
        found = []
        for row in connection.execute(query):
            counted = dict(row._mapping)
            operator, name, day = counted.pop("operator_id"), counted.pop("operator_name"), counted.pop("day")
            found.append(Share(Operator(operator, name) if operator else None, day, Tally(**counted)))
        fresh = (
            Share(each.call.operator, day_of(each.call.rang_at), Tally.of(each.quality))
            for each in self._unsettled(connection, span)
        )
        return [*found, *fresh]

    @reads
    def median_wait(self, connection: sa.Connection, span: Span) -> float | None:
        """The middle of all waits, in seconds; of an even number the mean of the two in the middle."""
        fresh = [each.quality.waited_seconds for each in self._unsettled(connection, span)]
        waits = sorted(wait for wait in fresh if wait is not None)
        kept = [*_within(span), figures.c.waited_seconds.is_not(None)]
        settled = connection.execute(sa.select(sa.func.count()).select_from(figures).where(*kept)).scalar_one()
        number = settled + len(waits)
        if not number:
            return None
        # the middle of both together is not further than the fresh ones from the middle of the settled ones
        low, high = (number - 1) // 2, number // 2
        passed = max(0, low - len(waits))
        query = (
            sa.select(figures.c.waited_seconds)
            .where(*kept)
            .order_by(figures.c.waited_seconds)
            .offset(passed)
            .limit(high - passed + 1)
        )
        around = sorted([*connection.execute(query).scalars(), *waits])
        return float(around[low - passed] + around[high - passed]) / 2

    @reads
    def for_review(
        self,
        connection: sa.Connection,
        span: Span,
        *,
        fault: Fault | None = None,
        any_fault: bool = True,
        reviewed: bool | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[list[Judged], int]:
        """Settled calls with the most points first, and how many there are; see ``REVIEW_ORDER``.

        ``fault``: only calls with this one; ``any_fault``: only with one at all; ``reviewed``: None: either.
        """
        conditions = list(_within(span))
        if fault is not None:
            conditions.append(figures.c.faults.contains(f" {fault.value} "))
        elif any_fault:
            conditions.append(figures.c.points > 0)
        if reviewed is not None:
            conditions.append(reviews.c.call.is_not(None) if reviewed else reviews.c.call.is_(None))
        both = figures.outerjoin(reviews, reviews.c.call == figures.c.call)
        number = connection.execute(sa.select(sa.func.count()).select_from(both).where(*conditions)).scalar_one()
        query = (
            sa.select(figures.c.call)
            .select_from(both)
            .where(*conditions)
            .order_by(figures.c.points.desc(), figures.c.rang_at.desc(), figures.c.call)
            .offset(offset)
            .limit(limit)
        )
        ids = list(connection.execute(query).scalars())
        return self._kept(connection, ids), number

    @reads
    def one(self, connection: sa.Connection, call_id: str) -> Judged:
        """A call with its figures as they are. Raises UnknownCall."""
        kept = self._kept(connection, [call_id])
        if kept:
            return kept[0]
        row = connection.execute(sa.select(calls).where(calls.c.id == call_id)).one_or_none()
        if row is None:
            raise UnknownCall(call_id)
        return _judged(connection, [call_from(row)])[0]

    @writes
    def review(
        self,
        connection: sa.Connection,
        call_id: str,
        grade: Grade,
        note: str,
        *,
        seen: int,
        by: Operator,
        now: datetime,
    ) -> Review:
        """Keep what a supervisor thought. ``seen``: version of the review that they saw, 0 when there was none.

        The same again is kept once. Raises UnknownCall, ReviewedMeanwhile.
        """
        locked = sa.select(calls.c.id).where(calls.c.id == call_id).with_for_update()
        if connection.execute(locked).one_or_none() is None:
            raise UnknownCall(call_id)
        known = _reviews(connection, [call_id]).get(call_id)
        if known is not None and (known.grade, known.note, known.by.id) == (grade, note, by.id):
            return known
        if known is not None and known.version != seen:
            raise ReviewedMeanwhile(known.by.name)
        new = Review(grade, note, by, now, known.version + 1 if known else 1)
        values = {
            "grade": grade.value, "note": note, "by_id": by.id, "by_name": by.name, "at": now, "version": new.version,
        }  # fmt: skip
        if known is None:
            connection.execute(sa.insert(reviews).values(call=call_id, **values))
        else:
            connection.execute(sa.update(reviews).where(reviews.c.call == call_id).values(values))
        log_event(connection, call_id, "review", by, detail={"grade": grade.value}, now=now)
        return new

    def _unsettled(self, connection: sa.Connection, span: Span) -> list[Judged]:
        query = sa.select(calls).where(
            calls.c.rang_at >= span.since,
            calls.c.rang_at < span.until,
            calls.c.training.is_(False),
            calls.c.settled.is_(False),
        )
        if span.operator:
            query = query.where(calls.c.operator_id == span.operator)
        return _judged(connection, [call_from(row) for row in connection.execute(query)])

    def _kept(self, connection: sa.Connection, ids: Sequence[str]) -> list[Judged]:
        """Settled calls, in the order of ``ids``."""
        rows = {row.call: row for row in connection.execute(sa.select(figures).where(figures.c.call.in_(ids)))}
        found = {row.id: call_from(row) for row in connection.execute(sa.select(calls).where(calls.c.id.in_(ids)))}
        filed, said = _filed(connection, ids), _reviews(connection, ids)
        return [
            Judged(found[call], _figures_from(rows[call]), [row.case_no for row in filed.get(call, ())], said.get(call))
            for call in ids
            if call in rows
        ]


def _within(span: Span) -> Iterable[sa.ColumnElement[bool]]:
    yield figures.c.day.between(span.first, span.last)
    if span.operator:
        yield figures.c.operator_id == span.operator


def _judged(connection: sa.Connection, found: Sequence[Call]) -> list[Judged]:
    """Calls with figures made of what was said and filed."""
    ids = [call.id for call in found]
    filed, said = _filed(connection, ids), _corrections(connection, ids)
    given = _reviews(connection, ids)
    judged = []
    for call in found:
        rows = filed.get(call.id, [])
        first = rows[0] if rows else None
        one = quality(
            call, said[call.id], form_from(first.fields) if first else None, first.filed_at if first else None
        )
        judged.append(Judged(call, one, [row.case_no for row in rows], given.get(call.id)))
    return judged


def _corrections(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[Correction]]:
    query = (
        sa.select(legs.c.call, utterances.c.recognised, utterances.c.text)
        .join(legs, legs.c.uuid == utterances.c.leg)
        .where(legs.c.call.in_(ids))
    )
    found: dict[str, list[Correction]] = {call: [] for call in ids}
    for row in connection.execute(query):
        found[row.call].append(Correction(row.recognised, row.text))
    return found


def _filed(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[sa.Row[Any]]]:
    """By call the forms that were filed, the first matter first."""
    found: dict[str, list[sa.Row[Any]]] = {}
    query = sa.select(forms).where(forms.c.call.in_(ids), forms.c.case_no.is_not(None)).order_by(forms.c.number)
    for row in connection.execute(query):
        found.setdefault(row.call, []).append(row)
    return found


def _reviews(connection: sa.Connection, ids: Sequence[str]) -> dict[str, Review]:
    rows = connection.execute(sa.select(reviews).where(reviews.c.call.in_(ids)))
    return {
        row.call: Review(Grade(row.grade), row.note, Operator(row.by_id, row.by_name), row.at, row.version)
        for row in rows
    }


def _figures_row(each: Judged, day: str) -> dict[str, Any]:
    call, one = each.call, each.quality
    return {
        "call": call.id,
        "rang_at": call.rang_at,
        "day": day,
        "operator_id": call.operator.id if call.operator else "",
        "operator_name": call.operator.name if call.operator else "",
        "waited_seconds": one.waited_seconds,
        "answered": one.answered,
        "in_time": one.in_time,
        "abandoned": one.abandoned,
        "recognised": one.recognised,
        "corrected": one.corrected,
        "category_changed": one.category_changed,
        "place_changed": one.place_changed,
        "seconds_to_file": one.seconds_to_file,
        "after_call_seconds": one.after_call_seconds,
        "faults": " " + "".join(f"{fault.value} " for fault in one.faults),
        "points": one.points,
    }


def _figures_from(row: sa.Row[Any]) -> Quality:
    return Quality(
        waited_seconds=row.waited_seconds,
        answered=row.answered,
        abandoned=row.abandoned,
        recognised=row.recognised,
        corrected=row.corrected,
        category_changed=row.category_changed,
        place_changed=row.place_changed,
        seconds_to_file=row.seconds_to_file,
        after_call_seconds=row.after_call_seconds,
    )
