"""What the assistant learns from corrections, and how well the trained models understand."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping

from aiohttp import web
from pydantic import ValidationError

from groundwork.problem import Problem
from intake_api.domain import case_number
from intake_api.domain.access import Permission
from intake_api.domain.event import ActorKind
from intake_api.domain.learning import ExampleState
from intake_api.http import schemas
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.cases import category_view, read_cursor, write_cursor
from intake_api.http.resources import ASSISTANT, CITY, DATABASE, MODELS, NOW, TAXONOMY
from intake_api.http.routing import Operation, body_of, json_answer, number_of, query_of
from intake_api.model_records import read_records
from intake_api.storage import audit, examples, staff
from intake_api.storage.tables import TrainingExampleRow

log = logging.getLogger(__name__)


async def list_examples(request: web.Request) -> web.Response:
    """Corrections as training examples, newest first."""
    query = query_of(request, schemas.ExampleQuery)
    state = ExampleState(query.state) if query.state else None
    async with request.app[DATABASE].read() as session:
        rows, following = await examples.several(session, state, before=read_cursor(query.cursor), limit=query.limit)
        names = await staff.names_of(session, _actors(*rows))
    items = [_view(request, row, names) for row in rows]
    return json_answer(schemas.ExamplePage(items=items, next=write_cursor(following)))


async def review_example(request: web.Request) -> web.Response:
    """Decide whether the assistant learns from an example."""
    body = await body_of(request, schemas.ReviewBody)
    principal, now = request[PRINCIPAL], request.app[NOW]()
    number = number_of(request, "id")
    missing = Problem(404, "example_not_found", "没有这条学习样本。")
    if number is None:
        raise missing
    try:
        async with request.app[DATABASE].write() as session:
            row = await examples.review(session, number, body.accept, principal.actor.id, now)
            if row is None:
                raise missing
            await audit.note(
                session, principal.actor, "accept_example" if body.accept else "reject_example",
                target=f"example:{row.id}", result="ok", address=principal.address, now=now,
            )  # fmt: skip
            names = await staff.names_of(session, _actors(row))
    except examples.Superseded as error:
        raise Problem(409, "superseded", "这件案件后来又有更正，请审核最新的一条。") from error
    return json_answer(_view(request, row, names))


async def export_examples(request: web.Request) -> web.Response:
    """Accepted examples as JSON lines, as training reads them."""
    async with request.app[DATABASE].read() as session:
        rows = await examples.accepted(session)
    lines = "".join(json.dumps(examples.as_line(row), ensure_ascii=False) + "\n" for row in rows)
    headers = {"Content-Disposition": 'attachment; filename="corrections.jsonl"'}
    return web.Response(text=lines, content_type="application/x-ndjson", charset="utf-8", headers=headers)


async def show_model(request: web.Request) -> web.Response:
    """The model in use and the trainings so far."""
    fingerprint, read = await asyncio.gather(
        request.app[ASSISTANT].model(), asyncio.to_thread(read_records, request.app[MODELS])
    )
    history = []
    for record in read:
        try:
            history.append(schemas.ModelRecord.model_validate(record))
        except ValidationError:
            log.warning("model record of another form", extra={"fingerprint": record["fingerprint"]})
    own = next((record for record in history if record.fingerprint == fingerprint), None)
    in_use = schemas.ModelInUse(fingerprint=fingerprint, record=own) if fingerprint else None
    return json_answer(schemas.ModelView(in_use=in_use, history=history))


def _actors(*rows: TrainingExampleRow) -> set[str]:
    return {actor for row in rows for actor in (row.corrected_by, row.reviewed_by) if actor}


def _view(request: web.Request, row: TrainingExampleRow, names: Mapping[str, str]) -> schemas.ExampleView:
    taxonomy = request.app[TAXONOMY]
    zone = request.app[CITY].current.city.calendar.timezone
    state = ExampleState(row.state)
    return schemas.ExampleView(
        id=row.id,
        case_no=case_number.format_number(row.case_id),
        text=row.text,
        category_before=category_view(taxonomy, row.code_before),
        category_after=category_view(taxonomy, row.code_after),
        place_text=row.place_text,
        places=[(start, end) for start, end in row.places],
        corrected_by=_actor(row.corrected_by, names),
        corrected_at=row.corrected_at.astimezone(zone),
        state=state,
        state_label=state.label,
        reviewed_by=_actor(row.reviewed_by, names) if row.reviewed_by else None,
        reviewed_at=row.reviewed_at.astimezone(zone) if row.reviewed_at else None,
    )


def _actor(actor_id: str, names: Mapping[str, str]) -> schemas.ActorView:
    if actor_id == examples.BY_NEWER:
        return schemas.ActorView(kind=ActorKind.SYSTEM.value, id=actor_id, name="后来的更正")
    return schemas.ActorView(kind=ActorKind.STAFF.value, id=actor_id, name=names.get(actor_id, actor_id))


OPERATIONS = (
    Operation(
        "GET", "/api/v1/training-examples", list_examples, "学习", "学习样本",
        "Corrections of staff, newest first, without personal data.",
        needs=(Permission.TEACH,), query=schemas.ExampleQuery, answers={200: schemas.ExamplePage},
        problems={422: "invalid"},
    ),
    Operation(
        "GET", "/api/v1/training-examples/export", export_examples, "学习", "导出采用的学习样本",
        'JSON lines `{"text","code","places"?}`, as `yht train` uses them.',
        needs=(Permission.TEACH,), action="export_examples", answers={200: None},
        answer_media=("application/x-ndjson",), answer_headers={"Content-Disposition": "The name of the file."},
    ),
    Operation(
        "POST", "/api/v1/training-examples/{id}/review", review_example, "学习", "采用或不采用",
        "Accepted examples are used at the next training. The last word counts.",
        needs=(Permission.TEACH,), body=schemas.ReviewBody, answers={200: schemas.ExampleView},
        problems={404: "example_not_found", 409: "superseded", 422: "invalid"},
    ),
    Operation(
        "GET", "/api/v1/model", show_model, "学习", "助手的模型",
        "The model in use and every training so far, with figures before and after.",
        needs=(Permission.SEE_MODEL,), answers={200: schemas.ModelView},
    ),
)  # fmt: skip
