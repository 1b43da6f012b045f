"""Correcting a case."""

from __future__ import annotations

from aiohttp import web

from groundwork.problem import Problem
from intake_api.acting import CaseChanged, Claimed
from intake_api.correcting import CaseOver, Correction, NothingCorrected
from intake_api.domain.access import Permission
from intake_api.filing import Location
from intake_api.http import idempotency, schemas
from intake_api.http.actions import KEY, changed, claimed
from intake_api.http.authentication import PRINCIPAL
from intake_api.http.cases import readable, view_of
from intake_api.http.resources import CORRECTING
from intake_api.http.routing import Operation, body_of, json_answer
from intake_api.storage.tables import CaseRow


async def correct_case(request: web.Request) -> web.Response:
    """Put category or place of an open case right."""
    row = await readable(request)
    await apply_correction(request, row, await body_of(request, schemas.CorrectionBody))
    return json_answer(await view_of(request, row.id))


async def apply_correction(request: web.Request, row: CaseRow, body: schemas.CorrectionBody, part: str = "") -> None:
    """Correct one case that the caller may read; ``part``: of several, which. Raises Problem 409, 422."""
    where = body.location
    given = where is not None and (where.text or where.pole_no or where.lat is not None)
    nothing = Problem(422, "nothing_to_correct", "分类和地点都没有改动，请先改正其中一项。")
    if not body.category and not body.condition and not given:
        raise nothing
    location = Location(**where.model_dump()) if where is not None and given else None
    key = idempotency.asked(request, body, part)
    wanted = Correction(body.category or None, location, body.reason, body.version, body.condition or None, key)
    try:
        await request.app[CORRECTING].correct(row.id, wanted, request[PRINCIPAL].actor)
    except NothingCorrected as error:
        raise nothing from error
    except CaseOver as error:
        raise Problem(409, "case_over", "案件已经了结，不能再更正。") from error
    except Claimed as error:
        raise claimed(request, error) from error
    except CaseChanged as error:
        raise changed(request, error) from error


OPERATIONS = (
    Operation(
        "POST", "/api/v1/cases/{case_no}/actions/correct", correct_case, "案件", "更正分类或地点",
        "Changes category and/or place of an open case; grid cell, proposed department and due time follow. The clock "
        "goes on from when it began. With `version`, a case that went on since is not changed: 409 `case_changed` "
        "tells in `changes` what happened. The correction is kept as a training example without personal data.",
        needs=(Permission.CORRECT,), action="correct_case", optional_headers=KEY,
        body=schemas.CorrectionBody, answers={200: schemas.CaseView},
        problems={
            400: "idempotency_key_invalid",
            409: "case_changed, case_claimed, case_over",
            422: "unknown_category, unknown_condition, nothing_to_correct, idempotency_mismatch",
        },
    ),
)  # fmt: skip
