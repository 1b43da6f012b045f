"""Webhooks: subscriptions, their state, their secrets, and what could not be delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from groundwork.problem import FieldError, Problem
from intake_api.domain import case_number
from intake_api.domain.access import Permission
from intake_api.domain.event import EventKind
from intake_api.domain.webhook import State
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.feed import audience_of
from intake_api.http.resources import CITY, DATABASE, NOW, SETTINGS, TAXONOMY
from intake_api.http.routing import Operation, body_of, json_answer, number_of
from intake_api.http.webhook_schemas import (
    DeadLetterList,
    DeadLetterView,
    ReplayBody,
    Replayed,
    WebhookBody,
    WebhookChange,
    WebhookList,
    WebhookSecret,
    WebhookView,
)
from intake_api.storage import audit, cities, feed, webhooks
from intake_api.storage.feed import Wanted
from intake_api.storage.webhook_tables import WebhookRow
from intake_api.webhooks import Guard


class WebhookKey:
    """The key of all secrets, the same in all processes, read from the database at the start."""

    key: bytes = b""


KEY = web.AppKey("webhook_key", WebhookKey)
_READERS = (Permission.MANAGE_WEBHOOKS, Permission.FEED, Permission.READ_DEPARTMENT)
_MANAGERS = (Permission.MANAGE_WEBHOOKS,)


async def list_webhooks(request: web.Request) -> web.Response:
    """All, or one's own."""
    async with request.app[DATABASE].read() as session:
        rows = await webhooks.several(session, **_own(request))
        show = await _Showing.prepare(session)
    return json_answer(WebhookList(items=[show.webhook(row) for row in rows]))


async def show_webhook(request: web.Request) -> web.Response:
    """One."""
    async with request.app[DATABASE].read() as session:
        row = await _found(session, request)
        show = await _Showing.prepare(session)
    return json_answer(show.webhook(row))


async def add_webhook(request: web.Request) -> web.Response:
    """Subscribe; the secret is shown this once."""
    body = await body_of(request, WebhookBody)
    now = request.app[NOW]()
    wanted = Wanted(None, [kind.value for kind in body.kinds], body.categories, body.towns)
    _check(request, body.url, wanted)
    if bool(body.department_id) == bool(body.partner):
        raise _invalid("/department_id", "请填 department_id 或 partner 其中一项：这个订阅属于谁。")
    await feed.sequence(request.app[DATABASE])  # what happened before is not told
    async with request.app[DATABASE].write() as session:
        if body.department_id and body.department_id not in await cities.department_names(session):
            raise _invalid("/department_id", "没有这个部门。")
        if body.partner and not await webhooks.has_partner(session, body.partner):
            raise _invalid("/partner", "没有叫这个名字的外部系统令牌（角色 partner）。")
        row = await webhooks.add(
            session,
            name=body.name,
            department_id=body.department_id or None,
            partner=body.partner or None,
            url=body.url,
            wanted=wanted,
            position=await feed.head(session) if body.after is None else body.after,
            by=request[PRINCIPAL].actor.id,
            now=now,
        )
        await _note(session, request, "add_webhook", row.id)
    secret = webhooks.secret_of(request.app[KEY].key, row.salt)
    headers = {"Location": f"/api/v1/webhooks/{row.id}"}
    return json_answer(WebhookSecret(id=row.id, secret=secret, old_secret_until=None), 201, headers)


async def change_webhook(request: web.Request) -> web.Response:
    """Change address, choice or state."""
    body = await body_of(request, WebhookChange)
    async with request.app[DATABASE].write() as session:
        row = await _found(session, request, locked=True)
        kinds = row.kinds if body.kinds is None else [kind.value for kind in body.kinds]
        wanted = Wanted(
            None,
            kinds,
            row.categories if body.categories is None else body.categories,
            row.towns if body.towns is None else body.towns,
        )
        url = body.url or row.url
        _check(request, url, wanted)
        if url != row.url:
            row.attempts, row.failing_since, row.next_attempt_at = 0, None, None
        row.name, row.url = body.name or row.name, url
        row.kinds, row.categories, row.towns = list(wanted.kinds), list(wanted.categories), list(wanted.towns)
        if body.state is not None and body.state != row.state:
            webhooks.start(row, State(body.state), "" if body.state == "active" else "由管理员暂停")
        await _note(session, request, "change_webhook", row.id)
        show = await _Showing.prepare(session)
    return json_answer(show.webhook(row))


async def remove_webhook(request: web.Request) -> web.Response:
    """End a subscription."""
    async with request.app[DATABASE].write() as session:
        row = await _found(session, request, locked=True)
        await webhooks.remove(session, row)
        await _note(session, request, "remove_webhook", row.id)
    return web.Response(status=204)


async def rotate_secret(request: web.Request) -> web.Response:
    """A new secret; the old one signs beside it for a day."""
    async with request.app[DATABASE].write() as session:
        row = await _found(session, request, locked=True)
        now = request.app[NOW]()
        if row.old_salt_until is not None and row.old_salt_until > now:
            detail = "密钥刚换过，旧的一天内仍在用，现在再换会让对方两把都对不上。密钥泄露时请删除订阅后重建。"
            raise Problem(409, "secret_just_changed", detail)
        until = webhooks.rotate(row, now)
        await _note(session, request, "rotate_webhook_secret", row.id)
    secret = webhooks.secret_of(request.app[KEY].key, row.salt)
    return json_answer(WebhookSecret(id=row.id, secret=secret, old_secret_until=until))


async def list_dead_letters(request: web.Request) -> web.Response:
    """What could not be delivered."""
    items = []
    async with request.app[DATABASE].read() as session:
        row = await _found(session, request)
        for letter in await webhooks.dead_letters(session, row.id):
            entry = await feed.at_position(session, letter.position)
            assert entry is not None
            items.append(
                DeadLetterView(
                    id=letter.id,
                    position=letter.position,
                    case_no=case_number.format_number(entry.case_id),
                    kind=entry.kind,
                    kind_label=EventKind(entry.kind).label,
                    at=entry.at,
                    attempts=letter.attempts,
                    last_error=letter.last_error,
                    failed_at=letter.failed_at,
                    replaying=letter.replay_at is not None,
                )
            )
    return json_answer(DeadLetterList(items=items))


async def replay(request: web.Request) -> web.Response:
    """Deliver dead letters again, in their order, before what is new."""
    body = await body_of(request, ReplayBody) if request.can_read_body else ReplayBody()
    async with request.app[DATABASE].write() as session:
        row = await _found(session, request, locked=True)
        if row.state == State.DISABLED:
            raise Problem(409, "webhook_disabled", "这个订阅已停用（对方回答 410）。请先确认地址并恢复，再补发。")
        count = await webhooks.replay(session, row.id, body.ids, request.app[NOW]())
        if count:
            webhooks.start(row, State.ACTIVE, "")
        await _note(session, request, "replay_webhook", row.id)
    return json_answer(Replayed(replayed=count))


def _own(request: web.Request) -> dict[str, str]:
    """Whose subscriptions the caller sees; empty: all."""
    principal = request[PRINCIPAL]
    if principal.may(Permission.MANAGE_WEBHOOKS):
        return {}
    _, department = audience_of(principal)
    return {"department_id": department} if department else {"partner": principal.actor.name}


async def _found(session: AsyncSession, request: web.Request, *, locked: bool = False) -> WebhookRow:
    number = number_of(request, "id")
    row = None
    if number is not None:
        row = await (webhooks.get_locked(session, number) if locked else session.get(WebhookRow, number))
    if row is None or any(getattr(row, name) != value for name, value in _own(request).items()):
        raise Problem(404, "webhook_not_found", "没有这个订阅。")
    return row


def _check(request: web.Request, url: str, wanted: Wanted) -> None:
    objection = Guard(request.app[SETTINGS].webhook_private).objection(url)
    if objection:
        raise _invalid("/url", objection)
    _known("/categories", wanted.categories, request.app[TAXONOMY], "分类目录里没有这个代码")
    towns = {town.code for town in request.app[CITY].current.city.towns}
    _known("/towns", wanted.towns, towns, "城市数据里没有这个街镇代码")


def _known(pointer: str, values: Sequence[str], known: object, words: str) -> None:
    for index, value in enumerate(values):
        if value not in known:  # type: ignore[operator]
            raise _invalid(f"{pointer}/{index}", f"{words}：{value}。")


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem(
        422, "invalid", "提交的内容有误，请按提示修改。", errors=[FieldError(pointer=pointer, detail=detail)]
    )


async def _note(session: AsyncSession, request: web.Request, action: str, webhook_id: int) -> None:
    principal = request[PRINCIPAL]
    await audit.note(
        session, principal.actor, action, target=f"webhook:{webhook_id}", result="ok", address=principal.address,
        now=request.app[NOW](),
    )  # fmt: skip


class _Showing:
    """What a subscription's state is measured by."""

    def __init__(self, head: int, letters: Mapping[int, int], names: Mapping[str, str]) -> None:
        self._head = head
        self._letters = letters
        self._names = names

    @classmethod
    async def prepare(cls, session: AsyncSession) -> _Showing:
        return cls(
            await feed.head(session), await webhooks.letter_counts(session), await cities.department_names(session)
        )

    def webhook(self, row: WebhookRow) -> WebhookView:
        state = State(row.state)
        return WebhookView(
            id=row.id,
            name=row.name,
            department_id=row.department_id,
            partner=row.partner,
            owner_name=self._names.get(row.department_id, row.department_id)
            if row.department_id
            else row.partner or "",
            url=row.url,
            kinds=row.kinds,
            kind_labels=[EventKind(kind).label for kind in row.kinds],
            categories=row.categories,
            towns=row.towns,
            state=state.value,
            state_label=state.label,
            state_reason=row.state_reason,
            position=row.position,
            behind=max(self._head - row.position, 0),
            attempts=row.attempts,
            failing_since=row.failing_since,
            next_attempt_at=row.next_attempt_at,
            last_error=row.last_error,
            last_delivered_at=row.last_delivered_at,
            dead_letters=self._letters.get(row.id, 0),
            old_secret_until=row.old_salt_until,
            created_at=row.created_at,
        )


_NONE = {403: "not_your_department", 404: "webhook_not_found"}
OPERATIONS = (
    Operation(
        "GET", "/api/v1/webhooks", list_webhooks, "事件", "订阅列表",
        "All for the system administrator; departments and partners see their own.",
        needs=_READERS, answers={200: WebhookList}, problems={403: "not_your_department"},
    ),
    Operation(
        "POST", "/api/v1/webhooks", add_webhook, "事件", "新增订阅",
        "Each event is POSTed in order, signed in `X-YHT-Signature`. The secret is shown this once.",
        needs=_MANAGERS, body=WebhookBody, answers={201: WebhookSecret},
        answer_headers={"Location": "Where the subscription is."},
    ),
    Operation(
        "GET", "/api/v1/webhooks/{id}", show_webhook, "事件", "一个订阅及其状态", needs=_READERS,
        answers={200: WebhookView}, problems=_NONE,
    ),
    Operation(
        "PATCH", "/api/v1/webhooks/{id}", change_webhook, "事件", "修改、暂停、恢复订阅",
        "What was paused goes on where it stopped.",
        needs=_MANAGERS, body=WebhookChange, answers={200: WebhookView}, problems=_NONE | {422: "invalid"},
    ),
    Operation(
        "DELETE", "/api/v1/webhooks/{id}", remove_webhook, "事件", "删除订阅", needs=_MANAGERS, answers={204: None},
        problems=_NONE,
    ),
    Operation(
        "POST", "/api/v1/webhooks/{id}/secret", rotate_secret, "事件", "更换密钥",
        "For a day deliveries carry two signatures, by the new and by the old secret.",
        needs=_MANAGERS, answers={200: WebhookSecret}, problems=_NONE | {409: "secret_just_changed"},
    ),
    Operation(
        "GET", "/api/v1/webhooks/{id}/dead-letters", list_dead_letters, "事件", "未能送达的事件", needs=_READERS,
        answers={200: DeadLetterList}, problems=_NONE,
    ),
    Operation(
        "POST", "/api/v1/webhooks/{id}/dead-letters/replay", replay, "事件", "补发",
        "All or those named, in the order of the events, before what is new. A paused subscription goes on.",
        needs=_MANAGERS, body=ReplayBody, body_may_lack=True, answers={200: Replayed},
        problems=_NONE | {409: "webhook_disabled"},
    ),
)  # fmt: skip
