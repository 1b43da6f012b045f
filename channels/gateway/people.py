"""The life of a handover, as parts of transactions and as transactions.

Who changes a handover locks its conversation first, as everybody does who writes there; so what residents say, what
people say and who serves whom have one order. A word of a person has the id that their page gave it and is kept once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa

from channels.gateway import handover as words
from channels.gateway.database import Database
from channels.gateway.handover import WITH_PEOPLE, Outcome, Presence, Request, Staff, State
from channels.gateway.language import put
from channels.gateway.message import Inbound, Kind, Reply
from channels.gateway.people_tables import dangers, handover_notes, handovers
from channels.gateway.rows import insert_messages, insert_new, language_in, lock, message_row
from channels.gateway.tables import Status, messages

T = TypeVar("T")

LEASE = timedelta(minutes=2)
"""A handover is somebody's for so long after the last sign of life of their page."""

_UNTOLD = sa.text("status IN ('to_people', 'staff')")  # literal, so that the partial index serves
_OPEN = sa.text("state <> 'ended'")


class BackWithAssistant(Exception):
    """The conversation is no longer with people: the assistant has to answer the message after all."""


class UnknownHandover(Exception):
    """There is no such handover."""


class NotYours(Exception):
    """Somebody else serves the conversation, or nobody, or it has ended. ``holder`` names who does."""

    def __init__(self, state: State, holder: str):
        super().__init__(f"{state} {holder}")
        self.state = state
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Line:
    """Something said while the assistant was silent. ``speaker`` is resident or staff."""

    seq: int
    speaker: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Filing:
    """A report on its way to the intake. ``same``: of the form that was sent; ``case_no``: when it has arrived."""

    same: bool
    report: dict[str, Any] | None
    case_no: str


# parts of the gateway's transactions


def serves(connection: sa.Connection, sender: str) -> bool:
    """Whether people serve the conversation, or it waits for them: then the assistant is silent."""
    return bool(connection.execute(sa.select(is_served(sender))).scalar_one())


def is_served(sender: str) -> sa.ColumnElement[bool]:
    """The same within a query."""
    query = sa.select(handovers.c.id).where(
        handovers.c.conversation == sender, _OPEN, handovers.c.state.in_(WITH_PEOPLE)
    )
    return query.exists()


def has_untold(sender: str) -> sa.ColumnElement[bool]:
    """Whether ``untold`` finds anything, within a query."""
    return sa.select(messages.c.id).where(messages.c.conversation == sender, _UNTOLD).exists()


def untold(connection: sa.Connection, sender: str) -> list[Line]:
    """What the assistant has to be told before it is asked again, oldest first."""
    rows = connection.execute(
        sa.select(messages.c.id, messages.c.direction, messages.c.content, messages.c.at)
        .where(messages.c.conversation == sender, _UNTOLD)
        .order_by(messages.c.id)
    )
    speakers = {"in": "resident", "out": "staff"}
    return [Line(row.id, speakers[row.direction], as_words(row.content), row.at) for row in rows]


def told(connection: sa.Connection, sender: str, through: int) -> None:
    """The assistant knows everything up to the message ``through``."""
    for before, after in ((Status.TO_PEOPLE, Status.ANSWERED), (Status.STAFF, Status.REMEMBERED)):
        connection.execute(
            sa.update(messages)
            .where(messages.c.conversation == sender, messages.c.id <= through, messages.c.status == before)
            .values(status=after)
        )


def register(
    connection: sa.Connection, sender: str, request: Request, presence: Presence, now: datetime
) -> list[Reply]:
    """The assistant has asked for a person: the conversation takes its place in the line, or is to be called back.

    Returns what has to be said about it.
    """
    state = State.WAITING if presence.staffed and not request.callback else State.CALLBACK
    row = connection.execute(
        sa.select(handovers).where(handovers.c.conversation == sender, _OPEN).with_for_update()
    ).one_or_none()
    values = {
        "state": state,
        "reason": request.reason,
        "phone": request.phone or (row.phone if row else ""),
        "active_at": now,
        "told_position": -1,
    }
    if row is not None and State(row.state) in WITH_PEOPLE:
        return []
    if row is None:
        identity = _begin(connection, sender, values | {"asked_at": now})
    else:
        identity = row.id
        _change(connection, identity, **values, **({"asked_at": now} if state is State.WAITING else {}))
    if state is State.WAITING:
        before = _position(connection, identity, now)
        _change(connection, identity, told_position=before)
        return [words.in_line(before)]
    # a call-back that the assistant arranged itself has been spoken of
    return [] if request.callback else [words.arranged(presence.opens_at)]


def heard(connection: sa.Connection, message: Inbound, now: datetime) -> list[Reply]:
    """A resident speaks while the assistant is silent. Returns what is said to it: mostly nothing.

    Raises BackWithAssistant when the conversation was given back in the meantime.
    """
    row = connection.execute(
        sa.select(handovers).where(handovers.c.conversation == message.sender, _OPEN).with_for_update()
    ).one_or_none()
    if row is None or State(row.state) not in WITH_PEOPLE:
        raise BackWithAssistant(message.sender)
    if State(row.state) is State.WAITING:
        pressed = message.kind is Kind.PAYLOAD and message.payload == words.CANCEL.payload
        if pressed or (message.kind is Kind.TEXT and words.wants_assistant(message.text)):
            _end(connection, row.id, Outcome.CANCELLED, now)
            return [words.CANCELLED]
        before = _position(connection, row.id, row.asked_at)
        _change(connection, row.id, active_at=now, told_position=before)
        return [words.in_line(before)] if before != row.told_position else []
    _change(connection, row.id, active_at=now)
    return []


def note_danger(connection: sa.Connection, sender: str, kind: str, now: datetime) -> None:
    """Somebody in the conversation seems to be in danger."""
    insert_new(connection, dangers, conversation=sender, kind=kind, at=now, seen_by="")
    again = sa.update(dangers).where(dangers.c.conversation == sender).values(kind=kind, at=now, seen_by="")
    connection.execute(again)


def as_words(content: dict[str, Any]) -> str:
    """A message as one would read it out: a place and a photo are named, with what was said in or below it."""
    if place := content.get("location"):
        return f"［位置］{place.get('label') or ''} {place['lat']:.5f}, {place['lng']:.5f}".replace("］ ", "］")
    if file := content.get("attachment") or content.get("media"):
        photos = 1 + len(content.get("more") or ())
        named = "［照片］" if photos == 1 else f"［照片 {photos} 张］"
        is_voice = str(file.get("media_type", "")).startswith("audio/")
        return ("［语音］" if is_voice else named) + str(content.get("text") or "")
    return str(content.get("text") or "")


# what people do


class People:
    """Handovers as people change them; every method is one transaction.

    Methods that name a handover raise UnknownHandover; those of its holder NotYours.
    """

    def __init__(self, database: Database, *, lease: timedelta = LEASE):
        self._database = database
        self._lease = lease

    async def take(self, handover: int, staff: Staff, now: datetime) -> None:
        """Serve the conversation from now on. Again is fine; so is taking what nobody holds any more."""

        def work(connection: sa.Connection) -> None:
            row = _locked(connection, handover)
            mine = State(row.state) is State.HELD and row.staff == staff.id
            if State(row.state) is State.ENDED or (not mine and _is_held(row, now)):
                raise NotYours(State(row.state), row.staff_name)
            _change(connection, handover, lease_until=now + self._lease)
            if mine:
                return
            _change(
                connection,
                handover,
                state=State.HELD,
                staff=staff.id,
                staff_name=staff.name,
                taken_at=now,
                active_at=now,
            )
            _mark(connection, handover, "接手", staff, now)
            _say(connection, row.conversation, f"handover:{handover}:taken:{row.version}", words.TAKEN, now)

        await self._database.write(work)

    async def step_in(self, sender: str, staff: Staff, now: datetime) -> int:
        """Serve a conversation that nobody asked to be served, such as one in danger. Returns its handover."""

        def work(connection: sa.Connection) -> int:
            lock(connection, sender)
            row = connection.execute(
                sa.select(handovers.c.id).where(handovers.c.conversation == sender, _OPEN)
            ).one_or_none()
            if row is not None:
                return int(row.id)
            values = {"state": State.WAITING, "reason": "emergency", "phone": "", "active_at": now, "asked_at": now}
            return _begin(connection, sender, values | {"told_position": 0})

        identity = await self._database.write(work)
        await self.take(identity, staff, now)
        return identity

    async def say(self, handover: int, staff: Staff, client_id: str, reply: Reply, now: datetime) -> tuple[str, int]:
        """Say ``reply`` to the resident, once for each ``client_id``. Returns the conversation and the word's place."""

        def work(connection: sa.Connection) -> tuple[str, int]:
            row = _locked(connection, handover)
            message_id = f"staff:{handover}:{client_id}"
            known = connection.execute(
                sa.select(messages.c.id).where(
                    messages.c.conversation == row.conversation,
                    messages.c.direction == "out",
                    messages.c.message_id == message_id,
                )
            ).scalar_one_or_none()
            if known is not None:
                return row.conversation, int(known)
            self._check(row, staff, now)
            _change(
                connection,
                handover,
                active_at=now,
                replied_at=row.replied_at or now,
                lease_until=now + self._lease,
            )
            return row.conversation, _say(connection, row.conversation, message_id, reply, now, by=staff)

        return await self._database.write(work)

    async def freeze(self, handover: int, client_id: str, digest: str, report: dict[str, Any]) -> Filing:
        """Keep the report that is about to be filed: tried again it is the same one, whatever was said meanwhile.

        ``digest`` tells the form; another form under this id replaces the report as long as there is no case.
        """

        def work(connection: sa.Connection) -> Filing:
            row = _locked(connection, handover)
            known = row.filings.get(client_id)
            if known and (known["digest"] == digest or known["case_no"]):
                return Filing(known["digest"] == digest, known["report"], known["case_no"])
            filing = {"digest": digest, "report": report, "case_no": ""}
            _change(connection, handover, filings=row.filings | {client_id: filing})
            return Filing(True, report, "")

        return await self._database.write(work)

    async def filed(
        self, handover: int, staff: Staff, client_id: str, case_no: str, reply: Reply, *, now: datetime
    ) -> str:
        """A case was filed from the conversation: the resident hears its number, once. Returns the conversation."""

        def work(connection: sa.Connection) -> str:
            row = _locked(connection, handover)
            if case_no in row.case_nos:
                return str(row.conversation)
            filing = row.filings.get(client_id, {"digest": ""}) | {"report": None, "case_no": case_no}
            _change(
                connection,
                handover,
                case_nos=[*row.case_nos, case_no],
                filings=row.filings | {client_id: filing},
                active_at=now,
            )
            _mark(connection, handover, f"登记案件 {case_no}", staff, now)
            _say(connection, row.conversation, f"staff:{handover}:case:{case_no}", reply, now, by=staff)
            return str(row.conversation)

        return await self._database.write(work)

    async def note(self, handover: int, staff: Staff, client_id: str, text: str, now: datetime) -> None:
        """Write a note that only staff read, once for each ``client_id``. Anybody may who reads the conversation."""

        def work(connection: sa.Connection) -> None:
            _locked(connection, handover)
            _write_note(connection, handover, client_id, text, staff, at=now, kind="note")

        await self._database.write(work)

    async def end(self, handover: int, staff: Staff, outcome: Outcome, now: datetime, note: str = "") -> str:
        """Give the conversation back to the assistant, or close it. Again is fine. Returns the conversation."""

        def work(connection: sa.Connection) -> str:
            row = _locked(connection, handover)
            if State(row.state) is State.ENDED and row.outcome == outcome:
                return str(row.conversation)
            self._check(row, staff, now)
            _end(connection, handover, outcome, now)
            label = {Outcome.GIVEN_BACK: "交回智能助手", Outcome.CLOSED: "结束"}.get(outcome, outcome)
            _mark(connection, handover, "：".join(filter(None, (label, note))), staff, now)
            reply = words.GIVEN_BACK if outcome is Outcome.GIVEN_BACK else words.CLOSED
            _say(connection, row.conversation, f"handover:{handover}:ended", reply, now)
            return str(row.conversation)

        return await self._database.write(work)

    async def called_back(self, handover: int, staff: Staff, note: str, now: datetime) -> None:
        """The resident has been called back. Again is fine."""

        def work(connection: sa.Connection) -> None:
            row = _locked(connection, handover)
            if State(row.state) is State.ENDED and row.outcome == Outcome.CALLED_BACK:
                return
            if State(row.state) is not State.CALLBACK:
                raise NotYours(State(row.state), row.staff_name)
            _end(connection, handover, Outcome.CALLED_BACK, now)
            _mark(connection, handover, f"已回电：{note}", staff, now)

        await self._database.write(work)

    async def pass_on(self, handover: int, staff: Staff, to: Staff | None, note: str, now: datetime) -> str:
        """Hand the conversation to a colleague, or back to the line (``to`` None). Returns the conversation."""

        def work(connection: sa.Connection) -> str:
            row = _locked(connection, handover)
            self._check(row, staff, now)
            changes: dict[str, Any] = {"state": State.WAITING, "staff": "", "staff_name": "", "lease_until": None}
            if to is not None:
                changes = {"staff": to.id, "staff_name": to.name, "lease_until": now + self._lease, "taken_at": now}
            _change(connection, handover, **changes)
            _mark(
                connection,
                handover,
                "：".join(filter(None, (f"转给{to.name}" if to else "放回队列", note))),
                staff,
                now,
            )
            return str(row.conversation)

        return await self._database.write(work)

    async def renew(self, staff: str, now: datetime) -> None:
        """A sign of life of somebody's page: what they hold stays theirs."""
        statement = (
            sa.update(handovers)
            .where(handovers.c.staff == staff, _OPEN, handovers.c.state == State.HELD)
            .values(lease_until=now + self._lease)
        )
        await self._database.write(lambda connection: connection.execute(statement))

    async def see_danger(self, sender: str, staff: Staff) -> None:
        """Somebody has seen to the conversation."""
        statement = sa.update(dangers).where(dangers.c.conversation == sender).values(seen_by=staff.name)
        await self._database.write(lambda connection: connection.execute(statement))

    # what time does

    async def lapse(self, now: datetime) -> list[str]:
        """Those whose operator is gone go back to the line, at their old place. Returns their conversations."""
        due = sa.and_(_OPEN, handovers.c.state == State.HELD, handovers.c.lease_until <= now)

        def work(connection: sa.Connection, row: Any) -> None:
            _mark(connection, row.id, f"{row.staff_name}离开，回到队列", Staff("", ""), now)
            _change(connection, row.id, state=State.WAITING, staff="", staff_name="", lease_until=None, told_position=0)
            _say(connection, row.conversation, f"handover:{row.id}:lapsed:{row.version}", words.LAPSED, now)

        return await self._each(due, work)

    async def fall_silent(self, now: datetime) -> list[str]:
        """Those in which nobody has said anything for long end. Returns their conversations."""
        due = sa.and_(_OPEN, handovers.c.state == State.HELD, handovers.c.active_at <= now - words.SILENT)

        def work(connection: sa.Connection, row: Any) -> None:
            _end(connection, row.id, Outcome.SILENT, now)
            _mark(connection, row.id, "长时间无人说话，自动结束", Staff("", ""), now)
            _say(connection, row.conversation, f"handover:{row.id}:silent", words.WENT_SILENT, now)

        return await self._each(due, work)

    async def desert(self, opens_at: datetime | None, now: datetime) -> list[str]:
        """Nobody is there any more: those who wait are to be called back. Returns their conversations."""
        due = sa.and_(_OPEN, handovers.c.state == State.WAITING)

        def work(connection: sa.Connection, row: Any) -> None:
            _change(connection, row.id, state=State.CALLBACK)
            reply = words.arranged(opens_at)
            _say(connection, row.conversation, f"handover:{row.id}:deserted:{row.version}", reply, now)

        return await self._each(due, work)

    async def move_up(self, now: datetime) -> list[str]:
        """Who has come nearer in the line is told, in measure. Returns their conversations."""
        line = (
            sa.select(handovers.c.id, handovers.c.told_position)
            .where(_OPEN, handovers.c.state == State.WAITING)
            .order_by(handovers.c.asked_at, handovers.c.id)
        )
        waiting = await self._database.read(lambda connection: connection.execute(line).all())

        def tell(connection: sa.Connection, handover: int) -> str | None:
            row = _locked(connection, handover)
            before = _position(connection, handover, row.asked_at)
            if State(row.state) is not State.WAITING or not words.worth_telling(before, row.told_position):
                return None
            times, last = _places_told(connection, row)
            if before and (times >= words.PLACES_UNASKED or now - last < words.PLACE_EVERY):
                return None
            _change(connection, handover, told_position=before)
            place = f"{_place_prefix(handover)}{row.version}"
            # the assistant need not know of it
            _say(connection, row.conversation, place, words.nearer(before), now, status=Status.REMEMBERED)
            return str(row.conversation)

        told = [
            await self._database.write(partial(tell, handover=row.id))
            for before, row in enumerate(waiting)
            if words.worth_telling(before, row.told_position)
        ]
        return [conversation for conversation in told if conversation]

    async def _each(self, due: sa.ColumnElement[bool], work: Callable[[sa.Connection, Any], None]) -> list[str]:
        """Do ``work`` to each handover that is due, each in a transaction of its own that looks again."""
        found = await self._database.read(
            lambda connection: list(connection.execute(sa.select(handovers.c.id).where(due).limit(100)).scalars())
        )

        def one(connection: sa.Connection, handover: int) -> str | None:
            _locked(connection, handover)
            row: Any = connection.execute(sa.select(handovers).where(handovers.c.id == handover, due)).one_or_none()
            if row is None:
                return None
            work(connection, row)
            return str(row.conversation)

        done = [await self._database.write(partial(one, handover=handover)) for handover in found]
        return [conversation for conversation in done if conversation]

    # parts

    def _check(self, row: Any, staff: Staff, now: datetime) -> None:
        # a lease that has run out and that nobody took counts on: the holder is back
        if State(row.state) is not State.HELD or row.staff != staff.id:
            raise NotYours(State(row.state), row.staff_name if _is_held(row, now) else "")


def _place_prefix(handover: int) -> str:
    return f"handover:{handover}:place:"


def _places_told(connection: sa.Connection, row: Any) -> tuple[int, datetime]:
    """How often somebody in the line was told their place since they wrote, and when last (or when they wrote)."""
    written = (
        sa.select(sa.func.coalesce(sa.func.max(messages.c.id), 0))
        .where(messages.c.conversation == row.conversation, messages.c.direction == "in")
        .scalar_subquery()
    )
    told = sa.select(messages.c.at).where(
        messages.c.conversation == row.conversation,
        messages.c.direction == "out",
        messages.c.message_id.startswith(_place_prefix(row.id), autoescape=True),
        messages.c.id > written,
    )
    times = list(connection.execute(told).scalars())
    return len(times), max([row.active_at, *times])


def _say(
    connection: sa.Connection,
    sender: str,
    message_id: str,
    reply: Reply,
    now: datetime,
    *,
    by: Staff | None = None,
    status: Status = Status.STAFF,
) -> int:
    said = reply if by else put(reply, language_in(connection, sender))  # a person's words are their own
    content = said.content() | ({"staff": {"id": by.id, "name": by.name}} if by else {})
    (seq,) = insert_messages(connection, message_row(sender, message_id, content, now, status))
    return seq


def _begin(connection: sa.Connection, sender: str, values: dict[str, Any]) -> int:
    row: dict[str, Any] = {
        "conversation": sender,
        "staff": "",
        "staff_name": "",
        "lease_until": None,
        "taken_at": None,
        "replied_at": None,
        "ended_at": None,
        "outcome": Outcome.NONE,
        "case_nos": [],
        "filings": {},
        "version": 1,
    }
    return int(connection.execute(sa.insert(handovers).values(row | values).returning(handovers.c.id)).scalar_one())


def _locked(connection: sa.Connection, handover: int) -> Any:
    """The handover, its conversation locked. Raises UnknownHandover."""
    sender = connection.execute(
        sa.select(handovers.c.conversation).where(handovers.c.id == handover)
    ).scalar_one_or_none()
    if sender is None:
        raise UnknownHandover(str(handover))
    lock(connection, sender)
    return connection.execute(sa.select(handovers).where(handovers.c.id == handover).with_for_update()).one()


def _change(connection: sa.Connection, handover: int, **values: Any) -> None:
    connection.execute(
        sa.update(handovers).where(handovers.c.id == handover).values(**values, version=handovers.c.version + 1)
    )


def _end(connection: sa.Connection, handover: int, outcome: Outcome, now: datetime) -> None:
    _change(connection, handover, state=State.ENDED, outcome=outcome, ended_at=now, lease_until=None)


def _is_held(row: Any, now: datetime) -> bool:
    return State(row.state) is State.HELD and row.lease_until is not None and row.lease_until > now


def _position(connection: sa.Connection, handover: int, asked_at: datetime) -> int:
    """How many wait before this one."""
    earlier = sa.or_(
        handovers.c.asked_at < asked_at, sa.and_(handovers.c.asked_at == asked_at, handovers.c.id < handover)
    )
    query = sa.select(sa.func.count()).where(_OPEN, handovers.c.state == State.WAITING, earlier)
    return int(connection.execute(query.select_from(handovers)).scalar_one())


def _mark(connection: sa.Connection, handover: int, text: str, staff: Staff, now: datetime) -> None:
    """Note what was done, beside what was said."""
    count = connection.execute(
        sa.select(sa.func.count()).select_from(handover_notes).where(handover_notes.c.handover == handover)
    ).scalar_one()
    _write_note(connection, handover, f"mark:{count}", text, staff, at=now, kind="mark")


def _write_note(
    connection: sa.Connection, handover: int, client_id: str, text: str, staff: Staff, *, at: datetime, kind: str
) -> None:
    known = sa.select(handover_notes.c.id).where(
        handover_notes.c.handover == handover, handover_notes.c.client_id == client_id
    )
    if connection.execute(known).first() is None:
        connection.execute(
            sa.insert(handover_notes).values(
                handover=handover,
                client_id=client_id,
                kind=kind,
                text=text,
                staff=staff.id,
                staff_name=staff.name,
                at=at,
            )
        )
