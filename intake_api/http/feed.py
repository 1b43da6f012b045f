"""The event feed for partners, departments and all who read cases."""

from __future__ import annotations

from aiohttp import web

from groundwork.problem import Problem
from intake_api.domain.access import Permission
from intake_api.domain.feed import Audience, as_json
from intake_api.feed import Feed
from intake_api.http.authentication import PRINCIPAL, Principal
from intake_api.http.feed_schemas import FeedEvent, FeedPage, FeedQuery
from intake_api.http.resources import DATABASE
from intake_api.http.routing import Operation, json_answer, query_of
from intake_api.storage import cities
from intake_api.storage.feed import Wanted

FEED = web.AppKey("feed", Feed)


def audience_of(principal: Principal) -> tuple[Audience, str | None]:
    """How much the caller is told, and the department whose events alone they see. Raises Problem 403."""
    if principal.may(Permission.READ_ALL):
        return Audience.STAFF, None
    if principal.may(Permission.READ_DEPARTMENT):
        if not principal.department_id:
            raise Problem(403, "not_your_department", "这个账号或令牌没有所属部门，看不到任何部门的事件。")
        return Audience.DEPARTMENT, principal.department_id
    return Audience.PARTNER, None


async def read_feed(request: web.Request) -> web.Response:
    """The next events."""
    query = query_of(request, FeedQuery)
    audience, department = audience_of(request[PRINCIPAL])
    wanted = Wanted(department=department, kinds=[kind.value for kind in query.kinds])
    page = await request.app[FEED].page(wanted, after=query.after, limit=query.limit, wait=query.wait)
    async with request.app[DATABASE].read() as session:
        names = await cities.department_names(session)
    items = [FeedEvent.model_validate(as_json(entry, audience, names)) for entry in page.entries]
    return json_answer(FeedPage(items=items, next=page.next, head=page.head))


OPERATIONS = (
    Operation(
        "GET", "/api/v1/events", read_feed, "事件", "事件流",
        "All events in one order without gaps: keep `next` and ask again with `after`. Departments get events of cases "
        "that they led or supported at the time, partners those of all cases without reasons. `wait` holds the answer "
        "back until there is something.",
        needs=(Permission.FEED, Permission.READ_ALL, Permission.READ_DEPARTMENT), query=FeedQuery,
        answers={200: FeedPage}, problems={403: "not_your_department"},
    ),
)  # fmt: skip
