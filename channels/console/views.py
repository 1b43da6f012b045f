"""The console's HTTP interface: ``/channels/console/…``, for the page and for programs with a staff token."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from channels.attachments import stream_attachment
from channels.console import schemas
from channels.console.canned import CannedReplies
from channels.console.chats import Chats
from channels.console.filing import FilingFromChat
from channels.console.live import Live
from channels.gateway.handover import Outcome, Staff
from channels.gateway.intake import Intake
from channels.gateway.message import Json, Reply
from channels.gateway.people import NotYours, People, UnknownHandover
from channels.gateway.staffing import OperatorState, Staffing
from channels.gateway.store import Store
from channels.staff.doorkeeper import Doorkeeper
from groundwork.problem import Problem
from groundwork.web import Handler, read_json

_BASE = "/channels/console"


@dataclass(frozen=True)
class Console:
    """What the views work with. ``tell``: something was said in a conversation."""

    chats: Chats
    people: People
    staffing: Staffing
    canned: CannedReplies
    filing: FilingFromChat
    doorkeeper: Doorkeeper
    live: Live
    intake: Intake
    store: Store
    tell: Callable[[str], None]
    clock: Callable[[], datetime]


CONSOLE = web.AppKey("console", Console)


def add_console_routes(app: web.Application) -> None:
    """Give ``app`` the console's service. ``app[CONSOLE]`` must be there when it starts."""
    one = f"{_BASE}/chats/{{number}}"
    routes: tuple[tuple[str, str, Handler], ...] = (
        ("GET", f"{_BASE}/list", overview),
        ("GET", f"{_BASE}/ws", connection),
        ("PUT", f"{_BASE}/state", own_state),
        ("GET", f"{_BASE}/words", words),
        ("POST", f"{_BASE}/words", put_words),
        ("PUT", f"{_BASE}/words/{{number}}", put_words),
        ("DELETE", f"{_BASE}/words/{{number}}", remove_words),
        ("POST", f"{_BASE}/chats", step_in),
        ("POST", f"{_BASE}/dangers", put_danger_away),
        ("POST", f"{one}/open", open_transcript),
        ("POST", f"{one}/reveal", reveal),
        ("POST", f"{one}/take", take),
        ("POST", f"{one}/replies", reply),
        ("POST", f"{one}/notes", note),
        ("POST", f"{one}/give-back", give_back),
        ("POST", f"{one}/close", close),
        ("POST", f"{one}/hand-on", hand_on),
        ("POST", f"{one}/called-back", called_back),
        ("POST", f"{one}/cases", file_case),
        ("GET", f"{one}/attachments/{{attachment_id}}", attachment),
    )
    for method, path, handler in routes:
        app.router.add_route(method, path, _with_problems(handler))
    app.on_shutdown.append(_close)


async def overview(request: web.Request) -> web.Response:
    """All conversations that concern operators, and who is there."""
    console = request.app[CONSOLE]
    staff = (await console.doorkeeper.server(request)).staff
    return _json(await console.live.overview() | {"me": {"id": staff.id, "name": staff.name}})


async def connection(request: web.Request) -> web.StreamResponse:
    """The same, kept up to date, with the transcript that is open."""
    return await request.app[CONSOLE].live.serve(request)


async def own_state(request: web.Request) -> web.Response:
    """Ready, or on a break."""
    console = request.app[CONSOLE]
    body = schemas.OwnState.model_validate(await read_json(request))
    staff = await console.doorkeeper.record(request, "state", f"state:{body.state}")
    await console.staffing.say(staff, OperatorState(body.state), console.clock())
    return _done(console)


async def words(request: web.Request) -> web.Response:
    """Words that are often said."""
    console = request.app[CONSOLE]
    await console.doorkeeper.server(request)
    return _json({"items": await console.canned.all()})


async def put_words(request: web.Request) -> web.Response:
    """Add or change words."""
    console = request.app[CONSOLE]
    body = schemas.CannedWords.model_validate(await read_json(request))
    number = int(_number(request)) if "number" in request.match_info else None
    staff = await console.doorkeeper.record(request, "words", f"words:{number or 'new'}")
    kept = await console.canned.put(number, body.title, body.text, staff, console.clock())
    if kept is None:
        raise _missing()
    return _json({"id": kept}, 200 if number else 201)


async def remove_words(request: web.Request) -> web.Response:
    """Take words out."""
    console = request.app[CONSOLE]
    number = _number(request)
    await console.doorkeeper.record(request, "words", f"words:{number}")
    await console.canned.remove(int(number))
    return web.Response(status=204)


async def step_in(request: web.Request) -> web.Response:
    """Serve a conversation that nobody asked to be served."""
    console = request.app[CONSOLE]
    body = schemas.SteppingIn.model_validate(await read_json(request))
    if await console.store.conversation(body.conversation) is None:
        raise _missing()
    staff = await console.doorkeeper.record(request, "take", body.conversation)
    handover = await console.people.step_in(body.conversation, staff, console.clock())
    await console.people.see_danger(body.conversation, staff)
    console.tell(body.conversation)
    console.live.tell()
    return _json({"id": f"chat:{handover}"}, 201)


async def put_danger_away(request: web.Request) -> web.Response:
    """Somebody has looked at a conversation that seemed to be dangerous: it is not shown on top any more."""
    console = request.app[CONSOLE]
    body = schemas.SteppingIn.model_validate(await read_json(request))
    staff = await console.doorkeeper.record(request, "read", body.conversation)
    await console.people.see_danger(body.conversation, staff)
    return _done(console)


async def open_transcript(request: web.Request) -> web.Response:
    """What was said, masked, from ``?after=`` on."""
    return await _transcript(request, "read", revealed=False)


async def reveal(request: web.Request) -> web.Response:
    """What was said with names and numbers; that somebody looked stands in the audit trail."""
    return await _transcript(request, "reveal", revealed=True)


async def take(request: web.Request) -> web.Response:
    """Serve the conversation."""
    console, number, staff = await _acting(request, "take")
    await console.people.take(number, staff, console.clock())
    row = await console.chats.handover(str(number))
    return _done(console, row.conversation if row else "")


async def reply(request: web.Request) -> web.Response:
    """Words to the resident, kept once for each ``client_id``."""
    body = schemas.Said.model_validate(await read_json(request))
    console, number, staff = await _acting(request, "reply")
    conversation, seq = await console.people.say(number, staff, body.client_id, Reply(body.text), console.clock())
    console.tell(conversation)
    console.live.tell()
    return _json({"id": f"m{seq}"}, 201)


async def note(request: web.Request) -> web.Response:
    """A note among staff."""
    body = schemas.Said.model_validate(await read_json(request))
    console, number, staff = await _acting(request, "note")
    await console.people.note(number, staff, body.client_id, body.text, console.clock())
    return _done(console)


async def give_back(request: web.Request) -> web.Response:
    """The assistant goes on, and will know what was said."""
    return await _end(request, "give_back", Outcome.GIVEN_BACK)


async def close(request: web.Request) -> web.Response:
    """All is done."""
    return await _end(request, "close", Outcome.CLOSED)


async def hand_on(request: web.Request) -> web.Response:
    """To a colleague who is there, or back to the line."""
    body = schemas.HandingOn.model_validate(await read_json(request))
    console, number, staff = await _acting(request, "hand_on")
    to: Staff | None = None
    if body.to:
        present = {one.staff.id: one.staff for one in await console.staffing.present(console.clock())}
        to = present.get(body.to)
        if to is None:
            raise Problem(409, "colleague_away", "这位同事现在不在话务台，请另选一位，或放回队列。")
    conversation = await console.people.pass_on(number, staff, to, body.note, console.clock())
    return _done(console, conversation)


async def called_back(request: web.Request) -> web.Response:
    """The resident was called back: ticked off with a note."""
    body = schemas.CallingBack.model_validate(await read_json(request))
    console, number, staff = await _acting(request, "call_back")
    await console.people.called_back(number, staff, body.note, console.clock())
    return _done(console)


async def file_case(request: web.Request) -> web.Response:
    """File the case in the form, and tell the resident its number."""
    body = schemas.CaseForm.model_validate(await read_json(request))
    console, number, staff = await _acting(request, "file")
    case, conversation = await console.filing.file(request, str(number), body, staff)
    console.tell(conversation)
    console.live.tell()
    return _json(case, 201)


async def attachment(request: web.Request) -> web.StreamResponse:
    """A photo or voice message of the conversation."""
    console = request.app[CONSOLE]
    await console.doorkeeper.server(request)
    attachment_id = request.match_info["attachment_id"]
    media_type = await console.chats.has_attachment(_number(request), attachment_id)
    if media_type is None:
        raise Problem(404, "not_found", "没有这个附件。")
    return await stream_attachment(request, console.intake, attachment_id, media_type)


async def _transcript(request: web.Request, action: str, *, revealed: bool) -> web.Response:
    console, number, _ = await _acting(request, action)
    page = await console.live.page(f"chat:{number}", request.query.get("after", ""), revealed=revealed)
    if page is None:
        raise _missing()
    row = await console.chats.handover(str(number))
    return _json(page | ({"phone": row.phone} if revealed and row else {}))


async def _end(request: web.Request, action: str, outcome: Outcome) -> web.Response:
    body = schemas.Ending.model_validate(await read_json(request) if request.can_read_body else {})
    console, number, staff = await _acting(request, action)
    conversation = await console.people.end(number, staff, outcome, console.clock(), body.note)
    return _done(console, conversation)


async def _acting(request: web.Request, action: str) -> tuple[Console, int, Staff]:
    """Who acts on which handover, recorded. Raises Problem."""
    console = request.app[CONSOLE]
    number = _number(request)
    staff = await console.doorkeeper.record(request, action, f"handover:{number}")
    return console, int(number), staff


def _number(request: web.Request) -> str:
    number = request.match_info["number"]
    if not (number.isascii() and number.isdecimal()) or len(number) > 18:
        raise _missing()
    return number


def _done(console: Console, conversation: str = "") -> web.Response:
    if conversation:
        console.tell(conversation)
    console.live.tell()
    return web.Response(status=204)


def _with_problems(handler: Handler) -> Handler:
    """Errors of the people's store in the form that the page reads."""

    async def view(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except UnknownHandover as error:
            raise _missing() from error
        except NotYours as error:
            holder = f"这个对话现在由{error.holder}处理。" if error.holder else _WHERE[error.state]
            raise Problem(409, "not_yours", holder, extra={"state": error.state, "holder": error.holder}) from error

    return view


_WHERE = {
    "waiting": "这个对话已放回队列，请先接手。",
    "held": "这个对话不在您手里，请先接手。",
    "callback": "这个对话在等回电，请先接手。",
    "ended": "这个对话已经结束。",
}


def _missing() -> Problem:
    return Problem(404, "not_found", "没有这一条。")


async def _close(app: web.Application) -> None:
    if console := app.get(CONSOLE):
        await console.live.close()


def _json(body: Json, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, dumps=lambda value: json.dumps(value, ensure_ascii=False))
