"""Correcting a case (更正): another category or place, and what follows from it for department and due time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from intake_api.domain.calendar import WorkCalendar
from intake_api.domain.case import Status
from intake_api.domain.clock import Due, due
from intake_api.domain.event import Actor, Event, EventKind
from intake_api.domain.limits import RAISED, AppliedLimit, raised
from intake_api.domain.place import Place, Precision
from intake_api.domain.responsibility import ResponsibilityMatrix
from intake_api.domain.taxonomy import Category, Urgency

PROPOSED = frozenset({Status.RECEIVED, Status.FILED, Status.DISPATCHED, Status.RETURNED})
"""States in which no department has accepted; once one has, it changes by return and adjudication only."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What has been decided of a case. Codes and ids; ``due`` is ``clock.Due`` as JSON, None without a category."""

    category: str | None
    confidence: float
    urgency: Urgency
    place: Place
    department: str | None
    supporting: tuple[str, ...]
    basis: str | None
    rule: str | None
    due: Mapping[str, object] | None
    due_at: datetime | None
    condition: str | None = None
    fast_track: bool = False


def correct(
    before: Decided,
    *,
    status: Status,
    category: Category | None,
    known: Category | None,
    place: Place | None,
    condition: str | None,
    settle: Callable[[Category, Precision, str | None], tuple[AppliedLimit, str | None]],
    matrix: ResponsibilityMatrix,
    calendar: WorkCalendar,
    now: datetime,
) -> Decided:
    """What holds after a correction. ``category`` and ``place``: what is put right, None to leave it.

    An urgency that the report raised stays, until people choose the condition.
    ``known``: the category so far, None where there is none or the taxonomy has dropped it. ``condition``: the filing
    condition that people chose, None to go by the report's words; ``settle`` gives limit and condition of a category at
    a place known so well. The clock goes on from when it began, with the new limit; it begins now if there was none.
    What stays is returned as it was.
    """
    after = before
    if place is not None:
        after = replace(after, place=place)
    settled = category or known
    anew = category is not None and category.code != before.category
    if settled is not None and (anew or (condition is not None and condition != before.condition)):
        limit, settled_condition = settle(settled, after.place.precision, condition)
        if condition is None:
            limit = raised(limit, _reported(before))
        began = datetime.fromisoformat(str(before.due["started_at"])) if before.due else now
        earlier = Due.from_json(before.due) if before.due else None
        deadline = due(
            limit.limit,
            began,
            calendar,
            limit.rule,
            extensions=earlier.extensions if earlier else 0,
            pauses=earlier.pauses if earlier else (),
        )
        after = replace(
            after,
            category=settled.code,
            urgency=limit.urgency,
            due=deadline.as_json(),
            due_at=deadline.at,
            condition=settled_condition,
            fast_track=limit.fast_track,
        )
    if category is not None:
        after = replace(after, confidence=1.0)
    moved = after.place.town_code != before.place.town_code
    if settled is None or status not in PROPOSED or not (anew or moved or before.department is None):
        return after  # the matrix knows nothing new: what a dispatcher or a ruling said stays
    assignment = matrix.assign(settled, after.place.town_code, now.astimezone(calendar.timezone).date())
    return replace(
        after,
        department=assignment.lead.id,
        supporting=tuple(sorted(unit.id for unit in assignment.supporting)),
        basis=assignment.basis.value,
        rule=assignment.rule,
    )


def _reported(before: Decided) -> Urgency:
    """The urgency that came with the report; normal where its category or condition decided."""
    if before.due is None:
        return before.urgency
    rule = str(before.due.get("rule") or "")
    return before.urgency if rule.startswith(RAISED) else Urgency.NORMAL


def changes(before: Decided, after: Decided) -> list[str]:
    """What people put right: ``category``, ``condition``, ``location``, several or nothing."""
    return [
        name
        for name, old, new in (
            ("category", before.category, after.category),
            ("condition", before.condition, after.condition),
            ("location", before.place, after.place),
        )
        if old != new
    ]


def corrected(before: Decided, after: Decided, actor: Actor, reason: str, now: datetime) -> Event:
    """The event of a correction. The words of the place are personal and not in it, as in that of receiving."""
    data: dict[str, object] = {
        "changed": changes(before, after),
        "before": _facts(before),
        "after": _facts(after),
    }
    if after.due != before.due:
        data["due"] = after.due
    return Event(EventKind.CORRECTED, now, actor, None, None, reason, data)


def _facts(decided: Decided) -> dict[str, object]:
    return {
        "category": decided.category,
        "category_confidence": decided.confidence,
        "condition": decided.condition,
        "precision": decided.place.precision.value,
        "grid_cell": decided.place.grid_cell,
        "town": decided.place.town_code,
        "department": decided.department,
        "supporting": list(decided.supporting),
        "basis": decided.basis,
        "responsibility_rule": decided.rule,
        "due_at": decided.due["due_at"] if decided.due else None,
    }
