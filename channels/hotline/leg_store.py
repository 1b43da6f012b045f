"""Legs of calls as the database has them: connections, how far they are recorded and written down, and the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.hotline.call import Side
from channels.hotline.rows import NEVER, to_be_settled, to_be_understood
from channels.hotline.tables import legs, utterances
from channels.hotline.transactions import Change, reads, tell, writes

LINE_LEASE = timedelta(seconds=10)
"""A line that nobody has spoken for so long is lost: its process died."""
SCRIBE_LEASE = timedelta(seconds=20)


class LineBusy(Exception):
    """The leg is recorded by a living connection, or it is over."""


class ScribeLost(Exception):
    """Another process writes this leg down now. Stop; nothing was written."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg as it stands. ``rate`` is None until it is connected; ``path`` is empty when there is no recording."""

    uuid: str
    call: str
    side: Side
    rate: int | None
    path: str
    samples: int
    started_at: datetime | None
    closed_at: datetime | None
    close_reason: str
    transcribed: int
    transcribed_all: bool
    partial: str
    partial_start: int
    dtmf: str
    connected: bool

    @property
    def lag_seconds(self) -> float:
        """How much of what is recorded has not been written down, in seconds of sound."""
        return (self.samples - self.transcribed) / self.rate if self.rate and not self.transcribed_all else 0.0


@dataclass(frozen=True, slots=True)
class Utterance:
    """What somebody said in one go. ``start`` and ``end`` are samples of the leg; ``text`` is as corrected."""

    id: int
    leg: str
    side: Side
    start: int
    end: int
    at: datetime
    recognised: str
    text: str
    segments: list[list[float | str]]
    corrected_by: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance to keep. ``segments``: seconds from, seconds to, text."""

    start: int
    end: int
    text: str
    segments: Sequence[tuple[float, float, str]]
    model: str


class LegStore:
    """All reading and writing of legs and utterances; every method is one transaction."""

    def __init__(self, database: Database):
        self.database = database

    # lines

    @writes
    def connect(self, connection: sa.Connection, uuid: str, owner: str, *, rate: int, path: str, now: datetime) -> Leg:
        """The leg's sound begins, or goes on after a break; whoever has the file locked may. Raises LineBusy."""
        row = connection.execute(_legs().where(legs.c.uuid == uuid).with_for_update(of=legs)).one()
        if row.closed_at is not None or (row.rate is not None and row.rate != rate):
            raise LineBusy(uuid)
        values: dict[str, object] = {"line_owner": owner, "line_until": now + LINE_LEASE, "rate": rate}
        if row.rate is None:
            values |= {"path": path, "started_at": now, "transcribed_all": False}
        connection.execute(sa.update(legs).where(legs.c.uuid == uuid).values(values))
        tell(connection, now, row.call, Change.CALL)
        return _leg(connection.execute(_legs().where(legs.c.uuid == uuid)).one(), now)

    @writes
    def recorded(self, connection: sa.Connection, lines: Mapping[str, tuple[str, int]], now: datetime) -> set[str]:
        """These lines (owner, samples on the disk) live. Returns the legs that are their owner's no more."""
        lost = set()
        for uuid, (owner, length) in lines.items():
            kept = connection.execute(
                sa.update(legs)
                .where(legs.c.uuid == uuid, legs.c.line_owner == owner)
                .values(samples=length, line_until=now + LINE_LEASE)
            )
            if not kept.rowcount:
                lost.add(uuid)
        return lost

    @writes
    def pressed(self, connection: sa.Connection, uuid: str, key: str, now: datetime) -> None:
        """A key was pressed on the telephone."""
        call = connection.execute(
            sa.update(legs).where(legs.c.uuid == uuid).values(dtmf=legs.c.dtmf + key).returning(legs.c.call)
        ).scalar_one()
        tell(connection, now, call, Change.CALL)

    @writes
    def disconnect(
        self, connection: sa.Connection, uuid: str, owner: str, *, samples: int, reason: str, now: datetime
    ) -> bool:
        """The connection is gone. With a ``reason`` the leg is closed; without, it may come back. False: not ours."""
        values: dict[str, object] = {"samples": samples, "line_owner": "", "line_until": NEVER}
        if reason:
            values |= {"closed_at": now, "close_reason": reason}
        else:
            values["line_until"] = now  # since when nothing is heard
        row = connection.execute(
            sa.update(legs).where(legs.c.uuid == uuid, legs.c.line_owner == owner).values(values).returning(legs.c.call)
        ).one_or_none()
        if row is not None:
            tell(connection, now, row.call, Change.CALL)
        return row is not None

    @writes
    def close_silent(self, connection: sa.Connection, before: datetime, now: datetime) -> list[Leg]:
        """Close the legs of which nothing was heard since ``before``: their connections will not come back.

        They closed when they fell silent, not when that was certain.
        """
        rows = connection.execute(
            _legs().where(legs.c.rate.is_not(None), legs.c.closed_at.is_(None), legs.c.line_until < before)
        ).all()
        for row in rows:
            connection.execute(
                sa.update(legs)
                .where(legs.c.uuid == row.uuid)
                .values(closed_at=row.line_until, close_reason="lost", line_owner="", line_until=NEVER)
            )
            tell(connection, now, row.call, Change.CALL)
        return [replace(_leg(row, now), closed_at=row.line_until) for row in rows]

    @reads
    def leg(self, connection: sa.Connection, uuid: str, now: datetime) -> Leg | None:
        """One leg."""
        row = connection.execute(_legs().where(legs.c.uuid == uuid)).one_or_none()
        return _leg(row, now) if row else None

    @reads
    def of_calls(self, connection: sa.Connection, ids: Sequence[str], now: datetime) -> dict[str, list[Leg]]:
        """The legs of these calls, the caller's first."""
        found: dict[str, list[Leg]] = {call: [] for call in ids}
        for row in connection.execute(_legs().where(legs.c.call.in_(ids)).order_by(legs.c.side, legs.c.uuid)):
            found[row.call].append(_leg(row, now))
        return found

    # writing down

    @writes
    def take(self, connection: sa.Connection, owner: str, now: datetime, limit: int) -> list[Leg]:
        """Take legs to write down that nobody writes down: their process died, or never began."""
        free = (
            _legs()
            .where(legs.c.transcribed_all.is_(False), legs.c.scribe_until < now, legs.c.path != "")
            .order_by(legs.c.started_at)
            .limit(limit)
            .with_for_update(skip_locked=True, of=legs)
        )
        rows = connection.execute(free).all()
        for row in rows:
            self._lease(connection, row.uuid, owner, now)
        return [_leg(row, now) for row in rows]

    @writes
    def take_one(self, connection: sa.Connection, uuid: str, owner: str, now: datetime) -> Leg | None:
        """Take this leg to write it down; None when another does."""
        query = _legs().where(legs.c.uuid == uuid, legs.c.scribe_until < now).with_for_update(of=legs)
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        self._lease(connection, uuid, owner, now)
        return _leg(row, now)

    @writes
    def progress(
        self,
        connection: sa.Connection,
        uuid: str,
        owner: str,
        until: int,
        now: datetime,
        *,
        heard: Heard | None = None,
        all_done: bool = False,
    ) -> int | None:
        """All words up to sample ``until`` are written down, ``heard`` among them; the lease is renewed.

        Returns the utterance's number. The same utterance again is kept once. Raises ScribeLost.
        """
        row = connection.execute(
            sa.update(legs)
            .where(legs.c.uuid == uuid, legs.c.scribe_owner == owner)
            .values(
                transcribed=until,
                transcribed_all=all_done,
                scribe_until=NEVER if all_done else now + SCRIBE_LEASE,
                scribe_owner="" if all_done else owner,
                **({"partial": ""} if heard or all_done else {}),
            )
            .returning(legs.c.call, legs.c.rate, legs.c.started_at, legs.c.side)
        ).one_or_none()
        if row is None:
            raise ScribeLost(uuid)
        number = None
        if heard is not None and heard.text:
            number = self._keep(connection, uuid, heard, row.started_at + timedelta(seconds=heard.start / row.rate))
        if number is not None:
            tell(connection, now, row.call, Change.UTTERANCE, number)
            to_be_settled(connection, row.call)
            if row.side == Side.CALLER:
                to_be_understood(connection, row.call)
        if heard is not None or all_done:
            tell(connection, now, row.call, Change.PARTIAL, uuid)
        return number

    @writes
    def partial(
        self, connection: sa.Connection, uuid: str, owner: str, *, start: int, text: str, now: datetime
    ) -> None:
        """What is being said since sample ``start``, unless it has been written down meanwhile."""
        row = connection.execute(
            sa.update(legs)
            .where(legs.c.uuid == uuid, legs.c.scribe_owner == owner, legs.c.transcribed <= start)
            .values(partial=text, partial_start=start)
            .returning(legs.c.call)
        ).one_or_none()
        if row is not None:
            tell(connection, now, row.call, Change.PARTIAL, uuid)

    @writes
    def let_go(self, connection: sa.Connection, uuid: str, owner: str) -> None:
        """Let another write the leg down, at once."""
        connection.execute(
            sa.update(legs)
            .where(legs.c.uuid == uuid, legs.c.scribe_owner == owner)
            .values(scribe_owner="", scribe_until=NEVER)
        )

    # words

    @reads
    def said(self, connection: sa.Connection, call: str) -> list[Utterance]:
        """What was said in the call, in the order of speaking."""
        return [_utterance(row) for row in connection.execute(_utterances().where(legs.c.call == call))]

    @reads
    def newest(self, connection: sa.Connection, ids: Sequence[str]) -> dict[str, Utterance]:
        """By call what was said last in it."""
        last = (
            sa.select(sa.func.max(utterances.c.id))
            .join(legs, legs.c.uuid == utterances.c.leg)
            .where(legs.c.call.in_(ids), utterances.c.text != "")
            .group_by(legs.c.call)
        )
        rows = connection.execute(_utterances().where(utterances.c.id.in_(last)))
        return {row.call: _utterance(row) for row in rows}

    @reads
    def utterance(self, connection: sa.Connection, number: int) -> tuple[str, Utterance] | None:
        """The call of an utterance, and the utterance."""
        row = connection.execute(_utterances().where(utterances.c.id == number)).one_or_none()
        return (row.call, _utterance(row)) if row else None

    # parts of transactions

    def _lease(self, connection: sa.Connection, uuid: str, owner: str, now: datetime) -> None:
        lease = {"scribe_owner": owner, "scribe_until": now + SCRIBE_LEASE}
        connection.execute(sa.update(legs).where(legs.c.uuid == uuid).values(lease))

    def _keep(self, connection: sa.Connection, uuid: str, heard: Heard, at: datetime) -> int | None:
        known = sa.select(utterances.c.id).where(utterances.c.leg == uuid, utterances.c.start == heard.start)
        if connection.execute(known).one_or_none() is not None:
            return None
        number: int = connection.execute(
            sa.insert(utterances)
            .values(
                leg=uuid,
                start=heard.start,
                end=heard.end,
                at=at,
                recognised=heard.text,
                text=heard.text,
                segments=[list(segment) for segment in heard.segments],
                model=heard.model,
            )
            .returning(utterances.c.id)
        ).scalar_one()
        return number


def _legs() -> sa.Select[tuple[object, ...]]:
    return sa.select(legs)


def _utterances() -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(utterances, legs.c.side, legs.c.call)
        .join(legs, legs.c.uuid == utterances.c.leg)
        .order_by(utterances.c.at, utterances.c.id)
    )


def _leg(row: sa.Row[tuple[object, ...]], now: datetime) -> Leg:
    return Leg(
        uuid=row.uuid,
        call=row.call,
        side=Side(row.side),
        rate=row.rate,
        path=row.path,
        samples=row.samples,
        started_at=row.started_at,
        closed_at=row.closed_at,
        close_reason=row.close_reason,
        transcribed=row.transcribed,
        transcribed_all=row.transcribed_all,
        partial=row.partial,
        partial_start=row.partial_start,
        dtmf=row.dtmf,
        connected=bool(row.line_owner) and row.line_until > now,
    )


def _utterance(row: sa.Row[tuple[object, ...]]) -> Utterance:
    return Utterance(
        id=row.id,
        leg=row.leg,
        side=Side(row.side),
        start=row.start,
        end=row.end,
        at=row.at,
        recognised=row.recognised,
        text=row.text,
        segments=row.segments,
        corrected_by=row.corrected_by,
    )
