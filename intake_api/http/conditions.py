"""One category in full: its filing conditions (立案条件), with their limits, and what a text would be filed under."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from groundwork.problem import Problem
from intake_api.domain.limits import Condition, limit_for
from intake_api.domain.taxonomy import Category, UnknownCategory, Urgency
from intake_api.http.resources import CITY, TAXONOMY
from intake_api.http.routing import Operation, json_answer, query_of
from intake_api.http.schemas import Body, CategoryView, LimitView, OptionalText, View


class ConditionQuery(Body):
    """Which condition a text speaks of."""

    text: OptionalText = Field("", max_length=2000)
    """The words of a report; empty: nothing is proposed."""


class ConditionView(View):
    """A filing condition of a category; its limit wins over that of the category."""

    id: str
    words: str
    limit: LimitView
    urgency: Urgency
    closing: str
    """What must be true to close the case (结案条件)."""
    signs: list[str]
    """Words by which a report shows that it is this one."""


class ConditionProposalView(View):
    """The condition that a text speaks of, and by which signs. People may choose another."""

    condition: str
    signs: list[str]
    words: str


class CategoryDetail(CategoryView):
    """A category with its filing conditions."""

    conditions: list[ConditionView]
    fast_track: bool
    """Whether it takes the fast track (双微), where the place is known well enough."""
    limit_in_force: LimitView
    """The limit without a condition: that of the fast track or of the taxonomy."""
    proposed: ConditionProposalView | None


async def show_category(request: web.Request) -> web.Response:
    """A category."""
    query = query_of(request, ConditionQuery)
    code = request.match_info["code"]
    try:
        category = request.app[TAXONOMY].get(code)
    except UnknownCategory as error:
        raise Problem(404, "category_not_found", "分类目录里没有这个代码。") from error
    city = request.app[CITY].current.city
    proposal = city.filing_conditions.propose(code, query.text) if query.text else None
    applied = limit_for(category, None, city.policy)
    return json_answer(
        CategoryDetail(
            code=category.code,
            name=category.name,
            kind=category.kind,  # type: ignore[arg-type]  # the taxonomy's word, checked by the model
            division=category.division,
            typical_words=list(category.words),
            lead_department=category.lead_department,
            limit=LimitView.model_validate(category.limit, from_attributes=True),
            urgency=category.urgency,
            gb_codes=list(category.gb_codes),
            conditions=[condition_view(condition, category) for condition in city.filing_conditions.of(code)],
            fast_track=applied.fast_track,
            limit_in_force=LimitView.model_validate(applied.limit, from_attributes=True),
            proposed=(
                ConditionProposalView(condition=proposal.condition.id, signs=list(proposal.signs), words=proposal.words)
                if proposal
                else None
            ),
        )
    )


def condition_view(condition: Condition, category: Category) -> ConditionView:
    """A condition as it is answered; its urgency is the category's where it names none."""
    return ConditionView(
        id=condition.id,
        words=condition.words,
        limit=LimitView.model_validate(condition.limit, from_attributes=True),
        urgency=condition.urgency or category.urgency,
        closing=condition.closing,
        signs=list(condition.signs),
    )


OPERATIONS = (
    Operation(
        "GET", "/api/v1/categories/{code}", show_category, "目录", "一个分类和它的立案条件",
        "The category with its filing conditions and their limits; with `text`, the condition that the text speaks of.",
        needs=None, query=ConditionQuery, answers={200: CategoryDetail},
        problems={404: "category_not_found", 422: "invalid"},
    ),
)  # fmt: skip
