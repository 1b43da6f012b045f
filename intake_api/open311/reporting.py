"""A report by Open311: from the form to a case."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain import case_number
from intake_api.domain.case import Channel, Report, Reporter
from intake_api.domain.taxonomy import Category
from intake_api.filing import Draft, Filed, Location
from intake_api.http.resources import CITY, DATABASE, FILING, NOW, TAXONOMY
from intake_api.once import KeyUsedForAnother
from intake_api.open311 import services
from intake_api.open311.errors import Refused, missing
from intake_api.open311.form import Form, read_form
from intake_api.open311.formats import Answer
from intake_api.open311.keys import Partner, check_jurisdiction, partner
from intake_api.open311.parameters import Parameters
from intake_api.open311.photos import keep_photos, links
from intake_api.storage import cases

LONGEST_DESCRIPTION = 4000
"""Characters (GeoReport v2)."""

RETRY = timedelta(minutes=10)
"""For so long the same form from the same partner is taken for a retry. GeoReport knows no idempotency key."""

KEY_HEADER = "Idempotency-Key"

_LATIN = re.compile(r"[A-Za-z][A-Za-z .'-]*")
_CONTACTS = ((100, "name"), (40, "phone"))


async def create_request(request: web.Request) -> Answer:
    """File a report, once."""
    form = await read_form(request)
    parameters = form.parameters
    who = await partner(request, parameters)
    check_jurisdiction(request, parameters)
    category = services.offered(request.app[TAXONOMY], parameters.get("service_code"))
    draft = _draft(parameters, category, request.app[CITY].current.city.calendar.timezone)
    key = await _key(request, who, form)
    filed = await _filed_before(request, who, key)
    if filed is None:
        ids = await keep_photos(request, form.photos, who.scope)
        draft = replace(draft, report=replace(draft.report, attachments=ids))
        try:
            filed = await request.app[FILING].file(
                draft, scope=who.scope, key=key.text, body_hash=form.digest, actor=who.actor
            )
        except KeyUsedForAnother as error:
            raise _used() from error
    notice = await _notice(request, filed.case_id)
    content = {
        "service_request_id": case_number.format_number(filed.case_id),
        "service_notice": notice,
        "account_id": parameters.get("account_id")[:200] or None,
    }
    return Answer("service_requests", [content], 201 if filed.created else 200)


def _draft(parameters: Parameters, category: Category, zone: tzinfo) -> Draft:
    """The report that a form means. Raises Refused 400."""
    description = parameters.get("description")
    if len(description) > LONGEST_DESCRIPTION:
        raise Refused(400, f"参数 description 最多 {LONGEST_DESCRIPTION} 字。")
    told = services.read_attributes(services.attributes(category), parameters, zone)
    location = _location(parameters, told.pole_no)
    description = description or f"{category.name}（没有文字说明）"
    report = Report(
        channel=Channel.OPEN311,
        description="\n".join((description, *told.words)),
        reporter=_reporter(parameters),
        act="report",
        occurred_at=told.occurred_at,
        transcript=links(parameters),
    )
    return Draft(report, location, category.code)


def _location(parameters: Parameters, pole_no: str) -> Location:
    """Where: a pin, words, or an address id, which here is the number of a lamp post."""
    lat, lng = parameters.degrees("lat", 90), parameters.degrees("long", 180)
    if (lat is None) != (lng is None):
        raise missing("long" if lng is None else "lat", "lat 和 long 必须同时给出")
    words, address_id = parameters.get("address_string"), parameters.get("address_id")
    if lat is None and not words and not address_id and not pole_no:
        raise missing("lat 和 long，或 address_string，或 address_id", "需要位置才能派人去")
    if len(words) > 500 or len(address_id) > 40:
        raise Refused(400, "参数 address_string 最多 500 字，address_id 最多 40 字。")
    return Location(text=words or address_id, lat=lat, lng=lng, pole_no=address_id or pole_no)


def _reporter(parameters: Parameters) -> Reporter:
    """Who reports, as far as it is needed to call back: one name, one telephone number (or address of mail).

    ``account_id`` and ``device_id`` are not kept: answers go back to the partner by service request updates.
    """
    first, last = parameters.get("first_name"), parameters.get("last_name")
    latin = bool(_LATIN.fullmatch(first + last))
    name = f"{first} {last}".strip() if latin else last + first
    email = parameters.get("email")
    phone = parameters.get("phone") or (email if len(email) <= 40 else "")
    if len(name) > 100 or len(phone) > 40:
        raise Refused(400, "参数 first_name、last_name 合起来最多 100 字，phone 最多 40 字。")
    return Reporter(name=name, phone=phone)


@dataclass(frozen=True, slots=True)
class _Key:
    """The idempotency key of a form; ``explicit``: the client gave it."""

    text: str
    digest: str
    explicit: bool


async def _key(request: web.Request, who: Partner, form: Form) -> _Key:
    """The client's key, or one made of the form and the time.

    Time counts in steps of RETRY; a form that was filed in the step before, no longer ago than RETRY, keeps its key.
    """
    given = request.headers.get(KEY_HEADER, "").strip()
    digest = form.digest
    if given:
        if len(given) > 180 or not given.isprintable():
            raise Refused(400, f"请求头 {KEY_HEADER} 最长 180 个可见字符。")
        return _Key(f"open311:{given}", digest, explicit=True)
    now: datetime = request.app[NOW]()
    step = int(now.timestamp() // RETRY.total_seconds())
    before = f"open311-form:{digest}:{step - 1}"
    async with request.app[DATABASE].read() as session:
        row = await cases.find_key(session, who.scope, before)
    recent = row is not None and now - row.created_at <= RETRY
    return _Key(before if recent else f"open311-form:{digest}:{step}", digest, explicit=False)


async def _filed_before(request: web.Request, who: Partner, key: _Key) -> Filed | None:
    """The case of a form that comes again: its photos are not kept twice. Raises Refused 422."""
    async with request.app[DATABASE].read() as session:
        row = await cases.find_key(session, who.scope, key.text)
    if row is None or row.case_id is None:
        return None
    if row.body_hash != key.digest:
        raise _used()
    return Filed(row.case_id)


def _used() -> Refused:
    return Refused(422, f"这个 {KEY_HEADER} 已经用于另一件诉求，新的诉求请换一个值。")


async def _notice(request: web.Request, case_id: int) -> str:
    """What happens next, in a sentence."""
    async with request.app[DATABASE].read() as session:
        return await _said(request, session, case_id)


async def _said(request: web.Request, session: AsyncSession, case_id: int) -> str:
    row = await cases.get(session, case_id)
    assert row is not None
    loaded = request.app[CITY].current
    number = case_number.grouped(case_number.format_number(case_id))
    unit = f"承办单位：{loaded.department_name(row.department_id)}。" if row.department_id else ""
    due = row.due_at.astimezone(loaded.city.calendar.timezone) if row.due_at else None
    until = f"办理期限：{due.year}年{due.month}月{due.day}日 {due:%H:%M}。" if due else ""
    return f"编号 {number}。{unit}{until}"
