"""Acting on a case: one address for each action of the life cycle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from groundwork.problem import FieldError, Problem
from groundwork.web import read_json
from intake_api.acting import CaseChanged, Claimed, NotAllowed, Order
from intake_api.domain import case_number
from intake_api.domain.access import Permission
from intake_api.domain.action import WHO, Action, Doer
from intake_api.domain.case import Channel
from intake_api.domain.casework import Casework, NotNow, Refused
from intake_api.http import actions_schemas as bodies
from intake_api.http import idempotency, schemas
from intake_api.http.authentication import PRINCIPAL, Principal
from intake_api.http.cases import existing, readable, view_of
from intake_api.http.resources import ACTING, CITY, DATABASE
from intake_api.http.routing import Operation, json_answer
from intake_api.storage import cases, casework
from intake_api.storage.casework import Follower
from intake_api.storage.tables import CaseRow

Run = Callable[[Casework, Any], None]


@dataclass(frozen=True)
class Offer:
    """An action as it is offered: what is sent, what is done with it, and what the interface says of it."""

    action: Action
    body: type[bodies.ActionBody]
    run: Run
    description: str


def _file(work: Casework, _body: bodies.ActionBody) -> None:
    work.file()
    if work.rules.policy.auto_dispatch:
        work.dispatch_by_matrix()


def _dispatch(work: Casework, body: bodies.DispatchBody) -> None:
    supporting = tuple(body.supporting) if body.supporting is not None else None
    work.dispatch(body.department or None, body.reason, supporting)


OFFERS: tuple[Offer, ...] = (
    Offer(
        Action.FILE, bodies.ActionBody, _file,
        "received → filed, and on to the department at once where the city wants it.",
    ),
    Offer(
        Action.REJECT, bodies.RejectBody, lambda work, body: work.reject(body.reason, body.referral),
        "received → rejected. The reporter is told the reason and where to turn.",
    ),
    Offer(
        Action.CHECK, bodies.ReasonBody, lambda work, body: work.check(body.reason),
        "An inspector is to look on the spot, before filing (operator) or before closing (verifier).",
    ),
    Offer(
        Action.CHECK_REPORT, bodies.CheckReportBody,
        lambda work, body: work.check_report(body.text, tuple(body.attachments), body.confirmed),
        "What the inspector found, with photos.",
    ),
    Offer(
        Action.DISPATCH, bodies.DispatchBody, _dispatch,
        "filed, returned → dispatched. Another department than the matrix proposes needs a reason.",
    ),
    Offer(Action.ACCEPT, bodies.ActionBody, lambda work, _body: work.accept(), "dispatched → accepted."),
    Offer(
        Action.RETURN, bodies.ReasonBody, lambda work, body: work.send_back(body.reason),
        "dispatched, accepted → returned, with a reason. The first department stays responsible until another accepts.",
    ),
    Offer(
        Action.ADJUDICATE, bodies.AdjudicateBody,
        lambda work, body: work.adjudicate(
            body.department, tuple(body.supporting), body.reason, body.remember, whole_district=body.whole_district
        ),
        "returned → dispatched by a ruling, which the matrix remembers (指定) if `remember`: for the town of the case, "
        "or with `whole_district` for all.",
    ),
    Offer(
        Action.ASSIST, bodies.AssistBody, lambda work, body: work.assist(body.department, body.reason),
        "The lead asks for another department's help.",
    ),
    Offer(
        Action.ASSIST_DECIDE, bodies.TaskDecisionBody,
        lambda work, body: work.assist_decide(body.task, body.granted, body.reason),
        "Grants or refuses help; a refusal also releases a department from help that was granted.",
    ),
    Offer(
        Action.ASSIST_REPORT, bodies.WordsBody,
        lambda work, body: work.assist_report(work.department or "", body.text, tuple(body.attachments)),
        "A supporting department says what it did.",
    ),
    Offer(
        Action.EXTEND, bodies.ReasonBody, lambda work, body: work.extend(body.reason),
        "Asks for one original limit more; only before overdue.",
    ),
    Offer(
        Action.EXTEND_DECIDE, bodies.DecisionBody, lambda work, body: work.extend_decide(body.granted, body.reason),
        "Grants or refuses an extension.",
    ),
    Offer(
        Action.SUSPEND, bodies.SuspendBody, lambda work, body: work.suspend(body.until, body.reason),
        "Asks for a suspension (挂账) until a date within a year.",
    ),
    Offer(
        Action.SUSPEND_DECIDE, bodies.DecisionBody, lambda work, body: work.suspend_decide(body.granted, body.reason),
        "accepted → suspended: the clock stands until the date asked for.",
    ),
    Offer(Action.RESUME, bodies.ReasonBody, lambda work, body: work.resume(body.reason), "suspended → accepted."),
    Offer(
        Action.CONTACT, bodies.WordsBody, lambda work, body: work.contact(body.text),
        "The reporter has been spoken to (响应率).",
    ),
    Offer(
        Action.REPORT_DONE, bodies.WordsBody, lambda work, body: work.report_done(body.text, tuple(body.attachments)),
        "accepted → reported_done, with words and photos.",
    ),
    Offer(
        Action.VERIFY, bodies.WordsBody, lambda work, body: work.verify(body.text),
        "reported_done → closed, by somebody who had no hand in it.",
    ),
    Offer(
        Action.REWORK, bodies.ReasonBody, lambda work, body: work.rework(body.reason),
        "reported_done → accepted; the old clock goes on.",
    ),
    Offer(
        Action.CLOSE, bodies.WordsBody, lambda work, body: work.close(body.text),
        "received, filed → closed: answered on the spot; `text` is the answer.",
    ),
    Offer(
        Action.REOPEN, bodies.ReasonBody, lambda work, body: work.reopen(body.reason),
        "closed → dispatched, within the city's days; a new clock begins.",
    ),
    Offer(
        Action.REOPEN_DECIDE, bodies.DecisionBody, lambda work, body: work.reopen_decide(body.granted, body.reason),
        "What becomes of a case whose reporter is not satisfied.",
    ),
    Offer(
        Action.WITHDRAW, bodies.ReasonBody, lambda work, body: work.withdraw(body.reason),
        "any open → withdrawn. A hazard that a department has in hand, and a case that others joined, goes on all the "
        "same.",
    ),
    Offer(
        Action.SUPPLEMENT, bodies.SupplementBody,
        lambda work, body: work.supplement(body.text, tuple(body.attachments), body.position),
        "Words, photos or a position of the reporter, or of one who joined. Of a merged case they go to the one in "
        "which it goes on.",
    ),
    Offer(
        Action.RATE, bodies.RateBody, lambda work, body: work.rate(body.grade, body.solved, body.text),
        "The reporter's word on the outcome; unsolved or dissatisfied asks a supervisor for reopening.",
    ),
    Offer(Action.NOTE, bodies.WordsBody, lambda work, body: work.note(body.text), "A remark among staff."),
    Offer(
        Action.SUPERVISE, bodies.SuperviseBody, lambda work, body: work.supervise(body.level, body.reason),
        "A supervision order at one of five levels.",
    ),
)  # fmt: skip
"""Actions that need nothing but the case itself."""


def doer_of(principal: Principal) -> Doer:
    """The caller as the rules know them."""
    return Doer(principal.actor, principal.roles, principal.department_id)


def order_of(request: web.Request, action: Action, body: bodies.ActionBody, part: str = "") -> Order:
    """What the caller wants done; ``part``: on which case, where the request is for several."""
    evidence = tuple(body.attachments) if isinstance(body, bodies.WordsBody) else ()
    key = idempotency.asked(request, body, part)
    return Order(action, doer_of(request[PRINCIPAL]), body.version, evidence, body.resident, key)


def _acts(offer: Offer) -> Callable[[web.Request], Any]:
    async def handler(request: web.Request) -> web.Response:
        body = await _sent(request, offer.body)
        row = await readable(request, body.resident)
        goes_on = await _goes_on(request, row, offer.action)
        await perform(request, goes_on or row.id, offer, body, _order_to(request, goes_on, offer.action, body))
        return json_answer(await view_of(request, row.id, body.resident))

    handler.__name__ = f"{offer.action.value}_case"
    handler.__doc__ = f"{offer.action.label}."
    return handler


async def _goes_on(request: web.Request, row: CaseRow, action: Action) -> int | None:
    """Where an urge or a supplement of a merged case goes: its reporter knows their own number only."""
    if row.merged_into is None or action not in (Action.URGE, Action.SUPPLEMENT):
        return None
    async with request.app[DATABASE].read() as session:
        return await casework.goes_on_in(session, row.id)


async def _sent(request: web.Request, model: type[bodies.ActionBody]) -> Any:
    """The body; an action that needs nothing may be sent without one."""
    return model.model_validate(await read_json(request) if request.can_read_body else {})


def _order_to(request: web.Request, goes_on: int | None, action: Action, body: bodies.ActionBody) -> Order:
    """The order where it goes to the case in which another ``goes_on``: the version was of the one that was named.

    The key stands for what was sent, so that it does not change when the case is merged between two attempts.
    """
    order = order_of(request, action, body)
    return order if goes_on is None else replace(order, version=None)


async def perform(request: web.Request, case_id: int, offer: Offer, body: bodies.ActionBody, order: Order) -> None:
    """Do what is offered and ordered, with errors as problems."""
    with problems(request):
        await request.app[ACTING].act(case_id, order, lambda work: offer.run(work, body))


class problems:  # noqa: N801 - used as a context
    """Turns what the rules refuse into problems."""

    def __init__(self, request: web.Request) -> None:
        self._request = request

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        match error:
            case NotAllowed():
                raise Problem(403, "forbidden", "您没有权限对这件案件进行这项操作。") from error
            case Claimed():
                raise claimed(self._request, error) from error
            case NotNow():
                extra = {"case_status": error.status.value}
                raise Problem(409, "not_in_this_state", error.detail, extra=extra) from error
            case Refused():
                faults = [FieldError(pointer=f"/{error.field}", detail=error.detail)] if error.field else []
                raise Problem(422, error.code, error.detail, errors=faults) from error
            case CaseChanged():
                raise changed(self._request, error) from error


def claimed(request: web.Request, error: Claimed) -> Problem:
    """Who works on the case, and until when."""
    zone = request.app[CITY].current.city.calendar.timezone
    detail = f"{error.holder}正在办理这件案件，到 {error.until.astimezone(zone):%H:%M}；请稍后，或与其联系。"
    return Problem(409, "case_claimed", detail)


def changed(request: web.Request, error: CaseChanged) -> Problem:
    """What happened to the case since it was looked at."""
    zone = request.app[CITY].current.city.calendar.timezone
    changes = [
        {
            "seq": sealed.seq,
            "kind": sealed.event.kind.value,
            "kind_label": sealed.event.kind.label,
            "at": sealed.event.at.astimezone(zone).isoformat(),
            "actor": sealed.event.actor.name,
            "changed": sealed.event.data.get("changed", []),
        }
        for sealed in error.events
    ]
    words = "，".join(dict.fromkeys(f"{change['actor']}{change['kind_label']}" for change in changes))
    since = f"又有变化（{words}）" if words else "与您看到的不同"
    detail = f"您打开以后，案件{since}。请看过新的内容再办。"
    fault = FieldError(pointer="/version", detail=detail)
    extra = {"version": error.version, "changes": changes}
    return Problem(409, "case_changed", detail, errors=[fault], extra=extra)


async def merge_case(request: web.Request) -> web.Response:
    """Merge a case into another."""
    body: bodies.MergeBody = await _sent(request, bodies.MergeBody)
    row = await readable(request)
    into = await _target(request, body.into)
    with problems(request):
        await request.app[ACTING].merge(row.id, into, order_of(request, Action.MERGE, body), body.reason)
    return json_answer(await view_of(request, row.id))


async def _target(request: web.Request, number: str) -> int:
    fault = FieldError(pointer="/into", detail="没有这个案件编号，请核对。")
    missing = Problem(422, "case_not_found", "没有这个案件编号，请核对。", errors=[fault])
    try:
        case_id = case_number.parse(number)
    except case_number.WrongCaseNumber as error:
        raise missing from error
    async with request.app[DATABASE].read() as session:
        if await cases.get(session, case_id) is None:
            raise missing
    return case_id


async def urge_case(request: web.Request) -> web.Response:
    """Urge."""
    body: bodies.ReasonBody = await _sent(request, bodies.ReasonBody)
    row = await readable(request, body.resident)
    goes_on = await _goes_on(request, row, Action.URGE)
    order = _order_to(request, goes_on, Action.URGE, body)
    with problems(request):
        await request.app[ACTING].urge(goes_on or row.id, order, body.reason)
    return json_answer(await view_of(request, row.id, body.resident))


async def follow_case(request: web.Request) -> web.Response:
    """Let a resident hear the outcome of somebody else's case."""
    body: bodies.FollowBody = await _sent(request, bodies.FollowBody)
    case_id = (await existing(request)).id
    fault = ""
    if not body.channel_user:
        fault = "请说明是哪位市民要加入。"
    elif body.channel not in set(Channel):
        fault = "没有这个渠道。"
    if fault:
        pointer = "/channel" if body.channel_user else "/channel_user"
        raise Problem(422, "invalid", fault, errors=[FieldError(pointer=pointer, detail=fault)])
    follower = Follower(body.channel, body.channel_user, body.phone)
    with problems(request):
        await request.app[ACTING].follow(case_id, order_of(request, Action.FOLLOW, body), follower)
    return json_answer(await view_of(request, case_id, body.resident))


KEY = {idempotency.HEADER: "Optional. Under the same key the same is done once, for retries (1–200 characters)."}
_CONFLICTS = "not_in_this_state, case_changed, case_claimed"
_PHOTOS = "unknown_attachment"
_REFUSALS: Mapping[Action, str] = {
    Action.FILE: "no_category",
    Action.REJECT: "reason_missing, referral_missing",
    Action.CHECK: "already_asked",
    Action.CHECK_REPORT: f"text_missing, own_work, nothing_asked, {_PHOTOS}",
    Action.MERGE: "case_not_found, same_case, target_over",
    Action.DISPATCH: "department_missing, no_category, unknown_department, reason_missing",
    Action.RETURN: "reason_missing",
    Action.ADJUDICATE: "reason_missing, unknown_department, no_category",
    Action.ASSIST: "reason_missing, unknown_department, own_department, already_asked",
    Action.ASSIST_DECIDE: "nothing_asked, already_granted, own_request, reason_missing",
    Action.ASSIST_REPORT: f"text_missing, nothing_asked, {_PHOTOS}",
    Action.EXTEND: "reason_missing, no_clock, overdue, extended_enough, already_asked",
    Action.EXTEND_DECIDE: "nothing_asked, own_request, reason_missing, no_clock",
    Action.SUSPEND: "reason_missing, until_past, until_far, suspended_before, already_asked",
    Action.SUSPEND_DECIDE: "nothing_asked, own_request, reason_missing, until_past, no_clock",
    Action.RESUME: "no_clock",
    Action.CONTACT: f"text_missing, {_PHOTOS}",
    Action.REPORT_DONE: f"text_missing, photo_missing, {_PHOTOS}",
    Action.VERIFY: f"own_work, own_department, check_open, assist_open, {_PHOTOS}",
    Action.REWORK: "own_work, own_department, reason_missing",
    Action.CLOSE: f"text_missing, {_PHOTOS}",
    Action.REOPEN: "reason_missing, reopen_late, no_category",
    Action.REOPEN_DECIDE: "nothing_asked, reason_missing, no_category",
    Action.URGE: "urged_lately",
    Action.SUPPLEMENT: f"nothing_said, {_PHOTOS}",
    Action.RATE: f"rated, {_PHOTOS}",
    Action.NOTE: f"text_missing, {_PHOTOS}",
    Action.SUPERVISE: "reason_missing, no_such_level",
}
"""What the rules refuse, by code."""
NEEDS = (Permission.READ_ALL, Permission.READ_DEPARTMENT, Permission.READ_REPORTERS, Permission.INSPECT)


def _operation(
    action: Action, handler: Callable[[web.Request], Any], body: type[bodies.ActionBody], description: str
) -> Operation:
    who = "、".join(role.label for role in WHO[action])
    return Operation(
        "POST",
        f"/api/v1/cases/{{case_no}}/actions/{action.value}",
        handler,
        "办理",
        action.label,
        f"{description} 由{who}办理。",
        needs=NEEDS,
        action=f"case_{action.value}",
        name=f"case_{action.value}",
        roles=tuple(WHO[action]),
        body=body,
        optional_headers=KEY,
        body_may_lack=not any(field.is_required() for field in body.model_fields.values()),
        answers={200: schemas.CaseView},
        problems={
            400: "idempotency_key_invalid",
            409: _CONFLICTS,
            422: ", ".join(filter(None, (_REFUSALS.get(action), "idempotency_mismatch"))),
        },
    )


OPERATIONS = (
    *(_operation(offer.action, _acts(offer), offer.body, offer.description) for offer in OFFERS),
    _operation(
        Action.MERGE, merge_case, bodies.MergeBody,
        "received, filed → merged, and dispatched → merged where the city allows it. It keeps its number, and its "
        "reporter hears the outcome.",
    ),
    _operation(
        Action.URGE, urge_case, bodies.ReasonBody,
        "Raises the priority; so often by one person. Of a merged case the one is urged in which it goes on.",
    ),
    _operation(
        Action.FOLLOW, follow_case, bodies.FollowBody, "The resident hears the outcome; again is fine.",
    ),
)  # fmt: skip
