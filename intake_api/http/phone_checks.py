"""How a case stands, told to somebody who reported it elsewhere: by its number and the phone's last four digits."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from groundwork.problem import Problem
from intake_api.domain import case_number
from intake_api.domain.access import Permission
from intake_api.domain.phone_check import MOST_WRONG, WITHIN, knows_phone
from intake_api.domain.resident import Resident
from intake_api.http.cases import view_of
from intake_api.http.resources import DATABASE, NOW
from intake_api.http.routing import Operation, body_of, json_answer
from intake_api.http.schemas import Body, CaseView, Text
from intake_api.storage import cases, phone_checks


class PhoneCheckBody(Body):
    """Who asks, and what they say the phone left with the case ends with."""

    channel: Text = Field(min_length=1, max_length=20)
    channel_user: Text = Field(min_length=1, max_length=200)
    last_four: Text = Field(pattern=r"^[0-9]{4}$")


async def check_phone(request: web.Request) -> web.Response:
    """Tell a case as those who follow it see it, if the digits are right."""
    body = await body_of(request, PhoneCheckBody)
    try:
        wanted = case_number.parse(request.match_info["case_no"])
    except case_number.WrongCheckDigit as error:
        raise Problem(404, "case_number_misread", "案件编号不对，可能有一位读错或写反了，请核对。") from error
    except case_number.WrongCaseNumber as error:
        raise _no_such() from error
    now = request.app[NOW]()
    who = phone_checks.asker(body.channel, body.channel_user)
    async with request.app[DATABASE].write() as session:
        row = await cases.get(session, wanted)
        case_id = row.id if row else None
        if case_id is not None:
            await cases.get_locked(session, case_id)  # those who try at the same moment are counted one by one
        wrong = await phone_checks.wrong_since(session, case_id, who, now - WITHIN)
        known = wrong < MOST_WRONG and row is not None and knows_phone(row.reporter_phone, body.last_four)
        if not known and wrong < MOST_WRONG:
            await phone_checks.note_wrong(session, case_id, who, now, now - WITHIN)
    if wrong >= MOST_WRONG:
        headers = {"Retry-After": str(int(WITHIN.total_seconds()))}
        raise Problem(429, "too_many_tries", "试的次数太多了，请明天再试，或拨打热线查询。", headers=headers)
    if not known or case_id is None:
        raise _no_such()
    return json_answer(await view_of(request, case_id, Resident(body.channel_user, body.channel)))


def _no_such() -> Problem:
    """The same for a wrong number and for wrong digits: nobody learns by trying which numbers there are."""
    return Problem(404, "case_not_found", "编号和电话后四位对不上，请核对。")


OPERATIONS = (
    Operation(
        "POST", "/api/v1/cases/{case_no}/phone-check", check_phone, "案件", "凭电话后四位查进度",
        "For a resident who reported elsewhere: with the last four digits of the phone left with the case they see it "
        "as those do who follow it, without words, photos and exact place. Five wrong answers in a day, for a case or "
        "by one asker, and nobody is answered until the next.",
        needs=(Permission.READ_REPORTERS,), body=PhoneCheckBody, answers={200: CaseView},
        problems={404: "case_not_found, case_number_misread", 429: "too_many_tries"},
    ),
)  # fmt: skip
