"""What a text means, by the assistant."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from groundwork.problem import Problem
from intake_api.domain.access import Permission
from intake_api.domain.gazetteer import Resolution, better
from intake_api.domain.place import Precision
from intake_api.http import schemas
from intake_api.http.cases import place_view
from intake_api.http.resources import ASSISTANT, PLACES, TAXONOMY
from intake_api.http.routing import Operation, body_of, json_answer

_CATEGORIES = 5


async def parse(request: web.Request) -> web.Response:
    """Act, categories, places, and the best of the places resolved."""
    body = await body_of(request, schemas.ParseBody)
    if not body.text.strip():
        empty = schemas.ParseView(normalized="", act="", acts=[], categories=[], locations=[], place=None)
        return json_answer(empty)
    understood = await request.app[ASSISTANT].parse(body.text)
    if understood is None:
        raise Problem(503, "assistant_down", "智能理解服务暂时没有响应，请稍后再试。", headers={"Retry-After": "5"})
    taxonomy = request.app[TAXONOMY]
    places = request.app[PLACES]
    best: Resolution | None = None
    for location in understood.locations:
        found = await places.resolve(str(location["text"]))
        best = found if best is None else better(best, found)

    def scored(categories: Sequence[tuple[str, float]]) -> list[schemas.ScoredCategory]:
        named = [(taxonomy.get(code), confidence) for code, confidence in categories if code in taxonomy]
        return [
            schemas.ScoredCategory(code=category.code, name=category.name, confidence=confidence)
            for category, confidence in named
        ][:_CATEGORIES]

    known = best is not None and best.place.precision is not Precision.NONE
    return json_answer(
        schemas.ParseView(
            normalized=understood.normalized,
            act=understood.act,
            acts=[schemas.Scored(name=name, confidence=confidence) for name, confidence in understood.acts],
            categories=scored(understood.categories),
            problems=[
                schemas.ProblemView(
                    text=part.text,
                    start=part.start,
                    end=part.end,
                    categories=scored(part.categories),
                    locations=[schemas.Mention.model_validate(location) for location in part.locations],
                )
                for part in understood.problems
            ],
            locations=[schemas.Mention.model_validate(location) for location in understood.locations],
            place=place_view(best.place) if best is not None and known else None,
        )
    )


OPERATIONS = (
    Operation(
        "POST", "/api/v1/nlu/parse", parse, "理解", "理解一段话",
        "Act, categories, places with code-point offsets into the text as sent, and the best place resolved.",
        needs=(Permission.UNDERSTAND,), body=schemas.ParseBody, answers={200: schemas.ParseView},
        problems={422: "invalid", 503: "assistant_down"},
    ),
)  # fmt: skip
