"""Messages for residents, taken by the channels' gateway."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from groundwork.problem import Problem
from intake_api.domain import case_number
from intake_api.domain.access import Permission
from intake_api.domain.case import Channel
from intake_api.http import schemas
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.resources import CITY, DATABASE, NOW
from intake_api.http.routing import Operation, body_of, json_answer, number_of
from intake_api.noticing import ANSWERS
from intake_api.storage import outbox


async def claim(request: web.Request) -> web.Response:
    """Lease messages to the caller."""
    body = await body_of(request, schemas.ClaimBody)
    city, now = request.app[CITY].current.city, request.app[NOW]()
    local = now.astimezone(city.calendar.timezone)
    over = city.policy.quiet_hours.over_at(local)
    async with request.app[DATABASE].write() as session:
        rows = await outbox.claim(
            session,
            [channel.value for channel in body.channels],
            limit=body.limit,
            lease=timedelta(seconds=body.lease_seconds),
            by=request[PRINCIPAL].scope,
            now=now,
        )
        quiet = over > local
        awaited = await outbox.awaited_urgently(session, rows) if quiet else set()
        items = [
            schemas.OutboxItem(
                id=row.id,
                channel=Channel(row.channel),
                channel_user=row.channel_user,
                kind=row.kind,
                case_no=case_number.format_number(row.case_id),
                payload=row.payload,
                created_at=row.created_at,
                attempts=row.attempts,
                quiet_until=(
                    over
                    if quiet and row.kind not in ANSWERS and (row.channel, row.channel_user) not in awaited
                    else None
                ),
            )
            for row in rows
        ]
    return json_answer(schemas.OutboxItems(items=items))


def _item_id(request: web.Request) -> int:
    number = number_of(request, "item_id")
    if number is None:
        raise _missing()
    return number


def _missing() -> Problem:
    return Problem(404, "outbox_item_not_found", "没有这条待发消息，或它已送达。")


async def delivered(request: web.Request) -> web.Response:
    """The resident has the message."""
    item_id = _item_id(request)
    async with request.app[DATABASE].write() as session:
        if not await outbox.delivered(session, item_id, request.app[NOW]()):
            raise _missing()
    return json_answer(schemas.OutboxState(id=item_id, state="delivered"))


async def failed(request: web.Request) -> web.Response:
    """The message could not be delivered now."""
    item_id = _item_id(request)
    body = await body_of(request, schemas.FailedBody)
    retry_at = request.app[NOW]() + timedelta(seconds=body.retry_in_seconds)
    async with request.app[DATABASE].write() as session:
        if not await outbox.failed(session, item_id, retry_at):
            raise _missing()
    return json_answer(schemas.OutboxState(id=item_id, state="waiting"))


OPERATIONS = (
    Operation(
        "POST", "/api/v1/outbox/claim", claim, "回告", "领取待发消息",
        "Leases the oldest undelivered message of each resident; a later one waits until the earlier is delivered. "
        "One with `quiet_until` should not disturb its reader before then: give it back with `failed`, unless they are "
        "talking with you just now.",
        needs=(Permission.OUTBOX,), body=schemas.ClaimBody, answers={200: schemas.OutboxItems},
        problems={422: "invalid"},
    ),
    Operation(
        "POST", "/api/v1/outbox/{item_id}/delivered", delivered, "回告", "消息已送达", "Again is fine.",
        needs=(Permission.OUTBOX,), answers={200: schemas.OutboxState}, problems={404: "outbox_item_not_found"},
    ),
    Operation(
        "POST", "/api/v1/outbox/{item_id}/failed", failed, "回告", "消息未能送达",
        "The message is handed out again after the time named.",
        needs=(Permission.OUTBOX,), body=schemas.FailedBody, answers={200: schemas.OutboxState},
        problems={404: "outbox_item_not_found", 422: "invalid"},
    ),
)  # fmt: skip
