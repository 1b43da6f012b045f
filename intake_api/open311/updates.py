"""Service request updates (mySociety's extension): what became of requests, and what partners add to them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.orm import undefer

from bot.language.personal import without_personal
from intake_api.domain import case_number
from intake_api.domain.event import Event, EventKind
from intake_api.domain.public import Move, stand
from intake_api.http.public import PUBLIC
from intake_api.http.resources import CITY, DATABASE, NOW
from intake_api.open311.errors import Refused, missing
from intake_api.open311.form import Form, read_form
from intake_api.open311.formats import Answer, Content
from intake_api.open311.keys import Partner, check_jurisdiction, partner, partner_if_any
from intake_api.open311.parameters import Parameters, merged, period
from intake_api.open311.photos import keep_photos, links
from intake_api.open311.reporting import LONGEST_DESCRIPTION
from intake_api.storage import attachments, cases
from intake_api.storage.tables import CaseRow

_LONGEST = timedelta(days=90)
_STATUS = re.compile(r"[A-Z][A-Z_ ]{1,59}")
_KEPT_AT_MOST = 500
"""Lines of conversation of a case."""


async def list_updates(request: web.Request) -> Answer:
    """Changes of state by their time, oldest first. With a key also of what the partner filed and is not public."""
    parameters = Parameters(merged(request.query))
    check_jurisdiction(request, parameters)
    key = await partner_if_any(request, parameters)
    zone = request.app[CITY].current.city.calendar.timezone
    start, end = period(parameters, zone, request.app[NOW](), _LONGEST)
    moves = await request.app[PUBLIC].moves(start, end, key.actor.id if key else None)

    def update(move: Move) -> Content:
        number = case_number.format_number(move.case_id)
        now = stand(move.to)
        return {
            "update_id": f"{number}-{move.seq}",
            "service_request_id": number,
            "status": now.code,
            "updated_datetime": move.at.astimezone(zone),
            "description": f"{now.words}。",
            "media_url": None,
            "external_status_code": move.to.value,
        }

    return Answer("service_request_updates", [update(move) for move in moves])


async def create_update(request: web.Request) -> Answer:
    """Add a partner's words to a case, once for each of its update ids. It changes no state: that is the city's."""
    form = await read_form(request)
    parameters = form.parameters
    who = await partner(request, parameters)
    check_jurisdiction(request, parameters)
    for name in ("service_request_id", "update_id", "status", "updated_datetime", "description"):
        if not parameters.get(name):
            raise missing(name)
    status = parameters.get("status").upper()
    if not _STATUS.fullmatch(status):
        raise Refused(400, f"参数 status 应为 OPEN、CLOSED、IN_PROGRESS 等：{status[:40]}。")
    if len(parameters.get("description")) > LONGEST_DESCRIPTION:
        raise Refused(400, f"参数 description 最多 {LONGEST_DESCRIPTION} 字。")
    parameters.moment("updated_datetime", request.app[CITY].current.city.calendar.timezone)
    links(parameters)
    case_id = await _case(request, who, parameters.get("service_request_id"))
    theirs = f"{who.scope} {case_id} {parameters.get('update_id')}"
    ours = f"c{hashlib.sha256(theirs.encode()).hexdigest()[:20]}"
    created = await _comment(request, who, form, _Comment(case_id, ours, status))
    return Answer("service_request_updates", [{"update_id": ours}], 201 if created else 200)


async def _case(request: web.Request, who: Partner, number: str) -> int:
    """The case that a partner may speak of: its own, or a public one. Raises Refused 404."""
    try:
        case_id = case_number.parse(number)
    except case_number.WrongCaseNumber:
        case_id = 0
    if not await request.app[PUBLIC].may_comment(case_id, who.actor.id):
        raise Refused(404, f"参数 service_request_id 不对：没有 {number[:40]}。")
    return case_id


@dataclass(frozen=True, slots=True)
class _Comment:
    """On which case, under which id, and the state that the partner thinks it is in."""

    case_id: int
    update_id: str
    status: str

    @property
    def key(self) -> str:
        """The idempotency key."""
        return f"open311-update:{self.update_id}"


async def _comment(request: web.Request, who: Partner, form: Form, comment: _Comment) -> bool:
    """Write the words down, once: as they are with the conversation, which goes when personal data goes, and without
    personal data as an event, which stays. False when they had been written before."""
    words = form.parameters.get("description")
    lines = [f"{who.actor.name}补充：{words}", *(line.text for line in links(form.parameters))]
    async with request.app[DATABASE].read() as session:
        if await cases.find_key(session, who.scope, comment.key) is not None:
            return False
    photos = await keep_photos(request, form.photos, who.scope)
    now = request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        if not await cases.claim_key(session, who.scope, comment.key, form.digest, now):
            return False
        await cases.bind_key(session, who.scope, comment.key, comment.case_id)
        query = select(CaseRow).where(CaseRow.id == comment.case_id)
        row = (await session.scalars(query.options(undefer(CaseRow.transcript)).with_for_update(key_share=True))).one()
        if len(row.transcript) >= _KEPT_AT_MOST:
            raise Refused(400, "这件诉求的补充已经太多，请直接联系受理平台。")
        row.transcript = [*row.transcript, *({"role": "user", "text": line, "at": now.isoformat()} for line in lines)]
        row.attachments = [*row.attachments, *photos]
        await attachments.bind(session, photos, comment.case_id)
        event = Event(
            EventKind.COMMENTED,
            now,
            who.actor,
            None,
            None,
            without_personal(words, (row.reporter_name,)),
            {"update_id": comment.update_id, "status": comment.status, "photos": len(photos)},
        )
        await cases.append(session, row, [event])
    return True
