"""One action on many cases at once: each case is acted on by itself, and the answer says what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web
from pydantic import ValidationError

from groundwork.problem import FieldError, Problem
from groundwork.web import read_json
from intake_api.domain import case_number
from intake_api.domain.access import Permission
from intake_api.domain.event import ActorKind
from intake_api.domain.limits import UnknownCondition
from intake_api.domain.taxonomy import UnknownCategory
from intake_api.http import schemas
from intake_api.http.actions import KEY, NEEDS, OFFERS, Offer, order_of, perform
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.cases import readable_by_number
from intake_api.http.corrections import apply_correction
from intake_api.http.queue_schemas import BulkBody, BulkItem, BulkResult
from intake_api.http.resources import DATABASE, NOW
from intake_api.http.routing import Operation, json_answer
from intake_api.once import KeyUsedForAnother
from intake_api.storage import audit
from intake_api.storage.database import Conflict, StorageUnavailable
from intake_api.storage.tables import CaseRow


class Act(Protocol):
    """Does one action on one case that the caller may read, in a transaction of its own.

    ``body`` is the body of the request, with the action's own fields. What is not done leaves nothing behind and raises
    Problem (409, 422, 403) or ValidationError.
    """

    async def __call__(self, request: web.Request, row: CaseRow, body: Mapping[str, Any]) -> None:
        """Act."""
        ...


@dataclass(frozen=True, slots=True)
class BulkAction:
    """An action that can be done on many cases, and who may."""

    needs: tuple[Permission, ...]
    act: Act


async def _correct(request: web.Request, row: CaseRow, body: Mapping[str, Any]) -> None:
    await apply_correction(request, row, schemas.CorrectionBody.model_validate(body), _part(row))


def _offered(offer: Offer) -> BulkAction:
    async def act(request: web.Request, row: CaseRow, body: Mapping[str, Any]) -> None:
        sent = offer.body.model_validate(body)
        await perform(request, row.id, offer, sent, order_of(request, offer.action, sent, _part(row)))

    return BulkAction(NEEDS, act)


def _part(row: CaseRow) -> str:
    """What tells the cases of one request apart under its idempotency key."""
    return f" {case_number.format_number(row.id)}"


ACTIONS: dict[str, BulkAction] = {
    "correct": BulkAction((Permission.CORRECT,), _correct),
    **{offer.action.value: _offered(offer) for offer in OFFERS},
}
"""What can be done in bulk, by the name of the action."""


async def act_on_many(request: web.Request) -> web.Response:
    """Do one action on each of these cases."""
    content: Any = await read_json(request)
    body = BulkBody.model_validate(content)
    action = ACTIONS.get(body.action)
    if action is None:
        fault = FieldError(pointer="/action", detail=f"可以批量进行的操作：{'、'.join(sorted(ACTIONS))}。")
        raise Problem(422, "unknown_action", "没有这个批量操作。", errors=[fault])
    if not any(request[PRINCIPAL].may(permission) for permission in action.needs):
        raise Problem(403, "forbidden", "您没有权限进行这项操作。")
    fields = {name: value for name, value in content.items() if name not in BulkBody.model_fields}

    def of(number: str) -> dict[str, Any]:
        return fields | ({"version": body.versions[number]} if number in body.versions else {})

    items = [await _one(request, body.action, number, of(number)) for number in dict.fromkeys(body.case_nos)]
    done = sum(item.done for item in items)
    return json_answer(BulkResult(done=done, failed=len(items) - done, items=items))


async def _one(request: web.Request, name: str, number: str, fields: Mapping[str, Any]) -> BulkItem:
    # whatever stands against one case, the answer still tells what became of the others
    try:
        row = await readable_by_number(request, number)
        await ACTIONS[name].act(request, row, fields)
    except Problem as problem:
        return BulkItem(case_no=number, done=False, code=problem.code, detail=problem.detail)
    except ValidationError as error:
        where = "/".join(str(part) for part in error.errors()[0]["loc"])
        return BulkItem(case_no=number, done=False, code="invalid", detail=f"填写的内容有误（{where}）。")
    except UnknownCategory:
        return BulkItem(case_no=number, done=False, code="unknown_category", detail="分类代码不存在，请查看分类目录。")
    except UnknownCondition:
        return BulkItem(case_no=number, done=False, code="unknown_condition", detail="这个分类没有这项立案条件。")
    except KeyUsedForAnother:
        detail = "这个 Idempotency-Key 已经用于另一项请求，新的请求请换一个值。"
        return BulkItem(case_no=number, done=False, code="idempotency_mismatch", detail=detail)
    except StorageUnavailable:
        return BulkItem(case_no=number, done=False, code="storage_unavailable", detail="系统正忙，没有保存，请再试。")
    except Conflict:
        return BulkItem(case_no=number, done=False, code="conflict", detail="数据刚刚被改动过，请刷新后再试。")
    await _trace(request, name, row.id)
    return BulkItem(case_no=number, done=True)


async def _trace(request: web.Request, name: str, case_id: int) -> None:
    """The audit row of one of many, as the action's own address leaves it."""
    principal = request[PRINCIPAL]
    if principal.actor.kind is not ActorKind.STAFF:
        return
    async with request.app[DATABASE].write() as session:
        await audit.note(
            session,
            principal.actor,
            "correct_case" if name == "correct" else f"case_{name}",
            target=f"case:{case_number.format_number(case_id)}",
            result="ok",
            address=principal.address,
            now=request.app[NOW](),
        )


OPERATIONS = (
    Operation(
        "POST", "/api/v1/cases/bulk", act_on_many, "队列", "批量操作",
        "One action on up to 200 cases; each is done or refused by itself. The action's own fields stand beside "
        "`action` and `case_nos`, as in its own address.",
        needs=(Permission.READ_ALL, Permission.READ_DEPARTMENT), body=BulkBody, optional_headers=KEY,
        answers={200: BulkResult},
        problems={400: "idempotency_key_invalid", 422: "unknown_action, idempotency_mismatch"},
    ),
)  # fmt: skip
