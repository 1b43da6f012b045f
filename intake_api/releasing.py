"""Releasing a text: what everybody may read of a case is decided by a person, never by the machine alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.language.personal import without_personal
from intake_api.acting import CaseChanged
from intake_api.domain import case_number
from intake_api.domain.event import Actor, Event, EventKind
from intake_api.domain.public import personal_kinds, proposed_text
from intake_api.public_cases import PublicCases
from intake_api.storage import audit, cases, public
from intake_api.storage.database import Database
from intake_api.storage.tables import CaseRow


class NotPublic(Exception):
    """The case is not public, so nothing of it can be released. The message says why, in Chinese."""


class StillPersonal(Exception):
    """The text names or numbers somebody; take that out and release it again. ``kinds`` are in Chinese."""

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__("、".join(kinds))
        self.kinds = tuple(kinds)


class NothingReleased(Exception):
    """There is no text of this case to take back, or none to release."""


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, and from which network address."""

    actor: Actor
    address: str


class Releasing:
    """The way to make a text public and to take it back."""

    def __init__(self, database: Database, shown: PublicCases, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._shown = shown
        self._now = now

    async def release(self, case_id: int, text: str, by: By, version: int | None = None) -> None:
        """Make ``text`` public (empty: the description without personal data), in place of one that is.

        Raises NotPublic, StillPersonal, NothingReleased, CaseChanged, CityNotLoaded, StorageUnavailable.
        """
        now = self._now()
        async with self._database.write() as session:
            row = await self._locked(session, case_id, version)
            why = self._shown.why_hidden(row)
            if why is not None:
                raise NotPublic(why)
            names = (row.reporter_name,)
            text = text or proposed_text(row.description, names)
            if not text:
                raise NothingReleased
            kinds = personal_kinds(text, names)
            if kinds:
                raise StillPersonal(kinds)
            await public.release(session, case_id, text, by.actor.id, now)
            # the text itself can be taken back, an event cannot: it holds what proves which text it was
            data = {"length": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
            await self._record(session, row, Event(EventKind.RELEASED, now, by.actor, None, None, "", data), by)

    async def take_back(self, case_id: int, reason: str, by: By, version: int | None = None) -> None:
        """Take the text back. Raises NothingReleased, CaseChanged, StorageUnavailable."""
        now = self._now()
        async with self._database.write() as session:
            row = await self._locked(session, case_id, version)
            if not await public.withdraw(session, case_id):
                raise NothingReleased
            reason = without_personal(reason, (row.reporter_name,))
            await self._record(session, row, Event(EventKind.UNRELEASED, now, by.actor, None, None, reason), by)

    @staticmethod
    async def _locked(session: AsyncSession, case_id: int, version: int | None) -> CaseRow:
        row = await cases.get_locked(session, case_id)
        if version is not None and version != row.last_seq:
            events = await cases.events(session, case_id)
            raise CaseChanged(row.last_seq, [sealed for sealed in events if sealed.seq > version])
        return row

    @staticmethod
    async def _record(session: AsyncSession, row: CaseRow, event: Event, by: By) -> None:
        await cases.append(session, row, [event])
        await audit.note(
            session,
            by.actor,
            "release_text" if event.kind is EventKind.RELEASED else "unrelease_text",
            target=f"case:{case_number.format_number(row.id)}",
            result="ok",
            address=by.address,
            now=event.at,
        )
