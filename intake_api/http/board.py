"""The supervision board: how things stand at this moment, in one answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time, timedelta

from aiohttp import web
from pydantic import AwareDatetime

from intake_api.domain import case_number
from intake_api.domain.access import Permission
from intake_api.domain.case import Channel, Status
from intake_api.domain.figures import RATES, Counts, Measure, percent, value_of
from intake_api.domain.policy import Figure
from intake_api.http.cases import category_view
from intake_api.http.resources import CITY, DATABASE, NOW, TAXONOMY
from intake_api.http.routing import Operation, json_answer
from intake_api.http.schemas import CategoryRef, View
from intake_api.storage import board, figures
from intake_api.storage.board import InHand, Traffic
from intake_api.storage.figures import Period, Scope
from intake_api.storage.tables import CaseRow

SOON_HOURS = 24
"""A due time is near when it is that many hours away, or fewer."""
_ORDERS = 20


class Load(View):
    """Open cases, those past their due time, those due soon, and those under supervision."""

    open: int
    overdue: int
    soon: int
    supervised: int


class LoadOf(Load):
    """The open cases of a department or town; an empty ``key``: of none yet."""

    key: str
    label: str


class StateCount(View):
    """Open cases in one state."""

    status: Status
    label: str
    count: int


class OrderInForce(View):
    """An open case under supervision; ``level`` 1 … 5 is the highest that was ordered."""

    case_no: str
    category: CategoryRef | None
    place: str
    department: str
    level: int
    level_name: str
    addressee: str
    orders: int
    status: Status
    due_at: AwareDatetime | None


class ChannelToday(View):
    """What came in by a channel today, and what of its cases was closed today."""

    channel: Channel
    label: str
    received: int
    closed: int


class RateOfMonth(View):
    """A figure of the cases filed this month beside its target, both 0 … 1.

    ``target``: at least so much, or at most where ``less_is_better``; null where the city has none. ``met``: null
    without a target or without cases.
    """

    code: str
    label: str
    definition: str
    numerator: Measure
    denominator: Measure
    value: float | None
    text: str
    target: float | None
    less_is_better: bool
    met: bool | None


class BoardView(View):
    """How things stand: open now, today by channel, this month against the targets. Days are the city's."""

    as_of: AwareDatetime
    day_start: AwareDatetime
    month_start: AwareDatetime
    soon_hours: int
    """What ``soon`` means."""
    total: Load
    states: list[StateCount]
    departments: list[LoadOf]
    """Most overdue first."""
    towns: list[LoadOf]
    """Most overdue first."""
    orders: list[OrderInForce]
    """The highest level first, at most 20; ``total.supervised`` counts all."""
    channels: list[ChannelToday]
    rates: list[RateOfMonth]


async def read_board(request: web.Request) -> web.Response:
    """How things stand at this moment."""
    now = request.app[NOW]()
    loaded = request.app[CITY].current
    zone = loaded.city.calendar.timezone
    day = datetime.combine(now.astimezone(zone).date(), time(), zone)
    month = day.replace(day=1)
    async with request.app[DATABASE].read() as session:
        found = await board.in_hand(session, now, now + timedelta(hours=SOON_HOURS))
        ordered = await board.supervised(session, _ORDERS)
        today = await board.traffic(session, day, day + timedelta(days=1))
        counts = await figures.count(session, Period(month, day + timedelta(days=1), now), Scope(), None, 0)
    towns = {town.code: town.name for town in loaded.city.towns}
    return json_answer(
        BoardView(
            as_of=now.astimezone(zone),
            day_start=day,
            month_start=month,
            soon_hours=SOON_HOURS,
            total=Load(**_load(found)),
            states=_states(found),
            departments=_by(found, lambda each: each.department, loaded.department_name, "未定部门"),
            towns=_by(found, lambda each: each.town, lambda code: towns.get(code, code), "街镇不详"),
            orders=[_order(request, row) for row in ordered],
            channels=_channels(today),
            rates=_rates(counts.get("", {}), loaded.city.policy.targets),
        )
    )


def _load(cases: Iterable[InHand]) -> dict[str, int]:
    each = [(one.cases, one.overdue, one.soon, one.ordered) for one in cases]
    sums = [sum(column) for column in zip(*each, strict=True)] or [0, 0, 0, 0]
    return dict(zip(("open", "overdue", "soon", "supervised"), sums, strict=True))


def _states(found: list[InHand]) -> list[StateCount]:
    counts = {state: sum(each.cases for each in found if each.status is state) for state in Status if state.is_open}
    return [StateCount(status=state, label=state.label, count=count) for state, count in counts.items()]


def _by(
    found: list[InHand], key_of: Callable[[InHand], str | None], name_of: Callable[[str], str], unnamed: str
) -> list[LoadOf]:
    groups: dict[str, list[InHand]] = {}
    for each in found:
        groups.setdefault(key_of(each) or "", []).append(each)
    loads = [LoadOf(key=key, label=name_of(key) if key else unnamed, **_load(each)) for key, each in groups.items()]
    return sorted(loads, key=lambda load: (-load.overdue, -load.soon, -load.open, load.key))


def _order(request: web.Request, row: CaseRow) -> OrderInForce:
    loaded = request.app[CITY].current
    level = loaded.city.policy.supervision.level(row.order_level)
    return OrderInForce(
        case_no=case_number.format_number(row.id),
        category=category_view(request.app[TAXONOMY], row.category),
        # a wall is read by whoever passes: the name on the map or the town, not the reporter's own words
        place=row.place_name or row.town or "",
        department=loaded.department_name(row.department_id) if row.department_id else "",
        level=level.level,
        level_name=level.name,
        addressee=level.addressee,
        orders=row.orders,
        status=Status(row.status),
        due_at=row.due_at.astimezone(loaded.city.calendar.timezone) if row.due_at else None,
    )


def _channels(today: Traffic) -> list[ChannelToday]:
    return [
        ChannelToday(
            channel=channel, label=channel.label, received=today.received[channel], closed=today.closed[channel]
        )
        for channel in Channel
        if today.received[channel] or today.closed[channel]
    ]


def _rates(counts: Counts, targets: Mapping[Figure, int]) -> list[RateOfMonth]:
    shown = []
    for rate in RATES:
        value = value_of(rate, counts)
        figure = Figure(rate.code) if rate.code in set(Figure) else None
        target = targets[figure] / 100 if figure is not None and figure in targets else None
        less = figure is not None and figure.less_is_better
        met = None
        if value is not None and target is not None:
            met = value <= target if less else value >= target
        shown.append(
            RateOfMonth(
                code=rate.code,
                label=rate.label,
                definition=rate.definition,
                numerator=rate.numerator,
                denominator=rate.denominator,
                value=value,
                text=percent(value),
                target=target,
                less_is_better=less,
                met=met,
            )
        )
    return shown


OPERATIONS = (
    Operation(
        "GET", "/api/v1/board", read_board, "指标", "督导看板",
        "What is open now, overdue and due within a day, by department and town; supervision orders in force; what "
        "came in and was closed today, by channel; this month's figures against the city's targets.",
        needs=(Permission.READ_ALL, Permission.SEE_BOARD), answers={200: BoardView},
    ),
)  # fmt: skip
