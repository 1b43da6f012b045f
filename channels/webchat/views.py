"""The web channel's HTTP interface, as the contract has it: ``/channels/web/conversations/…``."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import BodyPartReader, WSCloseCode, WSMsgType, web

from channels.attachments import attachments_down, stream_attachment
from channels.gateway.announcement import case_card
from channels.gateway.flood import Flood, Limits, Rates
from channels.gateway.gateway import Gateway
from channels.gateway.intake import Intake, IntakeDown, IntakeRefused
from channels.gateway.language import card_in
from channels.gateway.message import Answer, Inbound, Json, Kind, sender_id
from channels.gateway.offers import mark, pressed
from channels.gateway.pulse import Pulse
from channels.gateway.pushes import Pushes, Watcher
from channels.gateway.store import Entry, Store, token_digest
from channels.webchat.schemas import Consent, OpenConversation, SentMessage
from groundwork.problem import FieldError, Problem
from groundwork.web import client_address, is_trusted, read_json

log = logging.getLogger(__name__)

CHANNEL = "web"
OPENING = Rates(free=100, burst=200, per_second=20.0)
"""Conversations that one address may open: a whole office or a town hall may stand behind it."""

_BASE = "/channels/web/conversations"
_PAGE = 200
_HEARTBEAT_SECONDS = 25.0
_HELLO_SECONDS = 10.0
_LONGEST_FRAME = 4096
_CONNECTIONS = 10  # of one conversation to this process
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class WebChat:
    """What the views work with. ``sockets`` are the open connections of this process."""

    store: Store
    gateway: Gateway
    pushes: Pushes
    intake: Intake
    limits: Limits
    opening: Limits  # of conversations, by address
    pulse: Pulse
    clock: Callable[[], datetime]
    upload_limit: int  # bytes
    sockets: set[web.WebSocketResponse]


WEBCHAT = web.AppKey("webchat", WebChat)


def add_webchat_routes(app: web.Application) -> None:
    """Give ``app`` the web channel. ``app[WEBCHAT]`` must be there when it starts."""
    one = f"{_BASE}/{{conversation_id}}"
    app.router.add_post(_BASE, open_conversation)
    app.router.add_put(f"{one}/consent", consent)
    app.router.add_post(f"{one}/messages", send)
    app.router.add_get(f"{one}/messages", history)
    app.router.add_post(f"{one}/attachments", attach)
    app.router.add_get(f"{one}/attachments/{{attachment_id}}", attachment)
    app.router.add_get(f"{one}/cases", cases)
    app.router.add_get(f"{one}/ws", push_connection)
    app.on_shutdown.append(_close_sockets)


async def open_conversation(request: web.Request) -> web.Response:
    """Begin a conversation; whoever has its token speaks in it."""
    webchat = request.app[WEBCHAT]
    address = client_address(request)
    # behind a proxy that does not say for whom it asks, everybody would look the same
    if not is_trusted(address, ()):
        await _slow_down(webchat, f"web:from {address}", webchat.opening)
    body = OpenConversation.model_validate(await read_json(request) if request.can_read_body else {})
    conversation_id, token = secrets.token_hex(12), secrets.token_urlsafe(32)
    await webchat.store.open_conversation(
        sender_id(CHANNEL, conversation_id), token_digest(token), body.consent, webchat.clock()
    )
    return web.json_response({"conversation_id": conversation_id, "token": token}, status=201)


async def consent(request: web.Request) -> web.Response:
    """The resident agrees that data are kept."""
    webchat, sender = request.app[WEBCHAT], await _sender(request)
    Consent.model_validate(await read_json(request))
    at = await webchat.store.consent(sender, webchat.clock())
    return web.json_response({"consented_at": at.isoformat()})


async def send(request: web.Request) -> web.Response:
    """A message, answered."""
    webchat, sender = request.app[WEBCHAT], await _sender(request)
    body = SentMessage.model_validate(await read_json(request))
    await _slow_down(webchat, sender)
    message = Inbound(
        channel=CHANNEL,
        conversation_id=request.match_info["conversation_id"],
        message_id=body.client_msg_id,
        kind=Kind.TEXT,
        received_at=webchat.clock(),
    )
    if body.text is not None:
        parts: Json = {"text": body.text}
    elif body.payload is not None:
        parts = await _press(webchat.store, sender, body.payload)
    elif body.location is not None:
        pin = body.location
        parts = {"kind": Kind.LOCATION, "lat": pin.lat, "lng": pin.lng, "label": pin.label}
    else:
        attachment_id = body.attachment_id or ""
        media_type = await webchat.store.attachment(sender, attachment_id)
        if media_type is None:
            detail = "没有找到这个附件，请重新上传。"
            raise Problem(422, "invalid", detail, errors=[FieldError(pointer="/attachment_id", detail=detail)])
        parts = {"kind": Kind.ATTACHMENT, "attachment_id": attachment_id, "media_type": media_type}
    webchat.pulse.heard(CHANNEL)
    answer = await webchat.gateway.handle(message.with_parts(parts))
    if answer.settled:
        webchat.pulse.out(CHANNEL)
    else:
        webchat.pulse.error(CHANNEL, "late")
    return _json(_answer(answer))


async def history(request: web.Request) -> web.Response:
    """What was said after ``?after=``, oldest first, one page."""
    webchat, sender = request.app[WEBCHAT], await _sender(request)
    after = _after(request.query.get("after"))
    entries = await webchat.store.history(sender, after, _PAGE)
    return _json({"messages": [_entry(entry) for entry in entries], "next": entries[-1].seq if entries else after})


async def attach(request: web.Request) -> web.Response:
    """A photo or voice message, kept by the intake."""
    webchat, sender = request.app[WEBCHAT], await _sender(request)
    await _slow_down(webchat, sender)
    content, filename, media_type = await _uploaded(request, webchat.upload_limit)
    try:
        stored = await webchat.intake.store_attachment(content, filename, media_type)
    except IntakeDown as error:
        raise attachments_down() from error
    except IntakeRefused as error:
        if error.status in (401, 403):  # our token, not the resident's fault
            log.error("the intake refuses our token", extra={"status": error.status})
            raise attachments_down() from error
        raise Problem(error.status, error.code, error.detail) from error
    attachment_id, media_type = str(stored["attachment_id"]), str(stored.get("media_type") or media_type)
    await webchat.store.add_attachment(sender, attachment_id, media_type, webchat.clock())
    return web.json_response(
        {key: stored[key] for key in ("size", "position") if stored.get(key) is not None}
        | {"attachment_id": attachment_id, "media_type": media_type},
        status=201,
    )


async def attachment(request: web.Request) -> web.StreamResponse:
    """The resident's own photo or voice message, again."""
    webchat, sender = request.app[WEBCHAT], await _sender(request)
    attachment_id = request.match_info["attachment_id"]
    media_type = await webchat.store.attachment(sender, attachment_id)
    if media_type is None:
        raise Problem(404, "not_found", "没有这个附件。")
    return await stream_attachment(request, webchat.intake, attachment_id, media_type)


async def cases(request: web.Request) -> web.Response:
    """The cases filed in this conversation, newest first, as they stand."""
    webchat = request.app[WEBCHAT]
    sender = await _sender(request)
    try:
        found = await webchat.intake.cases(CHANNEL, request.match_info["conversation_id"])
    except (IntakeDown, IntakeRefused) as error:
        log.warning("cases cannot be had", extra={"reason": str(error)})
        raise Problem(503, "intake_down", "受理系统暂时不可用，案件进度稍后可查。") from error
    language = await webchat.store.language(sender)
    items = [
        card_in(language, case_card(str(case["case_no"]), case))
        | {"received_at": case.get("received_at"), "description": case.get("description"), "location": _place(case)}
        for case in found
    ]
    return _json({"items": items})


async def push_connection(request: web.Request) -> web.StreamResponse:
    """A WebSocket that tells each new message, and when an answer is being made.

    The token comes as ``?token=`` or in the first frame, ``{"token","after"}``; ``after`` also as ``?after=``.
    """
    webchat = request.app[WEBCHAT]
    sender = sender_id(CHANNEL, request.match_info["conversation_id"])
    token, after = request.query.get("token"), _after(request.query.get("after"))
    if token is not None:
        await _check(webchat, sender, token)
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_LONGEST_FRAME)
    await socket.prepare(request)
    webchat.sockets.add(socket)
    try:
        if token is None:
            hello = await _hello(socket)
            try:
                await _check(webchat, sender, str(hello.get("token") or ""))
                after = _after(str(hello.get("after") or 0))
            except Problem as problem:
                await socket.send_json({"error": problem.body()})
                await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=problem.code.encode())
                return socket
        if webchat.pushes.watched(sender) >= _CONNECTIONS:
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too_many_connections")
            return socket
        with webchat.pushes.watch(sender) as watcher:
            telling = asyncio.create_task(_tell(webchat, socket, sender, watcher, after))
            try:
                async for frame in socket:
                    if frame.type is WSMsgType.ERROR:
                        break
            finally:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)
    finally:
        webchat.sockets.discard(socket)
    return socket


async def _tell(webchat: WebChat, socket: web.WebSocketResponse, sender: str, watcher: Watcher, after: int) -> None:
    typing = False
    while not socket.closed:
        await watcher.news()
        try:
            while entries := await webchat.store.history(sender, after, _PAGE):
                for entry in entries:
                    await socket.send_json(_entry(entry), dumps=_dumps)
                    after = entry.seq
            if watcher.busy != typing:
                typing = watcher.busy
                await socket.send_json({"typing": typing})
        except ConnectionError:
            return
        except Exception:  # the database may be away for a while: the page connects again and asks for what it missed
            log.warning("a push connection was given up", exc_info=True)
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
            return


async def _hello(socket: web.WebSocketResponse) -> Json:
    """The first frame; an empty object when it is none of ours."""
    try:
        first = await socket.receive(timeout=_HELLO_SECONDS)
    except TimeoutError:
        return {}
    try:
        hello = json.loads(first.data) if first.type is WSMsgType.TEXT else {}
    except ValueError:
        return {}
    return hello if isinstance(hello, dict) else {}


async def _close_sockets(app: web.Application) -> None:
    webchat = app.get(WEBCHAT)  # not there when the start failed
    # a copy: closing takes each out of the set
    for socket in list(webchat.sockets) if webchat else ():
        await socket.close(code=WSCloseCode.GOING_AWAY)


async def _sender(request: web.Request) -> str:
    """The conversation that the request speaks in. Raises Problem 401."""
    sender = sender_id(CHANNEL, request.match_info["conversation_id"])
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    await _check(request.app[WEBCHAT], sender, token.strip() if scheme.lower() == "bearer" else "")
    return sender


async def _check(webchat: WebChat, sender: str, token: str) -> None:
    conversation = await webchat.store.conversation(sender)
    expected = conversation.token_hash if conversation else token_digest("")
    if not hmac.compare_digest(token_digest(token), expected) or conversation is None:
        raise Problem(
            401,
            "unauthorized",
            "对话已失效，请重新开始对话。",
            headers={"WWW-Authenticate": 'Bearer realm="conversation"'},
        )


async def _slow_down(webchat: WebChat, sender: str, limits: Limits | None = None) -> None:
    try:
        await (limits or webchat.limits).turn(sender)
    except Flood as flood:
        raise Problem(
            429,
            "too_many_messages",
            "消息发得太快了，请稍等一会儿再发。",
            headers={"Retry-After": str(math.ceil(flood.retry_after))},
        ) from flood


async def _uploaded(request: web.Request, limit: int) -> tuple[bytes, str, str]:
    """Content, name and claimed type of the part ``file``. Raises Problem."""
    missing = Problem(
        422, "invalid", "请选择要上传的文件。", errors=[FieldError(pointer="/file", detail="缺少这一项。")]
    )
    if not request.content_type.startswith("multipart/"):
        raise missing
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name != "file":
                continue
            content = bytearray()
            while chunk := await part.read_chunk(_CHUNK):
                content += chunk
                if len(content) > limit:
                    raise Problem(413, "too_large", f"文件太大，最多 {limit // 1024 // 1024} MB。")
            if not content:
                raise missing
            return bytes(content), part.filename or "file", part.headers.get("Content-Type", "application/octet-stream")
    except ValueError as error:
        raise Problem(400, "bad_request", "上传的格式不对。") from error
    raise missing


def _after(value: str | None) -> int:
    try:
        after = int(value or 0)
    except ValueError:
        after = -1
    if not 0 <= after < 2**63:
        detail = "应当是上次收到的序号。"
        raise Problem(422, "invalid", "查询参数有误。", errors=[FieldError(pointer="?after", detail=detail)])
    return after


def _answer(answer: Answer) -> Json:
    said = zip(answer.replies, answer.seqs, strict=True)
    replies = [_marked(reply.content(), seq) | {"seq": seq} for reply, seq in said]
    return {"replies": replies, "case_nos": answer.case_nos, "seq": answer.seqs[-1] if answer.seqs else None}


def _entry(entry: Entry) -> Json:
    """A message of the history. Of a pressed button only its title is shown."""
    body: Json = {
        "seq": entry.seq,
        "direction": entry.direction,
        "text": entry.content.get("text") or "",
        "buttons": _marked(entry.content, entry.seq).get("buttons") or [],
        "custom": entry.content.get("custom"),
        "location": entry.content.get("location"),
        "attachment": entry.content.get("attachment"),
        "at": entry.at.isoformat(),
    }
    if entry.content.get("staff"):
        body["by"] = "staff"
    if entry.direction == "in":
        body["client_msg_id"] = entry.message_id
    return body


async def _press(store: Store, sender: str, payload: str) -> Json:
    """What a button's payload as we gave it stands for. Whether it still counts is seen when its turn has come."""
    which = pressed(payload)
    button = await store.button(sender, which) if which else None
    if which is None or button is None:
        return {"kind": Kind.PAYLOAD, "payload": payload}
    return {"kind": Kind.PAYLOAD, "payload": button.payload, "text": button.title, "shown_at": which.seq}


def _marked(content: Json, seq: int) -> Json:
    """``content`` with payloads that tell below which message of ours their buttons stand."""
    if not content.get("buttons"):
        return content
    buttons = [button | {"payload": mark(seq, index)} for index, button in enumerate(content["buttons"])]
    return content | {"buttons": buttons}


def _place(case: Json) -> str | None:
    location = case.get("location") or {}
    return location.get("text") if isinstance(location, dict) else None


def _dumps(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)


def _json(body: Json) -> web.Response:
    return web.json_response(body, dumps=_dumps)
