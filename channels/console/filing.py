"""A case is filed from a conversation: with its transcript, in the resident's name, and they hear the number there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from channels.console import chats
from channels.console.chats import Chats
from channels.console.schemas import CaseForm
from channels.gateway.announcement import case_card, filed_by_staff
from channels.gateway.handover import Staff
from channels.gateway.intake import IntakeDown, IntakeRefused
from channels.gateway.message import Json, Reply
from channels.gateway.people import People
from channels.staff.credential import Credential
from channels.staff.doorkeeper import problem_of
from channels.staff.registry import Registry
from groundwork.problem import Problem
from groundwork.web import client_address

_FROM_THE_FORM = (
    "description", "category", "condition", "category_confidence", "location", "occurred_at", "act", "attachments"
)  # fmt: skip


class FilingFromChat:
    """Files with the operator's own rights: it is they who register the case."""

    def __init__(self, chats: Chats, people: People, registry: Registry, clock: Callable[[], datetime]):
        self._chats = chats
        self._people = people
        self._registry = registry
        self._clock = clock

    async def file(self, request: web.Request, number: str, form: CaseForm, staff: Staff) -> tuple[Json, str]:
        """The case, and the conversation in which its number was said. Raises Problem.

        The same ``client_id`` again is the same case, and the resident hears of it once. The report is kept before it
        is sent: tried again after a break it is the same to the letter, though more may have been said since.
        """
        row = await self._chats.handover(number)
        if row is None:
            raise Problem(404, "not_found", "没有这个对话。")
        rows = await self._chats.whole(number)
        channel, _, user = row.conversation.partition(":")
        phone = form.phone
        if not phone and form.phone_in is not None:
            phone = row.phone if form.phone_in == 0 else chats.phone_in(rows, form.phone_in)
        report = {name: form.report[name] for name in _FROM_THE_FORM if name in form.report}
        report |= {
            "channel": channel,
            "reporter": {
                "name": form.name,
                "phone": phone,
                "channel_user": user,
                "confidential": form.confidential,
            },
            "transcript": _cut(chats.transcript(rows)),
        }
        report.setdefault("attachments", chats.files(rows))
        digest = hashlib.sha256(form.model_dump_json().encode()).hexdigest()
        filing = await self._people.freeze(int(number), form.client_id, digest, report)
        if not filing.same:
            raise _filed_already()
        credential = Credential.of(request, client_address(request))
        try:
            if filing.case_no:
                return await self._registry.case(credential, filing.case_no), row.conversation
            assert filing.report is not None  # frozen just now
            case = await self._registry.file(credential, filing.report, f"console:{number}:{form.client_id}")
        except (IntakeDown, IntakeRefused) as error:
            if isinstance(error, IntakeRefused) and error.code == "idempotency_mismatch":
                raise _filed_already() from error
            raise problem_of(error) from error
        case_no = str(case["case_no"])
        reply = Reply(filed_by_staff(case_no, case), custom=case_card(case_no, case))
        conversation = await self._people.filed(int(number), staff, form.client_id, case_no, reply, now=self._clock())
        return case, conversation


def _filed_already() -> Problem:
    return Problem(409, "filed_already", "这张表已经登记过了。要再登记一件，请按“再登记一件”。")


def _cut(lines: list[Json]) -> list[Json]:
    """The newest lines that the intake takes."""
    return lines[-500:]
