"""What residents who reach us by telephone are still to hear of their case: operators call them (电话告知).

No courier serves the telephone: the messages that the events wrote for it wait in the outbox until somebody has called.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from aiohttp import web
from pydantic import AwareDatetime, Field

from bot.language.masking import mask_text
from groundwork.problem import Problem
from intake_api.domain import case_number
from intake_api.domain.access import Permission
from intake_api.domain.news import words_of
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.cases import readable
from intake_api.http.resources import DATABASE, NOW
from intake_api.http.routing import Operation, body_of, json_answer, number_of, query_of
from intake_api.http.schemas import Body, View
from intake_api.storage import audit, telephone_news


class TelephoneNewsQuery(Body):
    """Whether the numbers are shown."""

    reveal: bool = False
    """Show whole phone numbers, which is recorded in the audit trail."""


class CalledBody(Body):
    """What came of the call."""

    result: Literal["told", "not_reached"]
    again_in_minutes: int = Field(120, ge=5, le=3 * 24 * 60)
    """When not reached: from when on it is to be tried again."""


class NewsView(View):
    """One thing that happened, in words to be said."""

    kind: str
    words: str
    at: AwareDatetime


class PersonToCall(View):
    """Somebody who is to be called, and what they are to be told."""

    id: int
    """For saying what came of the call."""
    who: Literal["reporter", "follower"]
    phone: str
    """Masked unless revealed."""
    attempts: int
    """How often nobody answered."""
    not_before: AwareDatetime | None
    """Nobody answered lately: not to be tried again before then."""
    news: list[NewsView]
    """Oldest first."""


class TelephoneNewsView(View):
    """Who is to be called about a case."""

    items: list[PersonToCall]


async def list_telephone_news(request: web.Request) -> web.Response:
    """Who is to be called about a case, and what they are to be told."""
    query = query_of(request, TelephoneNewsQuery)
    row, principal = await readable(request), request[PRINCIPAL]
    if query.reveal:
        # what is given away is recorded first
        async with request.app[DATABASE].write() as session:
            await audit.note(
                session, principal.actor, "reveal_reporter", target=f"case:{case_number.format_number(row.id)}",
                result="ok", address=principal.address, now=request.app[NOW](),
            )  # fmt: skip
    async with request.app[DATABASE].read() as session:
        calls = await telephone_news.of_case(session, row)
    items = [
        PersonToCall(
            id=call.id,
            who="reporter" if call.is_reporter else "follower",
            phone=call.phone if query.reveal else mask_text(call.phone),
            attempts=call.attempts,
            not_before=call.not_before,
            news=[NewsView(kind=each.kind, words=words_of(each.kind, each.payload), at=each.at) for each in call.news],
        )
        for call in calls
    ]
    return json_answer(TelephoneNewsView(items=items))


async def called(request: web.Request) -> web.Response:
    """What came of a call."""
    row, body, item = await readable(request), await body_of(request, CalledBody), number_of(request, "id")
    now = request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        if body.result == "told":
            settled = item is not None and await telephone_news.told(session, row.id, item, now)
        else:
            again = now + timedelta(minutes=body.again_in_minutes)
            settled = item is not None and await telephone_news.not_reached(session, row.id, item, again)
    if not settled:
        raise Problem(404, "nothing_to_tell", "没有要告知的，或已有人告知；请刷新。")
    return web.Response(status=204)


OPERATIONS = (
    Operation(
        "GET", "/api/v1/cases/{case_no}/telephone-news", list_telephone_news, "回告", "电话告知：打给谁、说什么",
        "Residents whom no message reaches, for they reported or follow by telephone: what they are still to hear of "
        "the case. `reveal` shows their numbers and is recorded.",
        needs=(Permission.KNOW_CALLERS,), query=TelephoneNewsQuery, answers={200: TelephoneNewsView},
    ),
    Operation(
        "POST", "/api/v1/cases/{case_no}/telephone-news/{id}", called, "回告", "电话告知：打过了",
        "`told` settles all that this resident was to hear of the case up to now; `not_reached` brings it back later.",
        needs=(Permission.KNOW_CALLERS,), body=CalledBody, action="call_resident", answers={204: None},
        problems={404: "nothing_to_tell"},
    ),
)  # fmt: skip
