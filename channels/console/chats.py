"""Written conversations as the console shows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.language.contact import find_phone
from bot.language.masking import mask_phone, mask_text
from channels.console.sources import Item, Page
from channels.gateway.database import Database
from channels.gateway.handover import FIRST_ANSWER, State
from channels.gateway.message import Json
from channels.gateway.people import as_words
from channels.gateway.people_tables import dangers, handover_notes, handovers
from channels.gateway.tables import Status, attachments, messages

KIND = "chat"
BEFORE = timedelta(hours=24)
"""What was said so long before a person was asked for belongs to the matter."""

_OPEN = sa.text("state <> 'ended'")
_LATELY = timedelta(minutes=30)
_DANGER = timedelta(minutes=30)
_MOST = 500
_PAGE = 300
_LIMIT = 2**62


class Chats:
    """Reads handovers with what was said in them. Every method is one transaction."""

    kind = KIND

    def __init__(self, database: Database):
        self._database = database

    async def items(self, now: datetime) -> list[Item]:
        """All that are open, in the order of their asking, and those that ended a short while ago."""

        def work(connection: sa.Connection) -> list[Item]:
            lately = handovers.c.ended_at > now - _LATELY
            rows = [
                *connection.execute(sa.select(handovers).where(_OPEN).order_by(handovers.c.asked_at).limit(_MOST)),
                *connection.execute(sa.select(handovers).where(lately).order_by(handovers.c.ended_at.desc()).limit(50)),
            ]
            conversations = {row.conversation for row in rows}
            newest = _newest(connection, conversations)
            heard = _newest(connection, conversations, messages.c.direction == "in")
            return [_item(row, newest.get(row.conversation), heard.get(row.conversation)) for row in rows]

        return await self._database.read(work)

    async def dangers(self, now: datetime) -> list[Json]:
        """Conversations in which somebody seemed to be in danger lately and that nobody has seen to or serves."""
        served = (
            sa.select(handovers.c.id)
            .where(handovers.c.conversation == dangers.c.conversation, _OPEN, handovers.c.state == State.HELD)
            .exists()
        )
        query = (
            sa.select(dangers)
            .where(dangers.c.at > now - _DANGER, dangers.c.seen_by == "", ~served)
            .order_by(dangers.c.at.desc())
            .limit(20)
        )
        return await self._database.read(
            lambda connection: [
                {"conversation": row.conversation, "kind": row.kind, "at": row.at.isoformat()}
                for row in connection.execute(query)
            ]
        )

    async def page(self, number: str, after: str, *, revealed: bool = False, reader: str = "") -> Page | None:
        """What was said and noted behind ``after``; to every reader the same."""
        said, noted = _cursor(after)

        def work(connection: sa.Connection) -> Page | None:
            row = _handover(connection, number)
            if row is None:
                return None
            words = connection.execute(
                sa.select(messages)
                .where(
                    messages.c.conversation == row.conversation,
                    messages.c.id > said,
                    messages.c.at > row.asked_at - BEFORE,
                    messages.c.status != Status.BUSY,
                )
                .order_by(messages.c.id)
                .limit(_PAGE)
            ).all()
            notes = connection.execute(
                sa.select(handover_notes)
                .where(handover_notes.c.handover == row.id, handover_notes.c.id > noted)
                .order_by(handover_notes.c.id)
                .limit(_PAGE)
            ).all()
            hide = (lambda text: text) if revealed else mask_text
            entries = [_entry(one, hide, revealed) for one in words] + [_note(one, hide) for one in notes]
            entries.sort(key=lambda entry: str(entry["at"]))
            last = words[-1].id if words else said, notes[-1].id if notes else noted
            return Page(entries, f"{last[0]}.{last[1]}")

        return await self._database.read(work)

    async def handover(self, number: str) -> Any | None:
        """The row of a handover; None when there is none."""
        return await self._database.read(lambda connection: _handover(connection, number))

    async def whole(self, number: str) -> list[Any]:
        """Everything that was said, as kept: for the case that is filed from it."""

        def work(connection: sa.Connection) -> list[Any]:
            row = _handover(connection, number)
            if row is None:
                return []
            query = (
                sa.select(messages)
                .where(
                    messages.c.conversation == row.conversation,
                    messages.c.at > row.asked_at - BEFORE,
                    messages.c.status != Status.BUSY,
                )
                .order_by(messages.c.id.desc())
                .limit(_MOST)
            )
            return list(reversed(connection.execute(query).all()))

        return await self._database.read(work)

    async def has_attachment(self, number: str, attachment_id: str) -> str | None:
        """Media type of a photo or voice message sent in the conversation; None when it is not of it."""

        def work(connection: sa.Connection) -> str | None:
            row = _handover(connection, number)
            if row is None:
                return None
            query = sa.select(attachments.c.media_type).where(
                attachments.c.conversation == row.conversation, attachments.c.id == attachment_id
            )
            found: str | None = connection.execute(query).scalar_one_or_none()
            return found

        return await self._database.read(work)


def transcript(rows: list[Any]) -> list[Json]:
    """The conversation as a case keeps it: who said what, oldest first."""
    return [
        {"role": _CASE_ROLES[_role(row)], "text": words[:5000], "at": row.at.isoformat()}
        for row in rows
        if (words := as_words(row.content))
    ]


def files(rows: list[Any]) -> list[str]:
    """Photos and voice messages of the resident, each once."""
    found = [file["id"] for row in rows if row.direction == "in" for file in _attached(row.content) if file["id"]]
    return list(dict.fromkeys(found))[-20:]


def phone_in(rows: list[Any], message: int) -> str:
    """The telephone number that the resident gave in this message; empty without one."""
    words = next((row.content.get("text") or "" for row in rows if row.id == message and row.direction == "in"), "")
    return find_phone(words) or ""


_CASE_ROLES = {"resident": "user", "assistant": "bot", "staff": "staff", "system": "bot"}


def _role(row: Any) -> str:
    if row.direction == "in":
        return "resident"
    if row.content.get("staff"):
        return "staff"
    return "system" if row.message_id.startswith("handover:") else "assistant"


def _entry(row: Any, hide: Callable[[str], str], revealed: bool) -> Json:
    content = row.content
    entry: Json = {
        "id": f"m{row.id}",
        "seq": row.id,
        "role": _role(row),
        "name": (content.get("staff") or {}).get("name", ""),
        "text": hide(content.get("text") or ""),
        "at": row.at.isoformat(),
    }
    if place := content.get("location"):
        entry["location"] = place
    if attached := _attached(content):
        entry["attachments"] = attached
    if buttons := content.get("buttons"):
        entry["choices"] = [str(button.get("title")) for button in buttons]
    if (card := content.get("custom") or {}).get("case_no"):
        entry["case_no"] = str(card["case_no"])
    if row.direction == "in" and (phone := find_phone(content.get("text") or "")):
        entry["phone"] = phone if revealed else mask_phone(phone)
    return entry


def _attached(content: Json) -> list[Json]:
    """What is attached to a message, all photos of an album; ``id`` is empty while it is being fetched."""
    file = content.get("attachment") or content.get("media")
    if not file:
        return []
    # further photos of a message that is still at its provider have the provider's ids
    more = list(content.get("more") or ()) if content.get("attachment") else []
    media_type = file.get("media_type") or ""
    return [{"id": each, "media_type": media_type} for each in (file.get("attachment_id") or "", *more)]


def _note(row: Any, hide: Callable[[str], str]) -> Json:
    return {
        "id": f"n{row.id}",
        "role": row.kind,
        "name": row.staff_name,
        "text": hide(row.text),
        "at": row.at.isoformat(),
    }


def _item(row: Any, newest: Any | None, heard: Any | None) -> Item:
    waits = State(row.state) in (State.WAITING, State.HELD) and row.replied_at is None
    return Item(
        id=f"{KIND}:{row.id}",
        state=row.state,
        reason=row.reason,
        channel=row.conversation.partition(":")[0],
        asked_at=row.asked_at,
        due_at=row.asked_at + FIRST_ANSWER if waits else None,
        staff=row.staff,
        staff_name=row.staff_name,
        replied_at=row.replied_at,
        newest=mask_text(as_words((heard or newest).content))[:80] if newest else "",
        newest_by=_role(newest) if newest else "",
        newest_at=newest.at if newest else None,
        phone=mask_phone(row.phone) if row.phone else "",
        case_nos=row.case_nos,
        outcome=row.outcome,
    )


def _newest(
    connection: sa.Connection, conversations: set[str], which: sa.ColumnElement[bool] | None = None
) -> dict[str, Any]:
    """The newest message of each conversation; with ``which``, of those messages."""
    last = (
        sa.select(sa.func.max(messages.c.id))
        .where(messages.c.conversation.in_(sorted(conversations)), sa.true() if which is None else which)
        .group_by(messages.c.conversation)
    )
    rows = connection.execute(sa.select(messages).where(messages.c.id.in_(last)))
    return {row.conversation: row for row in rows}


def _handover(connection: sa.Connection, number: str) -> Any | None:
    if not (number.isascii() and number.isdecimal()) or len(number) > 18:
        return None
    return connection.execute(sa.select(handovers).where(handovers.c.id == int(number))).one_or_none()


def _cursor(after: str) -> tuple[int, int]:
    said, _, noted = after.partition(".")
    parts = [int(part) if part.isascii() and part.isdecimal() and len(part) < 19 else 0 for part in (said, noted)]
    return min(parts[0], _LIMIT), min(parts[1], _LIMIT)
