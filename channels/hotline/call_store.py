"""Calls, their forms and their history as the database has them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from channels.gateway.database import Database
from channels.hotline.call import Call, Operator, Side, State, Step
from channels.hotline.form import By, FieldName, Form, Found, Json, form_content, form_from
from channels.hotline.rows import NEVER, call_from, log_deed, log_event, to_be_settled, to_be_understood
from channels.hotline.tables import calls, changes, events, forms, legs, reviews, utterances
from channels.hotline.transactions import Change, reads, tell, writes

UNDERSTANDING_LEASE = timedelta(seconds=20)
_KEPT_CHANGES = timedelta(hours=1)
SECOND_MATTER = 2
NEVER_CONNECTED = timedelta(minutes=10)
"""A call that was announced and whose sound never came rings for no longer."""
UNCLAIMED = timedelta(minutes=30)
"""So long may a call that is over be taken for its case, when nobody had claimed it."""
A_SHIFT = timedelta(hours=12)
"""After so long nobody comes back to a call that is over."""


class UnknownCall(Exception):
    """There is no such call."""


class AlreadyFiled(Exception):
    """The form was filed: it is ``case_no`` now, and is corrected there."""

    def __init__(self, case_no: str):
        super().__init__(case_no)
        self.case_no = case_no


class LegTaken(Exception):
    """A leg that is announced belongs to another announced call."""


@dataclass(frozen=True, slots=True)
class Announced:
    """Call data as the exchange tells them. ``legs``: uuid by side. Empty texts: not known."""

    legs: Mapping[Side, str]
    number: str = ""
    queue: str = ""
    called: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class FormRow:
    """A form as kept. ``report`` is what is being filed, or was."""

    number: int
    version: int
    form: Form
    beside: Json
    key: str
    report: Json | None
    case_no: str | None
    filed_at: datetime | None
    filed_by: str | None


@dataclass(frozen=True, slots=True)
class CallEvent:
    """Something that happened in a call."""

    at: datetime
    kind: str
    by: Operator | None
    detail: Json


@dataclass(frozen=True, slots=True)
class Changed:
    """Something of a call to look at again. ``subject``: number of the utterance or form, uuid of the leg."""

    id: int
    call: str
    kind: Change
    subject: str


@dataclass(frozen=True, slots=True)
class Understood:
    """What was understood of one matter: the fields, and what is shown beside them."""

    fields: Mapping[FieldName, Found]
    beside: Json


class CallStore:
    """All reading and writing of calls and forms; every method is one transaction."""

    def __init__(self, database: Database):
        self.database = database

    # from the exchange

    @writes
    def announce(self, connection: sa.Connection, announced: Announced, now: datetime) -> tuple[Call, bool]:
        """Note call data. Legs that were connected before they were announced join the call.

        Returns the call and whether it was not known; announced again it is completed. Raises LegTaken.
        """
        uuids = list(announced.legs.values())
        known = connection.execute(
            sa.select(legs.c.uuid, legs.c.call, legs.c.side).where(legs.c.uuid.in_(uuids)).with_for_update()
        ).all()
        ids = {row.call for row in known}
        rows = connection.execute(sa.select(calls).where(calls.c.id.in_(ids)).order_by(calls.c.rang_at)).all()
        if sum(bool(row.number or row.queue or row.agent) for row in rows) > 1:
            raise LegTaken
        data = {name: value for name in ("number", "queue", "called", "agent") if (value := getattr(announced, name))}
        if rows:
            call = rows[0].id
            self._join(connection, call, [row.id for row in rows[1:]], now)
            if data:
                connection.execute(sa.update(calls).where(calls.c.id == call).values(data))
        else:
            call = self._insert(connection, now, **data)
        for side, uuid in announced.legs.items():
            if uuid in {row.uuid for row in known}:
                connection.execute(sa.update(legs).where(legs.c.uuid == uuid).values(call=call, side=side.value))
            else:
                _insert_leg(connection, uuid, call, side)
        if announced.number:
            self._number(connection, call, announced.number)
        tell(connection, now, call, Change.CALL)
        return self._call(connection, call), not rows

    @writes
    def leg_of(self, connection: sa.Connection, uuid: str, side: Side, now: datetime, *, training: bool = False) -> str:
        """The call of a leg that connects; a call of its own when nobody has announced the leg."""
        query = sa.select(legs.c.call).where(legs.c.uuid == uuid)
        known: str | None = connection.execute(query).scalar_one_or_none()
        if known is not None:
            return known
        call = self._insert(connection, now, training=training)
        _insert_leg(connection, uuid, call, side)
        tell(connection, now, call, Change.CALL)
        return call

    @writes
    def exchange_says(self, connection: sa.Connection, call_id: str, step: Step, now: datetime) -> Call:
        """The exchange put the call through, the caller hung up, or time has ended the work after the call.

        What has happened already is no error.
        """
        call = self._locked(connection, call_id)
        if step is Step.FINISH and call.state is not State.AFTER_CALL:
            return call
        if step is Step.ANSWER and call.state is not State.RINGING:
            return call
        if step is Step.HANG_UP and call.is_over:
            return call
        return self._move(connection, call, call.moved(step, now), step, operator=None, now=now, detail={})

    # by the operator

    @writes
    def step(
        self, connection: sa.Connection, call_id: str, step: Step, *, operator: Operator, now: datetime, to: str = ""
    ) -> Call:
        """What an operator does with the call. Raises UnknownCall, NotNow, NotYours."""
        call = self._locked(connection, call_id)
        moved = call.moved(step, now, operator, to=to)
        if moved == call:
            return call
        return self._move(connection, call, moved, step, operator=operator, now=now, detail={"to": to} if to else {})

    @writes
    def correct(self, connection: sa.Connection, utterance: int, text: str, operator: Operator, now: datetime) -> None:
        """The operator writes what was really said. Raises UnknownCall, NotYours."""
        row = connection.execute(
            sa.select(legs.c.call, legs.c.side, utterances.c.text)
            .join(utterances, utterances.c.leg == legs.c.uuid)
            .where(utterances.c.id == utterance)
        ).one_or_none()
        if row is None:
            raise UnknownCall
        call = self._locked(connection, row.call)
        call.check_holder(operator)
        if row.text == text:
            return
        connection.execute(
            sa.update(utterances)
            .where(utterances.c.id == utterance)
            .values(text=text, corrected_by=operator.id, corrected_at=now)
        )
        if row.side == Side.CALLER:
            to_be_understood(connection, call.id)
        to_be_settled(connection, call.id)
        log_deed(connection, call.id, "correct", operator, now)
        tell(connection, now, call.id, Change.UTTERANCE, utterance)

    @writes
    def write_field(
        self,
        connection: sa.Connection,
        call_id: str,
        number: int,
        name: FieldName,
        value: Any,
        *,
        operator: Operator,
        now: datetime,
    ) -> FormRow:
        """The operator fills a field; None gives it back to understanding.

        Raises UnknownCall, NotYours, AlreadyFiled.
        """
        call = self._locked(connection, call_id)
        call.check_holder(operator)
        row = self._form(connection, call_id, number)
        if row.case_no is not None:
            raise AlreadyFiled(row.case_no)
        form = row.form.typed(name, value)
        # what is typed after a filing that failed is another report
        row = replace(row, form=form, version=row.version + 1, report=None, key=_key() if row.report else row.key)
        self._write_form(connection, call_id, row)
        if name in (FieldName.CATEGORY, FieldName.PLACE):
            # who would handle it, and what is similar, depend on them
            to_be_understood(connection, call_id)
        tell(connection, now, call_id, Change.FORM, number)
        return row

    @writes
    def note(
        self, connection: sa.Connection, call_id: str, kind: str, *, operator: Operator, detail: Json, now: datetime
    ) -> None:
        """Something that somebody did with the call, for its history."""
        log_event(connection, call_id, kind, operator, detail=detail, now=now)

    # filing

    @writes
    def freeze(
        self, connection: sa.Connection, call_id: str, number: int, report: Json, *, operator: Operator, now: datetime
    ) -> FormRow:
        """Fix what will be filed under the form's key; what was fixed before stays. Raises as ``write_field``."""
        self._locked(connection, call_id).check_holder(operator)
        row = self._form(connection, call_id, number)
        if row.case_no is not None:
            raise AlreadyFiled(row.case_no)
        if row.report is None:
            row = replace(row, report=report)
            self._write_form(connection, call_id, row)
        return row

    @writes
    def filed(
        self, connection: sa.Connection, call_id: str, number: int, case_no: str, *, operator: Operator, now: datetime
    ) -> FormRow:
        """The intake has the case."""
        self._locked(connection, call_id)
        row = self._form(connection, call_id, number)
        if row.case_no is None:
            row = replace(row, case_no=case_no, filed_at=now, filed_by=operator.id, version=row.version + 1)
            self._write_form(connection, call_id, row)
            to_be_settled(connection, call_id)
            log_event(connection, call_id, "file", operator, detail={"case_no": case_no, "form": number}, now=now)
            tell(connection, now, call_id, Change.FORM, number)
            tell(connection, now, call_id, Change.CALL)
        return row

    # understanding

    @writes
    def to_understand(
        self, connection: sa.Connection, operators: Sequence[str], now: datetime
    ) -> list[tuple[str, str, int]]:
        """Take calls of these operators in which something was said since: call, operator, version of what was said."""
        query = (
            sa.select(calls.c.id, calls.c.operator_id, calls.c.said_version)
            .where(
                calls.c.operator_id.in_(operators),
                calls.c.state != State.ENDED,
                calls.c.understood_version < calls.c.said_version,
                calls.c.understanding_until < now,
            )
            .with_for_update(skip_locked=True)
        )
        rows = [(row.id, row.operator_id, row.said_version) for row in connection.execute(query)]
        if rows:
            lease = sa.update(calls).where(calls.c.id.in_([call for call, _, _ in rows]))
            connection.execute(lease.values(understanding_until=now + UNDERSTANDING_LEASE))
        return rows

    @writes
    def understood(
        self, connection: sa.Connection, call_id: str, version: int, matters: Sequence[Understood], now: datetime
    ) -> None:
        """Put what was understood into the forms that are not filed; what was typed stays."""
        self._locked(connection, call_id)
        for number, matter in enumerate(matters, 1):
            row = self._form(connection, call_id, number)
            if row.case_no is not None or row.report is not None:
                continue
            form = row.form.understood(matter.fields)
            if form != row.form or matter.beside != row.beside:
                self._write_form(
                    connection, call_id, replace(row, form=form, beside=matter.beside, version=row.version + 1)
                )
                tell(connection, now, call_id, Change.FORM, number)
        self._withdraw_second(connection, call_id, len(matters), now)
        connection.execute(
            sa.update(calls).where(calls.c.id == call_id).values(understood_version=version, understanding_until=NEVER)
        )

    @writes
    def not_understood(self, connection: sa.Connection, call_id: str, again_at: datetime) -> None:
        """The intake did not answer: to be tried again at this time."""
        connection.execute(sa.update(calls).where(calls.c.id == call_id).values(understanding_until=again_at))

    # reading

    @reads
    def call(self, connection: sa.Connection, call_id: str) -> Call:
        """Raises UnknownCall."""
        return self._call(connection, call_id)

    @reads
    def several(self, connection: sa.Connection, ids: Sequence[str]) -> list[Call]:
        """Those of the calls that there are."""
        return [call_from(row) for row in connection.execute(sa.select(calls).where(calls.c.id.in_(ids)))]

    @reads
    def open(self, connection: sa.Connection) -> list[Call]:
        """Calls that are not ended, the longest waiting first."""
        query = sa.select(calls).where(calls.c.state != State.ENDED).order_by(calls.c.rang_at)
        return [call_from(row) for row in connection.execute(query)]

    @reads
    def forgotten(self, connection: sa.Connection, now: datetime) -> list[tuple[str, Step]]:
        """Calls that nobody will end any more, and how they end: announced and never connected, or left after it."""
        connected = (
            sa.select(legs.c.uuid)
            .where(legs.c.call == calls.c.id, legs.c.rate.is_not(None), legs.c.closed_at.is_(None))
            .exists()
        )
        never = sa.select(calls.c.id).where(
            calls.c.state == State.RINGING, calls.c.rang_at < now - NEVER_CONNECTED, ~connected
        )
        left = sa.select(calls.c.id).where(
            calls.c.state == State.AFTER_CALL,
            sa.or_(
                sa.and_(calls.c.operator_id.is_(None), calls.c.hung_up_at < now - UNCLAIMED),
                calls.c.hung_up_at < now - A_SHIFT,
            ),
        )
        return [(call, Step.HANG_UP) for call in connection.execute(never).scalars()] + [
            (call, Step.FINISH) for call in connection.execute(left).scalars()
        ]

    @reads
    def ended_since(self, connection: sa.Connection, since: datetime, limit: int = 50) -> list[Call]:
        """Calls that ended after ``since``, the last first; calls for training, too."""
        query = sa.select(calls).where(calls.c.finished_at > since).order_by(calls.c.finished_at.desc()).limit(limit)
        return [call_from(row) for row in connection.execute(query)]

    @reads
    def between(
        self,
        connection: sa.Connection,
        since: datetime,
        until: datetime,
        *,
        operator: str = "",
        training: bool = False,
        before: datetime | None = None,
        limit: int | None = None,
    ) -> list[Call]:
        """Calls that rang in ``[since, until)``, the newest first; ``before``: those before this moment."""
        query = (
            sa.select(calls)
            .where(calls.c.rang_at >= since, calls.c.rang_at < (before or until), calls.c.training.is_(training))
            .order_by(calls.c.rang_at.desc(), calls.c.id)
            .limit(limit)
        )
        if operator:
            query = query.where(calls.c.operator_id == operator)
        return [call_from(row) for row in connection.execute(query)]

    @reads
    def of_case(self, connection: sa.Connection, case_no: str) -> list[Call]:
        """The calls in which the case was filed."""
        query = sa.select(calls).join(forms, forms.c.call == calls.c.id).where(forms.c.case_no == case_no)
        return [call_from(row) for row in connection.execute(query)]

    @reads
    def forms_of(self, connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[FormRow]]:
        """The forms of these calls."""
        found: dict[str, list[FormRow]] = {call: [] for call in ids}
        for row in connection.execute(sa.select(forms).where(forms.c.call.in_(ids)).order_by(forms.c.number)):
            found[row.call].append(_form_row(row))
        return found

    @reads
    def history(self, connection: sa.Connection, call_id: str) -> list[CallEvent]:
        """What happened in the call."""
        rows = connection.execute(sa.select(events).where(events.c.call == call_id).order_by(events.c.id))
        return [
            CallEvent(row.at, row.kind, Operator(row.by_id, row.by_name) if row.by_id else None, row.detail)
            for row in rows
        ]

    @reads
    def changes_after(self, connection: sa.Connection, cursor: int, limit: int = 500) -> list[Changed] | None:
        """What changed after ``cursor``, in order; None when that is too long ago to tell."""
        first, last = connection.execute(sa.select(sa.func.min(changes.c.id), sa.func.max(changes.c.id))).one()
        if (first is not None and cursor + 1 < first) or cursor > (last or cursor):
            return None
        rows = connection.execute(sa.select(changes).where(changes.c.id > cursor).order_by(changes.c.id).limit(limit))
        return [Changed(row.id, row.call, Change(row.kind), row.subject) for row in rows]

    @reads
    def changes_of(self, connection: sa.Connection, call_id: str, cursor: int) -> list[Changed] | None:
        """What changed of a call after ``cursor``, in order; None when that is too long ago to tell."""
        first, last = connection.execute(sa.select(sa.func.min(changes.c.id), sa.func.max(changes.c.id))).one()
        if (first is not None and cursor + 1 < first) or cursor > (last or cursor):
            return None
        query = sa.select(changes).where(changes.c.id > cursor, changes.c.call == call_id).order_by(changes.c.id)
        return [Changed(row.id, row.call, Change(row.kind), row.subject) for row in connection.execute(query)]

    @reads
    def cursor(self, connection: sa.Connection) -> int:
        """The newest change."""
        return connection.execute(sa.select(sa.func.max(changes.c.id))).scalar_one() or 0

    # forgetting

    @writes
    def trim_changes(self, connection: sa.Connection, now: datetime) -> None:
        """Delete changes that every page has seen; the newest stays, so that cursors keep their meaning."""
        newest = sa.select(sa.func.max(changes.c.id)).scalar_subquery()
        connection.execute(sa.delete(changes).where(changes.c.at < now - _KEPT_CHANGES, changes.c.id < newest))

    @reads
    def recordings_before(
        self, connection: sa.Connection, ended_before: datetime, now: datetime, limit: int
    ) -> list[tuple[str, str]]:
        """Legs (uuid, path) with a recording of calls that ended before this moment, or that are to be forgotten."""
        query = (
            sa.select(legs.c.uuid, legs.c.path)
            .join(calls, calls.c.id == legs.c.call)
            .where(legs.c.path != "", sa.or_(calls.c.hung_up_at < ended_before, calls.c.forget_at <= now))
            .limit(limit)
        )
        return [(row.uuid, row.path) for row in connection.execute(query)]

    @writes
    def recordings_gone(self, connection: sa.Connection, uuids: Sequence[str]) -> None:
        """The recordings of these legs were deleted."""
        connection.execute(sa.update(legs).where(legs.c.uuid.in_(uuids)).values(path="", transcribed_all=True))

    @writes
    def forget(self, connection: sa.Connection, ended_before: datetime, now: datetime, limit: int) -> int:
        """Delete words, numbers and names of calls that ended before this moment, or that are to be forgotten.

        Their figures and grades stay. Returns how many.
        """
        old = (
            sa.select(calls.c.id)
            .where(calls.c.forgotten_at.is_(None), sa.or_(calls.c.hung_up_at < ended_before, calls.c.forget_at <= now))
            .limit(limit)
        )
        ids = list(connection.execute(old).scalars())
        if not ids:
            return 0
        of_them = sa.select(legs.c.uuid).where(legs.c.call.in_(ids))
        connection.execute(sa.delete(utterances).where(utterances.c.leg.in_(of_them)))
        connection.execute(sa.update(legs).where(legs.c.call.in_(ids)).values(partial="", dtmf=""))
        connection.execute(sa.update(forms).where(forms.c.call.in_(ids)).values(fields={}, beside={}, report=None))
        connection.execute(sa.update(reviews).where(reviews.c.call.in_(ids)).values(note=""))
        connection.execute(sa.update(calls).where(calls.c.id.in_(ids)).values(number="", forgotten_at=now))
        return len(ids)

    # parts of transactions

    def _insert(self, connection: sa.Connection, now: datetime, *, training: bool = False, **data: str) -> str:
        call = secrets.token_hex(8)
        row = {"queue": "", "number": "", "called": "", "agent": ""} | data
        connection.execute(
            sa.insert(calls).values(
                id=call,
                state=State.RINGING.value,
                training=training,
                rang_at=now,
                held_seconds=0.0,
                transfer_to="",
                said_version=0,
                understood_version=0,
                understanding_until=NEVER,
                **row,
            )
        )
        return call

    def _join(self, connection: sa.Connection, call: str, others: Sequence[str], now: datetime) -> None:
        """Legs that came before their announcement, each as a call of its own, are of one call."""
        if not others:
            return
        connection.execute(sa.update(legs).where(legs.c.call.in_(others)).values(call=call))
        for table in (events, forms):
            connection.execute(sa.delete(table).where(table.c.call.in_(others)))
        connection.execute(sa.delete(calls).where(calls.c.id.in_(others)))
        to_be_understood(connection, call)
        for other in others:
            tell(connection, now, other, Change.GONE)

    def _number(self, connection: sa.Connection, call_id: str, number: str) -> None:
        """The caller's number goes into the form, unless the operator has written another."""
        row = self._form(connection, call_id, 1)
        if row.form.value(FieldName.PHONE) is None:
            form = row.form.understood({FieldName.PHONE: Found(number, 1.0, by=By.EXCHANGE)} | _kept(row.form))
            self._write_form(connection, call_id, replace(row, form=form))

    def _locked(self, connection: sa.Connection, call_id: str) -> Call:
        row = connection.execute(sa.select(calls).where(calls.c.id == call_id).with_for_update()).one_or_none()
        if row is None:
            raise UnknownCall(call_id)
        return call_from(row)

    def _call(self, connection: sa.Connection, call_id: str) -> Call:
        row = connection.execute(sa.select(calls).where(calls.c.id == call_id)).one_or_none()
        if row is None:
            raise UnknownCall(call_id)
        return call_from(row)

    def _move(
        self,
        connection: sa.Connection,
        before: Call,
        after: Call,
        step: Step,
        *,
        operator: Operator | None,
        now: datetime,
        detail: Json,
    ) -> Call:
        connection.execute(
            sa.update(calls)
            .where(calls.c.id == after.id)
            .values(
                state=after.state.value,
                operator_id=after.operator.id if after.operator else None,
                operator_name=after.operator.name if after.operator else None,
                answered_at=after.answered_at,
                hung_up_at=after.hung_up_at,
                finished_at=after.finished_at,
                held_since=after.held_since,
                held_seconds=after.held_seconds,
                transfer_to=after.transfer_to,
            )
        )
        log_event(connection, after.id, step.value, operator, detail={"from": before.state.value, **detail}, now=now)
        if operator is not None and step in _AUDITED:
            log_deed(connection, after.id, step.value, operator, now)
        tell(connection, now, after.id, Change.CALL)
        return after

    def _form(self, connection: sa.Connection, call_id: str, number: int) -> FormRow:
        row = connection.execute(
            sa.select(forms).where(forms.c.call == call_id, forms.c.number == number)
        ).one_or_none()
        if row is not None:
            return _form_row(row)
        # a second matter is of the same caller
        fields = {}
        if number > 1:
            first = self._form(connection, call_id, 1).form.fields
            fields = {name: first[name] for name in _OF_THE_CALLER if name in first}
        new = FormRow(number, 0, Form(fields), {}, _key(), None, None, None, None)
        connection.execute(
            sa.insert(forms).values(
                call=call_id, number=number, version=0, fields=form_content(new.form), beside={}, key=new.key
            )
        )
        return new

    def _write_form(self, connection: sa.Connection, call_id: str, row: FormRow) -> None:
        connection.execute(
            sa.update(forms)
            .where(forms.c.call == call_id, forms.c.number == row.number)
            .values(
                version=row.version,
                fields=form_content(row.form),
                beside=row.beside,
                key=row.key,
                report=row.report,
                case_no=row.case_no,
                filed_at=row.filed_at,
                filed_by=row.filed_by,
            )
        )

    def _withdraw_second(self, connection: sa.Connection, call_id: str, matters: int, now: datetime) -> None:
        """A second matter that was understood and is not any more goes, unless the operator has typed in it."""
        if matters >= SECOND_MATTER:
            return
        row = connection.execute(
            sa.select(forms).where(forms.c.call == call_id, forms.c.number == SECOND_MATTER)
        ).one_or_none()
        if row is None or row.case_no is not None or row.report is not None:
            return
        typed = any(
            field.is_typed for name, field in form_from(row.fields).fields.items() if name not in _OF_THE_CALLER
        )
        if not typed:
            connection.execute(sa.delete(forms).where(forms.c.call == call_id, forms.c.number == SECOND_MATTER))
            tell(connection, now, call_id, Change.FORM, SECOND_MATTER)


_AUDITED = (Step.TAKE, Step.FINISH)
_OF_THE_CALLER = (FieldName.NAME, FieldName.PHONE, FieldName.CONFIDENTIAL)


def _kept(form: Form) -> dict[FieldName, Found]:
    """What is understood in a form, as if it were found again."""
    return {
        name: Found(field.value, field.confidence or 0.0, field.words, field.by)
        for name, field in form.fields.items()
        if not field.is_typed
    }


def _key() -> str:
    return str(uuid4())


def _insert_leg(connection: sa.Connection, uuid: str, call: str, side: Side) -> None:
    connection.execute(
        sa.insert(legs).values(
            uuid=uuid,
            call=call,
            side=side.value,
            path="",
            samples=0,
            close_reason="",
            line_owner="",
            line_until=NEVER,
            transcribed=0,
            # nothing to write down before it is connected
            transcribed_all=True,
            scribe_owner="",
            scribe_until=NEVER,
            partial="",
            partial_start=0,
            dtmf="",
        )
    )


def _form_row(row: sa.Row[tuple[object, ...]]) -> FormRow:
    return FormRow(
        number=row.number,
        version=row.version,
        form=form_from(row.fields),
        beside=row.beside,
        key=row.key,
        report=row.report,
        case_no=row.case_no,
        filed_at=row.filed_at,
        filed_by=row.filed_by,
    )
